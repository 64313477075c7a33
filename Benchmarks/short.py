# SPDX-License-Identifier: Apache-2.0
#
# What short processes pay: one that starts, allocates 8 MiB and ends, and a build by make, which is hundreds of processes
# that share a folder for their dumps. CPU time of all processes, and of the build the time on the wall as well.
#
#   python3 short.py [--quick] [--rounds N] [--no-build]

import argparse
import os
import resource
import shutil
import subprocess
import tempfile
import time

import spread
import variants

PROCESSES = 20
SOURCES = os.path.join(variants.HERE, "../CShim")
# Where the dumps lie by default, and where SILT_DIR may put them with the session.
FOLDERS = {"dumps on the disk": "/tmp", "dumps on a tmpfs": "/dev/shm"}


def cases():
    """Silt as it is, without a dump at the end, and without a session."""
    shims = {variant.name: variant for variant in variants.shims()}
    found = list(shims.values())
    if silt := shims.get("silt"):
        found.append(variants.Variant("silt, SILT_EXIT=discard", "empty", silt.preload, (("SILT_EXIT", "discard"),)))
    return found + variants.parts()


def run(command, variant, folder):
    """Seconds of CPU and on the wall."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    environment = variant.environment("/") | {"SILT_DIR": folder}
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def rounds_of(count, compared, measure):
    """By variant, one value a round; the order turns."""
    values = {variant.name: [] for variant in compared}
    for number in range(count):
        for variant in variants.turned(compared, number):
            values[variant.name].append(measure(variant))
    return values


def short(count, root):
    program = os.path.join(variants.BUILD, "Process")
    with tempfile.TemporaryDirectory(dir=root, prefix="silt-short-") as folder:
        def measure(variant):
            output, _, _ = run([program, str(PROCESSES)], variant, folder)
            return float(output) / 1e3

        values = rounds_of(count, cases(), measure)
    rows = []
    for name, times in values.items():
        more = [a - b for a, b in zip(times, values["empty"])]
        ratio = "" if name in ("none", "empty") else spread.ratio(times, values["empty"])
        rows.append([name, spread.figure(times), spread.figure(more) if ratio else "", ratio])
    return rows


def build(count, compared):
    # The sessions on a tmpfs, as by default; what is built on the disk.
    folders = [tempfile.TemporaryDirectory(dir=root, prefix="silt-short-") for root in ("/dev/shm", "/tmp")]
    with folders[0] as dumped, folders[1] as scratch:
        def measure(variant):
            target = os.path.join(scratch, "built")
            command = ["make", "-s", "-j2", "-C", SOURCES, f"OUT={target}", os.path.join(target, "libsilt.so")]
            _, cpu, wall = run(command, variant, dumped)
            shutil.rmtree(target)
            return cpu, wall

        values = rounds_of(count, compared, measure)
        dumps = len(os.listdir(dumped))
    rows = []
    for name, both in values.items():
        cells = [name]
        for part in (0, 1):
            times = [pair[part] for pair in both]
            cells.append(spread.absolute(times, 2))
            cells.append("" if name == "none" else spread.ratio(times, [pair[part] for pair in values["none"]]))
        rows.append(cells)
    return rows, dumps


def main():
    parser = argparse.ArgumentParser(description="What short processes pay.")
    parser.add_argument("--quick", action="store_true", help="ten rounds of processes, three builds")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--no-build", action="store_true")
    options = parser.parse_args()
    heading = variants.Report("Short processes")
    count = 10 if options.quick else options.rounds
    tables = []
    for where, root in FOLDERS.items():
        head = [f"µs of CPU; {where}", "a process", "more than empty", "÷ empty"]
        tables.append(spread.table(head, short(count, root)))
    if not options.no_build:
        builds = 3 if options.quick else 8
        rows, dumps = build(builds, variants.shims())
        head = [f"make -j2, {builds} builds, {dumps} dumps left", "CPU, s", "÷ none", "wall, s", "÷ none"]
        tables.append(spread.table(head, rows))
    print(heading.heading(f"Median of {count} rounds of {PROCESSES} processes, and its 95 % interval."))
    print("\n\n".join(tables))


if __name__ == "__main__":
    main()
