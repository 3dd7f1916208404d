"""Breaks things by plan, and brings all of them back.

The plan is a pure function of seed and length: the same seed breaks the same things at the same times. Faults overlap, but never two that need the same
thing. The nemesis is also what supervises: a process that ends by itself is told of ("unexpected"), and started again as an orchestrator would."""

import functools
import os
import random
import threading
import time

import yaml

from deploy.stack.process import StartError, wait_until
from deploy.stack.services import ALL, WITH_DATABASE
from support.sandbox import Sandbox

from .cluster import used_links
from .faults import FAMILIES, FAULTS
from .faults.base import Step, World
from .tools import ROOT

FIRST_S = 1.0
QUIET_S = 2.0      # at the end of the run nothing is broken any more
GAP_S = (0.6, 3.4)
REFUSED_TO_START, START_BOUND_S, START_PAUSE_S = 1, 15, 1
PATIENCE_S = 90    # of heal(), for everything to be ready


@functools.cache
def world():
    """What exists, from the contracts."""
    peers = {}
    for name in ALL:
        with open(os.path.join(ROOT, "proto", f"{name}.yaml")) as file:
            peers[name] = yaml.safe_load(file).get("x-peers", [])
    return World(services=ALL, databases=WITH_DATABASE, links=tuple(used_links(peers)))


def decks(rng):
    """Faults without end: first one of every family, then all the others, and again."""
    while True:
        first = {family: rng.choice([fault for fault in FAULTS.values() if fault.family == family]) for family in FAMILIES}
        deck = list(first.values())
        rng.shuffle(deck)
        yield from deck
        rest = [fault for fault in FAULTS.values() if fault not in first.values()]
        rng.shuffle(rest)
        yield from rest


def make_plan(seed, seconds, exists):
    rng = random.Random(f"{seed}:nemesis")
    end_s = seconds - QUIET_S
    free_at = {}   # what is held: until when
    plan, at_s = [], FIRST_S
    deck = decks(rng)
    while at_s < end_s:
        fault = next(deck)
        drawn = fault.draw(rng, exists)
        start_s = max([at_s, *(free_at.get(thing, 0) - after for after, target, _, _ in drawn for thing in fault.holds(target))])
        steps = [Step(round(start_s + after, 1), fault.name, target, for_s, detail) for after, target, for_s, detail in drawn]
        if all(step.at_s + step.for_s <= end_s for step in steps):
            plan += steps
            for step in steps:
                for thing in fault.holds(step.target):
                    # A moment to come back before it is hit again.
                    free_at[thing] = step.at_s + step.for_s + 0.5
        at_s += rng.uniform(*GAP_S)
    return sorted(plan, key=lambda step: step.at_s)


