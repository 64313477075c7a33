#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# A process that the kernel kills for want of memory: within ten seconds its last profile is pushed, its end is a metric, and
# the alert that ships with the server is at Alertmanager with the name of the function that held most. Needs a control
# group with a limit, and for the alert Debian's prometheus and prometheus-alertmanager; what is missing is said and left out.
#
#   killed.py SILT SHIM PROGRAMS
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import zlib

SILT, SHIM, PROGRAMS = (os.path.abspath(path) for path in sys.argv[1:4])
ALERTS = pathlib.Path(__file__).resolve().parent.parent.parent / "Sources/SiltServer/deploy/alerts.yml"
LIMIT = 64 << 20
PATIENCE = 60

work = pathlib.Path(tempfile.mkdtemp(prefix="silt-killed-"))
children = []
pushed = []


def fail(text):
    raise SystemExit(f"FAILED: {text}")


def start(command, log, **more):
    """A child that ends with this script."""
    with open(work / log, "wb") as output:
        child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, **more)
    children.append(child)
    return child


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait(what, condition):
    """When the condition is true at last."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if value := condition():
                return value
        except OSError:
            pass
        time.sleep(0.05)
    fail(f"{what}: not within {PATIENCE} s: {[log.read_text()[-1000:] for log in work.glob('*.log')]}")


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes what is pushed, and keeps the envelope and the profile in it."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        start = body.find(b"\x1f\x8b")
        pushed.append((time.monotonic(), body[:start], zlib.decompressobj(31).decompress(body[start:])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def make_group():
    """A control group of little memory, below this process's own; None where that is not permitted."""
    root = pathlib.Path("/sys/fs/cgroup")
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        if "memory" in names.split(","):
            mount, limit = root / "memory", "memory.limit_in_bytes"
        elif not names:
            mount, limit = root, "memory.max"
        else:
            continue
        group = mount / path.lstrip("/") / work.name
        try:
            group.mkdir()
            (group / limit).write_text(str(LIMIT))
            return group
        except OSError:
            continue
    return None


def alerting(address):
    """Starts Prometheus and Alertmanager; how to ask for the alert, or None where they are not installed."""
    manager_program = shutil.which("prometheus-alertmanager")
    if not manager_program or not shutil.which("prometheus"):
        return None
    manager, prometheus = free_port(), free_port()
    (work / "manager.yml").write_text("route: {receiver: nobody, group_wait: 0s}\nreceivers: [{name: nobody}]\n")
    (work / "prometheus.yml").write_text(
        f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{ALERTS}"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{manager}"]}}]}}]}}
scrape_configs: [{{job_name: silt, static_configs: [{{targets: ["{address.split('/')[2]}"]}}]}}]
""")
    start([manager_program, f"--config.file={work}/manager.yml", f"--storage.path={work}/manager",
           f"--web.listen-address=127.0.0.1:{manager}", "--cluster.listen-address="], "manager.log")
    start(["prometheus", f"--config.file={work}/prometheus.yml", f"--storage.tsdb.path={work}/prometheus",
           f"--web.listen-address=127.0.0.1:{prometheus}"], "prometheus.log")
    wait("Prometheus", lambda: '"value"' in get(f"http://127.0.0.1:{prometheus}/api/v1/query?query=silt_target_up"))

    def fired():
        listed = json.loads(get(f"http://127.0.0.1:{manager}/api/v2/alerts?active=true"))
        return [one for one in listed if one["labels"]["alertname"] == "SiltKilledForMemory"]

    return fired


def main():
    group = make_group()
    if not group:
        return print("no control group can be made here: a kill for want of memory is not tested")
    try:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sessions = work / "sessions"
        sessions.mkdir(mode=0o700)
        start([SILT, "serve", "--listen", "127.0.0.1:0", "--dir", sessions, "--push-dir", work / "push",
               "--push", f"http://127.0.0.1:{server.server_port}"], "serve.log")
        wait("the server", lambda: "serving at " in (work / "serve.log").read_text())
        address = (work / "serve.log").read_text().split("serving at ")[1].split()[0]
        hog = start(
            [f"{PROGRAMS}/Hog"], "hog.log", stdin=subprocess.PIPE,
            env=os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(sessions)},
            preexec_fn=lambda: (group / "cgroup.procs").write_text(str(os.getpid())))
        fired = alerting(address)
        wait("the process in the list", lambda: f'"pid":{hog.pid}' in get(f"{address}targets").replace(" ", ""))
        # What has just begun is noticed later.
        time.sleep(11)
        while hog.poll() is None:
            try:
                hog.stdin.write(b"\n")
                hog.stdin.flush()
                time.sleep(0.01)
            except BrokenPipeError:
                hog.wait()
        killed = time.monotonic()
        if hog.returncode != -9:
            fail(f"the kernel did not kill it: {hog.returncode}")

        def told(since, what):
            took = time.monotonic() - since
            print(f"{what} {took:.1f} s after the kill")
            if took > 10:
                fail("that is too late")

        last = wait("the profile", lambda: [one for one in pushed if b"reason" in one[1] and b"memory" in one[1]])
        told(time.monotonic() - (last[0][0] - killed), "its last profile was pushed")
        if b"oom" not in last[0][1] or b"hog" not in last[0][2]:
            fail(f"the profile is another one: {last[0][1]}")
        metric = f'pid="{hog.pid}",reason="oom",function="hog"}} 1'
        wait("the metric", lambda: metric in get(f"{address}metrics"))
        told(killed, "its end was a metric")
        if not fired:
            return print("prometheus and prometheus-alertmanager are not installed: the alert is not tested")
        alert = wait("the alert", fired)[0]
        told(killed, f"the alert said \"{alert['annotations']['summary']}\"")
        if alert["labels"]["function"] != "hog":
            fail(f"the alert names another function: {alert['labels']}")
    finally:
        for child in children:
            child.kill()
            child.wait()
        for _ in range(50):
            try:
                group.rmdir()
                break
            except OSError:
                time.sleep(0.1)


try:
    main()
finally:
    shutil.rmtree(work, ignore_errors=True)
