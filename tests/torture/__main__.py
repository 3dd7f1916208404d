"""The long form, `make torture`: every flow, every service it passes through, every class; every n with ALL=1, else a seeded sample.

    SEED=1 FLOW=place_order CLASS=alloc SERVICE=orders N=17 HOW=once|on|every ALL=1 SAMPLE=8 LEAKS=1"""

import os
import random
import resource
import shutil
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [ROOT, os.path.join(ROOT, "tests")]

from torture.flows import FLOWS   # noqa: E402
from torture.rack import Case, Rack, classes_of   # noqa: E402
from torture.startup import torture_start   # noqa: E402
from torture.world import World   # noqa: E402

# A byte at a time or a signal in between is no failure: it comes with every call, or every few, and must not show.
EVERYWHERE = {"short": (1, 2, 3), "eintr": (2, 3, 5)}


def numbers(rng, total, everything, sample):
    if everything or total <= sample:
        return range(1, total + 1)
    return sorted(rng.sample(range(1, total + 1), sample))


def series(rack, flow, service, kind, options, rng):
    total = rack.counts(flow, service, kind)
    if total == 0:
        return
    rack.note_levels(service)
    if options.get("N"):
        cases = [Case(flow, service, kind, int(options["N"]), options.get("HOW", "once"))]
    else:
        sample = int(options.get("SAMPLE", "6" if not flow.slow else "2"))
        cases = [Case(flow, service, kind, n) for n in numbers(rng, total, options.get("ALL"), sample)]
        cases += [Case(flow, service, kind, n, "on") for n in numbers(rng, total, False, 2)] if kind not in EVERYWHERE else []
        cases += [Case(flow, service, kind, n, "every") for n in EVERYWHERE.get(kind, (7,))]
    started, found = time.monotonic(), len(rack.findings)
    reached = sum(rack.run(case) for case in cases)
    if options.get("LEAKS") and not flow.slow:
        rack.leak(Case(flow, service, kind, rng.randint(1, total)))
    rack.check_levels(f"{flow.name} {service} {kind}", service)
    print(f"{flow.name:14} {service:13} {kind:8} {total:5} calls, {reached:4} failures, {len(rack.findings) - found} findings, "
          f"{time.monotonic() - started:.1f} s", flush=True)


def main():
    options = {name: os.environ[name] for name in ("SEED", "FLOW", "CLASS", "SERVICE", "N", "HOW", "ALL", "SAMPLE", "LEAKS") if os.environ.get(name)}
    rng = random.Random(int(options.get("SEED", "1")))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    binaries = os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build")
    scratch = tempfile.mkdtemp(prefix="cuotas-torture-", dir="/tmp")
    os.chmod(scratch, 0o755)
    # A copy: somebody may build while services stop and start.
    shutil.copytree(os.path.join(binaries, "bin"), os.path.join(scratch, "bin"))
    shim = shutil.copy(os.path.join(binaries, "tests", "torture", "shim.so"), scratch)
    world = World(scratch, os.path.join(scratch, "bin"), shim)
    rack = Rack(world, say=lambda text: print(text, flush=True))
    started = time.monotonic()
    try:
        world.start()
        for flow in FLOWS:
            if not options.get("FLOW") or flow.name in options["FLOW"].split(","):
                for service in flow.services:
                    if options.get("SERVICE") in (None, service):
                        for kind in classes_of(options.get("CLASS")):
                            series(rack, flow, service, kind, options, rng)
        if not options.get("FLOW") or "start" in options["FLOW"].split(","):
            torture_start(rack, options, rng)
    finally:
        world.stop()
        if world.stack.unclean:
            rack.findings.append(f"did not end well when asked to: {world.stack.unclean}")
        if not rack.findings:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"seed {options.get('SEED', '1')}: {rack.summary()}, {time.monotonic() - started:.0f} s")
    for finding in rack.findings:
        print("FINDING " + finding)
    return 1 if rack.findings else 0


if __name__ == "__main__":
    sys.exit(main())
