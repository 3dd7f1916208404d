"""The installment engine alone (engine.c): no server, one core's own time."""

import json
import os
import subprocess

from ..contenders import Contender
from ..job import Figure, Job, at_least, at_most
from ..measure import Failed, Sample

ENGINE = "engine alone"
PLANS = {"annuity of 12": at_least(200_000), "equal principal of 12": None, "600 months": None, "annuity of 12, prepaid in part": None}   # a second
LONG = "360 days by actual/365"


class Engine(Contender):
    has_rate = False

    def __init__(self, binaries):
        super().__init__(ENGINE)
        self._program = os.path.join(binaries, "tests", "bench", "engine")

    def run(self, seconds):
        try:
            done = subprocess.run(["setpriv", "--pdeathsig", "KILL", "--", self._program, str(seconds * 200)], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=120)
        except FileNotFoundError:
            raise Failed(f"{self._program} is not there; `make bench-build` makes it") from None
        if done.returncode != 0:
            raise Failed(f"engine failed ({done.returncode}): {done.stderr[-500:]}")
        return Sample(count=1, seconds=seconds, readings=json.loads(done.stdout))


def engine(bench):
    rates = [Figure(name, (ENGINE,), lambda sample, name=name: sample.readings[name], "/s", target, digits=0) for name, target in PLANS.items()]
    long = Figure(LONG, (ENGINE,), lambda sample: 1e6 / sample.readings[LONG], "µs", at_most(100), digits=0)
    return Job("plans, the engine alone", [Engine(bench.world.binaries)], figures=[*rates, long])
