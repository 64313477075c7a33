# SPDX-License-Identifier: Apache-2.0
#
# The micro-benchmarks under every variant, in interleaved rounds: one round runs each workload once under each
# variant, in an order that turns from round to round, and ratios are taken within rounds. Many short rounds: where a
# process's heap and stack happen to lie moves its figure by 20 %, and only more processes average that out.
#
#   python3 micro.py [--quick] [--rounds N] [--only TEXT] [--no-peers]

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile

import spread
import variants

# Name, program, operations, further arguments.
WORKLOADS = [
    ("w1 pair", "Pair", 2_500_000, ["1"]),
    ("w2 two threads", "Pair", 1_250_000, ["2"]),
    ("w2 four threads", "Pair", 625_000, ["4"]),
    ("w3 million live", "Replace", 300_000, []),
    ("w4 realloc, calloc", "Resize", 200_000, []),
    ("w5 C++ service", "Service", 15_000, []),
    ("thread creation", "Spawn", 1_700, []),
    ("short process", "Process", 10, []),
]
LESS_WORK = 50
FEWER_ROUNDS = 12


def measure(variant, program, operations, arguments, scratch):
    """CPU nanoseconds for each operation of one run, and Silt's samples in it."""
    shutil.rmtree(os.path.join(scratch, "silt"), ignore_errors=True)
    command = variant.prefix(scratch) + [os.path.join(variants.BUILD, program), str(operations), *arguments]
    done = subprocess.run(
        command, env=variant.environment(scratch), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    figures = [line for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()]
    if done.returncode != 0 or len(figures) != 1:
        raise SystemExit(f"micro.py: {variant.name}: {' '.join(command)} ended with status {done.returncode}")
    return float(figures[0]), variants.samples(scratch)


def run(workloads, compared, rounds, scratch):
    """Maps (variant, workload) to its lists of nanoseconds and of samples, one value a round."""
    times = {(v.name, w[0]): [] for v in compared for w in workloads}
    samples = {key: [] for key in times}
    for number in range(rounds):
        for name, program, operations, arguments in workloads:
            for variant in variants.turned(compared, number):
                if variant.slow and number % FEWER_ROUNDS != 0:
                    continue
                count = max(1, operations // LESS_WORK) if variant.slow else operations
                ns, taken = measure(variant, program, count, arguments, scratch)
                times[variant.name, name].append((number, ns))
                samples[variant.name, name].append(taken)
    return times, samples


def paired(times, over, under, workload):
    """The ratio of two variants in the rounds that both ran in."""
    below = dict(times[under, workload])
    both = [(ns, below[number]) for number, ns in times[over, workload] if number in below]
    return spread.ratio([a for a, _ in both], [b for _, b in both])


def report(workloads, compared, times, samples):
    names = [w[0] for w in workloads]
    rows = [["none, ns"] + [spread.absolute([ns for _, ns in times["none", name]]) for name in names]]
    for variant in compared[1:]:
        label = f"{variant.name} ÷ {variant.base}"
        rows.append([label] + [paired(times, variant.name, variant.base, name) for name in names])
        if variant.name != "silt":
            continue
        rows.append(["**silt ÷ empty**"] + [paired(times, "silt", "empty", name) for name in names])
        rows.append(["samples in a run"] + [f"{statistics.median(samples['silt', name]):.0f}" for name in names])
    print(spread.table([""] + names, rows))
    print(variants.absent("tcmalloc", "jemalloc", "heaptrack"))


def main():
    parser = argparse.ArgumentParser(description="Micro-benchmarks under every variant.")
    parser.add_argument("--quick", action="store_true", help="twelve rounds, without peers")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    heading = variants.Report("Micro-benchmarks")
    rounds = 12 if options.quick else options.rounds
    compared = variants.shims() + variants.parts() + ([] if options.quick or options.no_peers else variants.peers())
    workloads = [w for w in WORKLOADS if options.only in w[0]]
    with tempfile.TemporaryDirectory() as scratch:
        times, samples = run(workloads, compared, rounds, scratch)
    method = "in brackets the 95 % interval of the median of the paired ratios."
    print(heading.heading(f"Median of {rounds} rounds; {method}"))
    report(workloads, compared, times, samples)


if __name__ == "__main__":
    main()
