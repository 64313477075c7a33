# SPDX-License-Identifier: Apache-2.0
#
# What Silt costs by the number of threads: the pair of malloc and free, and the C++ service, on 1 to 32 threads, with the
# default interval and with one that makes the slow path's shared lines show (the head of the ring, hot sites, the filter).
# With more threads than cores they take turns: then only the CPU time is comparable.
#
#   python3 scaling.py [--quick] [--threads 1 2 4 …] [--rounds N]

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile

import spread
import variants

# Name, program, operations of all threads together.
WORKLOADS = [("pair", "Pair", 16_000_000), ("C++ service", "Service", 160_000)]
DENSE = "16k"


def compared():
    found = variants.shims()
    if len(found) == 3:
        dense = (("SILT_INTERVAL", DENSE),)
        found.append(variants.Variant(f"silt, {DENSE}", "none", variants.SHIM, dense))
    return found


def measure(variant, program, operations, threads, scratch):
    """CPU ns and ns on the wall for each operation, and Silt's samples a second."""
    shutil.rmtree(os.path.join(scratch, "silt"), ignore_errors=True)
    command = [os.path.join(variants.BUILD, program), str(operations // threads), str(threads)]
    done = subprocess.run(command, env=variant.environment(scratch), capture_output=True, text=True, check=True)
    cpu, wall = float(done.stdout), float(done.stderr.split()[1])
    return cpu, wall, variants.samples(scratch) / (wall * operations / 1e9)


def main():
    parser = argparse.ArgumentParser(description="The cost by the number of threads.")
    parser.add_argument("--quick", action="store_true", help="a quarter of the work, three rounds")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32])
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    heading = variants.Report("Threads")
    rounds, divisor = (3, 4) if options.quick else (options.rounds, 1)
    found = {}
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        for number in range(rounds):
            for name, program, operations in WORKLOADS:
                for threads in options.threads:
                    for variant in variants.turned(compared(), number):
                        figures = measure(variant, program, operations // divisor, threads, scratch)
                        found.setdefault((name, threads, variant.name), []).append(figures)
    cores = len(os.sched_getaffinity(0))
    print(heading.heading(f"{cores} cores. Median of {rounds} rounds; in brackets the 95 % interval of the paired ratios."))
    rows = []
    for name, _, _ in WORKLOADS:
        for threads in options.threads:
            def values(variant, part):
                return [figures[part] for figures in found[name, threads, variant]]

            row = [name, f"{threads}{' *' if threads > cores else ''}"]
            row.append(f"{1e3 / threads / statistics.median(values('none', 1)):,.2f}")
            row.append(spread.absolute(values("none", 0)))
            row.append(spread.ratio(values("empty", 0), values("none", 0)))
            for variant in [v.name for v in compared()[2:]]:
                row.append(spread.ratio(values(variant, 0), values("empty", 0)))
                row.append(spread.ratio(values("empty", 1), values(variant, 1)))
                row.append(f"{statistics.median(values(variant, 2)):,.0f}")
            rows.append(row)
    head = ["", "threads", "none: million a second and thread", "none: ns of CPU", "empty ÷ none"]
    for variant in [v.name for v in compared()[2:]]:
        head += [f"{variant} ÷ empty, CPU", f"{variant} ÷ empty, throughput", "samples a second"]
    print(spread.table(head, rows))
    print("\n\\*: more threads than cores, which take turns.")


if __name__ == "__main__":
    main()
