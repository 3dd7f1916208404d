"""Everything that can go wrong, one entry each. A new fault is a class in one of these modules and a line in its FAULTS.

What a fault is (class Fault in base.py): draw() decides target, length and detail from the seed alone; holds() names what it needs for itself, so that
the plan never lets two faults fight over one thing; inject() breaks it; heal() brings it back, and may be called again when it failed."""

from . import clock, disk, links, postgres, processes, provider, redis, zombie

FAULTS = {fault.name: fault for module in (processes, redis, postgres, provider, disk, links, clock, zombie) for fault in module.FAULTS}
FAMILIES = sorted({fault.family for fault in FAULTS.values()})
