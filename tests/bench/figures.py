#!/usr/bin/env python3
"""Measures the built release program from outside: time and peak resident memory of whole processes, as Markdown.

    tests/bench/figures.py [MODEL_FOLDER...]

Figures are medians of eleven runs after one that is not counted; memory is the largest of them, with what the model's
file alone takes beside it. Nothing is asserted. docs/MEASUREMENTS.md states a run of it.
"""
import os, statistics, subprocess, sys, time

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
EXE = os.path.join(ROOT, "build", "release", "app", "expertscope")
SIXTEEN = "There was a boy named Max who liked to play in the shop."


def run(args, rounds=11):
    seconds, peak = [], 0
    for round_ in range(rounds + 1):
        start = time.monotonic()
        child = subprocess.Popen([EXE, *args], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            sys.exit(f"expertscope {' '.join(args)}: status {status}")
        if round_ > 0:
            seconds.append(time.monotonic() - start)
            peak = max(peak, usage.ru_maxrss / 1024)
    return statistics.median(seconds), peak


def weights(folder):
    return sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder) if f.endswith(".safetensors")) / 2**20


def row(what, args, file_mib, rounds=11):
    seconds, peak = run(args, rounds)
    print(f"| {what} | {seconds:.2f} s | {peak:.0f} MiB | {file_mib:.0f} MiB | {peak - file_mib:.0f} MiB |")


def main():
    seed = os.path.join(ROOT, "assets", "models", "seed-7m")
    print("| run | wall, median | peak resident | weights' file | above the file |\n|---|---|---|---|---|")
    for device in ("cpu", "gpu"):
        row(f"trace of 16 tokens, seed-7m, {device}", ["trace", "--prompt", SIXTEEN, "--device", device], weights(seed))
        row(f"trace of 16 tokens, routing, seed-7m, {device}", ["trace", "--prompt", SIXTEEN, "--device", device, "--capture", "routing"], weights(seed))
    for folder in sys.argv[1:]:
        ids = ",".join(str(i * 37 % 1000) for i in range(512))
        for device in ("cpu", "gpu"):
            row(f"trace of 512 tokens, ledger, {os.path.basename(folder)}, {device}", ["trace", "--model", folder, "--ids", ids, "--device", device], weights(folder), 3)


main()
