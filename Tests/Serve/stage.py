# SPDX-License-Identifier: Apache-2.0
#
# What the scripts here need around a server: a folder, children that end with the script, a control group with a limit,
# Prometheus and Alertmanager. It tests nothing.
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request


def fail(text):
    raise SystemExit(f"FAILED: {text}")


def get(url, accept=None):
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Stage:
    """Use it in a `with`: at its end nothing is left of it."""

    def __init__(self, patience):
        self.patience = patience
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="silt-serve-"))
        self.children = []
        self.group = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            child.kill()
            child.wait()
        for _ in range(50 if self.group else 0):
            try:
                self.group.rmdir()
                break
            except OSError:
                time.sleep(0.1)
        shutil.rmtree(self.work, ignore_errors=True)

    def start(self, command, log, **more):
        """A child that ends with this script; what it prints goes to a file."""
        with open(self.work / log, "wb") as output:
            child = subprocess.Popen([str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, **more)
        self.children.append(child)
        return child

    def log(self, name):
        return (self.work / name).read_text()

    def wait(self, what, condition):
        """What the condition gives, when it is true at last."""
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            try:
                if value := condition():
                    return value
            except OSError:
                pass
            if dead := [child.args[0] for child in self.children if child.poll() is not None]:
                fail(f"{what}: {dead[0]} has ended: {self._logs()}")
            time.sleep(0.05)
        fail(f"{what}: not within {self.patience} s: {self._logs()}")

    def _logs(self):
        return [log.read_text()[-2000:] for log in self.work.glob("*.log")]

    def limit(self, size):
        """Makes a control group of so much memory below this process's own; whether that is permitted."""
        root = pathlib.Path("/sys/fs/cgroup")
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            _, names, path = line.split(":", 2)
            if "memory" in names.split(","):
                mount, limit = root / "memory", "memory.limit_in_bytes"
            elif not names:
                mount, limit = root, "memory.max"
            else:
                continue
            group = mount / path.lstrip("/") / self.work.name
            try:
                group.mkdir()
                self.group = group
                (group / limit).write_text(str(size))
                return True
            except OSError:
                continue
        return False

    def join(self):
        """For a child, before it becomes a program: into the control group."""
        if self.group:
            (self.group / "cgroup.procs").write_text(str(os.getpid()))

    def prometheus(self, target, rules):
        """Starts Prometheus, which reads a target, and Alertmanager; their ports, None where that is not installed."""
        manager_program = shutil.which("prometheus-alertmanager")
        manager, prometheus = free_port(), free_port()
        (self.work / "manager.yml").write_text(
            "route: {receiver: nobody, group_wait: 0s, group_interval: 1s}\nreceivers: [{name: nobody}]\n")
        (self.work / "prometheus.yml").write_text(
            f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}"]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["127.0.0.1:{manager}"]}}]}}]}}
scrape_configs: [{{job_name: silt, static_configs: [{{targets: ["{target}"]}}]}}]
""")
        if manager_program:
            self.start([manager_program, f"--config.file={self.work}/manager.yml", f"--storage.path={self.work}/manager",
                        f"--web.listen-address=127.0.0.1:{manager}", "--cluster.listen-address="], "manager.log")
        self.start(["prometheus", f"--config.file={self.work}/prometheus.yml",
                    f"--storage.tsdb.path={self.work}/prometheus", f"--web.listen-address=127.0.0.1:{prometheus}"],
                   "prometheus.log")
        return (manager if manager_program else None), prometheus
