#!/usr/bin/env python3
"""Runs many prompts through one `trace --jsonl` and watches its rate and its memory.

    tests/bench/many_prompts.py MODEL_FOLDER VOCABULARY [--prompts 1000] [--tokens 512] [--capture routing] [--exe FILE]

Prints JSON: tokens a second over the first tenth and over all prompts, resident MiB after the first tenth and at the end.
The prompts lie in a file before the program starts, so that making them takes none of its time; the documents are counted
and thrown away. Nothing is asserted.
"""
import argparse, json, os, subprocess, tempfile, time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def resident_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    return 0.0


def write_prompts(file, prompts, tokens, vocabulary):
    state = 1
    for _ in range(prompts):
        ids = []
        for _ in range(tokens):
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            ids.append((state >> 33) % vocabulary)
        file.write(json.dumps({"ids": ids}).encode() + b"\n")
    file.seek(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("vocabulary", type=int)
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--capture", default="routing")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--exe", default=os.path.join(ROOT, "build", "release", "app", "expertscope"))
    args = parser.parse_args()
    command = [args.exe, "trace", "--model", args.model, "--device", args.device, "--capture", args.capture, "--jsonl"]
    prompts = tempfile.TemporaryFile()
    write_prompts(prompts, args.prompts, args.tokens, args.vocabulary)
    child = subprocess.Popen(command, stdin=prompts, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    block = bytearray(1 << 20)
    done, tenth, marks, memory, first = 0, max(1, args.prompts // 10), [], [], None
    while True:
        length = os.readv(child.stdout.fileno(), [block])
        if length == 0:
            break
        lines = block.count(b"\n", 0, length)
        if lines == 0:
            continue
        done += lines
        now = time.monotonic()
        first = first or (now, done)
        if len(marks) < 1 and done >= tenth:
            marks.append((now, done))
        if len(memory) < 1 and done >= tenth or done >= args.prompts:
            memory.append(resident_mib(child.pid))
        last = (now, done)
    status = child.wait()

    def rate(a, b):
        return round(args.tokens * (b[1] - a[1]) / (b[0] - a[0]), 1) if b[1] > a[1] else None

    print(json.dumps({"status": status, "prompts": done, "tokens_a_second_first_tenth": rate(first, marks[0]),
                      "tokens_a_second": rate(first, last), "resident_mib_first_tenth": round(memory[0], 1),
                      "resident_mib_end": round(memory[-1], 1)}))


main()
