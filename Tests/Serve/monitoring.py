#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# `silt serve` beside what reads it: Prometheus and Alertmanager, VictoriaMetrics, promtool. A service leaks until the alert
# that ships with the server fires; the service ends, and the alert is resolved. Needs no network and nothing but Debian's
# packages; what is missing is said and left out. A memory limit needs root and a control group: without, the limit of the
# rule is a number.
#
#   monitoring.py SILT SHIM PROGRAMS
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

from stage import Stage, fail, free_port, get

SILT, SHIM, PROGRAMS = (os.path.abspath(path) for path in sys.argv[1:4])
HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = HERE.parent.parent / "Sources/SiltServer/deploy"
LIMIT = 160 << 20
PATIENCE = 90


def say(text):
    print(text, flush=True)


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def rules(stage, has_limit):
    """The shipped rules with shorter times, since a test does not wait for five minutes."""
    text = (DEPLOY / "alerts.yml").read_text()
    text = re.sub(r"for: \d+m", "for: 2s", text)
    if not has_limit:
        text = re.sub(r"silt_heap_inuse_lower_bytes > on .*", f"silt_heap_inuse_lower_bytes > {LIMIT * 8 // 10}", text)
    path = stage.work / "alerts.yml"
    path.write_text(text)
    return path


def expressions_of_dashboard(stage):
    """All of them as rules, which promtool can check."""
    dashboard = json.loads((DEPLOY / "dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    entries = [{"record": f"panel:{n}", "expr": re.sub(r"\$\w+", ".*", query)} for n, query in enumerate(queries)]
    path = stage.work / "panels.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": entries}]}))
    names = set(re.findall(r"\bsilt_\w+", " ".join(queries)))
    return path, names


