"""A PostgreSQL server of our own: one directory, one unix socket, no TCP, never root.

Roles and databases come from deploy/postgres/service.sql, the file the containers use too. fsync stays on, in tests as well."""

import glob
import hashlib
import os
import re
import shutil
import signal
import time
import urllib.parse

from .process import Process, StartError, owner_of, run_quietly, unprivileged_user, wait_until

ROLES_SQL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "postgres", "service.sql")
OLDEST = 15

# Eight services with some fifteen connections each. Small and quick to start; nothing here loosens durability.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "250",
    "shared_buffers": "128MB",
    "wal_level": "replica",   # deploy/backup copies a running cluster
    "max_wal_senders": "4",
    "recovery_init_sync_method": "syncfs",   # after a crash: one call instead of one a file, and there are thousands
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
    "jit": "off",
    # docker-compose.yml has the same four.
    "default_toast_compression": "lz4",   # events and kept replies are compressed as they are written: a fifth of pglz's time
    "wal_compression": "lz4",
    "max_wal_size": "2GB",                # fewer checkpoints under load, fewer whole pages in the log after them
    "random_page_cost": "1.1",            # not a rotating disk
}


def _binaries():
    found = {}
    for path in glob.glob("/usr/lib/postgresql/*/bin/postgres"):
        match = re.search(r"/(\d+)/bin/", path)
        if match and int(match[1]) >= OLDEST:
            found[int(match[1])] = os.path.dirname(path)
    return found


