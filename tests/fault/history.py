"""What clients asked and what they were told, as in Jepsen: written while it happens, judged afterwards, from the file alone.

A *call* is one thing a client wants (place this order, under this Idempotency-Key). A careful client may send it several times; each sending is an
*attempt*. The file has one JSON object a line, in the order of time (`at`: seconds of the monotonic clock since the run began):

    {"type": "invoke", "attempt": 17, "call": 12, "client": "client-3", "op": "pay", "method": "POST", "path": ..., "key": ..., "body": ...}
    {"type": "answer", "attempt": 17, "outcome": "ok|refused|unknown", "status": 201, "replayed": false, "body": ..., "error": null}
    {"type": "fault", "kind": "kill", "text": "kill -9 billing"}      what the nemesis did
    {"type": "mark", "name": "calm"}                                  phases of the run

ok: 2xx. refused: 4xx, which is an answer too; but for 401, after which a client logs in and asks again. unknown: no answer, or one that says nothing (502, 503,
504). An attempt without an answer line was still under way when the run ended. Invariant: an invocation is in the file before it is on the wire."""

import json
import threading
import time

BODY_KEPT_MAX = 256 * 1024
UNANSWERED = (502, 503, 504)   # the gateway, or a service behind it, says that it does not know


def outcome_of(status):
    if status is None or status >= 500:
        return "unknown"
    return "ok" if status < 400 else "refused"


class History:
    """The writer; safe from several threads."""

    def __init__(self, path):
        self.path = path
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._calls = self._attempts = 0

    def call(self):
        with self._lock:
            self._calls += 1
            return self._calls

    def invoke(self, call, client, op, method, path, query=None, key=None, body=None, repeat=False):
        """repeat: sent again on purpose, after the call had been answered."""
        with self._lock:
            self._attempts += 1
            number = self._attempts
            self._write(type="invoke", attempt=number, call=call, client=client, op=op, method=method, path=path, query=query, key=key,
                        body=body, repeat=repeat)
            return number

    def answer(self, attempt, status, body=None, replayed=False, error=None):
        """body: bytes."""
        text = None
        if body is not None and len(body) <= BODY_KEPT_MAX:
            try:
                text = json.loads(body)
            except ValueError:
                text = body.decode(errors="replace")
        with self._lock:
            self._write(type="answer", attempt=attempt, outcome=outcome_of(status), status=status, replayed=replayed, body=text, error=error)

    def fault(self, kind, text):
        with self._lock:
            return self._write(type="fault", kind=kind, text=text)

    def mark(self, name, **more):
        with self._lock:
            self._write(type="mark", name=name, **more)

    def _write(self, **line):
        line["at"] = round(time.monotonic() - self._began, 6)
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()
        return line["at"]

    def close(self):
        self._file.close()


class Attempt:
    __slots__ = ("number", "invoked", "returned", "status", "outcome", "replayed", "body", "error", "repeat", "call")

    def __init__(self, line, call):
        self.number = line["attempt"]
        self.invoked = line["at"]
        self.repeat = line["repeat"]
        self.call = call
        self.returned = self.status = self.body = self.error = None
        self.outcome = "unknown"
        self.replayed = False

    def answered(self, line):
        self.returned = line["at"]
        self.status, self.outcome, self.replayed = line["status"], line["outcome"], line["replayed"]
        self.body, self.error = line["body"], line["error"]


class Call:
    """One thing a client wanted, with every sending of it. body: what was sent; reply: what the first answer said."""

    __slots__ = ("number", "client", "op", "method", "path", "query", "key", "body", "attempts")

    def __init__(self, line):
        self.number = line["call"]
        self.client, self.op, self.method, self.path = line["client"], line["op"], line["method"], line["path"]
        self.query, self.key, self.body = line["query"], line["key"], line["body"]
        self.attempts = []

    @property
    def answer(self):
        """The first attempt that was answered, or None; a token that was not taken is an answer only when nothing came after it."""
        answered = [attempt for attempt in self.attempts if attempt.outcome != "unknown"]
        return next((attempt for attempt in answered if attempt.status != 401), answered[0] if answered else None)

    @property
    def outcome(self):
        return self.answer.outcome if self.answer else "unknown"

    @property
    def reply(self):
        return self.answer.body if self.answer else None

    def __repr__(self):
        return f"{self.client} #{self.number} {self.op}: {self.method} {self.path} -> {self.answer.status if self.answer else 'unknown'}"


class Record:
    """The file read back: calls, faults [(at, kind, text)], marks {name: line}."""

    def __init__(self, path):
        self.calls, self.faults, self.marks = [], [], {}
        by_number, attempts = {}, {}
        with open(path, encoding="utf-8") as file:
            for text in file:
                line = json.loads(text)
                kind = line["type"]
                if kind == "invoke":
                    call = by_number.get(line["call"])
                    if call is None:
                        call = by_number[line["call"]] = Call(line)
                        self.calls.append(call)
                    attempt = attempts[line["attempt"]] = Attempt(line, call)
                    call.attempts.append(attempt)
                elif kind == "answer":
                    attempts.pop(line["attempt"]).answered(line)
                elif kind == "fault":
                    self.faults.append((line["at"], line["kind"], line["text"]))
                else:
                    self.marks[line["name"]] = line

    def named(self, *ops):
        return [call for call in self.calls if call.op in ops]

    def attempts(self):
        return (attempt for call in self.calls for attempt in call.attempts)
