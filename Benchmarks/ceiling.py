# SPDX-License-Identifier: Apache-2.0
#
# A ceiling on what samples cost: a program in bursts, whose interval changes, run again and again. How often the 95 %
# intervals of what its functions allocated and hold contain the truth, and what share of its CPU time the samples took.
#
#   python3 ceiling.py [--runs N]

import argparse
import glob
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile

import spread
import variants

KINDS = {"alloc_space": 3, "inuse_space": 1}  # and the place of the truth
FUNCTIONS = ["keeps_large", "keeps_medium", "keeps_small"]
# By ceiling: the interval that it begins with.
CASES = [("2%", "16k"), ("0.5%", "64k")]
BURSTS = "40"  # about a second of CPU time


def truth(output):
    """What `process parent` said, by function."""
    lines = output.split("process parent", 1)[1].splitlines()
    return {words[1]: list(map(int, words[2:])) for words in map(str.split, lines) if words[:1] == ["truth"]}


def header(path):
    """The number of intervals, and ns of the samples and of the process. Offsets are those of silt_format.h."""
    with open(path, "rb") as file:
        data = file.read(4096)
    return struct.unpack_from("<I", data, 108)[0] + 1, *struct.unpack_from("<QQ", data, 1248)


def figures(path, kind):
    command = [variants.SILT, "top", "--by", kind, "--nodefraction", "0", "--format", "json", path]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {node["name"]: node["cum"] for node in json.loads(text)["nodes"]}


def run(ceiling, interval, folder):
    settings = {"LD_PRELOAD": variants.SHIM, "SILT_DIR": folder, "SILT_INTERVAL": interval, "SILT_MAX_OVERHEAD": ceiling}
    command = [os.path.join(variants.PROGRAMS, "Bursts"), "exit", BURSTS]
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=True).stdout


def main():
    parser = argparse.ArgumentParser(description="Coverage and cost under a ceiling.")
    parser.add_argument("--runs", type=int, default=300)
    options = parser.parse_args()
    heading = variants.Report("A ceiling")
    rows, worst = [], 1.0
    for ceiling, interval in CASES:
        held, seen, means = {}, {}, {}
        steps, shares, over = [], [], 0
        for _ in range(options.runs):
            with tempfile.TemporaryDirectory() as folder:
                answers = truth(run(ceiling, interval, folder))
                # The second dump of the parent; the child is another process.
                path = glob.glob(os.path.join(folder, "Bursts.*.2.silt"))[0]
                count, spent, cpu = header(path)
                steps.append(count)
                shares.append(100 * spent / cpu)
                over += spent / cpu > float(ceiling.rstrip("%")) / 100
                for kind, place in KINDS.items():
                    found = figures(path, kind)
                    for name in FUNCTIONS:
                        if name not in found:
                            continue
                        figure, right = found[name], answers[name][place]
                        upper = float("inf") if figure["upper"] is None else figure["upper"]
                        key = (kind, name)
                        seen[key] = seen.get(key, 0) + 1
                        held[key] = held.get(key, 0) + (figure["lower"] <= right <= upper)
                        means.setdefault(key, []).append(figure["value"] / right)
        for (kind, name), count in sorted(seen.items()):
            coverage = held[kind, name] / count
            mean = statistics.mean(means[kind, name]) * count / options.runs
            rows.append([f"{ceiling}, from {interval}", f"{kind} of {name}", f"{mean:.2f}", f"{coverage:.1%}", str(options.runs - count)])
            if count > options.runs / 2:
                worst = min(worst, coverage)
        share = f"{statistics.median(shares):.2f} % of CPU time, {max(shares):.2f} % at most, above it in {over} runs"
        rows.append([f"{ceiling}, from {interval}", f"{statistics.median(steps):.0f} intervals", share, "", ""])
        print(rows[-1], file=sys.stderr)
    print(heading.heading(f"{options.runs} runs of each."))
    print(spread.table(["ceiling", "figure", "mean ÷ truth", "interval holds it", "not seen"], rows))
    if worst < 0.92:
        sys.exit(1)


if __name__ == "__main__":
    main()
