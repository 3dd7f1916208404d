"""The machine: a flow is counted once, then run again and again with the n-th call of a class failing in one of its services.

After each run: the process is the same one, alive, and soon answers /livez with 200; the client got a success whose row was there at that
moment, or a problem document that says "later" (503, 504), or no answer at all; and repeating the call with the same key ends in the same
one state. After each series: descriptors and coroutines are where they were; and the same failure many times over grows neither
descriptors nor memory. What does not hold is a finding: said, kept, and the run goes on."""

import dataclasses
import json
import os
import time
import uuid

import requests

from support.client import Api

from .control import CLASSES, CUTTING, SQLSTATES, cut_connections
from .world import SLOW

LATER = (503, 504)
UNSEEN = ("short", "eintr")   # what is no failure
CALL_S = 15       # a request's own deadline is 10 s
IMPATIENT_S = 3
RECOVER_S = 20
LEAK_REPEATS = 50
# Pooled connections and jobs come and go; libcurl keeps up to 32 towards the provider (outside.c), also those the other side has closed, until it
# needs their place. A leak of one a run is found by its repetition.
ROOM = 44


@dataclasses.dataclass
class Case:
    flow: object
    service: str
    kind: str        # a class of control.py
    n: int
    how: str = "once"

    def __str__(self):
        return f"FLOW={self.flow.name} SERVICE={self.service} CLASS={self.kind} N={self.n} HOW={self.how}"


class Broken(Exception):
    """What a run must not do."""


def send(world, call, key, may_wait=True):
    """One attempt on a connection of its own, recorded for the contract check; None: no answer. Without may_wait, a client that gives up
    soon."""
    bound_s = (300 if call.path.startswith("/v1/test-clock") else CALL_S) * SLOW if may_wait else IMPATIENT_S
    api = Api(world.stack.gateway_url, world.recorder, call.token, bound_s)
    try:
        answer = api.request(call.method, call.path, json=call.body, data=call.data, headers={"Connection": "close", **call.headers},
                             key=key if call.method == "POST" and call.keyed else None)
    except requests.Timeout:
        if not may_wait:
            return None
        raise Broken(f"no answer within {bound_s:g} s") from None
    except requests.RequestException:
        return None
    answer.ok = 200 <= answer.status < 300
    return answer


def judge(answer):
    """An answer under a failure: a success, or a clean "later"."""
    if answer is None or answer.ok:
        return
    if answer.status not in LATER or not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        raise Broken(f"answered {answer}")
    problem = json.loads(answer.body)
    if problem["status"] != answer.status or not problem["code"]:
        raise Broken(f"a problem document that contradicts itself: {answer}")
    if answer.status == 503 and "Retry-After" not in answer.headers:
        raise Broken(f"503 without Retry-After: {answer}")


