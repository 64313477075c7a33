# SPDX-License-Identifier: Apache-2.0
#
# The analyzers on the same heap: a program of known content (sample/Live.c), every allocation recorded by each profiler,
# read by its own tool; and Silt's profile, exported, read by go tool pprof. Then a real service, for its names. CPU and
# wall time, and peak memory, in rounds; ratios are taken within a round. At last, how long the command takes to start.
#
#   python3 analyzer.py [--quick] [--rounds N]

import argparse
import dataclasses
import glob
import os
import re
import shutil
import subprocess
import tempfile
import time

import programs
import spread
import variants

SIZES = [1_000, 64_000, 1_000_000]
# The other profilers' files hold a sum for each stack, so one size tells all.
PEERS_SIZE = 64_000
STACKS = 10_000
PROGRAM = os.path.join(variants.BUILD, "Live")
INTERPRETER = "/usr/lib/heaptrack/libexec/heaptrack_interpret"
SERVICE = "Swift service"
SESSIONS = 1_000

# As on most machines that run services: libc has no debug information there, of which pprof reads none. Root only.
BARE = "silt top, first look, no debug files"
HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /usr/lib/debug && exec "$@"', "sh"]
NAMED = "go tool pprof -top, names in the file"
LOOKED_UP = "go tool pprof -top, looking names up"
LOOKED_UP_BASE = "go tool pprof -top -base, looking names up"
PROTO = "go tool pprof -proto, looking names up"
JEPROF, JEPROF_BASE = "jeprof --text (jemalloc)", "jeprof --text --base (jemalloc)"
GOOGLE = "google-pprof --text (gperftools)"
HEAPTRACK = "heaptrack_interpret, heaptrack_print"
# What does the same work: a first look reads names from object files, as peers do each time.
PAIRS = [
    ("silt top, first look", LOOKED_UP),
    (BARE, LOOKED_UP),
    ("silt top, second look", LOOKED_UP),
    ("silt top, second look", NAMED),
    ("silt tree, second look", NAMED),
    ("silt diff, first look", LOOKED_UP_BASE),
    ("silt diff, second look", LOOKED_UP_BASE),
    ("silt export, first look", PROTO),
    ("silt export, second look", PROTO),
    ("silt top, first look", JEPROF),
    ("silt diff, first look", JEPROF_BASE),
    ("silt top, first look", GOOGLE),
    ("silt top, first look", HEAPTRACK),
]


@dataclasses.dataclass
class Task:
    """A command, and what it read."""

    name: str
    size: object
    command: list
    rare: bool = False  # takes many seconds: once
    cpu: list = dataclasses.field(default_factory=list)
    wall: list = dataclasses.field(default_factory=list)
    peak: list = dataclasses.field(default_factory=list)

    def run(self, scratch):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": scratch}
        # pprof writes into a folder of its own below the home folder.
        began = time.monotonic()
        process = subprocess.Popen(self.command, env=os.environ | {"HOME": scratch}, **quiet)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise SystemExit(f"analyzer.py: {' '.join(self.command)} ended with status {process.returncode}")
        self.wall.append((time.monotonic() - began) * 1e3)
        self.cpu.append((usage.ru_utime + usage.ru_stime) * 1e3)
        self.peak.append(usage.ru_maxrss / 1024)

    def cell(self):
        low, high = spread.interval(self.wall)
        wall = f"{spread.absolute(self.wall, 0)} ({low:,.0f}–{high:,.0f})"
        return f"{wall}, {spread.absolute(self.cpu, 0)}, {spread.absolute(self.peak, 0)}"


def by_number(pattern):
    """The files of a pattern in the order in which they were dumped."""
    return sorted(glob.glob(pattern), key=lambda path: (int(re.findall(r"\d+", os.path.basename(path))[-1]), path))


