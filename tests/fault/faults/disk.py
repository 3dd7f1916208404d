"""PostgreSQL's disk (disk.c): full, or one whose fsync fails. Either may end in a PANIC; what was committed must survive it."""

from .base import seconds
from .postgres import PostgresFault


class DiskFault(PostgresFault):
    family = "disk"
    state = 0

    def draw(self, rng, world):
        return [(0, "postgres", seconds(rng, 1, 4), {})]

    def inject(self, nemesis, step):
        nemesis.down.add("postgres")   # it may end for good: recovery needs a disk too
        nemesis.cluster.disk.set(self.state)

    def heal(self, nemesis, step, undo):
        nemesis.cluster.disk.set(0)
        nemesis.bring_back("postgres")


class Full(DiskFault):
    name, state = "disk.full", 1


class FailingSync(DiskFault):
    name, state = "disk.fsync", 2


FAULTS = [Full(), FailingSync()]
