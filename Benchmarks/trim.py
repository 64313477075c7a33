# SPDX-License-Identifier: Apache-2.0
#
# What `silt rss` says malloc_trim(0) would give back, against what it does give back: programs with heaps full of holes of
# our own, idle and busy, and real ones after some load, in which a debugger makes the call.
#
#   python3 trim.py [--only TEXT]

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import programs
import spread
import variants

# Threads, blocks, one of so many stays, largest block.
HOARDS = [
    (0, 100_000, 100, 400), (0, 50_000, 8, 400), (0, 30_000, 30, 8000), (0, 100_000, 2000, 100), (0, 200_000, 1000, 400),
    (1, 50_000, 200, 1000), (1, 60_000, 8, 200), (2, 1000, 5, 300_000), (4, 30_000, 30, 400), (4, 50_000, 200, 400),
    (8, 10_000, 2000, 400), (8, 30_000, 100, 1000), (16, 5_000, 8, 400), (16, 20_000, 500, 400),
]
BUSY = [(2, 50_000, 30, 400), (4, 30_000, 100, 400)]
BUSY_SECONDS = 30

# Each fills its heap, frees most of it, says so and waits.
PYTHON = """
import sys
rows = [{"number": n, "text": "x" * (n % 300), "parts": list(range(n % 20))} for n in range(150_000)]
kept = rows[::1000]
del rows
print("ready", flush=True)
sys.stdin.read()
"""
PERL = """
my @rows = map { { number => $_, text => "x" x ($_ % 300) } } 1 .. 150000;
my @kept = @rows[map { $_ * 1000 } 0 .. 149]; @rows = (); $| = 1; print "ready\\n"; <STDIN>;
"""
PHP = """
$rows = []; for ($n = 0; $n < 150000; $n++) $rows[] = [$n, str_repeat("x", $n % 300)];
$kept = []; foreach ($rows as $n => $row) if ($n % 1000 == 0) $kept[] = $row;
$rows = null; echo "ready\\n"; fgets(STDIN);
"""
NODE = """
let rows = []; for (let n = 0; n < 60000; n++) rows.push(Buffer.allocUnsafeSlow(n % 700 + 1).fill(1));
globalThis.kept = rows.filter((_, n) => n % 500 == 0); rows = null;
if (globalThis.gc) gc(); setTimeout(() => console.log("ready"), 500); process.stdin.resume();
"""
SCRIPTS = [
    ("python3, PYTHONMALLOC=malloc", ["/usr/bin/python3", "-s", "-c", PYTHON], {"PYTHONMALLOC": "malloc"}),
    ("python3", ["/usr/bin/python3", "-s", "-c", PYTHON], {}),
    ("perl", ["perl", "-e", PERL], {}),
    ("php, USE_ZEND_ALLOC=0", ["php", "-n", "-r", PHP], {"USE_ZEND_ALLOC": "0"}),
    ("node", ["node", "--expose-gc", "-e", NODE], {}),
]
OTHER_ALLOCATORS = ["libjemalloc.so.2", "libmimalloc.so.2", "libtcmalloc.so.4"]
NGINX = """
worker_processes 1; daemon off; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 512; }}
http {{ access_log off; root {0}; gzip on; gzip_types text/plain; gzip_min_length 100; default_type text/plain;
  client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4;
  scgi_temp_path {0}/t5; server {{ listen 127.0.0.1:{1}; keepalive_requests 100000; }} }}
"""


def status(pid, key):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(key))


SQL = """
create database shop; use shop;
create table orders(id int primary key auto_increment, customer int, note varchar(200), key(customer)) engine=memory;
insert into orders(customer, note) select seq % 997, repeat(char(65 + seq % 26), seq % 150) from seq_1_to_50000;
select count(*), md5(group_concat(note order by id)) from orders; delete from orders where customer % 2 = 0;
"""


