"""The network between two processes (cluster.py has the links, proxy.py what can be done to them)."""

from .base import Fault, seconds


class LinkFault(Fault):
    family = "link"

    def __init__(self, name, do, length=(0.5, 5), detail=lambda rng: {}, family=None):
        self.name = "link." + name
        self.family = family or self.family
        self._do, self._length, self._detail = do, length, detail

    def draw(self, rng, world):
        caller, peer = rng.choice(world.links)
        return [(0, f"{caller}-{peer}", seconds(rng, *self._length), self._detail(rng))]

    def holds(self, target):
        return {f"link:{target}"}

    def inject(self, nemesis, step):
        link = nemesis.link(step.target)
        if isinstance(self._do, str):
            getattr(link, self._do)(**step.detail)
        else:
            self._do(link, **step.detail)

    def heal(self, nemesis, step, undo):
        nemesis.link(step.target).heal()


def side(rng):
    return {"side": rng.choice(("up", "down"))}


FAULTS = [
    LinkFault("cut", "cut"),
    LinkFault("reset", "reset", (0.1, 0.2)),
    LinkFault("refuse", "refuse"),
    LinkFault("stall", "stall", (0.5, 9)),
    LinkFault("one_way", "one_way", detail=side),
    LinkFault("delay", "delay", (2, 10), lambda rng: {"delay_ms": rng.choice((5, 20, 80, 300)), "jitter_ms": rng.choice((0, 20, 200))}),
    # The important ones: it was done, and nobody was told.
    LinkFault("half_cut", "half_cut", family="half_cut"),
    LinkFault("half_cut_silent", "half_cut", detail=lambda rng: {"silently": True}, family="half_cut"),
    LinkFault("tear", "tear", detail=lambda rng: {**side(rng), "after": rng.choice((1, 17, 100, 400, 3000))}),
]
