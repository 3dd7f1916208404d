"""PostgreSQL: crashes with recovery, lost backends, a transaction that somebody forgot, processes that stand still."""

import contextlib
import os
import signal

import psycopg2

from .base import Fault, seconds


def children(pid):
    """Processes of a server, by /proc: each is a session of its own."""
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError, ValueError):
            with open(f"/proc/{int(entry)}/stat") as file:
                if int(file.read().rsplit(")", 1)[1].split()[1]) == pid:
                    found.append(int(entry))
    return found


def backends(pid, database):
    """Those that serve a database (of the name cuotas_<service>)."""
    found = []
    for child in children(pid):
        with contextlib.suppress(OSError):
            with open(f"/proc/{child}/cmdline") as file:
                if f" cuotas_{database} " in file.read():
                    found.append(child)
    return sorted(found)


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def connect(nemesis, database):
    connection = psycopg2.connect(nemesis.stack.database_url(database), connect_timeout=3, options="-c statement_timeout=3000")
    connection.autocommit = True
    return connection


class PostgresFault(Fault):
    family = "postgres"
    length = (0.1, 3)

    def draw(self, rng, world):
        return [(0, "postgres", seconds(rng, *self.length), {})]

    def holds(self, target):
        return {"process:postgres"}


class Kill(PostgresFault):
    """As if the machine had lost its power: the postmaster and all its children at once. Crash recovery."""
    name = "postgres.kill"

    def inject(self, nemesis, step):
        nemesis.down.add("postgres")
        pid = nemesis.stack.postgres.pid
        os.kill(pid, signal.SIGSTOP)   # so that it makes no more children
        signal_all(children(pid), signal.SIGKILL)
        nemesis.stack.kill("postgres")

    def heal(self, nemesis, step, undo):
        nemesis.bring_back("postgres")


class Immediate(PostgresFault):
    """pg_ctl stop -m immediate: backends are cut off, crash recovery at the next start."""
    name = "postgres.immediate"

    def inject(self, nemesis, step):
        nemesis.down.add("postgres")
        nemesis.stack.server("postgres").stop(signal.SIGQUIT)

    def heal(self, nemesis, step, undo):
        nemesis.bring_back("postgres")


class KillBackend(PostgresFault):
    """kill -9 of one backend: the postmaster ends all others and recovers."""
    name = "postgres.kill_backend"

    def draw(self, rng, world):
        return [(0, rng.choice(world.databases), 1.0, {"choice": round(rng.random(), 3)})]

    def inject(self, nemesis, step):
        found = backends(nemesis.stack.postgres.pid, step.target)
        if not found:
            raise OSError(f"nobody is connected to {step.target}")
        signal_all([found[int(step.detail["choice"] * len(found))]], signal.SIGKILL)

    def heal(self, nemesis, step, undo):
        nemesis.bring_back("postgres")


class Terminate(PostgresFault):
    """pg_terminate_backend of every connection: what an administrator or a fail-over does. No recovery."""
    name = "postgres.terminate"

    def inject(self, nemesis, step):
        with contextlib.closing(connect(nemesis, "orders")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")


class OpenTransaction(Fault):
    """A transaction that wrote and stays open: events behind it wait, for it might still commit something before them."""
    name, family = "postgres.open_transaction", "postgres"

    def draw(self, rng, world):
        return [(0, rng.choice(world.databases), seconds(rng, 2, 8), {})]

    def holds(self, target):
        return {"transaction"}

    def inject(self, nemesis, step):
        connection = connect(nemesis, step.target)
        connection.autocommit = False
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
        return connection

    def heal(self, nemesis, step, connection):
        connection.close()


class Pause(PostgresFault):
    """All of it stands still, as on a machine that swaps."""
    name = "postgres.pause"
    length = (0.5, 6)

    def inject(self, nemesis, step):
        pid = nemesis.stack.postgres.pid
        stopped = [pid, *children(pid)]
        signal_all(stopped, signal.SIGSTOP)
        return stopped

    def heal(self, nemesis, step, stopped):
        signal_all(reversed(stopped), signal.SIGCONT)


class PauseBackends(PostgresFault):
    """The backends of one database stand still, half-done transactions and their locks with them."""
    name = "postgres.pause_backends"

    def draw(self, rng, world):
        return [(0, rng.choice(world.databases), seconds(rng, 1, 11), {})]

    def inject(self, nemesis, step):
        stopped = backends(nemesis.stack.postgres.pid, step.target)
        signal_all(stopped, signal.SIGSTOP)
        return stopped

    def heal(self, nemesis, step, stopped):
        signal_all(stopped, signal.SIGCONT)


FAULTS = [Kill(), Immediate(), KillBackend(), Terminate(), OpenTransaction(), Pause(), PauseBackends()]
