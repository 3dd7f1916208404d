"""The others in the conversations of this directory: a client of raw bytes, a service that remembers every request it was sent and can be told what to answer, and nginx."""

import json
import os
import re
import socket
import subprocess
import threading

from deploy.stack.network import Port
from deploy.stack.process import Process, wait_until

NGINX = "/usr/sbin/nginx"


def fill(entry_bytes, ident, token="x"):
    """The bytes of a table's entry, for this id."""
    def whole(role):
        return f"GET /v1/products/{ident}.{role} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
    tail = whole("hidden")
    words = {b"@G": f"/v1/products/{ident}.main".encode(), b"@P": f"/v1/webhooks/{ident}.main".encode(), b"@S": f"/v1/products/import?id={ident}.main".encode(),
             b"HEXLENGTH": b"%x" % len(tail), b"LENGTH": str(len(tail)).encode(), b"TAIL": tail, b"NEXT": whole("next"), b"TOKEN": token.encode()}
    return re.sub(b"|".join(words), lambda found: words[found.group()], entry_bytes)


class Broken(Exception):
    """The other side does not speak HTTP."""


class Client:
    """One connection. `pending` is what came and was not looked at yet."""

    def __init__(self, url, timeout_s):
        host, port = url.removeprefix("http://").split(":")
        self._socket = socket.create_connection((host, int(port)), timeout=timeout_s)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, data):
        try:
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass   # refused before all of it was sent: the reply may be there

    def _more(self):
        try:
            piece = self._socket.recv(65536)
        except ConnectionResetError:
            piece = b""
        self.pending += piece
        return piece != b""

    def reply(self, to_head=False):
        """(status, body) of the next reply, interim ones skipped; None when the connection ended instead."""
        while b"\r\n\r\n" not in self.pending:
            if not self._more():
                if self.pending:
                    raise Broken(f"ended inside a head: {self.pending[:200]!r}")
                return None
        head, _, self.pending = self.pending.partition(b"\r\n\r\n")
        matched = re.fullmatch(rb"HTTP/1\.[01] ([1-5]\d\d) [^\r\n]*((?:\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*)*)", head)
        if not matched:
            raise Broken(f"not a reply: {head[:300]!r}")
        status, fields = int(matched[1]), [line.split(b":", 1) for line in matched[2].split(b"\r\n")[1:]]
        if status < 200:
            return self.reply(to_head)
        headers = {name.lower(): value.strip() for name, value in fields}
        for name in (b"content-length", b"transfer-encoding"):
            if sum(field[0].lower() == name for field in fields) > 1:
                raise Broken(f"two {name.decode()}: {head!r}")
        if to_head or status in (204, 304):
            return status, b""
        return status, self._body(headers)

    def _body(self, headers):
        if b"content-length" in headers and b"transfer-encoding" in headers:
            raise Broken("both a length and a coding")
        if headers.get(b"transfer-encoding") == b"chunked":
            body = b""
            while True:
                size = int(self._until(b"\r\n").split(b";")[0], 16)
                piece = self._take(size + 2)
                if not piece.endswith(b"\r\n"):
                    raise Broken("a chunk not ended by its line end")
                if size == 0:
                    return body
                body += piece[:-2]
        if b"content-length" in headers:
            return self._take(int(headers[b"content-length"]))
        while self._more():
            pass
        body, self.pending = self.pending, b""
        return body

    def _until(self, end):
        while end not in self.pending:
            if not self._more():
                raise Broken("ended inside a body")
        line, _, self.pending = self.pending.partition(end)
        return line

    def _take(self, size):
        while len(self.pending) < size:
            if not self._more():
                raise Broken("ended inside a body")
        taken, self.pending = self.pending[:size], self.pending[size:]
        return taken

    def ended(self):
        """True when the other side closes and says nothing more."""
        try:
            return not self._more() and not self.pending
        except TimeoutError:
            return False

    def drain(self, quiet_s, bound_s=3):
        """Everything that comes until nothing has for a while."""
        self._socket.settimeout(quiet_s)
        for _ in range(int(bound_s / quiet_s) + 1):
            try:
                if not self._more():
                    return
            except TimeoutError:
                return


