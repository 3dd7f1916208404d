"""The fault run's stack and load (tests/fault), without its nemesis: what disturbs here is an operator's work. Afterwards the same checkers judge."""

import contextlib

from deploy.stack.services import ALL
from fault.run import ENVIRONMENT, Run
from fault.workload import Load

FEW = 4


class OperatorsRun(Run):
    """start(); begin_load(); the operator's work; end_load(); settle(). Clients keep their connections and send a request again only when it was not
    answered, which the history tells."""

    def __init__(self, directory, seed, environment=None, clients=FEW, **options):
        super().__init__(directory, seed, 0, calm=True, clients=clients, **options)
        self._more = environment or {}
        self.load = self.stack = None

    def start(self):
        from fault import run as module
        kept, module.ENVIRONMENT = module.ENVIRONMENT, {**ENVIRONMENT, **self._more}
        try:
            super().start()
        finally:
            module.ENVIRONMENT = kept
        return self

    def begin_load(self, days_pass):
        """days_pass: with the actor who moves the test clock, which one process of each service must hold."""
        self.world.stop.clear()
        self.load = Load(self.world, f"{self.seed}", self.clients)
        if not days_pass:
            self.load._threads = [thread for thread in self.load._threads if thread.name != "clock"]
        self.load.start()

    def end_load(self):
        self.history.mark("calm")
        assert self.load.stop(60 * self.slow), "a client did not come to its end"
        assert not self.load.failures, self.load.failures

    def drop(self):
        """How it ends is not what is tested here, and what it leaves is thrown away."""
        if self.stack:
            for name in (*ALL, "mail", "redis", "postgres"):
                with contextlib.suppress(KeyError, AttributeError):
                    self.stack.kill(name)
        self.stop()

    def settle(self):
        """All deadlines passed, everything at rest, and the evidence gathered."""
        self.come_to_rest()
        self.gather()

    def judge_but(self, names):
        """What the checkers find, but for those who hold the books against clients that are not in the history."""
        return {name: findings for name, findings in self.judge().items() if name not in names}

    def unanswered(self):
        """Sendings that got no answer, or one that says nothing (5xx)."""
        return [f"{attempt.call} attempt {attempt.number}: {attempt.status or attempt.error}" for attempt in self.evidence.record.attempts()
                if attempt.outcome == "unknown"]