class Nemesis:
    def __init__(self, cluster, seed, seconds, report):
        """report(kind, text): inject, heal, skip, restart, unexpected."""
        self.cluster = cluster
        self.stack = cluster.stack
        self.seconds = seconds
        self.plan = make_plan(seed, seconds, world())
        self.down = set()       # processes that are meant to be away, or may be
        self.unexpected = []    # "name: what it did", of those that ended by themselves or not well
        self.counts = {}        # fault: how often it was injected
        self.provider = Sandbox(self.stack.service_urls["sandbox"], self.stack.sandbox_key, timeout_s=3)
        self._report = report
        self._active = []       # (step, undo)
        self._told = set()
        self._started = {}      # name: when we last did
        self._held = {}         # thing: the step that has it for itself
        self._lock = threading.Lock()

    def link(self, name):
        return next(link for link in self.cluster.links.values() if link.name == name)

    def surprise(self, name, what):
        self.unexpected.append(f"{name}: {what}")
        self._report("unexpected", f"{name}: {what}")

    # ---- carrying it out

    def run(self, stop):
        """Until the plan is through or stop is set; then every step that was begun has been healed, or heal() does it. Each step has a thread of its own:
        what takes its time (a service that drains, a recovery) holds up nothing else."""
        began = time.monotonic()
        steps = []
        for step in self.plan:
            while not stop.is_set() and time.monotonic() < began + step.at_s:
                self._supervise()
                stop.wait(max(0, min(0.2, began + step.at_s - time.monotonic())))
            if stop.is_set():
                break
            steps.append(threading.Thread(target=self.carry_out, args=(step, stop), name=str(step), daemon=True))
            steps[-1].start()
        while any(thread.is_alive() for thread in steps):
            self._supervise()
            time.sleep(0.1)

    def carry_out(self, step, stop):
        """One step from its injection to its healing, both tried again when what they need is broken by another just now."""
        over = time.monotonic() + step.for_s
        while not self._hold(step) or not self.inject(step):
            if stop.wait(0.3) or time.monotonic() > over:
                self._let_go(step)
                self._report("skip", f"{step.fault} {step.target}")
                return
        stop.wait(step.for_s)
        while not self.mend(step) and not stop.wait(0.5):
            pass

    def _hold(self, step):
        """What the plan keeps apart stays apart also when healing takes longer than planned."""
        with self._lock:
            wanted = FAULTS[step.fault].holds(step.target)
            if any(self._held.get(thing, step) is not step for thing in wanted):
                return False
            self._held.update({thing: step for thing in wanted})
            return True

    def _let_go(self, step):
        with self._lock:
            self._held = {thing: holder for thing, holder in self._held.items() if holder is not step}

    def _failed(self, what, failure):
        """Told once; it is tried again."""
        if what not in self._told:
            self._told.add(what)
            self._report("failed", f"{what}: {_one_line(failure)}")
        return False

    def inject(self, step):
        """Whether it is broken now."""
        try:
            undo = FAULTS[step.fault].inject(self, step)
        except Exception as failure:
            return self._failed(f"{step.fault} {step.target} at {step.at_s} s", failure)
        with self._lock:
            self._active.append((step, undo))
            self.counts[step.fault] = self.counts.get(step.fault, 0) + 1
        self._report("inject", str(step).strip())
        return True

    def mend(self, step):
        """Whether it is whole again."""
        undo = next(undo for active, undo in self._active if active is step)
        try:
            FAULTS[step.fault].heal(self, step, undo)
        except Exception as failure:
            return self._failed(f"healing {step.fault} {step.target} of {step.at_s} s", failure)
        with self._lock:
            self._active = [entry for entry in self._active if entry[0] is not step]
        self._let_go(step)
        self._report("heal", f"{step.fault} {step.target}")
        return True

    def bring_back(self, name):
        """Runs again; PostgreSQL and Redis also answer, after a recovery if need be. From here on it has to stay."""
        with self._lock:
            if not self.stack.running(name):
                self._start(name)
        if name == "postgres":
            self.stack.postgres.wait_ready()
        self.down.discard(name)

    def _start(self, name):
        self._started[name] = time.monotonic()
        self.stack.server(name).start()

    def _supervise(self):
        """Starts again what ended by itself, and says so. That a service refuses to start while its database is away is how it is meant."""
        for name in [name for name, _ in self.stack.ended()] + [name for name in ("postgres", "redis") if not self.stack.running(name)]:
            with self._lock:
                self._start_again(name)

    def _start_again(self, name):
        if name in self.down or self.stack.running(name):   # brought back since it was seen to have ended
            return
        status, age_s = self.stack.exit_status(name), time.monotonic() - self._started.get(name, 0)
        if status != REFUSED_TO_START or age_s > START_BOUND_S:
            self.surprise(name, f"ended with status {status}")
        elif age_s < START_PAUSE_S:
            return
        self._start(name)
        self._report("restart", name)

    # ---- the end of all trouble

    def heal(self):
        """Undoes everything and starts what is dead; all is ready when this returns, else StartError."""
        deadline = time.monotonic() + PATIENCE_S
        while self._active:
            for step, _ in reversed(list(self._active)):
                self.mend(step)
            if self._active and time.monotonic() > deadline:
                raise StartError(f"cannot be healed: {[str(step) for step, _ in self._active]}")
        for link in self.cluster.links.values():
            link.heal()
        self.down.clear()
        self._supervise()
        wait_until(self._ready, max(1, deadline - time.monotonic()), "everything ready again", every_s=0.2)
        self.provider.clear()

    def _ready(self):
        self._supervise()
        return all(process_ready(self.stack, name) for name in (*ALL, "mail"))


def process_ready(stack, name):
    try:
        return stack.ready(name)
    except StartError:   # it has just ended; the supervisor sees it next
        return False


def _one_line(failure):
    return f"{type(failure).__name__}: {' '.join(str(failure).split())[:200]}"
