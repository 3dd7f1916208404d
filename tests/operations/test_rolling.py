"""Rolling restart under load: every service and the gateway replaced, some of them several times, and no request fails.

Two ways, as operators have them: the successor beside its predecessor on the same port (SHARE_PORT=on; what Kubernetes does with two addresses), and one
after the other with a gap in which nobody listens (docker-compose). The gateway itself can only be replaced beside: in its gap there is nobody to wait for
its clients' connections, which is tested as far as it goes (nothing that was accepted is lost). CUOTAS_ROUNDS: more rounds (default 1)."""

import os
import time

import pytest

from deploy.stack.services import GATEWAY, SERVICES
from operations.clients import Hammer
from operations.load import OperatorsRun
from fault.buying import SCARCE

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
ROUNDS = int(os.environ.get("CUOTAS_ROUNDS", "1"))
STOP_BOUND_S = 15   # DRAIN_TIMEOUT_MS; under the 20 s after which docker-compose kills


@pytest.fixture(scope="module")
def run(scratch):
    binaries = os.environ.get("CUOTAS_BIN")
    openapi = os.path.join(os.path.dirname(binaries), "gen", "openapi.json") if binaries else None
    run = OperatorsRun(os.path.join(scratch, "rolling"), seed=11, environment={"SHARE_PORT": "on"}, binaries=binaries, openapi=openapi, slow=SLOW)
    try:
        yield run.start()
    finally:
        run.drop()


@pytest.fixture(scope="module")
def rolled(run):
    """{way: (Hammer, [(name, exit status, seconds)])} after everything was replaced in both ways under load."""
    said = {}
    run.begin_load(days_pass=False)
    for way, names in (("beside", (*SERVICES, GATEWAY)), ("gap", SERVICES)):
        hammer = Hammer(run.stack, [product for product in run.world.products if product["sku"] not in SCARCE]).start()
        time.sleep(1)   # of load before
        ended = [(name, *run.stack.replace_one(name, beside=way == "beside")) for _ in range(ROUNDS) for name in names]
        time.sleep(1)   # and afterwards
        hammer.stop()
        said[way] = hammer, ended
        print(f"{way}: {hammer.asked} requests of {len(hammer.connections)} strict clients over {sum(each.opened for each in hammer.connections)} connections, "
              f"{len(hammer.failures)} failed, slowest {hammer.slowest_s:.2f} s; ended in " + ", ".join(f"{name} {took:.1f}" for name, _, took in ended))
    run.end_load()
    run.settle()
    run.report()
    return said


@pytest.mark.parametrize("way", ("beside", "gap"))
def test_no_request_fails(way, rolled):
    hammer, _ = rolled[way]
    assert hammer.failures == []
    assert hammer.asked > 100
    if way == "beside":   # the gateway's own replacement moved everybody to another connection, and said so before
        assert all(each.told_to_close > 0 for each in hammer.connections)


@pytest.mark.parametrize("way", ("beside", "gap"))
def test_each_process_ends_well_in_its_time(way, rolled):
    assert [(name, status, took) for name, status, took in rolled[way][1] if status != 0 or took > STOP_BOUND_S * SLOW] == []


def test_no_request_of_the_load_fails_either(run, rolled):
    assert run.unanswered() == []
    assert len(run.evidence.record.calls) > 100


def test_the_books_are_right(run, rolled):
    # The strict clients' carts and orders are not in the history.
    assert run.judge_but({"nothing_nobody_asked_for", "carts_hold_what_was_added"}) == {}
