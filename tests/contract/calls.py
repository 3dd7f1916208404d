"""HTTP as bytes, so that a test can send what no library would, in connections that are kept; recorded like every other exchange. And the
requests an operation's contract allows, as values to be changed before they are sent."""

import base64
import json
import os
import socket
import sys
import time
import urllib.parse
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.dirname(os.path.abspath(__file__)))   # at the end: its conftest is nobody else's

from document import Document   # noqa: E402
from support.hostile import Maker   # noqa: E402
from support.tokens import identity   # noqa: E402

BUILD = os.path.dirname(os.environ.get("CUOTAS_BIN") or os.path.join(ROOT, "build", "bin"))
DOCUMENT = Document(os.path.join(BUILD, "gen", "openapi.json"))
INTERNAL = Document(os.path.join(BUILD, "gen", "internal.json"))   # what the services ask each other
RECORDED_MAX = 64 * 1024


class NoAnswer(AssertionError):
    """Closed without a reply, or none in time."""


class Answer:
    def __init__(self, status, headers, body, took_s):
        self.status, self.headers, self.body, self.took_s = status, headers, body, took_s

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def is_problem(self):
        return self.headers.get("content-type", "") == "application/problem+json"

    @property
    def code(self):
        return self.json["code"] if self.is_problem else None

    @property
    def pointers(self):
        return [field["pointer"] for field in self.json.get("errors", [])] if self.is_problem else []

    def __str__(self):
        return f"{self.status} {self.body[:400].decode(errors='replace')}"


class Connection:
    """One connection, opened when needed. send() gives the Answer to one request."""

    def __init__(self, base_url, timeout_s):
        host, port = urllib.parse.urlsplit(base_url).netloc.split(":")
        self._address, self._timeout_s = (host, int(port)), timeout_s
        self._socket, self._rest, self._used = None, b"", False

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket, self._rest = None, b""

    def send(self, data, head_only=False):
        started = time.monotonic()
        for attempt in (1, 2):
            if self._socket is None:
                self._socket, self._rest, self._used = socket.create_connection(self._address, timeout=self._timeout_s), b"", False
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self._socket.sendall(data)
            except (BrokenPipeError, ConnectionResetError):
                pass   # refused before all of it was sent; the reply may still be there
            try:
                return self._read(head_only, started)
            except ConnectionResetError:
                kept = self._used and not self._rest
                self.close()
                if not kept or attempt == 2:   # a connection that was kept may have been closed meanwhile
                    raise NoAnswer("the connection was closed without an answer") from None
            except socket.timeout:
                self.close()
                raise NoAnswer(f"no answer within {self._timeout_s} s") from None

    def _more(self):
        piece = self._socket.recv(262144)
        if not piece:
            raise ConnectionResetError
        self._rest += piece

    def _take(self, size):
        while len(self._rest) < size:
            self._more()
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def _line(self, end):
        while end not in self._rest:
            self._more()
        taken, _, self._rest = self._rest.partition(end)
        return taken

    def _read(self, head_only, started):
        lines = self._line(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self._used = True
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        status = int(lines[0].split(" ", 2)[1])
        body = b""
        if not head_only and status not in (204, 304):
            if "chunked" in headers.get("transfer-encoding", ""):
                while (size := int(self._line(b"\r\n"), 16)):
                    body += self._take(size)
                    self._take(2)
                self._line(b"\r\n")
            else:
                body = self._take(int(headers["content-length"]))
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body, time.monotonic() - started)


class Call:
    """A request to an operation: everything of it can be replaced before it is sent. body: bytes, or None for none."""

    def __init__(self, operation, method, path, query=(), headers=(), body=None):
        self.operation, self.method, self.path = operation, method, path
        self.query, self.headers, self.body = list(query), list(headers), body

    @property
    def target(self):
        """query: (name, value) pairs, text to be encoded or bytes that are already."""
        def encoded(part):
            return part.decode("latin-1") if isinstance(part, bytes) else urllib.parse.quote(str(part), safe="")
        return self.path + ("?" + "&".join(f"{encoded(name)}={encoded(value)}" for name, value in self.query) if self.query else "")

    def header(self, name):
        return next((value for other, value in self.headers if other.lower() == name.lower()), None)

    def without(self, name):
        self.headers = [each for each in self.headers if each[0].lower() != name.lower()]
        return self

    def bytes(self, token=None):
        headers = list(self.headers)
        given = {name.lower() for name, _ in headers}
        if "host" not in given:
            headers.insert(0, ("Host", "localhost"))
        if token and "authorization" not in given:
            headers.append(("Authorization", "Bearer " + token))
        if self.body is not None and not {"content-length", "transfer-encoding"} & given:
            headers.append(("Content-Length", str(len(self.body))))
        lines = b"".join(b"%s: %s\r\n" % (_raw(name), _raw(value)) for name, value in headers)
        return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (self.method.encode(), _raw(self.target), lines, self.body or b"")

    def __str__(self):
        headers = " ".join(f"{name}: {value!r}"[:120] for name, value in self.headers)
        return f"{self.method} {self.target[:300]} [{headers}] {(self.body or b'')[:400]!r}"


