# SPDX-License-Identifier: Apache-2.0
#
# Whether the intervals of `silt top --by pinned_space` hold the truth: runs of a program whose survivors are of three sites
# (70, 20 and 10 % of them), idle and busy, each sampled anew. The truth is what a run of which every block is recorded says:
# the heap is the same in each run.
#
#   python3 pinned.py [--runs N] [--only TEXT]

import argparse
import json
import os
import subprocess
import sys
import tempfile

import spread
import variants

SITES = ["keep_most", "keep_some", "keep_few"]
# Name, threads, blocks, one of so many stays, largest block, interval.
HEAPS = [
    ("idle, 150 samples", 0, 30_000, 15, 400, 3072),
    ("idle, 30 samples", 0, 30_000, 15, 400, 16384),
    ("idle, 10 samples", 0, 30_000, 15, 400, 49152),
    # With more threads it depends on chance which arena each gets, and runs cannot be compared.
    ("busy, 60 samples", 1, 30_000, 15, 400, 8192),
]
BUSY_SECONDS = 600


def run(shape, interval, is_busy, folder):
    """What each site pins, as (value, lower, upper, samples)."""
    settings = {"LD_PRELOAD": variants.SHIM, "SILT_DIR": folder, "SILT_INTERVAL": str(interval)}
    if interval == 1:
        settings["SILT_CAPACITY"] = "1G"
    command = [os.path.join(variants.PROGRAMS, "Hoard"), *map(str, shape)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=os.environ | settings, **pipes) as program:
        try:
            program.stdout.readline()
            if is_busy:
                program.stdin.write(f"busy {BUSY_SECONDS}\n")
                program.stdin.flush()
                program.stdout.readline()
            report = [variants.SILT, "top", "--by", "pinned_space", "--nodefraction", "0", "--dir", folder]
            text = subprocess.run([*report, "--format", "json", str(program.pid)], capture_output=True, text=True, check=True)
        finally:
            program.kill()
    found = {}
    for row in json.loads(text.stdout)["nodes"]:
        flat = row["flat"]
        found[row["name"]] = (flat["value"], flat["lower"], flat["upper"], flat["samples"])
    return found


def main():
    parser = argparse.ArgumentParser(description="Coverage of the intervals of pinned bytes.")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--only", default="", help="only heaps whose name contains this")
    arguments = parser.parse_args()
    report = variants.Report("Pinned bytes by site")
    rows, worst = [], []
    for name, *shape, interval in HEAPS:
        if arguments.only not in name:
            continue
        with tempfile.TemporaryDirectory() as folder:
            is_busy = name.startswith("busy")
            truth = run(shape, 1, is_busy, folder)
            held, samples, sums = dict.fromkeys(SITES, 0), dict.fromkeys(SITES, 0), dict.fromkeys(SITES, 0.0)
            unseen = dict.fromkeys(SITES, 0)
            for _ in range(arguments.runs):
                found = run(shape, interval, is_busy, folder)
                for site in SITES:
                    if site not in found:
                        unseen[site] += 1
                        continue
                    value, lower, upper, count = found[site]
                    held[site] += lower <= truth[site][0] <= upper
                    samples[site] += count
                    sums[site] += value
                for file in os.listdir(folder):
                    os.unlink(os.path.join(folder, file))
            for site in SITES:
                # A site that was not seen has no row, and its interval none that could be wrong.
                seen = arguments.runs - unseen[site]
                mean = samples[site] / arguments.runs
                coverage = held[site] / seen if seen else 1
                rows.append([
                    name if site == SITES[0] else "", site, f"{truth[site][0] / 1e3:.0f}", f"{mean:.1f}",
                    f"{sums[site] / arguments.runs / truth[site][0]:.2f}", f"{coverage:.1%}", str(unseen[site]),
                ])
                worst.append(coverage)
        print(rows[-3:], file=sys.stderr)
    print(report.heading(f"{arguments.runs} runs of each, one after the other; the truth in kB."))
    print(spread.table(["heap", "site", "truth", "samples", "mean ÷ truth", "interval holds it", "not seen"], rows))
    if min(worst) < 0.93:
        sys.exit(1)


if __name__ == "__main__":
    main()
