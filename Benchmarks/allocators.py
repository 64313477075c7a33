# SPDX-License-Identifier: Apache-2.0
#
# The shim before each allocator that is installed: patterns after those of mimalloc's benchmark (larson, cfrac, alloc-test)
# and our own, as CPU time beside that of the empty shim before the same allocator.
#
#   python3 allocators.py [--quick] [--rounds N] [--only TEXT]

import argparse
import tempfile

import micro
import spread
import variants

WORKLOADS = [
    ("larson: handed over", "Handover", 2_000_000, ["2"]),
    ("cfrac: digits", "Digits", 2_000_000, []),
    ("alloc-test: replaced", "Replace", 300_000, []),
    ("pair", "Pair", 2_500_000, ["1"]),
    ("C++ service", "Service", 15_000, []),
]
ALLOCATORS = {
    "glibc": None,
    "jemalloc": "libjemalloc.so.2",
    "mimalloc": "libmimalloc.so.2",
    "tcmalloc": "libtcmalloc_minimal.so.4",
}


def installed():
    found = {name: library and variants.library(library) for name, library in ALLOCATORS.items()}
    return {name: path for name, path in found.items() if path or not ALLOCATORS[name]}


def compared():
    found = []
    for name, path in installed().items():
        for shim, library in (("empty", variants.EMPTY), ("silt", variants.SHIM)):
            preload = f"{library}:{path}" if path else library
            found.append(variants.Variant(f"{shim}, {name}", f"empty, {name}", preload))
    return found


def main():
    parser = argparse.ArgumentParser(description="The shim before several allocators.")
    parser.add_argument("--quick", action="store_true", help="twelve rounds")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--only", default="", help="only workloads whose name contains this")
    options = parser.parse_args()
    heading = variants.Report("Before other allocators")
    rounds = 12 if options.quick else options.rounds
    workloads = [workload for workload in WORKLOADS if options.only in workload[0]]
    with tempfile.TemporaryDirectory(dir="/dev/shm") as scratch:
        times, _ = micro.run(workloads, compared(), rounds, scratch)
    rows = []
    for name in installed():
        cells = [micro.paired(times, f"silt, {name}", f"empty, {name}", workload[0]) for workload in workloads]
        rows.append([f"{name}: silt ÷ empty", *cells])
    print(heading.heading(f"Median of {rounds} rounds; in brackets the 95 % interval of the median of the paired ratios."))
    print(spread.table([""] + [workload[0] for workload in workloads], rows))
    missing = [name for name in ALLOCATORS if name not in installed()]
    print("Allocators not installed: " + (", ".join(missing) if missing else "none") + ".")


if __name__ == "__main__":
    main()
