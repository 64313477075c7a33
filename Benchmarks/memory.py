# SPDX-License-Identifier: Apache-2.0
#
# The shim's own memory in services under load: what the kernel has given it, by kind, from /proc/PID/smaps when the
# load is over. In KiB that have been touched; a mapping's size costs nothing.
#
#   python3 memory.py [--quick]

import argparse
import os
import re
import tempfile

import programs
import spread
import variants

PROGRAMS = [programs.PaymentService, programs.Redis, programs.Postgres, programs.Python]
HEAD = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")
KINDS = ["session", "tables", "data", "code"]


def touched(pid):
    """Resident KiB by kind, and of the whole process.

    The tables are the shim's zero-initialised variables (filter, unwinding rules, chains): an anonymous mapping right
    behind its data. Code is shared with every other profiled process.
    """
    kib = dict.fromkeys([*KINDS, "process"], 0)
    kind, end = None, None
    with open(f"/proc/{pid}/smaps", encoding="utf-8") as file:
        for line in file:
            if head := HEAD.match(line):
                start, after, rights, path = head.groups()
                name = os.path.basename(path)
                if name.endswith(".live.silt"):
                    kind = "session"
                elif name == os.path.basename(variants.SHIM):
                    kind, end = ("data" if "w" in rights else "code"), after
                elif not path and start == end:
                    kind, end = "tables", after
                else:
                    kind = None
            elif line.startswith("Rss:"):
                rss = int(line.split()[1])
                kib["process"] += rss
                if kind:
                    kib[kind] += rss
    return kib


def main():
    parser = argparse.ArgumentParser(description="The shim's memory.")
    parser.add_argument("--quick", action="store_true", help="less load")
    options = parser.parse_args()
    report = variants.Report("The shim's memory")
    silt = variants.Variant("silt", "none", variants.SHIM)
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for kind in PROGRAMS:
            program = kind(scratch, options.quick)
            if missing := program.missing():
                rows.append([program.name, f"{missing} is not installed"] + [""] * 6)
                continue
            program.prepare()
            found = []
            program.look = lambda pid, found=found: found.append(touched(pid))
            samples = program.run(silt).samples
            kib = found[0]
            own = sum(kib[kind] for kind in KINDS)
            rows.append([program.name, *(f"{kib[kind]:,}" for kind in KINDS), f"**{own:,}**", f"{kib['process']:,}"])
            rows[-1].append(str(samples))
    print(report.heading("Resident KiB when the load is over."))
    print(spread.table(["program", *KINDS, "together", "whole process", "samples"], rows))


if __name__ == "__main__":
    main()
