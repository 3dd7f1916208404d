"""The fault run's stack and load (tests/fault), without its nemesis: what disturbs here is an operator's work. Afterwards the same checkers judge."""

import contextlib
import os

from deploy.stack import Stack
from deploy.stack.services import ALL
from fault.client import World
from fault.history import History
from fault.run import Run
from fault.workload import Load
from support.client import Recorder

FEW = 4
LIMITS = {"RATE_LIMIT_PER_SECOND": "100000", "AUTH_RATE_LIMIT_PER_MINUTE": "600000"}   # all clients have one address


class Plain:
    """A stack in place of the fault run's cluster: nothing between the processes, nothing that fails."""

    def __init__(self, stack):
        self.stack = stack

    @property
    def gateway_url(self):
        return self.stack.gateway_url

    def stop(self):
        self.stack.stop()


class OperatorsRun(Run):
    """start(); begin_load(); the operator's work; end_load(); settle(). Clients keep their connections and send a request again only when it was not
    answered, which the history tells."""

    def __init__(self, directory, seed, environment=None, clients=FEW, **options):
        super().__init__(directory, seed, 0, calm=True, clients=clients, **options)
        self._environment = {**{name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")},
                             **LIMITS, **(environment or {})}
        self.load = self.stack = None

    def start(self):
        os.makedirs(self.directory, exist_ok=True)
        os.chmod(self.directory, 0o755)   # PostgreSQL may run as another user
        self.stack = Stack(os.path.join(self.directory, "stack"), binaries=self.binaries, environment=self._environment)
        self.cluster = Plain(self.stack)
        with self._timed("start"):
            self.stack.start()
        self.history = History(self.history_path)
        self.recorder = Recorder(self.traffic_path)
        self.world = World(self.cluster, self.history, self.recorder, self.seed)
        self._stock_up()
        return self

    def begin_load(self, days_pass):
        """days_pass: with the actor who moves the test clock, which one process of each service must hold."""
        self.world.stop.clear()
        self.load = Load(self.world, f"{self.seed}.{len(self.took_s)}", self.clients)
        if not days_pass:
            self.load._threads = [thread for thread in self.load._threads if thread.name != "clock"]
        self.load.start()

    def end_load(self):
        with self._timed(f"ending load {len(self.took_s)}"):
            assert self.load.stop(60 * self.slow), "a client did not come to its end"
        assert not self.load.failures, self.load.failures

    def settle(self):
        """All deadlines passed, everything at rest, and the evidence gathered."""
        self.history.mark("calm")
        self.come_to_rest()
        self.gather()

    def judge_but(self, names):
        """What the checkers find, but for those who hold the books against clients that are not in the history."""
        return {name: findings for name, findings in self.judge().items() if name not in names}

    def unanswered(self):
        """Sendings that got no answer, or one that says nothing (5xx)."""
        return [f"{attempt.call} attempt {attempt.number}: {attempt.status or attempt.error}" for attempt in self.evidence.record.attempts()
                if attempt.outcome == "unknown"]

    def drop(self):
        """How it ends is not what is tested here, and what it leaves is thrown away."""
        for name in (*ALL, "mail", "redis", "postgres") if self.stack else ():
            with contextlib.suppress(KeyError, AttributeError):
                self.stack.kill(name)
        self.stop()