class PostgreSQL:
    def __init__(self, directory, socket_dir, log, password, environment=None, settings=None):
        """password: of the superuser `postgres`. environment: more variables for the server; settings: more of SETTINGS."""
        self.directory = directory
        self._socket_dir = socket_dir
        self._log = log
        self._password = password
        self._extra_environment = environment or {}
        self.settings = {**SETTINGS, **(settings or {})}   # of the next start
        self._process = None
        self._bin = None
        self._user = None

    @property
    def pid(self):
        return self._process.pid if self._process else None

    @property
    def user(self):
        """Whom the server runs as, for what must be done as it; None: ourselves."""
        return self._user

    @property
    def programs(self):
        """The directory of this server's version of pg_dump and the like."""
        return self._bin

    @property
    def socket(self):
        """The path libpq makes of the directory it is given as the host."""
        return os.path.join(self._socket_dir, ".s.PGSQL.5432")

    @property
    def exit_status(self):
        return self._process.exit_status

    def running(self):
        return self._process is not None and self._process.running()

    def initialised(self):
        return os.path.exists(os.path.join(self.directory, "PG_VERSION"))

    def create(self):
        """Once: the cluster. A first try that was cut short is cleared away."""
        shutil.rmtree(self.directory, ignore_errors=True)
        self._user = unprivileged_user("postgres")
        self._pick_binaries()
        os.mkdir(self.directory, 0o700)
        if self._user:
            os.chown(self.directory, self._user.pw_uid, self._user.pw_gid)
        password_file = os.path.join(self._socket_dir, "password")
        with os.fdopen(os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(self._password + "\n")
        try:
            if self._user:
                os.chown(password_file, self._user.pw_uid, self._user.pw_gid)
            run_quietly([f"{self._bin}/initdb", "-D", self.directory, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8",
                         "--auth=scram-sha-256", f"--pwfile={password_file}"], self._user, [self.directory, self._socket_dir])
        finally:
            os.remove(password_file)

    def _pick_binaries(self):
        found = _binaries()
        if not found:
            raise StartError(f"no PostgreSQL {OLDEST} or newer under /usr/lib/postgresql; deploy/install-deps.sh run installs it")
        version = max(found)
        if self.initialised():
            with open(os.path.join(self.directory, "PG_VERSION")) as file:
                version = int(file.read())
            if version not in found:
                raise StartError(f"{self.directory} was made by PostgreSQL {version}, which is not installed any more; "
                                 "`make reset` starts afresh")
        self._bin = found[version]

    def start(self, bound_s=60):
        self._pick_binaries()
        self._user = owner_of(self.directory)
        if self._user and os.stat(self._socket_dir).st_uid != self._user.pw_uid:
            os.chown(self._socket_dir, self._user.pw_uid, self._user.pw_gid)
        deadline = time.monotonic() + bound_s
        self._outwait_predecessor(deadline)
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        # SIGINT is PostgreSQL's fast shutdown: with the launcher gone, the data still ends clean.
        self._process = Process("postgres", [f"{self._bin}/postgres", "-D", self.directory, "-k", self._socket_dir, *options], self._log,
                                env={**os.environ, **self._extra_environment}, user=self._user, death_signal="INT", private_paths=[self.directory, self._socket_dir])
        while True:
            before = os.path.getsize(self._log) if os.path.exists(self._log) else 0
            self._process.start()
            try:
                wait_until(self._accepts, deadline - time.monotonic(), "PostgreSQL")
                return
            except StartError:
                if not self._found_memory_in_use(before) or time.monotonic() > deadline:
                    self._process.kill()
                    raise StartError(f"PostgreSQL did not start:\n{self._process.log_tail()}") from None
                time.sleep(0.1)

    def _found_memory_in_use(self, since):
        """Right after a kill -9 the old server's children may still hold its shared memory for a moment. They say their last words in the same log, many
        of them, around what our own process said."""
        with open(self._log, encoding="utf-8", errors="replace") as log:
            log.seek(since)
            return any(f" [{self._process.pid}] " in line and "pre-existing shared memory block" in line for line in log)

    def _outwait_predecessor(self, deadline):
        """A server whose launcher was killed may still be shutting down here; what a killed machine left behind is no server."""
        lock_file = os.path.join(self.directory, "postmaster.pid")

        def gone():
            try:
                with open(lock_file) as file:
                    pid = int(file.readline())
                with open(f"/proc/{pid}/cmdline") as file:
                    return self.directory not in file.read()
            except (OSError, ValueError):
                return True
        wait_until(gone, max(0, deadline - time.monotonic()), "the end of an earlier PostgreSQL in this directory")
        if os.path.exists(lock_file):
            os.remove(lock_file)

    def _accepts(self):
        if not self._process.running():
            raise StartError("PostgreSQL ended")
        try:
            self.sql("SELECT 1")
            return True
        except StartError:
            return False

    def wait_ready(self, bound_s=60):
        """After a crash that it recovers from by itself; StartError when it ended."""
        wait_until(self._accepts, bound_s, "PostgreSQL")

    def send(self, number):
        self._process.send(number)

    def stop(self, number=signal.SIGINT):
        """number: PostgreSQL's way of stopping, SIGINT fast, SIGQUIT immediate."""
        if self._process:
            self._process.stop(number, 60)

    def kill(self):
        self._process.kill()

    def log_tail(self):
        return self._process.log_tail() if self._process else ""

    def environment(self, database="postgres", user="postgres", password=None):
        """For psql and any other libpq program."""
        return {"PGHOST": self._socket_dir, "PGUSER": user, "PGPASSWORD": password or self._password, "PGDATABASE": database,
                "PATH": f"{self._bin}:/usr/bin:/bin", "PGCONNECT_TIMEOUT": "5", "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"}

    def url(self, database, user, password, socket=None):
        """socket: its path, when it is not the server's own."""
        quote = urllib.parse.quote
        host = os.path.dirname(socket or self.socket)
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@/{quote(database)}?host={quote(host, safe='')}"

    def superuser_url(self, database="postgres"):
        return self.url(database, "postgres", self._password)

    def sql(self, text, database="postgres"):
        """Runs statements as the superuser; the rows as lines of tab-separated values."""
        return run_quietly([f"{self._bin}/psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-f", "-"],
                           env=self.environment(database), stdin=text)

    def provision(self, credentials, services):
        """A database and two roles for each service. Skipped when nothing changed since the last time."""
        with open(ROLES_SQL, "rb") as file:
            digest = hashlib.sha256(file.read())
        for service in services:
            digest.update(f"{service}:{credentials[f'{service}_owner']}:{credentials[f'{service}_app']};".encode())
        marker = os.path.join(os.path.dirname(self.directory), "provisioned")
        if os.path.exists(marker) and open(marker).read() == digest.hexdigest():
            return
        for service in services:
            environment = {**self.environment(), "SERVICE": service, "OWNER_PASSWORD": credentials[f"{service}_owner"],
                           "APP_PASSWORD": credentials[f"{service}_app"], "PGOPTIONS": "-c client_min_messages=warning"}
            run_quietly([f"{self._bin}/psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", ROLES_SQL], env=environment)
        with open(marker, "w") as file:
            file.write(digest.hexdigest())
