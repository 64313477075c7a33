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
import subprocess
import sys
import threading
import time
import zlib

from stage import Stage, fail, get

SILT, SHIM, PROGRAMS = (os.path.abspath(path) for path in sys.argv[1:4])
ALERTS = pathlib.Path(__file__).resolve().parent.parent.parent / "Sources/SiltServer/deploy/alerts.yml"
LIMIT = 64 << 20

pushed = []


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


def alerting(stage, address):
    """Starts Prometheus and Alertmanager; how to ask for the alert, or None where they are not installed."""
    if not shutil.which("prometheus-alertmanager") or not shutil.which("prometheus"):
        return None
    manager, prometheus = stage.prometheus(address.split("/")[2], ALERTS)
    up = f"http://127.0.0.1:{prometheus}/api/v1/query?query=silt_target_up"
    stage.wait("Prometheus", lambda: '"value"' in get(up))

    def fired():
        listed = json.loads(get(f"http://127.0.0.1:{manager}/api/v2/alerts?active=true"))
        return [one for one in listed if one["labels"]["alertname"] == "SiltKilledForMemory"]

    return fired


def main(stage):
    if not stage.limit(LIMIT):
        return print("no control group can be made here: a kill for want of memory is not tested")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sessions = stage.work / "sessions"
    sessions.mkdir(mode=0o700)
    stage.start([SILT, "serve", "--listen", "127.0.0.1:0", "--dir", sessions, "--push-dir", stage.work / "push",
           "--push", f"http://127.0.0.1:{server.server_port}"], "serve.log")
    stage.wait("the server", lambda: "serving at " in stage.log("serve.log"))
    address = stage.log("serve.log").split("serving at ")[1].split()[0]
    hog = stage.start(
        [f"{PROGRAMS}/Hog"], "hog.log", stdin=subprocess.PIPE,
        env=os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(sessions)},
        preexec_fn=stage.join)
    fired = alerting(stage, address)
    stage.wait("the process in the list", lambda: f'"pid":{hog.pid}' in get(f"{address}targets").replace(" ", ""))
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
    stage.children.remove(hog)
    if hog.returncode != -9:
        fail(f"the kernel did not kill it: {hog.returncode}")

    def told(since, what):
        took = time.monotonic() - since
        print(f"{what} {took:.1f} s after the kill")
        if took > 10:
            fail("that is too late")

    last = stage.wait("the profile", lambda: [one for one in pushed if b"reason" in one[1] and b"memory" in one[1]])
    told(time.monotonic() - (last[0][0] - killed), "its last profile was pushed")
    if b"oom" not in last[0][1] or b"hog" not in last[0][2]:
        fail(f"the profile is another one: {last[0][1]}")
    metric = f'pid="{hog.pid}",reason="oom",function="hog"}} 1'
    stage.wait("the metric", lambda: metric in get(f"{address}metrics"))
    told(killed, "its end was a metric")
    if not fired:
        return print("prometheus and prometheus-alertmanager are not installed: the alert is not tested")
    alert = stage.wait("the alert", fired)[0]
    told(killed, f"the alert said \"{alert['annotations']['summary']}\"")
    if alert["labels"]["function"] != "hog":
        fail(f"the alert names another function: {alert['labels']}")


with Stage(patience=60) as stage:
    main(stage)
