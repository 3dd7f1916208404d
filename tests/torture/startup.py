"""Starts that fail in the middle: a service armed from its first instruction on either becomes ready all the same or ends by itself with a
status that says so; never by a signal, never hanging; and the next start, with nothing failing, works."""

import os
import time

import requests

from .control import CLASSES, HOWS
from .world import SLOW

SERVICES = ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections")
START_S = 45   # a start gives the database 30 s
# A start begins with nothing open, so no answer of a commit is needed to stop it half-way; short and EINTR must not show at all.
KINDS = ("alloc", "read", "write", "eintr", "short", "connect", "fd", "watch", "map", "send", "result", "query", "answer")


def _process(rack, service, arm):
    process = rack.world.stack.server(service)
    kept = dict(process._env)
    process._env = {**kept, **arm}
    try:
        process.start()
    finally:
        process._env = kept
    return process


def _outcome(rack, service, process):
    """"ready", or the exit status."""
    url = rack.world.stack.service_urls.get(service, rack.world.stack.gateway_url)
    deadline = time.monotonic() + START_S * SLOW
    while time.monotonic() < deadline:
        if not process.running():
            return process.exit_status
        try:
            if requests.get(url + "/readyz", timeout=5).status_code == 200:
                return "ready"
        except requests.RequestException:
            pass
        time.sleep(0.02)
    return "neither ready nor ended"


def start_once(rack, service, kind, n, how="once"):
    """Findings are kept; True when the failure was reached."""
    stack, label = rack.world.stack, f"FLOW=start SERVICE={service} CLASS={kind} N={n} HOW={how}"
    stack.stop_one(service)
    process = _process(rack, service, {"TORTURE_ARM": f"{CLASSES.index(kind)}:{n}:{how}"})
    outcome = _outcome(rack, service, process)
    control = rack.world.control(service)
    failed = control.failed
    control.disarm()
    quiet = kind in ("short", "eintr")
    if outcome != "ready" and (not isinstance(outcome, int) or outcome <= 0 or quiet):
        rack.findings.append(f"{label}: {outcome} (at {control.where})\n{process.log_tail()}")
        rack.say("FINDING " + rack.findings[-1])
        process.kill()
    if not process.running():
        stack.start_one(service)
    rack.injections += failed > 0
    rack.failed_calls += failed
    return failed > 0


def count_start(rack, service):
    rack.world.stack.stop_one(service)
    process = _process(rack, service, {"TORTURE_COUNT": "1"})
    outcome = _outcome(rack, service, process)
    assert outcome == "ready", outcome
    return rack.world.control(service).counted()


def torture_start(rack, options, rng):
    for service in SERVICES:
        if options.get("SERVICE") not in (None, service):
            continue
        counts = count_start(rack, service)
        for kind in KINDS:
            if options.get("CLASS") not in (None, kind) or counts[kind] == 0:
                continue
            sample = int(options.get("SAMPLE", "8"))
            numbers = [int(options["N"])] if options.get("N") else sorted(rng.sample(range(1, counts[kind] + 1), min(sample, counts[kind])))
            started, found = time.monotonic(), len(rack.findings)
            reached = sum(start_once(rack, service, kind, n, options.get("HOW", "once")) for n in numbers)
            print(f"{'start':14} {service:13} {kind:8} {counts[kind]:5} calls, {reached:4} failures, {len(rack.findings) - found} findings, "
                  f"{time.monotonic() - started:.1f} s", flush=True)
