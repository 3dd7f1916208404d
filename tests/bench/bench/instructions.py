"""make bench-instr: instructions per request of the hot paths, by callgrind, beside the committed baseline.

    python3 -m bench.instructions [path ...] [--write] [--functions]

Exits 1 when a path takes more than TOLERANCE over its baseline."""

import argparse
import itertools
import json
import os
import platform
import shutil
import statistics
import sys
import time

from deploy.stack.stack import ROOT

from .callgrind import Counted
from .command import run_in_directory
from .hot_paths import PATHS, WORDS
from .machine import binaries_option, say
from .world import World

BASELINE = os.path.join(ROOT, "tests", "bench", "instructions.json")
TOLERANCE = 0.05
TIMES = 3
WARM_UP = 20             # and a fifth of a count
IDLE_S = 1.0
FUNCTIONS = 10


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/instructions.sh", description="counts instructions per request")
    parser.add_argument("paths", nargs="*", metavar="path", help=f"which: {', '.join(PATHS)}; all unless given")
    parser.add_argument("--write", action="store_true", help="make what is counted the baseline")
    parser.add_argument("--functions", action="store_true", help=f"also the {FUNCTIONS} functions that take most of each path")
    parser.add_argument("--keep", metavar="DIR", help="callgrind's files, one a path, for callgrind_annotate or kcachegrind")
    binaries_option(parser)
    given = parser.parse_args()
    unknown = [name for name in given.paths if name not in PATHS]
    if unknown:
        parser.error(f"no such path: {', '.join(unknown)}")
    return given


class Figure:
    """Instructions per request: of each count, and the functions of the last."""

    def __init__(self, counts, functions):
        self.counts = counts
        self.functions = functions

    @property
    def each(self):
        return round(statistics.median(self.counts))

    @property
    def spread(self):
        return (max(self.counts) - min(self.counts)) / self.each

    @property
    def steady(self):
        return self.spread <= TOLERANCE

    def over(self, before):
        """Each of the counts: where they differ, others held the process up, and what waits is done together or again."""
        return before is not None and min(self.counts) > before * (1 + TOLERANCE)


def warm_up_of(counting):
    return WARM_UP + counting.count // 5


def figure_of(counted, path, counting):
    """What the process does unasked in that time (timers, looking for work) is taken off."""
    warm_up = warm_up_of(counting)
    path.open()
    try:
        for number in range(warm_up):
            path.run(number)
        idle, idle_s = counted.count(lambda: time.sleep(IDLE_S))
        counts = []
        for start in range(warm_up, warm_up + TIMES * counting.count, counting.count):
            total, passed_s = counted.count(lambda: [path.run(start + number) for number in range(counting.count)])
            counts.append((total - idle * passed_s / idle_s) / counting.count)
        return Figure(counts, counted.functions(FUNCTIONS))
    finally:
        path.close()


def count_all(world, names, keep):
    figures = {}
    for process, group in itertools.groupby(names, lambda name: PATHS[name].process):
        group = list(group)
        made = {name: PATHS[name].make(world) for name in group}
        for name, path in made.items():
            path.prepare(warm_up_of(PATHS[name]) + TIMES * PATHS[name].count)
        with Counted(world.stack, process, world.directory) as counted:
            for name in group:
                started = time.monotonic()
                figures[name] = figure_of(counted, made[name], PATHS[name])
                say(f"{name}: {time.monotonic() - started:.0f} s")
                if keep:
                    os.makedirs(keep, exist_ok=True)
                    shutil.copy(counted.last, os.path.join(keep, f"callgrind.out.{name}"))
    return figures


def read_baseline():
    try:
        with open(BASELINE) as file:
            return json.load(file)
    except FileNotFoundError:
        return {}


def write_baseline(baseline, figures):
    baseline.setdefault(platform.machine(), {}).update({name: figure.each for name, figure in figures.items() if figure.steady})
    with open(BASELINE, "w") as file:
        json.dump(baseline, file, indent=4)
        file.write("\n")


def table(figures, baseline):
    lines = [f"{'instructions per request':46} {'baseline':>10} {'now':>10} {'ratio':>7} {'spread':>8}"]
    for name, figure in figures.items():
        before = baseline.get(name)
        ratio = f"{figure.each / before:.3f}" if before else ""
        remark = "  too many" if figure.over(before) else "" if figure.steady else "  not steady: count again on a calmer machine"
        lines.append(f"{WORDS[name]:46} {format(before, ',') if before else 'none':>10} {figure.each:>10,} {ratio:>7} {figure.spread:>8.2%}{remark}")
    return "\n".join(lines)


def functions_table(figures):
    for name, figure in figures.items():
        yield f"\n{WORDS[name]}"
        yield from (f"  {share:6.1%}  {function}" for share, function in figure.functions)


def measure(directory, options):
    names = [name for name in PATHS if not options.paths or name in options.paths]
    world = World(directory, options.binaries, None, say, catalog_times=1)
    try:
        world.start()
        world.drain()
        figures = count_all(world, names, options.keep)
    finally:
        world.stop()
    baseline = read_baseline()
    before = baseline.get(platform.machine(), {})
    print(table(figures, before))
    if options.functions:
        print("\n".join(functions_table(figures)))
    if options.write:
        write_baseline(baseline, figures)
        return 0
    if not before:
        print(f"there is no baseline for {platform.machine()}: --write makes one", file=sys.stderr)
    return 1 if any(figure.over(before.get(name)) for name, figure in figures.items()) else 0


def main():
    options = arguments()
    return run_in_directory("make bench-instr", lambda directory: measure(directory, options))


if __name__ == "__main__":
    sys.exit(main())
