# SPDX-License-Identifier: Apache-2.0
#
# Instructions of the fast paths, counted by callgrind: exact, the same on every run, whatever else the machine does.
# Silt runs with an interval so large that nothing is sampled.
#
#   python3 instructions.py [--quick] [--check FILE | --write FILE]
#
# A FILE has a line `CALLS VARIANT ADDED` for each count: the instructions above those without a preload. A count that
# differs from its line, up or down, is a failure: a change that adds an instruction must say so, and one that saves
# some must keep them saved.

import argparse
import os
import re
import subprocess
import tempfile

import spread
import variants

CALLS = {
    "malloc": "malloc + free",
    "calloc": "calloc + free",
    "realloc": "two reallocs in place",
    "new": "new + sized delete",
}
SHORT, LONG = 2000, 4000


def collected(variant, calls, pairs, scratch):
    """Instructions of one run."""
    environment = variant.environment(scratch) | {"SILT_INTERVAL": str(1 << 40), "SILT_EXIT": "discard"}
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command += [os.path.join(variants.BUILD, "Instructions"), calls, str(pairs)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise SystemExit(f"instructions.py: {variant.name}, {calls}: status {done.returncode}\n{done.stderr}")
    return int(found.group(1))


def count(variant, calls, scratch):
    """Instructions of one pair of calls: what the longer run has more, divided by the pairs it has more."""
    more = collected(variant, calls, LONG, scratch) - collected(variant, calls, SHORT, scratch)
    return more / (LONG - SHORT)


def check(path, added):
    """Whether every count equals the line that the file has for it; says which do not."""
    expected = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                calls, variant, figure = line.split()
                expected[calls, variant] = float(figure)
    right = True
    for key, figure in added.items():
        if key not in expected or abs(expected[key] - figure) > 0.005:
            right = False
            print(f"{key[0]} under {key[1]}: {figure:+.2f} instructions, {path} says {expected.get(key, 'nothing')}")
    return right


def main():
    parser = argparse.ArgumentParser(description="Instructions of the fast paths.")
    parser.add_argument("--quick", action="store_true", help="only malloc + free")
    parser.add_argument("--check", metavar="FILE", help="compare with the counts of FILE")
    parser.add_argument("--write", metavar="FILE", help="write the counts to FILE")
    options = parser.parse_args()
    report = variants.Report("Instructions")
    counts, compared = {}, variants.shims()
    calls = ["malloc"] if options.quick else list(CALLS)
    with tempfile.TemporaryDirectory() as scratch:
        for name in calls:
            for variant in compared:
                counts[name, variant.name] = count(variant, name, scratch)
    added = {key: value - counts[key[0], "none"] for key, value in counts.items() if key[1] != "none"}
    rows = []
    for name in calls:
        figures = [f"{added[name, variant.name]:+.1f}" for variant in compared[1:]]
        rows.append([CALLS[name], f"{counts[name, 'none']:.1f}", *figures])
    print(report.heading("Counted by callgrind; Silt's fast paths, nothing sampled."))
    print(spread.table(["instructions", "none", *(variant.name for variant in compared[1:])], rows))
    if options.write:
        with open(options.write, "w", encoding="utf-8") as file:
            file.write("# Instructions above no preload; see instructions.py. Written by --write.\n")
            file.writelines(f"{c} {v} {figure:.2f}\n" for (c, v), figure in added.items())
    if options.check and not check(options.check, added):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
