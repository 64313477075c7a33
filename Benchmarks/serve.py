# SPDX-License-Identifier: Apache-2.0
#
# What `silt serve` takes: a large heap scraped again, many scrapes beside a service under load, many sessions. Needs a silt
# that has its server (`make serve`).
#
#   python3 serve.py [--quick]

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
    first, _ = get(port, "/debug/pprof/heap")
    times = []
    for _ in range(7):
        time.sleep(3)
        seconds, size = get(port, "/debug/pprof/heap")
        times.append(seconds * 1000)
    figures, _ = get(port, "/metrics")
    print(f"a heap of 65,536 blocks from 16,384 stacks, {size >> 10} KiB as pprof: first scrape {first * 1000:.0f} ms, "
          f"then {spread.statistics.median(times):.0f} ms ({min(times):.0f}–{max(times):.0f}); metrics {figures * 1000:.0f} ms; "
          f"the server's memory {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, program)


def scrape(port, rate, ended, errors, times):
    """So many scrapes a second by this thread, over one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    due = time.monotonic()
    while not ended.is_set():
        due += 1 / rate
        time.sleep(max(0, due - time.monotonic()))
        began = time.monotonic()
        try:
            connection.request("GET", "/debug/pprof/heap")
            answer = connection.getresponse()
            if answer.status != 200 or not answer.read().startswith(b"\x1f\x8b"):
                errors.append(answer.status)
        except OSError as error:
            errors.append(str(error))
            connection.close()
        times.append(time.monotonic() - began)


def under_load(rounds, seconds):
    service = profiled("service", f"{PROGRAMS}/PaymentService", "--port", "0", "--leak", "none")
    load_port = line("service.out", r"listening on .*:(\d+)")[1]
    server, port = serve("service")
    get(port, "/debug/pprof/heap")

    def throughput(requests):
        began = time.monotonic()
        subprocess.run([f"{PROGRAMS}/Load", load_port, str(requests), "1"], check=True, stdout=subprocess.DEVNULL)
        return requests / (time.monotonic() - began)

    requests = int(throughput(2000) * seconds)
    alone, beside, errors, times, used = [], [], [], [], 0.0
    for number in range(rounds):
        for scraped in ((False, True) if number % 2 else (True, False)):
            ended = threading.Event()
            threads = [threading.Thread(target=scrape, args=(port, 4, ended, errors, times)) for _ in range(50 if scraped else 0)]
            before = processor(server.pid)
            for thread in threads:
                thread.start()
            (beside if scraped else alone).append(throughput(requests))
            ended.set()
            for thread in threads:
                thread.join()
            if scraped:
                used += processor(server.pid) - before
    spent = sum(requests / rate for rate in beside)
    ordered = sorted(times)
    print(f"{len(times)} scrapes in {spent:.0f} s ({len(times) / spent:.0f} a second), {len(errors)} errors; "
          f"median {ordered[len(ordered) // 2] * 1000:.0f} ms, 99 % {ordered[len(ordered) * 99 // 100] * 1000:.0f} ms; "
          f"throughput of the service {spread.ratio(beside, alone)} of that without; the server took "
          f"{used / spent * 100:.0f} % of a core and {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, service)


def many_sessions(count):
    folder = work / "many"
    folder.mkdir(mode=0o700)
    environment = os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(folder), "SILT_INTERVAL": "1"}
    programs = [start([f"{PROGRAMS}/Orders"], f"many.{n}", env=environment) for n in range(count)]
    line(f"many.{count - 1}", "ready")
    server, port = serve("many")
    get(port, "/")
    times, figures = [], []
    for _ in range(5):
        time.sleep(3)
        times.append(get(port, "/")[0] * 1000)
        time.sleep(3)
        figures.append(get(port, "/metrics")[0] * 1000)
    print(f"{count} sessions: the index {spread.statistics.median(times):.0f} ms ({min(times):.0f}–{max(times):.0f}), metrics "
          f"{spread.statistics.median(figures):.0f} ms; the server's memory {resident(server.pid)[1]:.0f} MiB at most")
    stop(server, *programs)


parser = argparse.ArgumentParser()
parser.add_argument("--quick", action="store_true")
quick = parser.parse_args().quick
try:
    large_heap()
    under_load(*((2, 5) if quick else (6, 10)))
    many_sessions(100 if quick else 1000)
finally:
    for child in children:
        child.kill()
        child.wait()
    shutil.rmtree(work, ignore_errors=True)
