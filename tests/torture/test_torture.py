"""The short form: a seeded sample of failures over all flows but the slow ones, within SECONDS_FOR_ALL, on a stack of its own; one paid
order and one start under each of a few; and that the machine itself can fail. TORTURE_SEED picks another sample."""

import concurrent.futures
import os
import random
import resource
import socket
import time
import uuid

import pytest
import requests

from .control import CLASSES
from .flows import FLOWS
from .rack import Case, Rack, judge, send
from .startup import count_start, start_once
from .world import SLOW, World

SEED = int(os.environ.get("TORTURE_SEED", "1"))
SECONDS_FOR_ALL = 15 * SLOW
SECONDS_SLOW = 7 * SLOW
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def shim_path():
    beside = os.environ.get("CUOTAS_BIN")
    built = os.environ.get("CUOTAS_BINARIES") or os.path.join(ROOT, "build", *(["san"] if os.environ.get("SAN") == "1" else []))
    for directory in ([os.path.dirname(beside)] if beside else []) + [built]:
        path = os.path.join(directory, "tests", "torture", "shim.so")
        if os.path.exists(path):
            return path
    pytest.fail(f"{path} is not built: make torture-build")


@pytest.fixture(scope="module")
def rack(scratch):
    world = World(os.path.join(scratch, "torture"), os.environ.get("CUOTAS_BIN"), shim_path())
    try:
        world.start()
        yield Rack(world)
    finally:
        world.stop()
    assert not world.stack.unclean, f"did not end well when asked to: {world.stack.unclean}"


@pytest.fixture(autouse=True)
def each_its_own_findings(rack):
    rack.findings = []


def flow(name):
    return next(each for each in FLOWS if each.name == name)



def test_every_class_is_seen_by_the_shim(rack):
    """control.h and control.py agree, and the flows reach what they are tortured with."""
    seen = {kind: rack.counts(flow("place_order"), "orders", kind) for kind in CLASSES}
    assert seen["query"] >= 2 and seen["answer"] >= 1 and seen["result"] >= 1, seen
    assert seen["read"] >= 2 and seen["write"] >= 2 and seen["connect"] >= 1 and seen["watch"] >= 1, seen
    assert rack.counts(flow("register"), "crm", "alloc") >= 1


def test_a_sample_of_everything(rack):
    rng, deadline = random.Random(SEED), time.monotonic() + SECONDS_FOR_ALL
    plan = [(each, service, kind) for each in FLOWS if not each.slow for service in each.services for kind in CLASSES]
    rng.shuffle(plan)
    touched = set()
    for each, service, kind in plan:
        if time.monotonic() > deadline:
            break
        total = rack.counts(each, service, kind)
        if total:
            rack.note_levels(service)
            touched.add(service)
            how = rng.choice(("once", "once", "on")) if kind not in ("short", "eintr") else "every"
            rack.run(Case(each, service, kind, rng.randint(2 if how == "every" else 1, max(2, total)), how))
    for service in touched:
        rack.check_levels("a sample of everything", service)
    print(f"seed {SEED}: {rack.summary()}")
    assert rack.injections > 5
    assert not rack.findings, "\n".join(rack.findings)



def test_a_password_without_memory_is_not_wrong(rack):
    """A hash needs 19 MiB at once, more than the reserve gives: without them nobody can tell, which is 503, never 401."""
    reached = [rack.run(Case(flow("log_in"), "crm", "alloc", n)) for n in range(1, min(30, rack.counts(flow("log_in"), "crm", "alloc")) + 1)]
    assert any(reached) and not rack.findings, "\n".join(rack.findings)


def test_paid_whatever_fails(rack):
    """The charge, the webhook, the events and the jobs behind a payment."""
    rng, deadline, paid = random.Random(SEED), time.monotonic() + SECONDS_SLOW, flow("paid")
    reached = 0
    while time.monotonic() < deadline:
        kind = rng.choice(("alloc", "read", "write", "send", "result", "query", "answer"))
        service = rng.choice(paid.services)
        reached += rack.run(Case(paid, service, kind, rng.randint(1, 12)))
    assert reached > 0 and not rack.findings, "\n".join(rack.findings)


@pytest.mark.parametrize("kind", ["alloc", "query", "connect", "map"])
def test_a_start_that_fails_ends(rack, kind):
    rng = random.Random(f"{SEED}{kind}")
    service = rng.choice(("orders", "catalog", "crm"))
    # Of the first half: how many there are differs from start to start, the more the busier the machine is.
    reached = start_once(rack, service, kind, rng.randint(1, max(1, count_start(rack, service)[kind] // 2)))
    assert reached and not rack.findings, "\n".join(rack.findings)


@pytest.mark.skipif(os.environ.get("SAN") == "1", reason="an address-space limit and a sanitizer do not go together")
@pytest.mark.parametrize("service", ["gateway", "orders"])
def test_memory_that_is_really_gone(rack, service):
    """No shim: the process may map nothing more, while many want something of it at once; then it may again."""
    pid = rack.world.stack.server(service).pid
    rack.note_levels(service)
    calls = [each.make(rack.world) for each in FLOWS if not each.slow and service in each.services]
    port = rack.world.stack.ports[service]
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        mapped = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.prlimit(pid, resource.RLIMIT_AS, (mapped, resource.RLIM_INFINITY))
    waiting = []
    try:
        for _ in range(900):   # each head that has begun holds a buffer, until none is left
            waiting.append(socket.create_connection(("127.0.0.1", port.number), timeout=10))
            waiting[-1].sendall(b"GET /livez HTTP/1.1\r\n")
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda call: send(rack.world, call, str(uuid.uuid4())), calls * 3))
        refused = rack.refused(service)
        assert requests.get(port.url + "/livez", timeout=20 * SLOW).status_code == 200, "nobody restarts it for what it gets over"
    finally:
        for each in waiting:
            each.close()
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for answer in answers:
        if not (answer and answer.status in (409, 422, 429)):   # others were first; all come from one address
            judge(answer)
    rack.run(Case(flow("read_order"), service, "alloc", 1000000))
    assert rack.world.stack.server(service).pid == pid and not rack.findings, "\n".join(rack.findings)
    assert refused > 0
    print(f"{service}: {sum(bool(a and a.ok) for a in answers)} of {len(answers)} done, {refused} times refused memory")


def test_no_leak(rack):
    rack.leak(Case(flow("cart_line"), "orders", "answer", 1), repeats=20)
    assert not rack.findings, "\n".join(rack.findings)


def test_it_can_fail(rack):
    """A success without its row, a crash and a lie in the answer are seen: the judges are shown one of each."""
    control = flow("cart")
    wrong = type(control)("wrong", control.services, control.make, ("orders", "SELECT 0 WHERE %s IS NOT NULL"))
    rack.run(Case(wrong, "orders", "alloc", 1000000))
    assert len(rack.findings) == 1 and "without its row" in rack.findings.pop(), rack.findings
    rack.world.stack.server("orders").kill()
    rack.world.wait(lambda: not rack.world.stack.running("orders"), 10, "orders gone")
    with pytest.raises(Exception, match="ended"):
        rack._alive(Case(control, "orders", "alloc", 1), rack.world.stack.server("orders").pid)
    rack.world.stack.start_one("orders")
