# SPDX-License-Identifier: Apache-2.0
#
# What `silt serve` takes: a large heap scraped again, many scrapes beside a service under load, many sessions. Needs a silt
# that has its server (`make serve`).
#
#   python3 serve.py [--quick] [heap] [load] [sessions]

import argparse
import http.client
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import spread

SILT = os.path.abspath(os.environ.get("SILT", "../.build/serve/release/silt"))
SHIM = os.path.abspath(os.environ.get("SILT_SHIM", "../.build/shim/libsilt.so"))
PROGRAMS = os.path.abspath(os.environ.get("PROGRAMS", "../.build/programs"))

# Scrapes a second.
RATE = 200

work = pathlib.Path(tempfile.mkdtemp(prefix="silt-bench-"))
children = []


def start(command, output, **more):
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=open(work / output, "wb"), stderr=subprocess.STDOUT, **more)
    children.append(child)
    return child


def line(output, pattern):
    for _ in range(1200):
        if found := re.search(pattern, (work / output).read_text()):
            return found
        time.sleep(0.05)
    sys.exit(f"{output}: nothing like {pattern}: {(work / output).read_text()}")


def profiled(name, *command, interval=None):
    folder = work / name
    folder.mkdir(exist_ok=True, mode=0o700)
    environment = os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(folder)}
    if interval:
        environment["SILT_INTERVAL"] = str(interval)
    return start(list(command), f"{name}.out", env=environment)


def serve(name, *options):
    server = start([SILT, "serve", "--listen", "127.0.0.1:0", "--dir", str(work / name), *options], f"{name}.serve")
    return server, int(line(f"{name}.serve", r"serving at http://127.0.0.1:(\d+)/")[1])


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024, int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024


def processor(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status} {body[:200]}")
    return time.monotonic() - began, len(body)


def stop(*which):
    for child in which:
        child.kill()
        child.wait()
        children.remove(child)


