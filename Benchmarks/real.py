# SPDX-License-Identifier: Apache-2.0
#
# Real programs under load: none, the floor, Silt and its peers in interleaved rounds; throughput, CPU time for each
# operation and the 99th percentile of latency, as ratios within rounds. Peers run in every fifth round.
#
#   python3 real.py [--quick] [--rounds N] [--only TEXT] [--no-peers]

import argparse
import statistics
import tempfile

import programs
import spread
import variants


FEWER_ROUNDS = 5


def compare(program, every_round, peers, rounds):
    """Maps each variant's name to what it measured, by round."""
    measured = {variant.name: {} for variant in every_round + peers}
    for number in range(rounds):
        for variant in variants.turned(every_round, number) + (peers if number % FEWER_ROUNDS == 0 else []):
            measured[variant.name][number] = program.run(variant)
    return measured


def ratio(over, under, figure):
    """The ratio of one figure in the rounds that both variants ran in."""
    both = [(getattr(over[n], figure), getattr(under[n], figure)) for n in over if n in under]
    if not both or None in both[0]:
        return "–"
    return spread.ratio([a for a, _ in both], [b for _, b in both])


def rows_of(program, measured, compared):
    plain = list(measured["none"].values())
    rate = spread.absolute([m.throughput for m in plain], 0)
    cpu = spread.absolute([m.cpu_us for m in plain], 2)
    p99 = "–" if plain[0].p99_ms is None else spread.absolute([m.p99_ms for m in plain], 2) + " ms"
    rows = [[program.name, "none", f"{rate}/s", f"{cpu} µs", p99, ""]]
    for variant in compared[1:]:
        over = measured[variant.name]
        bases = [variant.base] + (["empty"] if variant.name == "silt" else [])
        for base in bases:
            figures = [ratio(over, measured[base], figure) for figure in ("throughput", "cpu_us", "p99_ms")]
            taken = f"{statistics.median(m.samples for m in over.values()):.0f}" if variant.name == "silt" else ""
            rows.append(["", f"{variant.name} ÷ {base}", *figures, taken])
    return rows


def main():
    parser = argparse.ArgumentParser(description="Real programs under Silt.")
    parser.add_argument("--quick", action="store_true", help="three rounds of less work")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    peers = [] if options.quick or options.no_peers else variants.production_peers()
    heading = variants.Report("Real programs")
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
            beside = [peer for peer in peers if program.takes_slow_peers or not peer.slow]
            measured = compare(program, variants.shims(), beside, rounds)
            rows += rows_of(program, measured, variants.shims() + beside)
    method = "in brackets the 95 % interval of the median of the paired ratios."
    print(heading.heading(f"Median of {rounds} rounds; {method}"))
    print(spread.table(["program", "variant", "throughput", "CPU per operation", "p99", "samples"], rows))
    print(variants.absent("tcmalloc", "jemalloc", "heaptrack"))


if __name__ == "__main__":
    main()
