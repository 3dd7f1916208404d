"""Everything together, in one directory: PostgreSQL, Redis, the mail sink, the payment sandbox, six services and the gateway.

Owns every process it starts, and only those. start() either brings all of it up or leaves nothing running. Names for kill(),
start_one() and the rest: the services', "sandbox", "gateway", "mail", "redis", "postgres"."""

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
import time

from . import services
from .credentials import Credentials
from .network import Port, http_status, port_answers
from .postgres import PostgreSQL
from .process import Process, StartError, wait_until
from .redis import Redis

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
READY_BOUND_S = 60
# A unix socket's path has 107 bytes; the longest name below the directory is PostgreSQL's lock file.
SOCKET_DIR_MAX = 107 - len("/.s.PGSQL.5432.lock")


class Stack:
    def __init__(self, directory, binaries=None, gateway_port=None, report=lambda text: None, environment=None, own_environment=None,
                 route=lambda caller, peer, address: address, postgres_settings=None):
        """binaries: directory of the programs, build/bin unless given. gateway_port: that one or a clear StartError; None: any
        free one. report: gets one line about each step. environment: more variables for every service; own_environment: {name: more
        variables for that one}, also for "postgres". route(caller, peer, address): where that caller finds that peer, given where the
        peer listens (host:port or a unix socket's path); it may put something in between. postgres_settings: beside its usual ones."""
        self.directory = os.path.abspath(directory)
        self.binaries = os.path.abspath(binaries or os.path.join(ROOT, "build", "bin"))
        self.extra_environment = environment or {}
        self.own_environment = own_environment or {}
        self.route = route
        self.postgres_settings = postgres_settings or {}
        self.log_dir = os.path.join(self.directory, "log")
        self.mail_dir = os.path.join(self.directory, "mail")
        self.ports = {}
        self.credentials = self.postgres = self.redis = None
        self._gateway_port = gateway_port
        self._report = report
        self._processes = {}
        self._lock = None
        self._socket_dir = None
        self.unclean = []   # (name, exit status) of those that did not end well when asked to

    # ---- facts

    @property
    def gateway_url(self):
        return self.ports["gateway"].url

    @property
    def service_urls(self):
        return {name: self.ports[name].url for name in services.ALL}

    @property
    def staff(self):
        return {"username": services.STAFF_USERNAME, "password": self.credentials["staff"]}

    @property
    def webhook_secret(self):
        return "whsec_" + self.credentials["webhook"]

    @property
    def mercadopago_secret(self):
        return self.credentials["mercadopago_webhook"]

    @property
    def sandbox_key(self):
        return "sk_test_" + self.credentials["sandbox"]

    def database_url(self, service):
        """A superuser's connection to one service's database: for looking, in tests."""
        return self.postgres.superuser_url(f"cuotas_{service}")

    def server(self, name):
        return {"postgres": self.postgres, "redis": self.redis}.get(name) or self._processes[name]

    # ---- start

    def start(self):
        try:
            with self._step("directory"):
                self._open_directory()
            self._start_servers()
            self.migrate()
            self._start_services()
        except BaseException:
            self.stop()
            raise
        return self

    def start_servers_only(self):
        """PostgreSQL and Redis, without any service: for unit tests."""
        try:
            self._open_directory()
            self._start_servers()
        except BaseException:
            self.stop()
            raise
        return self

    def _open_directory(self):
        os.makedirs(self.directory, exist_ok=True)
        os.makedirs(self.log_dir, exist_ok=True)
        os.makedirs(self.mail_dir, exist_ok=True)
        self._lock = lock_directory(self.directory)
        self.ports["gateway"] = Port(self._gateway_port)
        for name in (*services.WITH_DATABASE, "mail"):
            self.ports[name] = Port()
        self.credentials = Credentials(self.directory, services.WITH_DATABASE)
        wanted = os.path.join(self.directory, "sock")
        if len(wanted) <= SOCKET_DIR_MAX:
            os.makedirs(wanted, exist_ok=True)
            self._socket_dir = wanted
        else:
            self._socket_dir = tempfile.mkdtemp(prefix="cuotas-", dir="/tmp")
        os.chmod(self._socket_dir, 0o755)

    def _log(self, name):
        """The log of this run; the one before is kept beside it."""
        path = os.path.join(self.log_dir, f"{name}.log")
        if os.path.exists(path):
            os.replace(path, path + ".before")   # a process that still writes it goes on doing so there
        return path

    def _start_servers(self):
        self.postgres = PostgreSQL(os.path.join(self.directory, "postgres"), self._socket_dir, self._log("postgres"),
                                   self.credentials["postgres"], self.own_environment.get("postgres"), self.postgres_settings)
        if not self.postgres.initialised():
            with self._step("PostgreSQL: making a private cluster (once)"):
                self.postgres.create()
        with self._step("PostgreSQL"):
            self.postgres.start()
        self.redis = Redis(self._socket_dir, self._log("redis"))
        with self._step("Redis"):
            self.redis.start()
        with self._step("databases and roles"):
            self.postgres.provision(self.credentials, services.WITH_DATABASE)

    def migrate(self):
        """The schema of every database; part of start()."""
        with self._step("migrations"):
            running = {}
            try:
                for name in services.WITH_DATABASE:
                    log = os.path.join(self.log_dir, f"{name}.migrate.log")
                    process = Process(f"{name} migrate", [self._binary(name), "migrate"], log,
                                      env={**services.owner_environment(self, name), **self.extra_environment, "PATH": "/usr/bin:/bin"})
                    open(log, "wb").close()
                    process.start()
                    running[name] = process
                for name, process in running.items():
                    if not process.wait(READY_BOUND_S) or process.exit_status != 0:
                        raise StartError(f"the migrations of {name} failed:\n{process.log_tail()}")
            finally:
                for process in running.values():
                    process.kill()

    def _start_services(self):
        with self._step("mail sink, payment sandbox, services, gateway"):
            self._processes["mail"] = Process(
                "mail", [sys.executable, "-B", os.path.join(os.path.dirname(os.path.abspath(__file__)), "mail_sink.py"),
                         self.ports["mail"].listen, self.mail_dir], self._log("mail"))
            for name in services.ALL:
                self._processes[name] = Process(name, [self._binary(name)], self._log(name),
                                                env=services.service_environment(self, name))
            for process in self._processes.values():
                process.start()
            for name in self._processes:
                self.wait_ready(name)

    def _binary(self, name, binaries=None):
        path = os.path.join(binaries or self.binaries, name)
        if not os.path.exists(path):
            raise StartError(f"{path} is not built; `make` builds it")
        return path

    def ready(self, name):
        """Whether it serves, now."""
        process = self._processes[name]
        if not process.running():
            raise StartError(f"{name} ended ({process.exit_status}) before it was ready; the end of {process.log}:\n{process.log_tail()}")
        if name == "mail":
            return port_answers(self.ports[name].number)
        return http_status(self.ports[name].url + "/readyz") == 200

    def wait_ready(self, name, bound_s=READY_BOUND_S):
        try:
            wait_until(lambda: self.ready(name), bound_s, f"/readyz of {name}")
        except StartError as failure:
            if "ended" in str(failure):
                raise
            raise StartError(f"{failure}; the end of {self._processes[name].log}:\n{self._processes[name].log_tail()}") from None

    @contextlib.contextmanager
    def _step(self, what):
        started = time.monotonic()
        yield
        self._report(f"{what}: {time.monotonic() - started:.1f} s")

    # ---- single processes, for supervision and for tests that break things

    def kill(self, name):
        """kill -9, and it is gone when this returns."""
        self.server(name).kill()

    def pause(self, name):
        """SIGSTOP: it is there, and does nothing more. kill() or resume() ends that."""
        self.server(name).send(signal.SIGSTOP)

    def resume(self, name):
        self.server(name).send(signal.SIGCONT)

    def stop_one(self, name):
        self.server(name).stop()

    def start_one(self, name):
        """Starts it again where it was, and waits until it is ready."""
        self.server(name).start()
        if name in self._processes:
            self.wait_ready(name)

    def replace_one(self, name, binaries=None, beside=True):
        """Another process in its place, as a rolling update does it. beside: the new one serves on the shared port (SHARE_PORT=on) before
        the old one is asked to end; else after the old one has ended, so that nobody listens for a moment. binaries: another directory
        of programs. (exit status, seconds it took to end) of the old one."""
        old = self._processes[name]
        new = Process(name, [self._binary(name, binaries)], self._log(name), env=services.service_environment(self, name))
        if beside:
            self._start_beside(new)
        self._processes[name] = new
        began = time.monotonic()
        ended = old.stop(bound_s=READY_BOUND_S)
        took_s = time.monotonic() - began
        if not beside:
            new.start()
            self.wait_ready(name)
        return (old.exit_status if ended else None), took_s

    def _start_beside(self, process):
        """On a shared port anybody may answer /readyz: its own log tells when it serves."""
        process.start()

        def serves():
            if not process.running():
                raise StartError(f"{process.name} ended ({process.exit_status}):\n{process.log_tail()}")
            return '"msg":"ready"' in process.log_tail(200)
        wait_until(serves, READY_BOUND_S, f"a second {process.name}")

    def running(self, name):
        return self.server(name).running()

    def exit_status(self, name):
        return self.server(name).exit_status

    def ended(self):
        """Those that should run and do not: (name, process)."""
        return [(name, process) for name, process in self._processes.items() if not process.running()]

    # ---- stop

    def stop(self):
        """Gateway first, then the services together, then what they need. May be called at any point, more than once."""
        for wave in (["gateway"], [*services.WITH_DATABASE], ["mail"]):
            self._stop_wave([name for name in wave if name in self._processes])
        self._processes = {}
        for server in (self.redis, self.postgres):
            if server:
                server.stop()
        for port in self.ports.values():
            port.close()
        self.ports = {}
        if self._socket_dir and self._socket_dir != os.path.join(self.directory, "sock"):
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._socket_dir = None
        if self._lock:
            self._lock.close()
            self._lock = None

    def _stop_wave(self, names):
        asked = [(name, self._processes[name]) for name in names if self._processes[name].running()]
        for _, process in asked:
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + 15
        for name, process in asked:
            in_time = process.wait(max(0.1, deadline - time.monotonic()))
            if not in_time or process.exit_status != 0:
                self.unclean.append((name, process.exit_status if in_time else "did not stop within 15 s"))


def lock_directory(directory):
    """The open lock file of a stack's directory; StartError when another stack runs there. It vanishes with its process."""
    lock = open(os.path.join(directory, "lock"), "a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return lock
    except BlockingIOError:
        lock.close()
        raise StartError(f"Cuotas runs already in {directory}; stop it first, or choose another directory with CUOTAS_DIR=<dir>") from None
