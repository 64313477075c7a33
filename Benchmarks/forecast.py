# SPDX-License-Identifier: Apache-2.0
#
# Forecasts of the memory limit, tried for real: programs run in a memory control group until the kernel kills them, and
# what `silt diff` said before is compared with when it happened. Needs root and a memory controller, version 1 or 2.
#
#   python3 forecast.py [--seed N] [--only TEXT]

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import spread

SILT = os.environ.get("SILT", "../.build/release/silt")
SHIM = os.environ.get("SILT_SHIM", "../.build/shim/libsilt.so")
BUILD = os.environ.get("BUILD", "../.build/benchmarks")
MEBI = 1 << 20
LIMIT = 320 * MEBI
# A run that is not killed by then will not be.
LONGEST = 75

# Name, course of Grower, MiB a second, its seconds, whether it is killed, when it is asked: the number of snapshots of
# which the running program is the last, and the seconds over which they are spread, evenly or not.
RUNS = [
    ("leak", "steady", 6, 0, True, (5, 24, "even")),
    ("leak, uneven snapshots", "steady", 6, 0, True, (6, 26, "uneven")),
    ("slow leak, many snapshots", "steady", 5, 0, True, (12, 36, "even")),
    ("late start", "late", 8, 8, True, (10, 28, "even")),
    ("later start", "late", 8, 15, True, (12, 36, "even")),
    ("leak below churn", "both", 6, 3, True, (10, 28, "uneven")),
    ("leak, writes files", "logs", 6, 0, True, (6, 26, "even")),
    ("late start, writes files", "late-logs", 8, 8, True, (10, 28, "even")),
    ("plateau", "plateau", 12, 12, False, (8, 32, "even")),
    ("plateau, writes files", "plateau-logs", 12, 12, False, (8, 32, "even")),
    ("one step", "step", 12, 14, False, (8, 30, "even")),
    ("warm-up", "slowing", 12, 12, False, (8, 36, "even")),
    ("sawtooth", "sawtooth", 30, 7, False, (9, 31, "uneven")),
]


