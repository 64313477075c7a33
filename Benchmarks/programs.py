# SPDX-License-Identifier: Apache-2.0
#
# The real programs that real.py puts under load: how each is started, loaded, measured and ended. Every workload is a
# class with `missing()` (a program it needs and does not find, or None), `prepare()`, and `run(variant)`, which gives
# a Measured. Only the program under test gets the variant's environment, never what loads it.

import csv
import dataclasses
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

import variants

DEADLINE = 30  # seconds for a program to come up or to end
LESS_WORK = 10


@dataclasses.dataclass
class Measured:
    throughput: float  # operations a second, wall
    cpu_us: float  # CPU time of the program for each operation, its whole life included
    p99_ms: float | None
    samples: int


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, what):
    end = time.monotonic() + DEADLINE
    while not ready():
        if time.monotonic() > end:
            raise SystemExit(f"real.py: {what} did not come up in {DEADLINE} seconds")
        time.sleep(0.02)


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def output(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout


class Program:
    """What all workloads share: a scratch folder, an amount of work, and the CPU time of a process and its children."""

    name = ""
    needs = ()
    takes_slow_peers = True

    def __init__(self, scratch, quick):
        self.scratch = os.path.join(scratch, type(self).__name__)
        self.quick = quick
        self.look = None  # called with the process when its load is over, before it ends
        os.mkdir(self.scratch)

    def work(self, variant, quick, full):
        """How many operations: a tenth for what is far above twice as slow."""
        return (quick if self.quick else full) // (LESS_WORK if variant.slow else 1)

    def missing(self):
        return next((tool for tool in self.needs if not shutil.which(tool)), None)

    def prepare(self):
        """Makes what all runs share."""

    def start(self, variant, command, **options):
        shutil.rmtree(os.path.join(self.scratch, "silt"), ignore_errors=True)
        environment = variant.environment(self.scratch) | options.pop("settings", {})
        options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL} | options
        return subprocess.Popen(variant.prefix(self.scratch) + command, env=environment, cwd=self.scratch, **options)

    def show(self, pid):
        if self.look:
            self.look(pid)

    def end(self, process, with_signal=signal.SIGTERM):
        """Ends the program and gives the CPU seconds of it and of the children that it waited for."""
        if with_signal:
            process.send_signal(with_signal)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_utime + usage.ru_stime

    def measured(self, operations, seconds, cpu, p99):
        return Measured(operations / seconds, cpu * 1e6 / operations, p99, variants.samples(self.scratch))


class Redis(Program):
    name = "redis (GET, SET; linked with jemalloc)"
    needs = ("redis-server", "redis-benchmark")

    def run(self, variant):
        port, requests = free_port(), self.work(variant, 15_000, 40_000)
        server = self.start(variant, ["redis-server", "--port", str(port), "--save", "", "--appendonly", "no"])
        wait_until(lambda: accepts(port), "redis-server")
        load = ["redis-benchmark", "-p", str(port), "-n", str(requests), "-r", "100000", "-d", "200", "-c", "16"]
        rows = list(csv.DictReader(output(load + ["-t", "set,get", "--csv"]).splitlines()))
        self.show(server.pid)
        cpu = self.end(server)
        seconds = sum(requests / float(row["rps"]) for row in rows)
        p99 = max(float(row["p99_latency_ms"]) for row in rows)
        return self.measured(requests * len(rows), seconds, cpu, p99)


