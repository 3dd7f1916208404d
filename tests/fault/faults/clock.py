"""The wall clock of one service steps, and back again later (clock.c). The monotonic clock goes on."""

from .base import Fault, seconds

STEPS_S = (-300, -120, -30, -3, 3, 30, 120, 300)


class Step(Fault):
    name, family = "clock.step", "clock"

    def draw(self, rng, world):
        return [(0, rng.choice(world.services), seconds(rng, 2, 8), {"by_s": rng.choice(STEPS_S)})]

    def holds(self, target):
        return {f"clock:{target}"}

    def inject(self, nemesis, step):
        nemesis.cluster.clocks[step.target].set(step.detail["by_s"] * 1_000_000)

    def heal(self, nemesis, step, undo):
        nemesis.cluster.clocks[step.target].set(0)


FAULTS = [Step()]
