# SPDX-License-Identifier: Apache-2.0
#
# What one sample costs, by part, by depth and by how many samples are alive; what a free costs that was never sampled;
# and for how long a dump stops the thread that makes it. In rounds, each of which measures everything once.
#
#   python3 sample.py [--quick] [--rounds N]

import argparse
import os
import shutil
import subprocess
import tempfile

import spread
import variants

PARTS = [
    ("unwind", "unwind"),
    ("site", "find the stack's site, and count"),
    ("live", "insert among the live"),
    ("ring", "publish the event"),
    ("sample", "**whole sample**"),
    ("remove", "take out of the live"),
    ("free", "**whole free of a sampled block**"),
]
LEVELS = {2: "9 frames", 12: "29 frames", 27: "59 frames"}
KINDS = {
    "warm": "one stack",
    "varied": "one stack of 4,096",
    "apart": "one stack of 4,096, 2,000 pairs of malloc and free between samples",
    "new": "a new stack",
}
LIVE = [1_000, 10_000, 200_000]
UNWINDERS = ["cfi", "libunwind"]
DUMPED = [1_000, 64_000, 1_000_000]
STACKS = 10_000
DUMPS = 5
MANY_STACKS = 120_000


class Rounds:
    """Figures by name, one value a round."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.values = {}

    def parts(self, key, arguments, **settings):
        """Runs Sample, which prints lines of a name and a figure."""
        folder = os.path.join(self.scratch, "silt")
        environment = {"PATH": os.environ["PATH"], "SILT_DIR": folder} | settings
        command = [os.path.join(variants.BUILD, "Sample"), *map(str, arguments)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        for line in done.stdout.splitlines():
            name, figure = line.split()
            self.values.setdefault((*key, name), []).append(float(figure))
        shutil.rmtree(folder)

    def dumps(self, variant, live):
        """Runs Live, which prints the nanoseconds of each dump; the median is the round's figure."""
        command = [os.path.join(variants.BUILD, "Live"), str(live), str(STACKS), str(DUMPS)]
        done = subprocess.run(
            variant.prefix(self.scratch) + command,
            env=variant.environment(self.scratch),
            cwd=self.scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=True,
        )
        times = sorted(float(line) for line in done.stdout.splitlines())
        self.values.setdefault(("dump", variant.name, live), []).append(times[len(times) // 2] / 1e6)
        shutil.rmtree(os.path.join(self.scratch, "silt"), ignore_errors=True)

    def many(self, how, **settings):
        """For how long a dump of many stacks stops a thread: on a signal in one go, on an interval in turns."""
        environment = dumpers(quick=True)[0].environment(self.scratch) | settings
        command = [os.path.join(variants.BUILD, "Live"), str(MANY_STACKS), str(MANY_STACKS), how]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        self.values.setdefault(("many", how), []).append(max(map(float, done.stdout.split())) / 1e6)
        shutil.rmtree(os.path.join(self.scratch, "silt"), ignore_errors=True)

    def cell(self, *key, digits=0):
        return spread.figure(self.values.get(key, []), digits)


def dumpers(quick):
    """Silt, jemalloc and gperftools, each recording every allocation."""
    everything = (("SILT_INTERVAL", "1"), ("SILT_CAPACITY", "256M"), ("SILT_EXIT", "discard"))
    found = [variants.Variant("silt", None, variants.SHIM, everything)]
    if jemalloc := variants.library("libjemalloc.so.2"):
        settings = (("MALLOC_CONF", "prof:true,lg_prof_sample:0,prof_prefix:SCRATCH/jemalloc"),)
        found.append(variants.Variant("jemalloc prof", None, jemalloc, settings, slow=True))
    if tcmalloc := variants.library("libtcmalloc.so.4"):
        settings = (("HEAPPROFILE", "SCRATCH/tcmalloc"),)
        settings += (("HEAP_PROFILE_ALLOCATION_INTERVAL", "0"), ("HEAP_PROFILE_INUSE_INTERVAL", "0"))
        found.append(variants.Variant("tcmalloc HEAPPROFILE", None, tcmalloc, settings, slow=True))
    return found[:1] if quick else found


def measure(rounds, count, quick):
    for number in range(count):
        for levels in LEVELS:
            for kind in KINDS:
                rounds.parts(("by depth", kind, levels), ["sample", kind, levels, 0])
        for live in LIVE:
            rounds.parts(("by live", live), ["sample", "varied", 12, live])
            for place in ["scattered", "neighbours"]:
                rounds.parts(("unsampled", live, place), ["free", place, live])
        for unwinder in UNWINDERS:
            for kind in ["varied", "apart"]:
                rounds.parts(("by unwinder", kind, unwinder), ["sample", kind, 12, 1000], SILT_UNWIND=unwinder)
        rounds.many("1")
        rounds.many("turns", SILT_DUMP_EVERY="1")
        for variant in dumpers(quick):
            for live in DUMPED[: 2 if quick else 3]:
                if number == 0 or not variant.slow:
                    rounds.dumps(variant, live)


def report(rounds, quick):
    for kind, text in KINDS.items():
        rows = [[name] + [rounds.cell("by depth", kind, levels, part) for levels in LEVELS] for part, name in PARTS]
        print(spread.table([f"ns; {text}", *LEVELS.values()], rows) + "\n")
    rows = [
        [name] + [rounds.cell("by live", live, part) for live in LIVE]
        for part, name in PARTS
        if part in ("live", "sample", "remove", "free")
    ]
    for place in ["scattered", "neighbours"]:
        cells = [rounds.cell("unsampled", live, place, "free", digits=1) for live in LIVE]
        rows.append([f"free of a block never sampled, {place}", *cells])
    shares = [f"{100 * rounds.values['unsampled', live, 'scattered', 'maybe'][0]:.2f} %" for live in LIVE]
    rows.append(["of which the filter cannot rule out", *shares])
    print(spread.table(["ns; 29 frames, by samples alive", *(f"{live:,}" for live in LIVE)], rows) + "\n")
    rows = [
        [f"{name}; {KINDS[kind]}"] + [rounds.cell("by unwinder", kind, unwinder, part) for unwinder in UNWINDERS]
        for kind in ["varied", "apart"]
        for part, name in PARTS
        if part in ("unwind", "sample")
    ]
    print(spread.table(["ns; 29 frames", *UNWINDERS], rows) + "\n")
    rows = [[v.name] + [rounds.cell("dump", v.name, live, digits=1) for live in DUMPED] for v in dumpers(quick)]
    print(spread.table([f"ms a dump; {STACKS:,} stacks, by live samples", *(f"{live:,}" for live in DUMPED)], rows))
    rows = [
        ["on a signal, while the process allocates", rounds.cell("many", "1", digits=1)],
        ["on an interval or on growth: the longest turn, CPU time", rounds.cell("many", "turns", digits=1)],
    ]
    print("\n" + spread.table([f"ms in the interrupted thread; a dump of {MANY_STACKS:,} stacks", "silt"], rows))
    print(variants.absent("jemalloc", "tcmalloc"))


def main():
    parser = argparse.ArgumentParser(description="What a sample and a dump cost.")
    parser.add_argument("--quick", action="store_true", help="two rounds, no peers, no million live blocks")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    heading = variants.Report("A sample, a free, a dump")
    count = 2 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as scratch:
        rounds = Rounds(scratch)
        measure(rounds, count, options.quick)
    print(heading.heading(f"Median of {count} rounds, and its 95 % interval; the clock's own cost is taken off."))
    report(rounds, options.quick)


if __name__ == "__main__":
    main()
