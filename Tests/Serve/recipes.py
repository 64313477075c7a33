#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# The files that ship for other programs, tried as far as can be without those: the pod and Docker's command with containers
# made of namespaces and chroot, the unit under the rights that it asks for, each configuration by the program that reads it
# or by that program's rules. What is missing, root above all, is said and left out.
#
#   recipes.py SILT SHIM PROGRAMS
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from stage import Stage, fail, get

SILT, SHIM, PROGRAMS = (os.path.abspath(path) for path in sys.argv[1:4])
DEPLOY = pathlib.Path(__file__).resolve().parent.parent.parent / "Sources/SiltServer/deploy"
TOKEN = "0123456789abcdef0123456789abcdef"
HEAP = "http://127.0.0.1:6060/debug/pprof/heap?debug=1"


def say(text):
    print(text, flush=True)


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **more)


def must(*command):
    outcome = run(*command)
    if outcome.returncode:
        fail(f"{' '.join(map(str, command))}: {outcome.stdout}{outcome.stderr}")


# Containers.


class Ship(Stage):
    """A stage whose mounts end with it."""

    def __init__(self):
        super().__init__(patience=30)
        self.mounts = []

    def __exit__(self, *reason):
        for place in reversed(self.mounts):
            must("umount", "--lazy", place)
        super().__exit__(*reason)

    def bind(self, what, place):
        must("mount", "--bind", what, place)
        self.mounts.append(place)

    def shared(self, name):
        """A folder in memory that everybody may write to."""
        folder = self.work / name
        folder.mkdir()
        must("mount", "-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder)
        self.mounts.append(folder)
        return folder


class Container:
    """A root of its own, with nothing in it but what it is given; pids and the network are those of this script."""

    def __init__(self, stage, name):
        self.stage = stage
        self.name = name
        self.root = stage.work / name
        for folder in ["proc", "dev/shm", "tmp", "run", "etc"]:
            (self.root / folder).mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        stage.bind("/proc", self.root / "proc")

    def put(self, path, place):
        """A file of the host, and if it is a program, the libraries that it needs."""
        self._bind(path, place)
        for line in run("ldd", path).stdout.splitlines():
            if found := re.search(r"(/\S+) \(0x", line):
                if not (self.root / found[1].lstrip("/")).exists():
                    self._bind(found[1], found[1])

    def share(self, folder, place):
        inside = self.root / place.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        self.stage.bind(folder, inside)

    def start(self, command, environment=None, user=0):
        def enter():
            os.chroot(self.root)
            os.chdir("/")
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)

        return self.stage.start(
            command, f"{self.name}.log", env={"PATH": "/bin"} | (environment or {}), preexec_fn=enter, stdin=subprocess.PIPE)

    def _bind(self, path, place):
        inside = self.root / place.lstrip("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        inside.touch()
        self.stage.bind(os.path.realpath(path), inside)


def expect_names(stage, text):
    """The heap of Orders, with the names of functions that only the other container's files have."""
    for name in ["load_catalogue", "remember_order"]:
        if name not in text:
            fail(f"{name} is not in the profile: {text[:600]} {stage.log('silt.log')}")


def authorized(url):
    return run("curl", "-sS", "-H", f"Authorization: Bearer {TOKEN}", url).stdout


def pod():
    """The pod, if PyYAML is there to read it."""
    try:
        import yaml
    except ImportError:
        return say("python3-yaml is not installed: the pod and Parca's file are not read")
    spec = yaml.safe_load((DEPLOY / "kubernetes.yaml").read_text())["spec"]
    volumes = {volume["name"]: volume for volume in spec["volumes"]}
    every = spec["initContainers"] + spec["containers"]
    for container in every:
        if not isinstance(container["image"], str) or not all(isinstance(word, str) for word in container.get("command", [])):
            fail(f"{container['name']}: an image and words are wanted")
        if lost := [mount for mount in container["volumeMounts"] if mount["name"] not in volumes]:
            fail(f"{container['name']} mounts what is no volume: {lost}")
    payments, silt = spec["containers"]
    if not spec["shareProcessNamespace"]:
        fail("the server would not see the process")
    parca = yaml.safe_load((DEPLOY / "parca.yaml").read_text())
    if not parca["object_storage"]["bucket"]["type"] or not parca["scrape_configs"][0]["static_configs"][0]["targets"]:
        fail("Parca wants a bucket and targets")
    with Ship() as stage:
        folders = {name: stage.shared(f"volume-{name}") for name in volumes}
        (folders["token"] / "token").write_text(TOKEN)
        user = spec["securityContext"]["runAsUser"]
        for container in every:
            box = Container(stage, container["name"])
            for mount in container["volumeMounts"]:
                box.share(folders[mount["name"]], mount["mountPath"])
            command = container.get("command")
            if container is payments:
                box.put(f"{PROGRAMS}/Orders", "/payments")
                command = ["/payments"]
            else:
                # What the image is said to hold.
                for program, place in [(SILT, "/bin/silt"), (SHIM, "/lib/silt/libsilt.so"), ("/bin/sh", "/bin/sh"), ("/bin/cp", "/bin/cp")]:
                    box.put(program, place)
            environment = {pair["name"]: pair["value"] for pair in container.get("env", [])}
            # A thousand allocations are too few for the interval of every day.
            environment |= {"SILT_INTERVAL": "1"} if container is payments else {}
            child = box.start(command, environment, user)
            if container in spec["initContainers"]:
                if child.wait():
                    fail(f"{container['name']}: {stage.log(container['name'] + '.log')}")
                stage.children.remove(child)
            elif container is payments:
                stage.wait("the service", lambda: "ready" in stage.log("payments.log"))
            else:
                stage.wait("the server", lambda: "serving at" in stage.log("silt.log"))
                expect_names(stage, authorized(HEAP))
                if "a token is wanted" not in run("curl", "-sS", HEAP).stdout:
                    fail("it answers without the token")
                probe = box.start(container["readinessProbe"]["exec"]["command"], {}, user)
                if probe.wait():
                    fail(f"the probe fails: {stage.log('silt.log')}")
                stage.children.remove(probe)
        # The container is killed; what it held is still told.
        service = stage.children[0]
        service.kill()
        service.wait()
        stage.children.remove(service)
        stage.wait("the dead", lambda: '"state":"killed"' in authorized("http://127.0.0.1:6060/targets"))
        expect_names(stage, authorized(HEAP))
    say("the pod: its commands, volumes, user and token, with containers of chroot: profiles have names, also after the end")


def docker():
    """`docker run --pid=container:payments --ipc=container:payments IMAGE silt serve --listen unix:/run/silt.sock`"""
    with Ship() as stage:
        memory = stage.shared("shm")
        service, server = Container(stage, "payments"), Container(stage, "silt")
        for box in service, server:
            box.share(memory, "/dev/shm")
        service.put(f"{PROGRAMS}/Orders", "/payments")
        service.put(SHIM, "/silt/libsilt.so")
        server.put(SILT, "/bin/silt")
        service.start(
            ["/payments"], {"LD_PRELOAD": "/silt/libsilt.so", "SILT_INTERVAL": "1"}, 1000)
        stage.wait("the service", lambda: "ready" in stage.log("payments.log"))
        server.start(["silt", "serve", "--listen", "unix:/run/silt.sock"])
        stage.wait("the server", lambda: "serving at" in stage.log("silt.log"))
        expect_names(stage, run("curl", "-sS", "--unix-socket", server.root / "run/silt.sock", HEAP).stdout)
    say("Docker: a server of root in a container of its own names what a service of another user holds")


# The unit.


def unit():
    text = (DEPLOY / "silt-serve.service").read_text()
    if shutil.which("systemd-analyze"):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "silt-serve.service"
            path.write_text(text.replace("ExecStart=silt ", f"ExecStart={SILT} "))
            outcome = run("systemd-analyze", "verify", "--man=no", path)
            if outcome.returncode or outcome.stderr:
                fail(f"systemd-analyze verify: {outcome.stderr}")
        say("the unit: systemd-analyze verify finds nothing to say")
    else:
        say("systemd is not installed: the unit is not verified")
    if os.geteuid():
        return
    kept = re.search(r"CapabilityBoundingSet=(.*)", text)[1].lower().replace("cap_", "").split()
    bounds = ",".join(["-all"] + [f"+{name}" for name in kept])
    command = re.search(r"ExecStart=(.*)", text)[1]
    with Ship() as stage:
        sessions = stage.shared("shm")
        stage.bind(sessions, "/dev/shm")
        others = stage.start(
            ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", "env", f"LD_PRELOAD={SHIM}", "SILT_INTERVAL=1",
             f"{PROGRAMS}/Orders"], "payments.log", stdin=subprocess.PIPE)
        stage.wait("the service", lambda: "ready" in stage.log("payments.log"))
        for name in "state", "cache":
            (stage.work / name).mkdir(mode=0o700)
        words = command.replace("${STATE_DIRECTORY}", str(stage.work / "state")).replace(
            "${CACHE_DIRECTORY}", str(stage.work / "cache")).replace("$SILT_SERVE_OPTIONS", "--metrics-sites 10").split()
        stage.start(["setpriv", "--bounding-set", bounds, "--no-new-privs", SILT, *words[1:]], "silt.log")
        stage.wait("the server", lambda: "serving at" in stage.log("silt.log"))
        expect_names(stage, get(HEAP))
        if f'pid="{others.pid}",function="remember_order"' not in get("http://127.0.0.1:6060/metrics"):
            fail("its option has no effect")
    say("the unit: its command, with its capabilities only, names what a service of another user holds")