def record(variant, live, folder):
    os.makedirs(folder)
    command = variant.prefix(folder) + [PROGRAM, str(live), str(STACKS), "1"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(command, env=variant.environment(folder), cwd=folder, check=True, **quiet)


def export(source, destination, *options):
    subprocess.run([variants.SILT, "export", *options, "-o", destination, source], check=True, stderr=subprocess.DEVNULL)
    return destination


def check_content(dump, live):
    """What is timed must be right: every block is there."""
    text = subprocess.run([variants.SILT, "top", dump], capture_output=True, text=True, check=True).stdout
    samples = int(re.search(r"\((\d+) samples", text).group(1))
    if not live <= samples <= live + 100:
        raise SystemExit(f"analyzer.py: {live} blocks are alive, {dump} shows {samples}")


def pprof_tasks(size, folder, after, base=None):
    """Silt's own reports of a dump, and go tool pprof's of the same profile, exported."""
    silt = variants.SILT
    exported = ["export", "-o", os.path.join(folder, "out.pb.gz"), after]
    yield Task("silt top, first look", size, [silt, "top", "--no-cache", after])
    if size == SERVICE and os.geteuid() == 0 and os.path.isdir("/usr/lib/debug"):
        yield Task(BARE, size, [*HIDDEN, silt, "top", "--no-cache", after])
    yield Task("silt top, second look", size, [silt, "top", after])
    yield Task("silt tree, second look", size, [silt, "tree", after])
    yield Task("silt flame, second look", size, [silt, "flame", "-o", os.path.join(folder, "heap.html"), after])
    if base:
        yield Task("silt diff, first look", size, [silt, "diff", "--no-cache", base, after])
        yield Task("silt diff, second look", size, [silt, "diff", base, after])
        yield Task("silt check, second look", size, [silt, "check", "--max-growth", "1TiB", base, after])
    yield Task("silt export, first look", size, [silt, *exported, "--no-cache"])
    yield Task("silt export, second look", size, [silt, *exported])
    if not shutil.which("go"):
        return
    pprof = ["go", "tool", "pprof"]
    named = export(after, os.path.join(folder, "named.pb.gz"))
    bare = export(after, os.path.join(folder, "bare.pb.gz"), "--no-symbols")
    yield Task(NAMED, size, [*pprof, "-top", named])
    yield Task(LOOKED_UP, size, [*pprof, "-top", bare])
    if base:
        before = export(base, os.path.join(folder, "base.pb.gz"), "--no-symbols")
        yield Task(LOOKED_UP_BASE, size, [*pprof, "-top", "-base", before, bare])
    output = os.path.join(folder, "pprof.pb.gz")
    yield Task(PROTO, size, [*pprof, "-proto", "-output", output, bare])


def silt_tasks(scratch, sizes):
    settings = (("SILT_INTERVAL", "1"), ("SILT_CAPACITY", "256M"), ("SILT_EXIT", "discard"))
    variant = variants.Variant("silt", None, variants.SHIM, settings)
    for size in sizes:
        folder = os.path.join(scratch, f"silt-{size}")
        record(variant, size, folder)
        base, after = by_number(os.path.join(folder, "silt", "*.silt"))[:2]
        check_content(after, size)
        yield from pprof_tasks(size, folder, after, base)


def service_tasks(scratch, quick):
    service = programs.PaymentService(scratch, quick)
    if service.missing():
        return
    service.prepare()
    service.run(variants.Variant("silt", None, variants.SHIM))
    (dump,) = glob.glob(os.path.join(service.scratch, "silt", "*.silt"))
    yield from pprof_tasks(SERVICE, service.scratch, dump)


def peers_tasks(scratch):
    size = PEERS_SIZE
    if (library := variants.library("libjemalloc.so.2")) and shutil.which("jeprof"):
        folder = os.path.join(scratch, "jemalloc")
        settings = (("MALLOC_CONF", "prof:true,lg_prof_sample:0,prof_prefix:SCRATCH/jemalloc"),)
        record(variants.Variant("jemalloc", None, library, settings), size, folder)
        base, after = sorted(glob.glob(os.path.join(folder, "*.heap")))[:2]
        yield Task(JEPROF, size, ["jeprof", "--text", PROGRAM, after], rare=True)
        difference = ["jeprof", "--text", f"--base={base}", PROGRAM, after]
        yield Task(JEPROF_BASE, size, difference, rare=True)
    if (library := variants.library("libtcmalloc.so.4")) and shutil.which("google-pprof"):
        folder = os.path.join(scratch, "tcmalloc")
        settings = (("HEAPPROFILE", "SCRATCH/tcmalloc"), ("HEAP_PROFILE_ALLOCATION_INTERVAL", "0"))
        settings += (("HEAP_PROFILE_INUSE_INTERVAL", "0"),)
        record(variants.Variant("tcmalloc", None, library, settings), size, folder)
        after = sorted(glob.glob(os.path.join(folder, "*.heap")))[1]
        yield Task(GOOGLE, size, ["google-pprof", "--text", PROGRAM, after], rare=True)
    if (heaptrack := shutil.which("heaptrack")) and os.path.exists(INTERPRETER):
        folder = os.path.join(scratch, "heaptrack")
        record(variants.Variant("heaptrack", None, command=(heaptrack, "--raw", "-o", "SCRATCH/track")), size, folder)
        (raw,) = glob.glob(os.path.join(folder, "track*"))
        both = f'zstd -dc "{raw}" | {INTERPRETER} > "{folder}/named" && heaptrack_print -f "{folder}/named"'
        yield Task(HEAPTRACK, size, ["sh", "-c", both])


def start_tasks(scratch):
    """The command on nothing, and on many sessions of the service."""
    yield Task("silt --version", "", [variants.SILT, "--version"])
    if not (dumps := glob.glob(os.path.join(scratch, "PaymentService", "silt", "*.silt"))):
        return
    folder = os.path.join(scratch, "sessions")
    os.makedirs(folder, mode=0o700)
    for number in range(SESSIONS):
        shutil.copy(dumps[0], os.path.join(folder, f"service.{number}.1.silt"))
    yield Task(f"silt list, {SESSIONS:,} sessions", "", [variants.SILT, "list", "--dumps", "--dir", folder])


def ratios(tasks, sizes):
    """Silt's wall time as a share of the peer's that does the same work."""
    columns = [*sizes, SERVICE]
    known = {(task.name, task.size): task for task in tasks}
    rows = []
    for silt, peer in PAIRS:
        both = [(known.get((silt, column)), known.get((peer, column))) for column in columns]
        if any(peer for _, peer in both):
            cells = [spread.ratio(ours.wall, theirs.wall) if ours and theirs else "–" for ours, theirs in both]
            rows.append([f"{silt} ÷ {peer}", *cells])
    return spread.table(["", *(f"{size:,} live" for size in sizes), SERVICE], rows)


def table(tasks, sizes):
    columns = [*sizes, SERVICE]
    names = list(dict.fromkeys(task.name for task in tasks))
    cells = {(task.name, task.size): task.cell() for task in tasks}
    rows = [[name] + [cells.get((name, column), "–") for column in columns] for name in names]
    for row, name in zip(rows, names):
        last = next((t for t in tasks if (t.name, t.size) == (name, sizes[-1])), None)
        first = next((t for t in tasks if (t.name, t.size) == (name, sizes[0])), None)
        row.append(spread.ratio(last.cpu, first.cpu) if last and first else "–")
    head = ["", *(f"{size:,} live" for size in sizes), SERVICE, "CPU, largest ÷ smallest"]
    return spread.table(head, rows)


def main():
    parser = argparse.ArgumentParser(description="The analyzers on the same heap.")
    parser.add_argument("--quick", action="store_true", help="two rounds, without a million live blocks")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    report = variants.Report("Analyzers")
    count = 2 if options.quick else options.rounds
    sizes = SIZES[:2] if options.quick else SIZES
    with tempfile.TemporaryDirectory() as scratch:
        tasks = [*silt_tasks(scratch, sizes), *service_tasks(scratch, options.quick), *peers_tasks(scratch)]
        starts = [*start_tasks(scratch)]
        # So that a second look is one in the first round, too.
        for task in tasks:
            if task.name.endswith("second look"):
                dataclasses.replace(task, cpu=[], wall=[], peak=[]).run(scratch)
        for number in range(count):
            for task in tasks + starts:
                if not task.rare or number == 0:
                    task.run(scratch)
    method = f"Median of {count} rounds: wall ms (interval), CPU ms, peak MiB. {STACKS:,} stacks of about 30 frames."
    print(report.heading(method))
    print(table(tasks, sizes))
    print("\nWall time, Silt's as a share of the peer's, paired by round:\n")
    print(ratios(tasks, sizes))
    print("\nTo start:\n")
    print(spread.table(["", "wall ms (interval), CPU ms, peak MiB"], [[task.name, task.cell()] for task in starts]))
    print(variants.absent("go tool pprof", "jemalloc", "jeprof", "tcmalloc", "google-pprof", "heaptrack"))


if __name__ == "__main__":
    main()