class Group:
    """A memory control group of its own, below that of this process."""

    def __init__(self, number):
        root = pathlib.Path("/sys/fs/cgroup")
        unified = (root / "cgroup.controllers").exists()
        if unified:
            (root / "cgroup.subtree_control").write_text("+memory")
        self.path = (root if unified else root / "memory") / f"silt-forecast-{os.getpid()}-{number}"
        self.path.mkdir()
        (self.path / ("memory.max" if unified else "memory.limit_in_bytes")).write_text(str(LIMIT))
        swap = self.path / ("memory.swap.max" if unified else "memory.memsw.limit_in_bytes")
        if swap.exists():
            swap.write_text("0" if unified else str(LIMIT))

    def join(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        for _ in range(50):
            try:
                return self.path.rmdir()
            except OSError:
                time.sleep(0.1)


def moments(count, seconds, kind, chance):
    """When snapshots are made, in seconds; the last is the asking."""
    even = [seconds * (0.15 + 0.85 * n / (count - 1)) for n in range(count)]
    if kind == "even":
        return even
    gap = seconds / count
    return sorted(moment + (chance.random() - 0.5) * gap for moment in even[:-1]) + even[-1:]


def silt(*arguments):
    return subprocess.run([SILT, *arguments], check=True, capture_output=True, text=True).stdout


def dump(program, folder, number):
    """Has the program write a dump itself, so that its time is known; silt would take its own time to start."""
    path = pathlib.Path(folder) / f"Grower.{program.pid}.{number}.silt"
    program.send_signal(signal.SIGUSR2)
    moment = time.monotonic()
    while not path.exists():
        if time.monotonic() > moment + 10:
            raise OSError(f"no dump {path}")
        time.sleep(0.01)
    return str(path), moment


class Run(threading.Thread):
    def __init__(self, number, plan, chance):
        super().__init__()
        self.name, self.course, self.rate, self.seconds, self.is_killed, asked = plan
        self.number = number
        self.moments = moments(*asked, chance)
        self.rate *= chance.uniform(0.9, 1.1)
        self.told = self.truth = self.failure = None

    def run(self):
        try:
            self.measure()
        except (OSError, subprocess.CalledProcessError, ValueError) as error:
            self.failure = getattr(error, "stderr", None) or str(error)

    def measure(self):
        folder = tempfile.mkdtemp(prefix="silt-forecast-")
        group = Group(self.number)
        environment = dict(os.environ, LD_PRELOAD=os.path.abspath(SHIM), SILT_DIR=folder, TMPDIR=folder)
        command = [f"{BUILD}/Grower", self.course, str(self.rate), str(self.seconds)]
        start = time.monotonic()
        program = subprocess.Popen(command, env=environment, preexec_fn=group.join)
        try:
            dumps = []
            for number, moment in enumerate(self.moments[:-1]):
                time.sleep(max(0, start + moment - time.monotonic()))
                dumps.append(dump(program, folder, number + 1))
            time.sleep(max(0, start + self.moments[-1] - time.monotonic()))
            names = [name for name, _ in dumps]
            answer = silt("diff", *names, str(program.pid), "--dir", folder, "--format", "json")
            self.told = json.loads(answer)
            # The forecast counts from when the running program was read.
            asked = dumps[0][1] + self.told["moments"][-1]
            try:
                end = program.wait(timeout=start + LONGEST - time.monotonic())
                self.truth = time.monotonic() - asked
                if end != -signal.SIGKILL:
                    self.failure = f"ended with {end}"
            except subprocess.TimeoutExpired:
                pass
        finally:
            program.kill()
            program.wait()
            group.remove()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def is_right(self):
        """Whether what was said is so; None where nothing was said of a program that was killed."""
        soonest, latest = self.limit("soonest"), self.limit("latest")
        if self.truth is None:
            return soonest is None or self.limit("seconds") is None
        if soonest is None:
            return None
        return soonest <= self.truth and (latest is None or self.truth <= latest)

    def limit(self, key):
        return (self.told.get("limit") or {}).get(key)

    def row(self):
        if self.failure is not None:
            return [self.name, "", "", "", f"failed: {self.failure.strip()}"]
        def seconds(value):
            return "–" if value is None else f"{value:.1f} s"
        soonest, latest = self.limit("soonest"), self.limit("latest")
        said = seconds(self.limit("seconds"))
        if soonest is not None:
            said += f" ({soonest:.1f} to {'–' if latest is None else f'{latest:.1f}'})"
        course = self.told["course"] + (f", likely {self.told['likeliest']} {self.told['probability']:.0%}"
                                        if self.told["course"] == "undecided" else "")
        verdict = {True: "yes", False: "**no**", None: "none given"}[self.is_right]
        return [self.name, course, said, seconds(self.truth) if self.truth is not None else "not killed", verdict]


def main():
    parser = argparse.ArgumentParser(description="Forecasts of the memory limit, tried to the kill.")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--only", default="", help="only runs whose name contains this")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("forecast.py: control groups are made by root only")
    print(f"seed {arguments.seed}", file=sys.stderr)
    chance = random.Random(arguments.seed)
    runs = [Run(number, plan, chance) for number, plan in enumerate(RUNS)]
    runs = [run for run in runs if arguments.only in run.name]
    # All at the same time: each has its own limit, and none needs more than a tenth of a core.
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    print(spread.table(["program", "course at the asking", "said: kill in", "truth", "right"], [r.row() for r in runs]))
    given = [r for r in runs if r.failure is None and r.truth is not None and r.is_right is not None]
    print(f"\n{sum(r.is_right for r in given)} of {len(given)} forecasts held the truth; "
          f"{sum(r.failure is None and r.truth is None and r.is_right is True for r in runs)} of "
          f"{sum(not r.is_killed for r in runs)} programs that are not killed got none.")
    if any(r.failure or r.is_right is False or (r.truth is None) == r.is_killed for r in runs):
        sys.exit(1)


if __name__ == "__main__":
    main()