# Files for programs that read metrics and profiles.


def configurations():
    if shutil.which("promtool"):
        must("promtool", "check", "config", DEPLOY / "prometheus.yml")
        say("prometheus.yml: promtool check config finds nothing to say")
    else:
        say("prometheus is not installed: its configuration is not checked")
    text = re.sub(r"//.*", "", (DEPLOY / "alloy.river").read_text().replace("http://", ""))
    if text.count("{") != text.count("}") or text.count("[") != text.count("]"):
        fail("alloy.river: a bracket is open")
    blocks = set(re.findall(r'^([\w.]+) "(\w+)" \{', text, re.MULTILINE))
    wanted = re.findall(r"\[([\w.]+)\.(\w+)\.receiver\]", text)
    if not wanted or any(one not in blocks for one in wanted):
        fail(f"alloy.river: it forwards to {wanted}, and has {blocks}")
    say("alloy.river: each component forwards to one that is there")


def apart():
    """This script again, alone with its mounts, pids and network: what it starts ends with it, and port 6060 is free."""
    if os.geteuid():
        return say("not root: the containers and the unit's rights are not tried")
    inner = ["unshare", "--mount", "--pid", "--net", "--fork", "--mount-proc", "--kill-child"]
    if run(*inner, "true").returncode:
        return say("no namespaces can be made here: the containers and the unit's rights are not tried")
    if subprocess.run([*inner, sys.executable, __file__, *sys.argv[1:4], "inside"]).returncode:
        raise SystemExit(1)


if sys.argv[4:] == ["inside"]:
    must("ip", "link", "set", "lo", "up")
    pod()
    docker()
    unit()
else:
    configurations()
    apart()
