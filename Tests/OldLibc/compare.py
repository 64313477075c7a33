#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# Compares what a known-answer program says of itself (`truth` lines) with what its dump says, function by function,
# to the byte. Prints one line and exits with 1 if they differ. Reads the dump only through `silt top`.
#
#   compare.py SILT SYSROOT TRUTH DUMP

import json
import subprocess
import sys

# In the order of the columns of a truth line.
KINDS = ["inuse_objects", "inuse_space", "alloc_objects", "alloc_space"]


def plain(name):
    """`plain_new` of `(anonymous namespace)::plain_new(unsigned long)`: the name that a program knows itself by."""
    return name.replace("(anonymous namespace)::", "").split("(")[0].split("<")[0].split(":")[-1]


def recorded(silt, sysroot, dump, kind):
    command = [silt, "top", "--format", "json", "--by", kind, "--sysroot", sysroot, "--no-hide-runtime"]
    report = subprocess.run(command + ["--nodefraction", "0", "-n", "100000", dump], capture_output=True, text=True)
    if report.returncode:
        sys.exit(f"silt top: {report.stderr.strip()}")
    figures = {}
    for node in json.loads(report.stdout)["nodes"]:
        figures[plain(node["name"])] = figures.get(plain(node["name"]), 0) + node["cum"]["value"]
    return figures


def main(silt, sysroot, truth, dump):
    with open(truth) as lines:
        answers = [line.split() for line in lines if line.startswith("truth ")]
    wrong = []
    for column, kind in enumerate(KINDS):
        figures = recorded(silt, sysroot, dump, kind)
        for answer in answers:
            said, found = int(answer[2 + column]), figures.get(answer[1], 0)
            if said != found:
                wrong.append(f"{answer[1]} {kind}: {found}, not {said}")
    print("; ".join(wrong[:3]) if wrong else f"{len(answers)} functions exact")
    sys.exit(bool(wrong) or not answers)


main(*sys.argv[1:])