class Rack:
    def __init__(self, world, say=print):
        self.world = world
        self.say = say
        self.findings = []
        self.injections = self.failed_calls = self.successes = self.later = self.closed = 0
        self._counted = {}
        self._base = {}

    # ---- one run

    def _arm(self, case):
        control = self.world.control(case.service)
        if case.kind in CUTTING:
            cut_connections(control.pid)
        control.arm(case.kind, case.n, case.how, SQLSTATES[case.n % len(SQLSTATES)] if case.kind == "query" else "")
        return control

    def _rows(self, flow, call):
        return self.world.count(flow.rows[0], flow.rows[1], call.own) if flow.rows else 0

    def run(self, case):
        """True when the failure was reached. Findings are kept."""
        world, flow = self.world, case.flow
        pid = world.stack.server(case.service).pid
        call, key = flow.make(world), str(uuid.uuid4())
        before = self._rows(flow, call)
        control = self._arm(case)
        where, first = "", None
        try:
            # Without a descriptor to be had nobody at the door can be let in, not even to be told so.
            first = send(world, call, key, may_wait=not (case.service == "gateway" and case.how != "once" and case.kind in ("fd", "watch")))
            rows = self._rows(flow, call)
            judge(first)
            if first and first.ok and flow.rows and rows <= before:
                raise Broken(f"a success without its row: {first}")
            if case.kind in UNSEEN and not (first and first.ok):
                raise Broken(f"{case.kind} must not be seen: {first}")
            if flow.settle and first and first.ok:
                if case.how == "on":   # what fails for good settles nothing
                    control.disarm()
                self._settle_failing(case, control, call, first)
            failed, where = control.failed, control.where
            control.disarm()
            self._after(case, pid, call, key, before, first)
        except (Broken, AssertionError) as broken:
            failed, where = control.failed, control.where
            control.disarm()
            self._found(case, pid, f"{broken} (at {where})")
        self.injections += failed > 0
        self.failed_calls += failed
        self.successes += bool(first and first.ok)
        self.later += bool(first and not first.ok)
        self.closed += first is None
        return failed > 0

    def _settle(self, case, call, answer):
        try:
            case.flow.settle(self.world, call, answer)
        except AssertionError as late:
            raise Broken(str(late)) from None

    def _settle_failing(self, case, control, call, answer):
        """With every n-th call failing, nothing that takes n of them may ever get through: then it must settle when that is over."""
        try:
            self._settle(case, call, answer)
        except Broken:
            if case.how != "every":
                raise
            control.disarm()
            self._settle(case, call, answer)

    def _after(self, case, pid, call, key, before, first):
        self._alive(case, pid)
        again = self._repeat(call, key)
        if not case.flow.rows:
            return
        rows = self._rows(case.flow, call)
        if rows - before != 1 and (case.flow.once or rows <= before):
            raise Broken(f"{rows - before} rows after {first} and then {again}")
        if first and first.ok and call.keyed and first.body != again.body:
            raise Broken(f"answered {first}, and the repetition {again}")
        if case.flow.settle and not (first and first.ok):
            self._settle(case, call, again)

    def _alive(self, case, pid):
        process = self.world.stack.server(case.service)
        if not process.running() or process.pid != pid:
            raise Broken(f"{case.service} ended: {process.exit_status}")
        url = self.world.stack.service_urls.get(case.service, self.world.stack.gateway_url)

        def answers():
            try:
                return requests.get(url + "/livez", timeout=5).status_code == 200
            except requests.RequestException:
                if not process.running():
                    raise Broken(f"{case.service} ended: {process.exit_status}") from None
                return False
        self.world.wait(answers, RECOVER_S, f"/livez of {case.service}")

    def _repeat(self, call, key):
        deadline = time.monotonic() + RECOVER_S * SLOW
        while True:
            answer = send(self.world, call, key)
            if answer and answer.ok:
                return answer
            if answer and answer.status not in LATER:
                raise Broken(f"repeated, with nothing failing: {answer}")
            if time.monotonic() > deadline:
                raise Broken(f"not back within {RECOVER_S} s: {answer}")
            time.sleep(0.05)

    def _found(self, case, pid, what):
        text = f"{case}: {what}"
        process = self.world.stack.server(case.service)
        if not process.running():
            text += f"; {case.service} ended with {process.exit_status}:\n{process.log_tail()}"
            self.world.stack.start_one(case.service)
        self.findings.append(text)
        self.say("FINDING " + text)

    # ---- counting

    def counts(self, flow, service, kind):
        """How many calls of each class one run of the flow makes in that service; with its connections cut first for the classes of connecting."""
        cut = kind in CUTTING
        known = self._counted.get((flow.name, service, cut))
        if known is None:
            control = self.world.control(service)
            call = flow.make(self.world)
            if cut:
                cut_connections(control.pid)
            if not cut:
                answer = self._undisturbed(flow, call, control)
            else:
                control.count()
                answer = self._repeat(call, str(uuid.uuid4()))
            if flow.settle:
                flow.settle(self.world, call, answer)
            known = self._counted[flow.name, service, cut] = control.counted()
        return known[kind]

    def _undisturbed(self, flow, call, control):
        """Nothing fails now; but what the failure before broke (a connection to the database) may still be on its way back."""
        deadline = time.monotonic() + RECOVER_S * SLOW
        while True:
            control.count()
            answer = send(self.world, call, str(uuid.uuid4()))
            if answer and answer.ok:
                return answer
            assert answer and answer.status == 503 and time.monotonic() < deadline, f"{flow.name} without a failure: {answer}"
            time.sleep(0.05)

    # ---- levels

    def levels(self, service):
        pid = self.world.stack.server(service).pid
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return {"fds": len(os.listdir(f"/proc/{pid}/fd")), "resident": resident, **self._metrics(service)}

    def _metrics(self, service):
        url = self.world.stack.service_urls.get(service, self.world.stack.gateway_url)
        text = requests.get(url + "/metrics", headers={"Connection": "close"}, timeout=10).text
        return {name: int(line.split()[1]) for line in text.splitlines() for name in ("cuotas_coroutines", "cuotas_memory_refused", "cuotas_memory_reserve_bytes", "cuotas_db_units")
                if line.startswith(name + " ")}

    def refused(self, service):
        return self._metrics(service)["cuotas_memory_refused"]

    def check_levels(self, case_or_name, service):
        """Back where it was before anything failed, soon: what idles is given up after a minute."""
        before, now = self._base[service], {}

        def back():
            now.update(self.levels(service))
            return all(now[name] <= before[name] + ROOM for name in ("fds", "cuotas_coroutines"))
        try:
            self.world.wait(back, 75, f"{service} as it was")
        except AssertionError:
            self.findings.append(f"{case_or_name}: was {before}, stays {now}")
            self.say("FINDING " + self.findings[-1])

    def note_levels(self, service):
        """Before the first failure in it."""
        self._base.setdefault(service, self.levels(service))

    def leak(self, case, repeats=LEAK_REPEATS):
        """The same failure over and over: flat after the first fifth."""
        self.note_levels(case.service)
        for _ in range(repeats // 5):
            self.run(case)
        before = self.levels(case.service)
        for _ in range(repeats - repeats // 5):
            self.run(case)
        self.check_levels(f"{case} x {repeats}", case.service)
        after = self.levels(case.service)
        grown = after["resident"] - before["resident"]
        if case.service != "billing" and after["fds"] > before["fds"] + repeats // 4:
            self.findings.append(f"{case} x {repeats}: descriptors grew from {before['fds']} to {after['fds']}")
            self.say("FINDING " + self.findings[-1])
        if grown > 2 * 1024 * 1024:
            self.findings.append(f"{case} x {repeats}: resident memory grew by {grown} bytes")
            self.say("FINDING " + self.findings[-1])
        return grown

    def summary(self):
        return (f"{self.injections} injections ({self.failed_calls} calls failed): {self.successes} successes, {self.later} told later, "
                f"{self.closed} closed; {len(self.findings)} findings")


def classes_of(wanted):
    return [name for name in CLASSES if not wanted or name in wanted.split(",")]
