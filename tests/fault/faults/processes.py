"""Processes that die, stop for a while, or are replaced."""

import signal

from .base import Fault, seconds

LEASE_S = 8   # of jobs: a process that was away for longer has lost them


def held(names):
    return {f"process:{name}" for name in names.split("+")}


class Kill(Fault):
    """kill -9, started again later by whoever supervises."""
    name, family = "kill", "kill"
    several = (1, 1)

    def draw(self, rng, world):
        names = rng.sample((*world.services, "mail"), rng.randint(*self.several))
        return [(0, "+".join(sorted(names)), seconds(rng, 0.2, 4), {})]

    def holds(self, target):
        return held(target)

    def inject(self, nemesis, step):
        for name in step.target.split("+"):
            nemesis.down.add(name)
            nemesis.stack.kill(name)

    def heal(self, nemesis, step, undo):
        for name in step.target.split("+"):
            nemesis.bring_back(name)


class KillSeveral(Kill):
    name = "kill.several"
    several = (2, 4)


class Restart(Fault):
    """SIGTERM, as a deployment does it: drained, ended with status 0, replaced; one service after the other."""
    name, family = "restart.rolling", "restart"

    def draw(self, rng, world):
        gap = seconds(rng, 0.8, 1.6)
        names = rng.sample(world.services, len(world.services))
        return [(round(i * gap, 1), name, 1.0, {}) for i, name in enumerate(names)]

    def holds(self, target):
        return held(target)

    def inject(self, nemesis, step):
        nemesis.down.add(step.target)
        nemesis.stack.server(step.target).send(signal.SIGTERM)

    def heal(self, nemesis, step, undo):
        server = nemesis.stack.server(step.target)
        if not server.wait(20):
            nemesis.surprise(step.target, "did not end within 20 s of SIGTERM and was killed")
        elif server.exit_status not in (0, None):
            nemesis.surprise(step.target, f"ended with status {server.exit_status} after SIGTERM")
        nemesis.bring_back(step.target)


class Pause(Fault):
    """SIGSTOP and SIGCONT: it is there, and answers nothing."""
    name, family = "pause", "pause"
    length = (0.5, 4)

    def draw(self, rng, world):
        return [(0, rng.choice(world.services), seconds(rng, *self.length), {})]

    def holds(self, target):
        return held(target)

    def inject(self, nemesis, step):
        nemesis.stack.pause(step.target)

    def heal(self, nemesis, step, undo):
        nemesis.stack.resume(step.target)


class PauseLong(Pause):
    """Longer than a job's lease: it wakes up believing that it still has what others may have taken over."""
    name = "pause.long"
    length = (LEASE_S + 1, LEASE_S + 5)


FAULTS = [Kill(), KillSeveral(), Restart(), Pause(), PauseLong()]