class Service:
    """Behind a gateway or nginx. Takes requests only as RFC 9112 has them at its strictest: a sender of ours that says anything else is in `broken`. Remembers
    (method, target, everything of it as bytes) of each complete request; `answer(peer, method, target, raw)` says what it likes, by default the target itself."""

    def __init__(self, answer=None):
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.seen, self.broken = [], []
        self._answer = answer or echo
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._socket.close()

    def _accept(self):
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer):
        with peer, peer.makefile("rb") as stream:
            try:
                while self._one(peer, stream):
                    pass
            except (OSError, EOFError):
                pass
            except Broken as why:
                self.broken.append(str(why))

    def _one(self, peer, stream):
        first = stream.readline(65537)
        if not first:
            return False
        head = first
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline(65537)
            if not line:
                raise EOFError
            head += line
        matched = re.fullmatch(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1\r\n((?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n\0]*\r\n)+)\r\n", head)
        if not matched:
            raise Broken(f"not a request: {head[:300]!r}")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(b":") for line in matched[3].split(b"\r\n")[:-1])]
        method, target = matched[1].decode(), matched[2].decode()
        body = self._body(stream, headers)
        self.seen.append((method, target, head + body))
        self._answer(peer, method, target, head + body)
        return True

    @staticmethod
    def _body(stream, headers):
        lengths = [value for name, value in headers if name == b"content-length"]
        codings = [value for name, value in headers if name == b"transfer-encoding"]
        if len(lengths) + len(codings) > 1 or codings not in ([], [b"chunked"]) or not all(re.fullmatch(rb"\d{1,18}", length) for length in lengths):
            raise Broken(f"framing: {lengths} {codings}")
        if lengths:
            return read_whole(stream, int(lengths[0]))
        body = b""
        while codings:
            size = stream.readline(100)
            if not re.fullmatch(rb"[0-9a-fA-F]{1,8}\r\n", size):
                if size == b"" or not size.endswith(b"\n"):
                    raise EOFError
                raise Broken(f"chunk size: {size!r}")
            piece = read_whole(stream, int(size, 16) + 2)
            if not piece.endswith(b"\r\n"):
                raise Broken(f"chunk end: {piece[-10:]!r}")
            body += piece[:-2]
            if int(size, 16) == 0:
                break
        return body


def read_whole(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def echo(peer, method, target, raw):
    body = json.dumps({"target": target}).encode()
    peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + (b"" if method == "HEAD" else body))


CONFIGURATION = """
daemon off;
worker_processes 1;
pid {directory}/nginx.pid;
error_log {directory}/error.log crit;
events {{ worker_connections 512; }}
http {{
    log_format hops escape=json '{{"request": "$request", "upstream": "$upstream_addr", "status": $status}}';
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory}; uwsgi_temp_path {directory}; scgi_temp_path {directory};
{upstreams}
{servers}
}}
"""
UPSTREAM = "    upstream {name} {{ server {address}; keepalive 4; }}\n"
# As one writes it from the manual; and as lax as it can be told to be, so that more of what is bad comes through.
STRICT = "client_body_timeout 1s; client_header_timeout 1s;"
LAX = STRICT + " ignore_invalid_headers off; underscores_in_headers on; merge_slashes off; proxy_request_buffering off;"
SERVER = """    server {{
        listen {listen}; access_log {directory}/{name}.log hops; {settings}
        proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host a; proxy_read_timeout 20s;
{locations}
    }}
"""


class Nginx:
    """In front of what `servers` says: {name: (settings, {location: base URL})}."""

    def __init__(self, directory, servers):
        os.makedirs(directory, exist_ok=True)
        self._directory = directory
        self._ports = {name: Port() for name in servers}
        addresses = sorted({url for _, locations in servers.values() for url in locations.values()})
        names = {url: f"behind{index}" for index, url in enumerate(addresses)}
        text = CONFIGURATION.format(
            directory=directory, upstreams="".join(UPSTREAM.format(name=names[url], address=url.removeprefix("http://")) for url in addresses),
            servers="".join(SERVER.format(name=name, listen=self._ports[name].listen, directory=directory, settings=settings, locations="\n".join(
                f"        location {location} {{ proxy_pass http://{names[url]}; }}" for location, url in locations.items())) for name, (settings, locations) in servers.items()))
        path = os.path.join(directory, "nginx.conf")
        with open(path, "w") as file:
            file.write(text if os.geteuid() else "user root;\n" + text)
        subprocess.run([NGINX, "-t", "-q", "-c", path, "-p", directory], check=True)
        for port in self._ports.values():
            port.close()   # nginx binds without SO_REUSEPORT
        self._process = Process("nginx", [NGINX, "-c", path, "-p", directory, "-e", os.path.join(directory, "error.log")], os.path.join(directory, "nginx.log"), env={"PATH": "/usr/bin:/bin"})
        self._process.start()
        for port in self._ports.values():
            wait_until(lambda port=port: self._answers(port), 20, "nginx")

    @staticmethod
    def _answers(port):
        try:
            socket.create_connection(("127.0.0.1", port.number), timeout=1).close()
            return True
        except OSError:
            return False

    def url(self, name):
        return self._ports[name].url

    def requests(self, name):
        """What it took for requests: [(request line, was it passed on, status)]."""
        with open(os.path.join(self._directory, f"{name}.log"), encoding="utf-8", errors="replace") as file:
            lines = [json.loads(line) for line in file]
        return [(line["request"], line["upstream"] not in ("", "-"), line["status"]) for line in lines]

    def stop(self):
        self._process.stop()
