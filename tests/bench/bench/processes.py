"""CPU time and memory of processes, from /proc. Processes are grouped; a group's CPU time includes children that have ended."""

import os

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/<pid>/stat from the third on; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return [int(child) for child in file.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def cpu_us(pid):
    """User and system time of a process, of the children it has waited for, and of those that live (one generation)."""
    while True:
        before = _stat(pid)
        total = sum(_ticks(child, 13) for child in _children(pid))
        after = _stat(pid)
        if not before or not after:
            return 0
        if before[13:15] == after[13:15]:   # else a child has ended meanwhile, and may be counted twice or not at all
            return (total + sum(map(int, after[11:15]))) * TICK_US


def _ticks(pid, end):
    fields = _stat(pid)
    return sum(map(int, fields[11:end])) if fields else 0


def rss_kb(pid):
    return _status_kb(pid, "VmRSS:")


def rss_peak_kb(pid):
    """The most it was since it began, or since forget_peak()."""
    return _status_kb(pid, "VmHWM:")


def forget_peak(pid):
    with open(f"/proc/{pid}/clear_refs", "w") as file:
        file.write("5")


def _status_kb(pid, name):
    try:
        with open(f"/proc/{pid}/status") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(name)), 0)
    except (FileNotFoundError, ProcessLookupError):
        return 0


class Machine:
    """Busy and stolen time of all CPUs since this was made."""

    def __init__(self):
        self._before = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat") as file:
            user, nice, system, _, _, irq, softirq, steal = (int(ticks) for ticks in file.readline().split()[1:9])
        return (user + nice + system + irq + softirq) * TICK_US, steal * TICK_US

    def passed_us(self):
        """(busy, stolen)"""
        now = self._read()
        return now[0] - self._before[0], now[1] - self._before[1]
