"""One run: start everything, take the rounds, print. Exits 1 only when something could not be measured, or was not answered 2xx."""

import argparse
import contextlib
import json
import os
import sys
import time

from . import summary, table
from .command import run_in_directory
from .floor import Nginx
from .machine import binaries_option, generated_dir, hardware, say
from .measure import Failed, Machine, cpu_count
from .shared import Bench
from .subjects import JOBS, ON_REQUEST
from .world import World

WARM_UP_S = 1
CALM_SHARE = 0.05
CALM_LOOK_S = 0.3


def _but(names):
    return f" but {', '.join(names)}" if names else ""


def arguments():
    parser = argparse.ArgumentParser(prog="tests/bench/run.sh", description="measures Cuotas beside the limits of this machine")
    parser.add_argument("jobs", nargs="*", metavar="job", help=f"which: {', '.join(JOBS)}; all{_but(ON_REQUEST)} unless given")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=3, help="of each sample")
    parser.add_argument("--patience", type=float, default=0, metavar="S",
                        help="on a machine that others use: wait up to S seconds in all for calm moments to measure in")
    parser.add_argument("--json", metavar="FILE", help="the figures, every round of them")
    binaries_option(parser)
    given = parser.parse_args()
    unknown = [name for name in given.jobs if name not in JOBS]
    if unknown:
        parser.error(f"no such job: {', '.join(unknown)}")
    return given


class Patience:
    """Waits for moments in which nobody else computes, as long as it lasts."""

    def __init__(self, seconds):
        self._left_s = seconds

    def wait(self):
        while self._left_s > 0:
            machine, started = Machine(), time.monotonic()
            time.sleep(CALM_LOOK_S)
            passed_s = time.monotonic() - started
            self._left_s -= passed_s
            if sum(machine.passed_us()) / 1e6 / passed_s / cpu_count() < CALM_SHARE:
                return


def take_rounds(jobs, options, world, failures):
    """{job name: [{contender name: Sample}, ...]} of those that could be taken to the end; why not goes to `failures`. Round by round, so
    that a drifting machine hits all alike; the first is a warm-up."""
    rounds = {job.name: [] for job in jobs}
    patience = Patience(options.patience)
    for number in range(options.rounds + 1):
        say(f"round {number} of {options.rounds}" if number else "warming up")
        for job in [job for job in jobs if job.name in rounds]:
            try:
                taken = take_round(job, number, options, world, patience)
            except Failed as failure:
                failures.append(str(failure))
                say(failures[-1])
                del rounds[job.name]
                continue
            if number:
                rounds[job.name].append(taken)
    return rounds


def take_round(job, number, options, world, patience):
    taken = {}
    for contender in job.contenders:
        if contender.once and number < options.rounds:
            continue
        if number:
            patience.wait()
        try:
            taken[contender.name] = contender.sample(options.seconds if number else WARM_UP_S)
        except Failed as failure:
            raise Failed(f"{job.name}, {contender.name}: {failure}") from None
        world.forget_logs()
    return taken


def settling_lines(jobs):
    for job in jobs:
        for contender in job.contenders:
            if contender.settling_s:
                worst = max(contender.settling_s)
                yield f"{job.name}, {contender.name}: the consumers had applied all events at most {worst:.1f} s after the load ended"


def measure(directory, options):
    world = World(directory, options.binaries, generated_dir(options.binaries), say)
    nginx = Nginx(os.path.join(directory, "nginx"))
    with contextlib.ExitStack() as on_end:
        on_end.callback(world.stop)
        on_end.callback(nginx.stop)
        world.start()
        bench = Bench(world, nginx, on_end)
        jobs = [make(bench) for name, make in JOBS.items() if wanted(name, options)]
        nginx.start()
        world.drain()
        failures = []
        rounds = take_rounds(jobs, options, world, failures)
        jobs = [job for job in jobs if job.name in rounds]
        told = [summary.of_job(job, rounds[job.name]) for job in jobs]
    print(f"{hardware()}; medians of {options.rounds} interleaved rounds of {options.seconds} s\n\n{table.render(told)}\n")
    print("\n".join([*settling_lines(jobs), "", table.verdict(told)]))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"hardware": hardware(), "rounds": options.rounds, "seconds": options.seconds, "jobs": told}, file, indent=1)
    if world.stack.unclean:
        failures.append(f"did not end well when asked to: {world.stack.unclean}")
    if failures:
        raise Failed("\n  ".join(["not measured:", *failures]))


def wanted(name, options):
    return name in options.jobs if options.jobs else name not in ON_REQUEST


def main():
    options = arguments()
    return run_in_directory("make bench", lambda directory: measure(directory, options))


sys.exit(main())