class PaymentService(Program):
    name = "Swift payment service"
    needs = ("wrk",)

    def prepare(self):
        self.script = os.path.join(self.scratch, "pay.lua")
        with open(self.script, "w", encoding="utf-8") as file:
            file.write(
                'wrk.method = "POST"\n'
                'wrk.body = \'{"card": "4000123412341234", "merchant": "m77", "cents": 1999}\'\n'
            )

    def run(self, variant):
        program = os.path.join(variants.PROGRAMS, "PaymentService")
        server = self.start(variant, [program, "--port", "0"], stdout=subprocess.PIPE, text=True)
        port = re.search(r":(\d+)", server.stdout.readline()).group(1)
        seconds = 1
        load = ["wrk", "-t1", "-c8", f"-d{seconds}s", "--latency", "-s", self.script, f"http://127.0.0.1:{port}/pay"]
        text = output(load)
        self.show(server.pid)
        cpu = self.end(server)
        server.stdout.close()
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        rate = float(re.search(r"Requests/sec: +([\d.]+)", text).group(1))
        p99, unit = re.search(r"99% +([\d.]+)(us|ms|s)", text).groups()
        scale = {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
        return self.measured(requests, requests / rate, cpu, float(p99) * scale)


class SQLite(Program):
    name = "sqlite3 (one INSERT a statement)"
    needs = ("sqlite3",)

    def script(self, rows):
        """The statements, in a file of their own for each number of rows."""
        path = os.path.join(self.scratch, f"insert-{rows}.sql")
        if os.path.exists(path):
            return path
        with open(path, "w", encoding="utf-8") as file:
            file.write("CREATE TABLE payment(id INTEGER PRIMARY KEY, card TEXT, cents INT);\n")
            file.write("CREATE INDEX by_card ON payment(card);\nBEGIN;\n")
            for row in range(rows):
                file.write(f"INSERT INTO payment VALUES({row}, 'card-{row * 7919 % rows:012d}', {row % 997});\n")
            file.write("COMMIT;\n")
        return path

    def run(self, variant):
        rows = self.work(variant, 40_000, 80_000)
        with open(self.script(rows), "rb") as statements:
            began = time.monotonic()
            process = self.start(variant, ["sqlite3", "-batch", ":memory:"], stdin=statements)
            cpu = self.end(process, None)
            return self.measured(rows, time.monotonic() - began, cpu, None)


class Python(Program):
    name = "python3 (JSON, PYTHONMALLOC=malloc)"
    needs = ("/usr/bin/python3",)
    script = """
import json, sys, time
times, kept = [], {}
for number in range(int(sys.argv[1])):
    began = time.perf_counter()
    order = {"id": number, "lines": [{"item": f"item-{k}", "price": k * 1.5, "tags": ["a", str(k)]} for k in range(20)]}
    kept[number % 500] = json.loads(json.dumps(order))
    times.append(time.perf_counter() - began)
print(sum(times), sorted(times)[len(times) * 99 // 100] * 1e3, flush=True)
sys.stdin.read()
"""

    def run(self, variant):
        count = self.work(variant, 2_000, 8_000)
        command = ["/usr/bin/python3", "-s", "-c", self.script, str(count)]
        settings = {"PYTHONMALLOC": "malloc"}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        process = self.start(variant, command, settings=settings, **pipes)
        seconds, p99 = process.stdout.readline().split()
        self.show(process.pid)
        process.stdin.close()
        process.stdout.close()
        return self.measured(count, float(seconds), self.end(process, None), float(p99))


class Postgres(Program):
    name = "postgres (pgbench, 4 clients)"
    # Its processes would all write into the one file that heaptrack is given.
    takes_slow_peers = False
    needs = ("pgbench", "runuser")

    def missing(self):
        folders = sorted(os.listdir("/usr/lib/postgresql")) if os.path.isdir("/usr/lib/postgresql") else []
        if not folders:
            return "postgresql"
        self.binaries = f"/usr/lib/postgresql/{folders[-1]}/bin"
        return super().missing()

    def prepare(self):
        # The server refuses to be root: it gets its own user, folder and readable copies of the shims.
        os.chmod(os.path.dirname(self.scratch), 0o755)
        user = pwd.getpwnam("postgres")
        os.chown(self.scratch, user.pw_uid, user.pw_gid)
        self.data, self.user = os.path.join(self.scratch, "data"), ["runuser", "-u", "postgres", "--"]
        output(self.user + [f"{self.binaries}/initdb", "-D", self.data, "--no-sync", "-A", "trust"], cwd=self.scratch)
        server = self.serve(variants.Variant("none", None))
        self.client = ["-h", self.scratch, "-p", "54329", "-U", "postgres"]
        output(["pgbench", *self.client, "-i", "-q", "-s", "5", "postgres"])
        self.end(server, signal.SIGINT)

    def serve(self, variant):
        preload = variant.preload and shutil.copy(variant.preload, self.scratch)
        placed = dataclasses.replace(variant, preload=preload)
        command = [f"{self.binaries}/postgres", "-D", self.data, "-p", "54329", "-k", self.scratch, "-F"]
        user = pwd.getpwnam("postgres")
        server = self.start(placed, command + ["-c", "listen_addresses="], user=user.pw_uid, group=user.pw_gid)
        ready = [f"{self.binaries}/pg_isready", "-q", "-h", self.scratch, "-p", "54329"]
        wait_until(lambda: subprocess.run(ready).returncode == 0, "postgres")
        return server

    def look_at_backend(self):
        """Looks at the backend of a client that has done a thousand queries and stays."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(["psql", *self.client, "-q", "-A", "-t", "postgres"], **pipes) as client:
            client.stdin.write("SELECT abalance FROM pgbench_accounts WHERE aid = 4711;\n" * 1000)
            client.stdin.write("SELECT 'pid=' || pg_backend_pid();\n")
            client.stdin.flush()
            self.look(next(int(line[4:]) for line in client.stdout if line.startswith("pid=")))
            client.stdin.close()

    def run(self, variant):
        server = self.serve(variant)
        transactions = self.work(variant, 500, 2_500)
        prefix = os.path.join(self.scratch, "log")
        load = ["pgbench", *self.client, "-n", "-S", "-c", "4", "-t", str(transactions), "-l", "--log-prefix", prefix]
        text = output([*load, "postgres"])
        if self.look:
            self.look_at_backend()
        cpu = self.end(server, signal.SIGINT)
        micros = []
        for name in os.listdir(self.scratch):
            if name.startswith("log."):
                with open(os.path.join(self.scratch, name), encoding="utf-8") as file:
                    micros += [int(line.split()[2]) for line in file]
                os.unlink(os.path.join(self.scratch, name))
        rate = float(re.search(r"tps = ([\d.]+)", text).group(1))
        p99 = sorted(micros)[len(micros) * 99 // 100] / 1e3
        return self.measured(4 * transactions, 4 * transactions / rate, cpu, p99)


ALL = (Redis, PaymentService, SQLite, Python, Postgres)
