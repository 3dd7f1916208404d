"""What all faults have in common."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class World:
    """The names of what exists; a plan is made of nothing else, the seed and the length."""
    services: tuple    # in the order of starting, the gateway last
    databases: tuple   # those with a database
    links: tuple       # (caller, peer)


@dataclasses.dataclass(frozen=True)
class Step:
    at_s: float
    fault: str
    target: str
    for_s: float
    detail: dict

    def __str__(self):
        detail = " ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{self.at_s:7.1f} s  {self.fault:24} {self.target:24} for {self.for_s:4.1f} s  {detail}".rstrip()


class Fault:
    name = family = None

    def draw(self, rng, world):
        """What happens, from the seed alone: [(seconds after the first, target, for_s, detail)]."""
        raise NotImplementedError

    def holds(self, target):
        """Names of what no other fault may touch meanwhile."""
        raise NotImplementedError

    def inject(self, nemesis, step):
        """Breaks it. What it returns is given to heal(). An exception: it could not be done, and is tried again until the step's end."""
        raise NotImplementedError

    def heal(self, nemesis, step, undo):
        """Brings it back, without waiting long. An exception: tried again."""


def seconds(rng, low, high):
    return round(rng.uniform(low, high), 1)
