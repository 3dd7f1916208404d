"""One sample: a load, and what it cost whom meanwhile."""

import dataclasses
import resource
import statistics
import time

from .processes import Machine, cpu_us, rss_kb


class Failed(Exception):
    """Something could not be measured; the text says what."""


@dataclasses.dataclass
class Sample:
    count: int = 0              # requests answered, or transactions
    seconds: float = 0
    p50_us: float = None
    p99_us: float = None        # pgbench tells an average only: it stands in p50_us
    client_us: float = 0        # CPU time of the load generator
    cpu_us: dict = dataclasses.field(default_factory=dict)   # of each group of processes
    rss_kb: dict = dataclasses.field(default_factory=dict)   # of each group, as the load ended
    readings: dict = dataclasses.field(default_factory=dict)   # whatever else was measured
    others_share: float = 0     # CPU time of the machine that went to processes that are none of ours, and to other machines

    @property
    def rate(self):
        return self.count / self.seconds

    def cost_us(self, group):
        """CPU time per request of a group of processes; of `client` the load generator's."""
        return (self.client_us if group == "client" else self.cpu_us.get(group, 0)) / self.count


class Supply:
    """How many things that are used up to prepare for a sample: plenty for the first, then by the rate seen."""

    FIRST, LEAST, MARGIN = 6000, 1500, 3

    def __init__(self):
        self._per_second = self.FIRST

    def for_seconds(self, seconds):
        return int(self._per_second * seconds)

    def learn(self, rate):
        self._per_second = max(self.LEAST, self.MARGIN * rate)


def children_cpu_us():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (usage.ru_utime + usage.ru_stime) * 1e6


def _own_cpu_us():
    return time.process_time() * 1e6


def metered(pids, load):
    """Runs load(), which returns a Sample, and adds what each group of processes spent. pids: {group: [pid, ...]}."""
    before = {group: sum(map(cpu_us, each)) for group, each in pids.items()}
    machine, own_before, started = Machine(), _own_cpu_us(), time.monotonic()
    sample = load()
    busy_us, stolen_us = machine.passed_us()
    sample.cpu_us = {group: sum(map(cpu_us, each)) - before[group] for group, each in pids.items()}
    sample.rss_kb = {group: sum(map(rss_kb, each)) for group, each in pids.items()}
    ours = sum(sample.cpu_us.values()) + sample.client_us + _own_cpu_us() - own_before
    capacity = (time.monotonic() - started) * 1e6 * cpu_count()
    sample.others_share = max(0.0, (busy_us + stolen_us - ours) / capacity)
    return sample


def cpu_count():
    with open("/proc/stat") as file:
        return sum(1 for line in file if line.startswith("cpu") and line[3].isdigit())


def median_of(samples, value):
    """The median of value(sample); None when the samples do not have it."""
    values = [value(sample) for sample in samples]
    return None if None in values else statistics.median(values)
