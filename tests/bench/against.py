#!/usr/bin/env python3
"""Runs our benchmark and another program's in turn, round after round, and states the ratio.

    tests/bench/against.py [--rounds 5] [--foreign SHARE] [--tries 200] [--out FILE.json] --pair NAME OURS THEIRS [--pair ...]

OURS and THEIRS are command lines, each printing a JSON document {"models": [{"prompt": tokens/s, "generate": tokens/s}]}
(engine_bench prints such a one; of several models the first counts; rates by processor seconds may stand beside them, which
say more where both run on one thread of a loaded machine). A round runs every pair, ours and theirs one after
the other, the order turned around in every second round; the ratio of a round is that of two runs made within seconds of
each other. How much of the machine other programs used meanwhile is measured for each run; with --foreign, a round in which
they used more than this share is thrown away and made again, at most --tries rounds in all. The figures are medians over the rounds, the ratio is the median of the rounds' ratios. Markdown goes to
stderr, JSON to stdout or FILE. Nothing is asserted.
"""
import argparse, json, os, resource, shlex, statistics, subprocess, sys, time

KINDS = ("prompt", "generate", "prompt_a_processor_second", "generate_a_processor_second")


def busy():
    """Seconds that all processors together have worked, and those of this program's children."""
    with open("/proc/stat") as file:
        fields = [int(field) for field in file.readline().split()[1:]]
    idle = fields[3] + fields[4]
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (sum(fields[:8]) - idle) / os.sysconf("SC_CLK_TCK"), children.ru_utime + children.ru_stime


def run(command):
    (all_before, ours_before), start = busy(), time.monotonic()
    done = subprocess.run(shlex.split(command), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    if done.returncode != 0:
        sys.exit(f"{command}: status {done.returncode}")
    (all_after, ours_after), seconds = busy(), time.monotonic() - start
    row = json.loads(done.stdout)["models"][0]
    foreign = (all_after - all_before) - (ours_after - ours_before)
    row["foreign"] = max(0.0, foreign) / (seconds * os.cpu_count())
    return row


def measure(pairs, rounds, most_foreign, tries):
    samples = {name: [] for name, _, _ in pairs}
    for round_ in range(max(rounds, tries)):
        waiting = [pair for pair in pairs if len(samples[pair[0]]) < rounds]
        if not waiting:
            break
        for name, ours, theirs in waiting:
            if round_ % 2 == 0:
                mine, other = run(ours), run(theirs)
            else:
                other, mine = run(theirs), run(ours)
            if max(mine["foreign"], other["foreign"]) <= most_foreign:
                samples[name].append((mine, other))
    return samples


def summary(name, rounds):
    row = {"name": name, "rounds": len(rounds)}
    if rounds:
        row["foreign_load"] = statistics.median(max(mine["foreign"], other["foreign"]) for mine, other in rounds)
    for kind in KINDS:
        both = [(mine[kind], other[kind]) for mine, other in rounds if mine.get(kind) and other.get(kind)]
        if not both:
            continue
        ratios = [mine / other for mine, other in both]
        row[kind] = {
            "ours": statistics.median(mine for mine, _ in both),
            "theirs": statistics.median(other for _, other in both),
            "ratio": statistics.median(ratios),
            "ratio_least": min(ratios),
            "ratio_most": max(ratios),
        }
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--foreign", type=float, default=1.0)
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--out")
    parser.add_argument("--pair", nargs=3, action="append", required=True, metavar=("NAME", "OURS", "THEIRS"))
    args = parser.parse_args()
    samples = measure(args.pair, args.rounds, args.foreign, args.tries if args.foreign < 1 else args.rounds)
    rows = [summary(name, samples[name]) for name, _, _ in args.pair]
    print("| run | work | ours, tokens/s | theirs, tokens/s | ratio | least, most | rounds | foreign load |\n|---|---|---|---|---|---|---|---|", file=sys.stderr)
    for row in rows:
        for kind in KINDS:
            if kind in row:
                r = row[kind]
                print(f"| {row['name']} | {kind} | {r['ours']:.0f} | {r['theirs']:.0f} | {r['ratio']:.2f} | "
                      f"{r['ratio_least']:.2f}, {r['ratio_most']:.2f} | {row['rounds']} | {row['foreign_load']:.2f} |", file=sys.stderr)
    document = json.dumps({"rows": rows}, indent=1)
    if args.out:
        with open(args.out, "w") as file:
            file.write(document + "\n")
    else:
        print(document)


main()