def large_heap():
    program = profiled("large", f"{PROGRAMS}/ManyStacks", interval=1)
    line("large.out", "ready")
    server, port = serve("large")
    before = processor(server.pid)
    first, size = get(port, "/debug/pprof/heap")
    used = processor(server.pid) - before
    times = []
    for _ in range(7):
        time.sleep(3)
        times.append(get(port, "/debug/pprof/heap")[0] * 1000)
    figures, _ = get(port, "/metrics")
    print(f"a heap of 65,536 blocks from 16,384 stacks, {size >> 10} KiB as pprof: first scrape {first * 1000:.0f} ms "
          f"({used * 1000:.0f} ms of CPU), then {spread.figure(times)} ms; metrics {figures * 1000:.0f} ms; "
          f"the server's memory {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, program)


def changing_heap(seconds):
    program = profiled("changing", f"{PROGRAMS}/ManyStacks", "change", interval=1)
    line("changing.out", "ready")
    server, port = serve("changing")
    get(port, "/debug/pprof/heap")
    times, used = [], []
    for _ in range(7):
        # So long that it owes no rest for the last one.
        time.sleep(3)
        before = processor(server.pid)
        times.append(get(port, "/debug/pprof/heap")[0] * 1000)
        used.append((processor(server.pid) - before) * 1000)
    print(f"the same, changed every millisecond: a scrape {spread.figure(times)} ms, {spread.figure(used)} ms of CPU")
    before = processor(server.pid)
    scrapers = Scrapers(port)
    time.sleep(seconds)
    scrapers.stop()
    print(f"{RATE} scrapes a second of it: {scrapers}; the server took {(processor(server.pid) - before) / seconds * 100:.0f} % "
          f"of a core and {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, program)


class Scrapers:
    """So many scrapes a second, by 100 threads, over a connection each."""

    def __init__(self, port):
        self.port, self.ended, self.errors, self.times = port, threading.Event(), [], []
        self.threads = [threading.Thread(target=self.scrape) for _ in range(100)]
        for thread in self.threads:
            thread.start()

    def scrape(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        due = time.monotonic()
        while not self.ended.is_set():
            due += len(self.threads) / RATE
            time.sleep(max(0, due - time.monotonic()))
            began = time.monotonic()
            try:
                connection.request("GET", "/debug/pprof/heap")
                answer = connection.getresponse()
                if answer.status != 200 or not answer.read().startswith(b"\x1f\x8b"):
                    self.errors.append(answer.status)
            except OSError as error:
                self.errors.append(str(error))
                connection.close()
            self.times.append((time.monotonic() - began) * 1000)

    def stop(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def __str__(self):
        ordered = sorted(self.times)
        return (f"{len(ordered):,} answers, {len(self.errors)} errors, median {ordered[len(ordered) // 2]:.0f} ms, "
                f"99 % {ordered[len(ordered) * 99 // 100]:.0f} ms")


def under_load(rounds, seconds):
    """The service and its load on one core, the server and its clients on the other: what is left is what the service feels
    of being read, not that there are only two cores."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[:1])
    service = profiled("service", f"{PROGRAMS}/PaymentService", "--port", "0", "--leak", "none")
    load_port = line("service.out", r"listening on .*:(\d+)")[1]
    os.sched_setaffinity(0, cores[1:2] or cores)
    server, port = serve("service")
    get(port, "/debug/pprof/heap")

    def throughput(requests):
        began = time.monotonic()
        subprocess.run(["taskset", "-c", str(cores[0]), f"{PROGRAMS}/Load", load_port, str(requests), "1"], check=True,
                       stdout=subprocess.DEVNULL)
        return requests / (time.monotonic() - began)

    requests = int(throughput(20000) * seconds)
    alone, beside, all_scrapers, used = [], [], [], 0.0
    for number in range(rounds):
        for scraped in ((False, True) if number % 2 else (True, False)):
            before = processor(server.pid)
            scrapers = Scrapers(port) if scraped else None
            (beside if scraped else alone).append(throughput(requests))
            if scrapers:
                scrapers.stop()
                used += processor(server.pid) - before
                all_scrapers.append(scrapers)
    together = all_scrapers[0]
    for more in all_scrapers[1:]:
        together.times += more.times
        together.errors += more.errors
    spent = sum(requests / rate for rate in beside)
    print(f"a service under load, {len(together.times) / spent:.0f} scrapes a second for {spent:.0f} s: {together}; throughput of "
          f"the service {spread.ratio(beside, alone)} of that without, {rounds} rounds; the server took "
          f"{used / spent * 100:.0f} % of a core and {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, service)
    os.sched_setaffinity(0, cores)


def many_sessions(count):
    folder = work / "many"
    folder.mkdir(mode=0o700)
    environment = os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(folder), "SILT_INTERVAL": "1"}
    programs = [start([f"{PROGRAMS}/Orders"], f"many.{n}", env=environment) for n in range(count)]
    line(f"many.{count - 1}", "ready")
    server, port = serve("many")
    get(port, "/")
    first = get(port, "/metrics")[0] * 1000
    times, figures, used = [], [], []
    for _ in range(7):
        time.sleep(5)
        times.append(get(port, "/")[0] * 1000)
        time.sleep(5)
        before = processor(server.pid)
        seconds, size = get(port, "/metrics")
        figures.append(seconds * 1000)
        used.append((processor(server.pid) - before) * 1000)
    print(f"{count} sessions: the index {spread.figure(times)} ms; metrics, {size >> 10} KiB: the first {first:.0f} ms, then "
          f"{spread.figure(figures)} ms, {spread.figure(used)} ms of CPU; the server's memory "
          f"{resident(server.pid)[1]:.0f} MiB at most")
    stop(server, *programs)


parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
parser.add_argument("parts", nargs="*", default=["heap", "load", "sessions"])
options = parser.parse_args()
quick, parts = options.quick, options.parts
print(f"load average {os.getloadavg()[0]:.1f} when it began")
try:
    if "heap" in parts:
        large_heap()
        changing_heap(5 if quick else 20)
    if "load" in parts:
        under_load(*((4, 2) if quick else (20, 3)))
    if "sessions" in parts:
        many_sessions(100 if quick else 1000)
finally:
    for child in children:
        child.kill()
        child.wait()
    shutil.rmtree(work, ignore_errors=True)
print(f"load average {os.getloadavg()[0]:.1f} when it ended")