class Look:
    """What silt says of a process, and what the call gives back."""

    def __init__(self, folder, pid, call=None):
        began = time.monotonic()
        command = [variants.SILT, "rss", "--dir", folder, "--format", "json", str(pid)]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        self.seconds = time.monotonic() - began
        if found.returncode:
            raise OSError(found.stderr.strip())
        self.said = json.loads(found.stdout)
        self.before, self.back = (call or self.call)(pid)

    @staticmethod
    def call(pid):
        """Has a debugger call malloc_trim(0). What code becomes resident for it is no matter of the heap."""
        before, heap = status(pid, "Rss:"), status(pid, "Anonymous:")
        command = ["gdb", "-nx", "-batch", "-p", str(pid), "-ex", "call (int)malloc_trim(0)"]
        subprocess.run(command, capture_output=True, check=False)
        return before, heap - status(pid, "Anonymous:")

    def row(self, name):
        foreseen = self.said["returnable_bytes"]
        figures = [self.before, foreseen, self.back]
        if foreseen is None:
            return [name, f"{self.before / 1e6:.1f}", "says that it cannot tell", f"{self.back / 1e6:.1f}", "", "", ""], None
        error = abs(foreseen - self.back) / self.before
        cells = [f"{value / 1e6:.1f}" for value in figures]
        return [name, *cells, f"{error:.2%}", f"{self.said['pinned_bytes'] / 1e6:.1f}", f"{self.seconds:.2f} s"], error


class Hoard:
    def __init__(self, scratch, shape, is_busy):
        self.name = "{} threads, {} blocks, 1/{} stay, to {} B".format(*shape) + (", busy" if is_busy else "")
        self.scratch, self.shape, self.is_busy = scratch, shape, is_busy

    def look(self):
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            settings = {"LD_PRELOAD": variants.SHIM, "SILT_DIR": folder, "SILT_INTERVAL": "65536"}
            command = [os.path.join(variants.PROGRAMS, "Hoard"), *map(str, self.shape)]
            with subprocess.Popen(command, env=os.environ | settings, **pipes) as program:
                def line(words=None):
                    if words:
                        program.stdin.write(words + "\n")
                        program.stdin.flush()
                    return program.stdout.readline().strip()

                def trim(_):
                    before, back = line("trim").split()
                    return int(before), int(back)

                line()
                if self.is_busy:
                    line(f"busy {BUSY_SECONDS}")
                try:
                    return Look(folder, program.pid, trim)
                finally:
                    program.kill()


class Script:
    def __init__(self, scratch, name, command, settings, preload=None):
        self.name, self.scratch, self.command, self.settings = name, scratch, command, settings
        self.preload = variants.SHIM + (f":{preload}" if preload else "")

    def look(self):
        if not shutil.which(self.command[0]):
            raise OSError(f"{self.command[0]} is not installed")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            settings = {"LD_PRELOAD": self.preload, "SILT_DIR": folder, "SILT_INTERVAL": "65536"} | self.settings
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
            with subprocess.Popen(self.command, env=os.environ | settings, **pipes) as program:
                try:
                    if program.stdout.readline().strip() != "ready":
                        raise OSError("did not start")
                    return Look(folder, program.pid)
                finally:
                    program.kill()


class Loaded:
    """A program of programs.py, looked at when its load is over."""

    def __init__(self, scratch, kind):
        self.scratch, self.kind, self.name = scratch, kind, kind.name

    def look(self):
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            os.chmod(folder, 0o755)
            program = self.kind(folder, True)
            if missing := program.missing():
                raise OSError(f"{missing} is not installed")
            program.prepare()
            found = []
            program.look = lambda pid: found.append(Look(os.path.join(program.scratch, "silt"), pid))
            program.run(variants.Variant("silt", "none", variants.SHIM, (("SILT_INTERVAL", "65536"),)))
            return found[0]