def main(stage):
    if not shutil.which("promtool"):
        return say("prometheus is not installed: nothing is tested here")
    for check in (["check", "rules", DEPLOY / "alerts.yml"], ["test", "rules", HERE / "alerts_test.yml"]):
        outcome = run("promtool", *check)
        if outcome.returncode:
            fail(outcome.stdout + outcome.stderr)
    panels, names = expressions_of_dashboard(stage)
    outcome = run("promtool", "check", "rules", panels)
    if outcome.returncode:
        fail(outcome.stdout + outcome.stderr)
    say("the rules do what their tests say, and the dashboard's expressions are ones")

    sessions = stage.work / "sessions"
    sessions.mkdir(mode=0o700)
    has_limit = stage.limit(LIMIT)
    if not has_limit:
        say("no control group can be made: the limit is a number")
    environment = os.environ | {"LD_PRELOAD": SHIM, "SILT_DIR": str(sessions), "SILT_INTERVAL": "65536"}

    service = stage.start(
        [f"{PROGRAMS}/PaymentService", "--port", "0", "--leak", "tokens"], "service.log", env=environment,
        preexec_fn=stage.join)
    port = stage.wait("the service", lambda: re.search(r"listening on .*:(\d+)", stage.log("service.log")))[1]
    server = stage.start([SILT, "serve", "--listen", "127.0.0.1:0", "--dir", sessions, "--metrics-sites", "5",
                    "--history-dir", stage.work / "history"], "serve.log")
    address = stage.wait("the server", lambda: re.search(r"serving at (http://\S+)/", stage.log("serve.log")))[1]

    # The figures by themselves.
    metrics = get(f"{address}/metrics")
    outcome = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True)
    if outcome.returncode or outcome.stdout or outcome.stderr:
        fail(f"promtool check metrics: {outcome.stdout}{outcome.stderr}")
    open_metrics = get(f"{address}/metrics", "application/openmetrics-text; version=1.0.0")
    if not open_metrics.endswith("# EOF\n"):
        fail("OpenMetrics has no end")
    # What is told only of processes with snapshots, or that lost something.
    rare = {"silt_time_to_limit_seconds", "silt_time_to_limit_soonest_seconds", "silt_lost_samples_total"}
    if not has_limit:
        rare.add("silt_memory_limit_bytes")
    subprocess.run([f"{PROGRAMS}/Load", port, "2000", "8"], check=True, stdout=subprocess.DEVNULL)
    metrics = get(f"{address}/metrics")
    if missing := [name for name in names - rare if name not in metrics]:
        fail(f"the dashboard asks for what is not there: {missing}")
    say("promtool finds nothing to say of the metrics")

    # Prometheus, which asks for OpenMetrics, and VictoriaMetrics.
    target = address.removeprefix("http://")
    victoria = free_port()
    (stage.work / "scrape.yml").write_text(
        f"scrape_configs: [{{job_name: silt, scrape_interval: 1s, static_configs: [{{targets: ['{target}']}}]}}]\n")
    manager, prometheus = stage.prometheus(target, rules(stage, has_limit))
    if shutil.which("victoria-metrics"):
        stage.start(["victoria-metrics", f"-promscrape.config={stage.work}/scrape.yml", f"-storageDataPath={stage.work}/victoria",
               f"-httpListenAddr=127.0.0.1:{victoria}"], "victoria.log")

    def query(port, text):
        answer = json.loads(get(f"http://127.0.0.1:{port}/api/v1/query?query={urllib.parse.quote(text)}"))
        return answer["data"]["result"]

    stage.wait("Prometheus", lambda: query(prometheus, "silt_heap_inuse_bytes"))
    if query(prometheus, "up == 0") or query(prometheus, "prometheus_target_scrapes_exceeded_sample_limit_total > 0"):
        fail("Prometheus cannot read the metrics")

    def figure(name):
        return float(re.search(rf"^{name}{{.*}} (.*)$", get(f"{address}/metrics"), re.MULTILINE)[1])

    def alerts():
        if manager:
            listed = json.loads(get(f"http://127.0.0.1:{manager}/api/v2/alerts?active=true"))
            return {alert["labels"]["alertname"]: alert["labels"] for alert in listed}
        listed = json.loads(get(f"http://127.0.0.1:{prometheus}/api/v1/alerts"))["data"]["alerts"]
        return {alert["labels"]["alertname"]: alert["labels"] for alert in listed if alert["state"] == "firing"}

    if fired := alerts():
        fail(f"alerts before anything has leaked: {fired}")
    began = time.monotonic()
    while figure("silt_heap_inuse_lower_bytes") < LIMIT * 0.82:
        subprocess.run([f"{PROGRAMS}/Load", port, "4000", "4"], check=True, stdout=subprocess.DEVNULL)
        if time.monotonic() - began > 3 * PATIENCE:
            fail("the service does not leak enough")
    stage.wait("the alert", lambda: "SiltHeapNearLimit" in alerts())
    say(f"the service leaked, and the alert fired {time.monotonic() - began:.0f} s after the load began")
    labels = alerts()["SiltHeapNearLimit"]
    if labels["program"] != "PaymentService" or labels["pid"] != str(service.pid):
        fail(f"the alert is about something else: {labels}")
    top = query(prometheus, "topk(1, silt_site_inuse_bytes)")
    say(f"most is held by {top[0]['metric']['function']}")
    if shutil.which("victoria-metrics"):
        same = stage.wait("VictoriaMetrics", lambda: query(victoria, "silt_heap_inuse_bytes"))
        if same[0]["metric"]["pid"] != str(service.pid):
            fail(f"VictoriaMetrics has something else: {same}")
        say("VictoriaMetrics has the same figures")
    else:
        say("victoria-metrics is not installed: it is not tested")

    stage.children.remove(service)
    service.kill()
    service.wait()
    stage.wait("the end of the alert", lambda: "SiltHeapNearLimit" not in alerts())
    say("the service ended, and the alert is resolved")
    server.terminate()
    if server.wait(timeout=20) != 0:
        fail("the server did not end well")
    stage.children.remove(server)


with Stage(PATIENCE) as stage:
    main(stage)