def _raw(text):
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")


class Caller:
    """Somebody (a token, or a Login) at an address."""

    def __init__(self, base_url, recorder=None, token=None, timeout_s=30):
        self.base_url, self.recorder, self._token, self._timeout_s = base_url, recorder, token, timeout_s * float(os.environ.get("CUOTAS_SLOW", "1"))
        self._connection = Connection(base_url, self._timeout_s)

    def with_token(self, token):
        return Caller(self.base_url, self.recorder, token, 30)

    def at(self, base_url):
        """The same somewhere else, with a connection of its own."""
        return Caller(base_url, self.recorder, self._token, 30)

    @property
    def token(self):
        return self._token() if callable(self._token) else self._token

    def send(self, call):
        answer = self._connection.send(call.bytes(self.token), head_only=call.method == "HEAD")
        if self.recorder:
            self.recorder.write(self.exchange(call, answer))
        return answer

    def exchange(self, call, answer):
        """As support.client records it."""
        return {
            "test": os.environ.get("PYTEST_CURRENT_TEST", "").rsplit(" ", 1)[0], "method": call.method, "target": call.target,
            "request_headers": {name.lower(): value if isinstance(value, str) else value.decode("latin-1")
                                for name, value in call.headers if name.lower() != "authorization"},
            "authorized": bool(self._token) or call.header("Authorization") is not None, "request": recorded(call.body or b""),
            "status": answer.status, "response_headers": answer.headers, "response": recorded(answer.body),
        }


class Service(Caller):
    """A service asking another, with an identity signed for each request. scope: what it says it may."""

    def __init__(self, base_url, recorder, secret, scope="service"):
        super().__init__(base_url, recorder)
        self._secret, self._scope = secret, scope

    def at(self, base_url):
        return Service(base_url, self.recorder, self._secret, self._scope)

    def send(self, call):
        kind = "service" if self._scope == "service" else "staff"
        call.without("X-Cuotas-Identity").headers.insert(0, ("X-Cuotas-Identity", identity(self._secret, kind, "orders", self._scope)))
        return super().send(call)

    def exchange(self, call, answer):
        return {**super().exchange(call, answer), "internal": True, "authorized": True}


def recorded(body):
    if len(body) > RECORDED_MAX:
        return {"text": None}
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


# ---- what an operation's contract allows

def body_schema(operation):
    """Of the JSON body, when it is one document."""
    content = (operation.request_body or {}).get("content", {}).get("application/json")
    schema = content and operation.document.follow(content["schema"])
    return schema if schema and schema.get("type") == "object" else None


def key_wanted(operation):
    """required, optional or None: does it take an Idempotency-Key?"""
    found = next((each for each in operation.parameters if each["in"] == "header" and each["name"] == "Idempotency-Key"), None)
    return found and ("required" if found.get("required") else "optional")


def sample_call(operation, method=None):
    """A request the contract allows, to things that do not exist."""
    path, query, headers, body, maker = operation.path, [], [], None, Maker(operation.document)
    for each in operation.parameters:
        schema = operation.document.follow(each["schema"])
        if each["in"] == "path":
            value = str(uuid.uuid4()) if schema.get("format") == "uuid" else "x" * max(8, schema.get("minLength", 1))
            path = path.replace("{" + each["name"] + "}", value)
        elif each["in"] == "query" and each.get("required"):
            query.append((each["name"], maker.sample(schema)))
    if key_wanted(operation):
        headers.append(("Idempotency-Key", str(uuid.uuid4())))
    headers += [(each["name"], '"1"') for each in operation.parameters if each["in"] == "header" and each["name"] == "If-Match"]
    if operation.request_body and method in (None, operation.method):
        kind = next(iter(operation.request_body["content"]))
        headers.append(("Content-Type", "text/plain" if kind == "*/*" else kind))
        schema, example = body_schema(operation), operation.request_body["content"][kind].get("example")
        body = json.dumps(example or maker.sample(schema)).encode() if schema else b"x"
    return Call(operation, method or operation.method, path, query, headers, body)