class Nginx:
    name = "nginx, a worker after 20,000 requests, compressed"

    def __init__(self, scratch):
        self.scratch = scratch

    def look(self):
        if not shutil.which("nginx") or not shutil.which("wrk"):
            raise OSError("nginx or wrk is not installed")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            os.chmod(folder, 0o755)
            port = programs.free_port()
            with open(f"{folder}/page.txt", "w", encoding="utf-8") as page:
                page.write("\n".join(map(str, range(20_000))))
            with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as file:
                file.write(("user root;\n" if os.geteuid() == 0 else "") + NGINX.format(folder, port))
            settings = {"LD_PRELOAD": variants.SHIM, "SILT_DIR": f"{folder}/silt", "SILT_INTERVAL": "4096"}
            command = ["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"]
            with subprocess.Popen(command, env=os.environ | settings) as server:
                try:
                    programs.wait_until(lambda: programs.accepts(port), "nginx")
                    load = ["wrk", "-t1", "-c200", "-d2s", "-H", "Accept-Encoding: gzip", f"http://127.0.0.1:{port}/page.txt"]
                    programs.output(load)
                    time.sleep(1)  # It still closes its connections.
                    with open(f"/proc/{server.pid}/task/{server.pid}/children", encoding="ascii") as file:
                        return Look(f"{folder}/silt", int(file.read().split()[0]))
                finally:
                    server.terminate()


class MariaDB:
    name = "mariadbd (C++), 50,000 rows inserted, half deleted"

    def __init__(self, scratch):
        self.scratch = scratch

    def look(self):
        if not shutil.which("mariadbd") or not shutil.which("mariadb"):
            raise OSError("mariadbd is not installed")
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            files = ["--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/socket"]
            files += ["--user=root"] if os.geteuid() == 0 else []
            programs.output(["mariadb-install-db", *files, "--auth-root-authentication-method=normal"])
            settings = {"LD_PRELOAD": variants.SHIM, "SILT_DIR": f"{folder}/silt", "SILT_INTERVAL": "65536"}
            command = ["mariadbd", *files, "--skip-networking"]
            with subprocess.Popen(command, env=os.environ | settings, stderr=subprocess.DEVNULL) as server:
                try:
                    programs.wait_until(lambda: os.path.exists(f"{folder}/socket"), "mariadbd")
                    client = ["mariadb", "--no-defaults", f"--socket={folder}/socket", "-u", "root", "-e", SQL]
                    programs.output(client)
                    time.sleep(1)  # Its threads still clean up.
                    return Look(f"{folder}/silt", server.pid)
                finally:
                    server.kill()


def main():
    parser = argparse.ArgumentParser(description="Forecasts of malloc_trim(0) against the call.")
    parser.add_argument("--only", default="", help="only programs whose name contains this")
    arguments = parser.parse_args()
    report = variants.Report("What malloc_trim(0) gives back")
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        all_programs = [Hoard(scratch, shape, False) for shape in HOARDS] + [Hoard(scratch, shape, True) for shape in BUSY]
        all_programs += [Script(scratch, *script) for script in SCRIPTS]
        kinds = [programs.PaymentService, programs.Postgres, programs.Redis]
        all_programs += [Loaded(scratch, kind) for kind in kinds] + [Nginx(scratch), MariaDB(scratch)]
        for name in OTHER_ALLOCATORS:
            if path := variants.library(name):
                all_programs.append(Script(scratch, f"python3, {name}", *SCRIPTS[0][1:], preload=path))
        rows, errors = [], []
        for program in all_programs:
            if arguments.only not in program.name:
                continue
            try:
                row, error = program.look().row(program.name)
            except (OSError, subprocess.CalledProcessError) as failure:
                row, error = [program.name, "failed: " + re.sub(r"[|\n]", " ", str(failure)), *[""] * 5], None
            rows.append(row)
            if error is not None:
                errors.append(error)
            print(row, file=sys.stderr)
    print(report.heading("MB. The error is in parts of what was resident."))
    head = ["program", "resident", "said", "given back", "error", "pinned", "silt rss"]
    print(spread.table(head, rows))
    print(f"\n{sum(error <= 0.02 for error in errors)} of {len(errors)} forecasts were within 2 % of resident memory.")
    if any(error > 0.02 for error in errors):
        sys.exit(1)


if __name__ == "__main__":
    main()
