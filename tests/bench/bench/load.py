"""HTTP load: wrk with one thread, and requests written beforehand byte by byte, so that the client costs the same whatever is asked."""

import http.client
import json
import os
import subprocess

from .measure import Failed, Sample, children_cpu_us

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")


class Request:
    """method, path and body for everybody; who asks (a header line) differs between gateway and service."""

    def __init__(self, method, path, body=None, headers=None):
        self.method = method
        self.path = path
        self.body = json.dumps(body).encode() if body is not None else b""
        self.headers = dict(headers or {})
        if self.body:
            self.headers["Content-Type"] = "application/json"

    def bytes(self):
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: localhost", *(f"{name}: {value}" for name, value in self.headers.items())]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join((*lines, "", "")).encode() + self.body

    def send(self, port):
        """Once, for real: (status, body)."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(self.method, self.path, self.body or None, self.headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()


def check(request, port):
    """The size of the body answered; Failed unless it is a 2xx."""
    status, body = request.send(port)
    if not 200 <= status < 300:
        raise Failed(f"{request.method} {request.path} answered {status}: {body[:300].decode(errors='replace')}")
    return len(body)


def write_requests(path, requests):
    with open(path, "wb") as file:
        for request in requests:
            raw = request.bytes()
            file.write(b"%d\n%s\n" % (len(raw), raw))


def run(path, port, seconds, connections, once, before=(), refusals=False, may_run_out=False):
    """A Sample. path: of write_requests. once: every request at most once; running out of them is a failure. before: words before wrk.
    refusals: replies that are no 2xx count too. may_run_out: readings["ran_out"] tells it instead."""
    argv = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s", SCRIPT, f"http://127.0.0.1:{port}",
            "--", path, "once" if once else "cycle"]
    cpu_before = children_cpu_us()
    done = subprocess.run(["setpriv", "--pdeathsig", "KILL", "--", *before, *argv], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=seconds + 30)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise Failed(f"wrk failed ({done.returncode}): {(done.stderr or done.stdout)[-500:]}")
    report = json.loads(lines[-1])
    if report["exhausted"] and not may_run_out:
        raise Failed(f"all {report['requests']} prepared requests were sent before {seconds} s had passed: prepare more")
    if report["not_2xx"] and not refusals or report["broken"]:
        raise Failed(f"of {report['requests']} requests {report['not_2xx']} were not answered 2xx, {report['broken']} broke off")
    if report["requests"] == 0:
        raise Failed("no request was answered")
    return Sample(count=report["requests"], seconds=report["duration_us"] / 1e6, p50_us=report["p50_us"], p99_us=report["p99_us"],
                  client_us=children_cpu_us() - cpu_before, readings={"ran_out": report["exhausted"]} if may_run_out else {})
