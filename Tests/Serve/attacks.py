#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# What a hostile client does to a server on a socket: each must be turned away or left alone, and honest clients are served
# meanwhile. Prints a line for each, and `all held` at the end.
#
#   attacks.py http://127.0.0.1:PORT/ PID
import resource
import socket
import sys
import time
from urllib.parse import urlsplit

address = urlsplit(sys.argv[1])
pid = sys.argv[2]
place = (address.hostname, address.port)


def connect():
    return socket.create_connection(place, timeout=40)


def ask(text, patience=40):
    """The first line of what comes back; empty if the connection is closed without a word."""
    with connect() as client:
        client.settimeout(patience)
        try:
            client.sendall(text if isinstance(text, bytes) else text.encode())
            answer = b""
            while b"\r\n" not in answer:
                more = client.recv(65536)
                if not more:
                    break
                answer += more
        except (ConnectionResetError, BrokenPipeError):
            return "closed"
    return answer.split(b"\r\n")[0].decode("latin-1") or "closed"


def request(target, headers="", host="localhost", method="GET"):
    return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"


failed = []


def expect(what, answer, *right):
    held = any(answer.startswith(f"HTTP/1.1 {code}") or answer == code for code in right)
    print(f"{what}: {answer}{'' if held else '   WRONG'}")
    if not held:
        failed.append(what)


honest = request(f"/targets/{pid}/debug/pprof/heap")
expect("an honest client", ask(honest), "200")

# Paths.
for target in ["/../../etc/passwd", "/targets/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/targets/%00",
               f"/targets/{pid}/debug/pprof/../../../../etc/passwd", "/targets/" + "a" * 3000]:
    expect(f"path {target[:40]}", ask(request(target)), "404", "400")
expect("a path of 5000", ask(request("/" + "a" * 5000)), "414", "400", "431", "closed")
expect("a path of a megabyte", ask(request("/" + "a" * (1 << 20))), "414", "400", "431", "closed")

# Headers.
expect("a header of 5000", ask(request("/", "X: " + "a" * 5000 + "\r\n")), "400", "431", "closed")
expect("100 headers", ask(request("/", "".join(f"X{n}: a\r\n" for n in range(100)))), "400", "431", "closed")
expect("headers of 100 kB", ask(request("/", "".join(f"X{n}: {'a' * 2000}\r\n" for n in range(50)))), "400", "431", "closed")
expect("another name", ask(request("/", host="evil.example")), "421")
expect("no name", ask("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"), "421", "400")
expect("no HTTP", ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200) + b"\r\n\r\n"), "400", "closed")

# Bodies.
expect("POST", ask(request("/", "Content-Length: 5\r\n", method="POST") + "hello"), "405")
expect("a body", ask(request("/", "Content-Length: 5\r\n") + "hello"), "413")
expect("a body in chunks", ask(request("/", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n0\r\n\r\n"), "413")
expect("two lengths", ask(request("/", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n"), "413", "400")

post = request(f"/targets/{pid}/debug/pprof/symbol", "Content-Length: 5\r\n", method="POST")
expect("a body where one is taken", ask(post + "0x1+0"), "200")
expect("one of a gigabyte", ask(post.replace(": 5", ": 1073741824") + "0x1+" * (1 << 19)), "413", "closed")

# Other ways of HTTP.
expect("HTTP/1.0", ask("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"), "200")
expect("HTTP/1.0 without a name", ask("GET /healthz HTTP/1.0\r\n\r\n"), "421")
expect("HTTP/0.9", ask("GET /healthz\r\n\r\n"), "400", "closed")
expect("HTTP/2", ask("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), "400", "closed")
expect("HEAD", ask(request(f"/targets/{pid}/debug/pprof/heap", method="HEAD")), "200")
expect("a range", ask(request(f"/targets/{pid}/debug/pprof/heap", "Range: bytes=0-3\r\n")), "200")
expect("an upgrade", ask(request("/healthz", "Upgrade: h2c\r\n")), "200")
for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH"]:
    expect(method, ask(request("/healthz", method=method)), "405", "400")
for target in ["*", "/%", "/%zz", "/%00", "/%ff", "/healthz?%", "/healthz?a=%fe"]:
    expect(f"the address {target}", ask(request(target)), "400")
for question, right in [("seconds=99999999999999999999", "400"), ("seconds=301", "400"), ("seconds=-1", "400"), ("seconds=1e9", "400"),
                        ("debug=2", "200"), ("debug=99999999999999999999", "200"), ("debug=%31", "200"),
                        ("at=99999999999999999999", "400"), ("base=-99999999999999d", "400")]:
    expect(f"heap?{question}", ask(request(f"/targets/{pid}/debug/pprof/heap?{question}")), right)
with connect() as client:
    client.sendall(request("/healthz").replace("Connection: close\r\n", "").encode() * 200 + request("/healthz").encode())
    answers = b""
    while more := client.recv(65536):
        answers += more
count = answers.count(b"HTTP/1.1 200 OK")
print(f"201 questions at once over one connection: {count} answers")
if count != 201:
    failed.append("pipelining")

# Slow clients: some send nothing, some a byte now and then, some never read. All at the same time, and honest ones beside them.
silent = [connect() for _ in range(40)]
slow = [connect() for _ in range(40)]
deaf = [connect() for _ in range(40)]
trickled = [connect() for _ in range(20)]
posting = [connect() for _ in range(20)]
for client in slow:
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
for client in deaf:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(f"GET /targets/{pid}/flame HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() * 30)
for client in trickled:
    client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n")
for client in posting:
    client.sendall(post.replace(": 5", ": 1000000").replace("Connection: close\r\n", "").encode())
start = time.monotonic()
expect("an honest client beside 160 others", ask(honest), "200")
print(f"  after {time.monotonic() - start:.2f} s")


def closed(clients, until):
    """How many of them the server closes in time."""
    open_clients = list(clients)
    while open_clients and time.monotonic() < until:
        for client in list(open_clients):
            client.setblocking(False)
            try:
                if client in slow + trickled + posting:
                    client.send(b"a")
                if client not in deaf and client.recv(65536) == b"":
                    open_clients.remove(client)
                    continue
                if client in deaf:
                    # It must not read: whether it is closed shows when it writes.
                    client.send(b"GET / HTTP/1.1\r\n")
            except BlockingIOError:
                pass
            except OSError:
                open_clients.remove(client)
        time.sleep(1)
    return len(clients) - len(open_clients)


until = time.monotonic() + 90
for name, clients in [("silent", silent), ("slow", slow), ("deaf", deaf), ("trickling", trickled), ("posting", posting)]:
    count = closed(clients, until)
    print(f"{name}: {count} of {len(clients)} closed after {time.monotonic() - start:.0f} s")
    if count < len(clients):
        failed.append(name)

# Far more connections than there may be: those beyond wait, and the server takes no more memory for them.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 11000), most))
many = []
for _ in range(min(most - 100, 10000)):
    many.append(socket.socket())
    many[-1].setblocking(False)
    many[-1].connect_ex(place)
print(f"{len(many)} connections")
time.sleep(3)
for client in many:
    client.close()
expect("an honest client at the end", ask(honest), "200")

print("failed: " + ", ".join(failed) if failed else "all held")
