"""make run and make reset, as a newcomer uses them, in a directory of the test's own."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from deploy.stack import api
from deploy.stack.network import http_status

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
SANITIZED = SLOW > 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Run:
    """A `make run` in the background; what it printed so far is in `output`."""

    def __init__(self, directory, port, tmp_path):
        self._log = open(tmp_path / f"make-run-{time.monotonic_ns()}.screen", "w+")
        self.directory = directory
        # The sanitizers' programs are not those `make run` builds: then the launcher is called as the Makefile calls it.
        argv = ["/usr/bin/python3", "-B", "-m", "deploy.stack", "run"] if SANITIZED else ["make", "run"]
        self.started = time.monotonic()
        self.process = subprocess.Popen(argv, cwd=ROOT, env=environment(directory, port), stdout=self._log, stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def output(self):
        self._log.seek(0)
        return self._log.read()

    def ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"make run ended with {self.process.returncode}:\n{self.output}")
        return "Cuotas is ready" in self.output

    @property
    def facts(self):
        with open(os.path.join(self.directory, "demo.json")) as file:
            return json.load(file)

    def interrupt(self, bound_s=30):
        """Ctrl-C: the whole process group gets it, as from a terminal."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(bound_s * SLOW)

    def end(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self._log.close()


def environment(directory, port):
    passed_on = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "CUOTAS_TEST", "CUOTAS_TRAFFIC", "CUOTAS_BINARIES"))}
    if SANITIZED:
        passed_on["CUOTAS_BINARIES"] = os.path.dirname(os.environ["CUOTAS_BIN"])
    return {**passed_on, "CUOTAS_DIR": str(directory), "CUOTAS_PORT": str(port)}


@pytest.fixture
def make_run(tmp_path, wait_until):
    started = []

    @contextlib.contextmanager
    def run(directory, port=None, wait=True):
        run = Run(directory, port or free_port(), tmp_path)
        started.append(run)
        try:
            if wait:
                wait_until(run.ready, 90, "make run ready")
            yield run
        finally:
            run.end()
    yield run


@pytest.fixture
def directory(tmp_path):
    os.chmod(tmp_path, 0o755)
    return str(tmp_path / "run")


def processes_below(directory):
    """Command lines of live processes that mention the directory."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                line = file.read().replace(b"\0", b" ").decode(errors="replace")
            with open(f"/proc/{pid}/environ", "rb") as file:
                told = file.read().decode(errors="replace")
            if f"{directory}/" in line + told and int(pid) != os.getpid() and "-m pytest" not in line:
                found.append(f"{pid} {line}")
    return found


def test_from_nothing_to_reset(make_run, directory, wait_until):
    with make_run(directory) as run:
        facts, screen = run.facts, run.output
        assert set(facts) == {"gateway", "docs", "staff", "customer", "mail_dir", "sandbox", "services"}
        assert set(facts["services"]) == {"catalog", "orders", "billing", "crm", "notifications", "collections", "gateway"}
        for told in (facts["gateway"], facts["docs"], facts["staff"]["username"], facts["staff"]["password"], facts["sandbox"], "Ctrl-C", "make reset"):
            assert told in screen, told
        for url in (facts["gateway"] + "/readyz", facts["docs"], facts["gateway"] + "/openapi.json", *(url + "/readyz" for url in facts["services"].values())):
            assert http_status(url) == 200, url
        products = api.call(facts["gateway"], "GET", "/v1/products?limit=100")
        assert len(products["data"]) == 100 and products["next_cursor"]
        # Both log-ins on the screen work, and are among the facts.
        customer = re.search(r"Customer +(\S+) +/ +(\S+)", screen)
        api.log_in(facts["gateway"], customer[1], customer[2])
        assert facts["customer"] == {"username": customer[1], "password": customer[2]}
        staff = api.log_in(facts["gateway"], **facts["staff"])
        assert api.call(facts["gateway"], "GET", "/v1/test-clock", token=staff)["offset_s"] == 0
        line = {"sku": "KEPT-1", "name": "Kept", "price": "1.00", "currency": "USD"}
        assert api.call(facts["gateway"], "POST", "/v1/products/import", line, staff)["created"] == 1
        wait_until(lambda: any(name.endswith(".eml") for name in os.listdir(facts["mail_dir"])), 20, "the demo customer's welcome mail")
        secrets = os.stat(os.path.join(directory, "secrets.json")), os.stat(os.path.join(directory, "demo.json"))
        assert all(status.st_mode & 0o077 == 0 for status in secrets)
        run.interrupt()
        assert "Stopped" in run.output and "did not end well" not in run.output, run.output
    assert processes_below(directory) == []

    with make_run(directory) as run:   # again: quick, and everything is still there
        assert run.facts["staff"] == facts["staff"]
        took_s = float(re.search(r"Cuotas is ready \(([\d.]+) s\)", run.output)[1])
        assert took_s < 5 * SLOW, run.output
        assert "demo catalog" not in run.output
        assert api.call(run.facts["gateway"], "GET", "/v1/products?q=KEPT-1")["data"][0]["name"] == "Kept"
        busy = subprocess.run(["make", "reset"], cwd=ROOT, env=environment(directory, 1), capture_output=True, text=True)
        assert busy.returncode != 0 and "runs already" in busy.stderr
        run.interrupt()

    done = subprocess.run(["make", "reset"], cwd=ROOT, env=environment(directory, 1), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not os.path.exists(directory)


def test_taken_port(make_run, directory):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with make_run(directory, port, wait=False) as run:
            assert run.process.wait(60 * SLOW) != 0
            assert f"port {port} is taken" in run.output and "CUOTAS_PORT" in run.output
            assert "Traceback" not in run.output
    assert processes_below(directory) == []


def test_dies_with_its_launcher_and_heals_what_dies(make_run, directory, wait_until):
    with make_run(directory) as run:
        gateway = run.facts["gateway"]
        orders = next(int(line.split()[0]) for line in processes_below(directory) if line.rstrip().endswith("/bin/orders"))
        os.kill(orders, signal.SIGKILL)
        wait_until(lambda: "orders ended" in run.output, 10, "the death noticed")
        wait_until(lambda: http_status(run.facts["services"]["orders"] + "/readyz") == 200, 30, "orders back")
        assert http_status(gateway + "/readyz") == 200
        os.killpg(run.process.pid, signal.SIGKILL)   # make and the launcher, at once and without a word
        wait_until(lambda: not processes_below(directory), 20, "everything gone with the launcher")
    with make_run(directory) as run:   # and what was left behind is no obstacle
        run.interrupt()


def test_wrong_settings(directory):
    for port in ("no", "0", "70000", "-1"):
        done = subprocess.run(["/usr/bin/python3", "-B", "-m", "deploy.stack", "run"], cwd=ROOT, env=environment(directory, port), capture_output=True, text=True)
        assert done.returncode == 1 and "CUOTAS_PORT" in done.stderr and "Traceback" not in done.stderr
    assert not os.path.exists(directory)
