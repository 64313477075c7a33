# SPDX-License-Identifier: Apache-2.0
#
# What the benchmarks compare: how each variant is put into a program, what it is compared with, and how many samples
# Silt took. A peer that is not installed is left out.

import dataclasses
import glob
import os
import shutil
import struct
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def place(variable, default):
    """An absolute path: profiled programs change their directory, and ld.so passes over what it does not find."""
    return os.path.abspath(os.environ.get(variable, os.path.join(HERE, default)))


BUILD = place("BUILD", "../.build/benchmarks")
PROGRAMS = place("PROGRAMS", "../.build/programs")
SHIM = place("SILT_SHIM", "../.build/shim/libsilt.so")
SILT = place("SILT", "../.build/release/silt")
EMPTY = os.path.join(BUILD, "libempty.so")


@dataclasses.dataclass(frozen=True)
class Variant:
    name: str
    base: str | None  # the variant that it is compared with
    preload: str = ""
    settings: tuple = ()  # pairs of environment variables
    command: tuple = ()  # put in front of the program
    slow: bool = False  # far above 2 times: gets less work and fewer rounds

    def environment(self, scratch):
        """The environment of the profiled program; profiles go below `scratch`."""
        environment = {"PATH": os.environ["PATH"], "SILT_DIR": os.path.join(scratch, "silt")}
        environment |= {name: value.replace("SCRATCH", scratch) for name, value in self.settings}
        if self.preload:
            environment["LD_PRELOAD"] = self.preload
        return environment

    def prefix(self, scratch):
        return [word.replace("SCRATCH", scratch) for word in self.command]


def library(name):
    """The path of an installed shared library, or None."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        if line.split()[:1] == [name]:
            return line.split()[-1]
    return None


def shims():
    """No preload, the floor, and Silt if it is built."""
    found = [Variant("none", None), Variant("empty", "none", EMPTY)]
    if os.path.exists(SHIM):
        found += [Variant("silt", "none", SHIM)]
    return found


def parts():
    """Silt with an interval so large that nothing is sampled: what its fast paths alone cost."""
    if not os.path.exists(SHIM):
        return []
    return [Variant("silt, never sampling", "empty", SHIM, (("SILT_INTERVAL", str(1 << 40)),))]


def peers():
    """Each profiler after its own allocator unprofiled, so that no fast allocator is taken for a cheap profiler."""
    found = []
    if tcmalloc := library("libtcmalloc.so.4"):
        sampling = (("TCMALLOC_SAMPLE_PARAMETER", "524288"),)
        profiling = (("HEAPPROFILE", "SCRATCH/tcmalloc"), ("HEAP_PROFILE_ALLOCATION_INTERVAL", "0"))
        found += [
            Variant("tcmalloc", "none", tcmalloc),
            Variant("tcmalloc sampling", "tcmalloc", tcmalloc, sampling),
            Variant("tcmalloc HEAPPROFILE", "tcmalloc", tcmalloc, profiling, slow=True),
        ]
    if jemalloc := library("libjemalloc.so.2"):
        # prof_final would write at exit; what is compared is the sampling.
        settings = (("MALLOC_CONF", "prof:true,lg_prof_sample:19,prof_prefix:SCRATCH/jemalloc"),)
        found += [Variant("jemalloc", "none", jemalloc), Variant("jemalloc prof", "jemalloc", jemalloc, settings)]
    if heaptrack := shutil.which("heaptrack"):
        command = (heaptrack, "--raw", "-o", "SCRATCH/heaptrack")
        found += [Variant("heaptrack", "none", command=command, slow=True)]
    return found


def production_peers():
    """Peers as they are put into services: those that sample, and heaptrack without its compressing child."""
    found = [peer for peer in peers() if not peer.slow]
    preload = "/usr/lib/heaptrack/libheaptrack_preload.so"
    if os.path.exists(preload):
        settings = (("DUMP_HEAPTRACK_OUTPUT", "SCRATCH/heaptrack.raw"),)
        found += [Variant("heaptrack", "none", preload, settings, slow=True)]
    return found


def turned(compared, number):
    """What is compared, in the order of this round, which begins with another one each time."""
    turn = number % len(compared)
    return compared[turn:] + compared[:turn]


# What each peer is found by, and Debian's package of it.
PEERS = {
    "tcmalloc": (lambda: library("libtcmalloc.so.4"), "google-perftools"),
    "jemalloc": (lambda: library("libjemalloc.so.2"), "libjemalloc2"),
    "heaptrack": (lambda: shutil.which("heaptrack"), "heaptrack"),
    "jeprof": (lambda: shutil.which("jeprof"), "libjemalloc-dev"),
    "google-pprof": (lambda: shutil.which("google-pprof"), "google-perftools"),
    "go tool pprof": (lambda: shutil.which("go"), "golang-go"),
}


def absent(*names):
    """Says which of these peers are not installed, and so have no figures."""
    missing = [f"{name} (package {PEERS[name][1]})" for name in names if not PEERS[name][0]()]
    return "Peers not installed: " + (", ".join(missing) if missing else "none") + "."


class Report:
    """The heading of one part's tables: what it is, and what the machine did meanwhile."""

    def __init__(self, title):
        self.title = title
        self.began = time.monotonic()
        self.load = os.getloadavg()[0]

    def heading(self, method):
        minutes = (time.monotonic() - self.began) / 60
        load = f"load average {self.load:.1f} when it began, {os.getloadavg()[0]:.1f} when it ended"
        return f"\n### {self.title}\n\n{method} {minutes:.1f} minutes; {load}.\n"


def samples(scratch):
    """How many allocations Silt sampled: the sum over the sites of the dumps below `scratch`.

    Offsets are those of CShim/include/silt_format.h; the sites are region 3.
    """
    total = 0
    for path in glob.glob(os.path.join(scratch, "silt", "*.silt")):
        with open(path, "rb") as file:
            data = file.read()
        offset, capacity, size = struct.unpack_from("<QQI", data, 1536 + 3 * 64)
        used = min(capacity, struct.unpack_from("<Q", data, 1536 + 3 * 64 + 24)[0])
        total += sum(struct.unpack_from("<Q", data, offset + i * size + 16)[0] for i in range(1, used))
    return total
