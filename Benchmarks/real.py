# SPDX-License-Identifier: Apache-2.0
#
# Real programs under load: none, the floor and Silt in interleaved rounds; throughput, CPU time for each operation
# and the 99th percentile of latency, as ratios within rounds.
#
#   python3 real.py [--quick] [--rounds N] [--only TEXT]

import argparse
import statistics
import tempfile

import programs
import spread
import variants


def compare(program, compared, rounds):
    """Maps each variant's name to what it measured, a round each."""
    measured = {variant.name: [] for variant in compared}
    for number in range(rounds):
        turn = number % len(compared)
        for variant in compared[turn:] + compared[:turn]:
            measured[variant.name].append(program.run(variant))
    return measured


def rows_of(program, measured):
    plain = measured["none"]
    p99 = spread.absolute([m.p99_ms for m in plain], 2) if plain[0].p99_ms is not None else "–"
    rate = spread.absolute([m.throughput for m in plain], 0)
    rows = [[program.name, "none", f"{rate}/s", spread.absolute([m.cpu_us for m in plain], 2) + " µs", p99 if p99 == "–" else f"{p99} ms", ""]]
    for name in list(measured)[1:]:
        under = measured[name]
        rows.append(
            [
                "",
                f"{name} ÷ none",
                spread.ratio([m.throughput for m in under], [m.throughput for m in plain]),
                spread.ratio([m.cpu_us for m in under], [m.cpu_us for m in plain]),
                "–" if p99 == "–" else spread.ratio([m.p99_ms for m in under], [m.p99_ms for m in plain]),
                f"{statistics.median(m.samples for m in under):.0f}" if name == "silt" else "",
            ]
        )
    return rows


def main():
    parser = argparse.ArgumentParser(description="Real programs under Silt.")
    parser.add_argument("--quick", action="store_true", help="three rounds of less work")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for kind in programs.ALL:
            if options.only not in kind.name:
                continue
            program = kind(scratch, options.quick)
            if missing := program.missing():
                rows.append([program.name, f"{missing} is not installed", "", "", "", ""])
                continue
            program.prepare()
            rows += rows_of(program, compare(program, variants.shims(), rounds))
    print(f"Median of {rounds} rounds; in brackets the 95 % interval of the median of the paired ratios.\n")
    print(spread.table(["program", "variant", "throughput", "CPU per operation", "p99", "samples"], rows))


if __name__ == "__main__":
    main()
