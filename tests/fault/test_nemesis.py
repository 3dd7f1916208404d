"""The nemesis itself: the plan is what it says, every means does what its name says to a real process, and all of it can be undone."""

import contextlib
import os
import threading
import time
import uuid

import psycopg2
import pytest
import requests

from fault.cluster import Cluster
from fault.faults import FAMILIES, FAULTS
from fault.faults.base import Step
from fault.nemesis import QUIET_S, Nemesis, make_plan, world
from support.client import Api, Login
from support.shop import Shop

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


# ---- the plan

def test_the_same_seed_makes_the_same_plan():
    for seed in (1, 2, "release"):
        assert make_plan(seed, 60, world()) == make_plan(seed, 60, world())
    assert make_plan(1, 60, world()) != make_plan(2, 60, world())


def test_a_minute_has_every_family_and_ends_healed():
    for seed in range(50):
        plan = make_plan(seed, 60, world())
        assert {FAULTS[step.fault].family for step in plan} == set(FAMILIES), seed
        assert max(step.at_s + step.for_s for step in plan) <= 60 - QUIET_S


def test_an_hour_has_every_fault():
    assert {step.fault for step in make_plan(1, 3600, world())} == set(FAULTS)


def test_no_two_faults_fight_over_one_thing():
    for seed in range(20):
        busy = {}
        for step in make_plan(seed, 300, world()):
            for thing in FAULTS[step.fault].holds(step.target):
                assert step.at_s >= busy.get(thing, 0), step
                busy[thing] = step.at_s + step.for_s


# ---- what it does

@pytest.fixture(scope="module")
def cluster(scratch):
    cluster = Cluster(binaries=os.environ.get("CUOTAS_BIN"))
    cluster.start(os.path.join(scratch, "nemesis"))
    yield cluster
    cluster.stop()
    assert not cluster.stack.unclean, cluster.stack.unclean


@pytest.fixture
def nemesis(cluster):
    """One that has no plan of its own, and leaves everything healed."""
    nemesis = Nemesis(cluster, "none", 0, lambda kind, text: None)
    yield nemesis
    nemesis.heal()
    assert not nemesis.unexpected


@pytest.fixture(scope="module")
def customer(cluster, recorder, wait_until):
    """Who asks through the clients' link."""
    api = Api(cluster.gateway_url, recorder, timeout_s=30 * SLOW)
    staff = api.with_token(Login(api, **cluster.stack.staff))
    return Shop(api, staff, wait_until).new_customer()


def inject(nemesis, fault, target, **detail):
    step = Step(0, fault, target, 1, detail)
    return step, FAULTS[fault].inject(nemesis, step)


def heal(nemesis, injected):
    step, undo = injected
    FAULTS[step.fault].heal(nemesis, step, undo)


def ask(cluster, timeout_s=2.0):
    """Status of one request on a connection of its own; the exception's class when there is none."""
    try:
        # Of a category of its own: the gateway has kept no answer to it.
        return requests.get(f"{cluster.gateway_url}/v1/products?limit=1&category={uuid.uuid4()}", timeout=timeout_s * SLOW).status_code
    except requests.RequestException as failure:
        return type(failure)


GONE = {"cut": (requests.ConnectionError, 503), "refuse": (requests.ConnectionError, 503), "stall": (requests.ReadTimeout,),
        "half_cut": (requests.ConnectionError, 502, 503), "half_cut_silent": (requests.ReadTimeout,)}


@pytest.mark.parametrize("target", ("client-gateway", "gateway-catalog"))
@pytest.mark.parametrize("fault", GONE)
def test_a_broken_link_is_noticed_and_comes_back(cluster, nemesis, wait_until, fault, target):
    assert ask(cluster) == 200
    injected = inject(nemesis, "link." + fault, target, **({"silently": True} if "silent" in fault else {}))
    if fault == "refuse":
        nemesis.link(target).reset()   # what is open would go on
    # What is refused may be tried again for a while before it is given up; what is silent is waited for.
    assert ask(cluster, 2 if requests.ReadTimeout in GONE[fault] else 15) in GONE[fault]
    heal(nemesis, injected)
    wait_until(lambda: ask(cluster) == 200, 10, "an answer after the link came back")


def test_a_half_cut_request_was_done_all_the_same(cluster, nemesis, customer, wait_until, database_of):
    carts = "SELECT count(*) FROM cart WHERE customer_id = %s"
    before = database_of("orders", carts, (customer.id,))
    token = customer.token
    injected = inject(nemesis, "link.half_cut", "client-gateway")
    with pytest.raises(requests.ConnectionError):
        customer.api.post("/v1/carts", {}, token=token)
    heal(nemesis, injected)
    assert database_of("orders", carts, (customer.id,))[0][0] == before[0][0] + 1


@pytest.fixture
def database_of(cluster):
    def rows(service, sql, parameters=()):
        with contextlib.closing(psycopg2.connect(cluster.stack.database_url(service))) as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    return rows


def test_a_torn_answer_ends_in_the_middle(cluster, nemesis):
    injected = inject(nemesis, "link.tear", "client-gateway", side="down", after=300)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        requests.get(cluster.gateway_url + "/openapi.json", timeout=5 * SLOW)
    heal(nemesis, injected)
    assert requests.get(cluster.gateway_url + "/openapi.json", timeout=5 * SLOW).status_code == 200


def test_delay_is_added_both_ways(cluster, nemesis):
    injected = inject(nemesis, "link.delay", "client-gateway", delay_ms=150, jitter_ms=20)
    began = time.monotonic()
    assert ask(cluster) == 200
    assert time.monotonic() - began >= 0.3
    heal(nemesis, injected)


def test_one_way_lets_the_request_through_and_keeps_the_answer(cluster, nemesis):
    injected = inject(nemesis, "link.one_way", "client-gateway", side="up")
    assert ask(cluster, 0.5) == requests.ReadTimeout
    heal(nemesis, injected)
    assert ask(cluster) == 200


def test_a_cut_from_the_database_is_unavailable_and_recovers(cluster, nemesis, wait_until):
    injected = inject(nemesis, "link.cut", "catalog-postgres")
    assert ask(cluster, 10) == 503
    heal(nemesis, injected)
    wait_until(lambda: ask(cluster) == 200, 20, "catalog back at its database")


def write(cluster):
    with contextlib.closing(psycopg2.connect(cluster.stack.database_url("sandbox"), connect_timeout=5)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS nemesis_probe (n int); INSERT INTO nemesis_probe VALUES (1)")
        connection.commit()


def log_of_postgres(cluster):
    with open(os.path.join(cluster.stack.log_dir, "postgres.log")) as file:
        return file.read()


@pytest.mark.parametrize("fault, message", (("disk.fsync", "could not fdatasync file"), ("disk.full", "No space left on device")))
def test_a_failing_disk_stops_postgres_and_loses_nothing(cluster, nemesis, wait_until, database_of, fault, message):
    write(cluster)
    before = database_of("sandbox", "SELECT count(*) FROM nemesis_probe")
    said = log_of_postgres(cluster).count(message)
    injected = inject(nemesis, fault, "postgres")
    with pytest.raises(psycopg2.Error):
        write(cluster)
    heal(nemesis, injected)
    assert log_of_postgres(cluster).count(message) > said
    # What was not acknowledged may still have reached the disk.
    assert database_of("sandbox", "SELECT count(*) FROM nemesis_probe")[0][0] - before[0][0] in (0, 1)
    write(cluster)
    wait_until(lambda: ask(cluster) == 200, 20, "services back after the recovery")


@pytest.mark.parametrize("fault", ("postgres.kill", "postgres.immediate", "postgres.terminate"))
def test_services_outlive_postgres(cluster, nemesis, wait_until, fault):
    injected = inject(nemesis, fault, "postgres")
    heal(nemesis, injected)
    wait_until(lambda: ask(cluster) == 200, 20, "services back")


def test_a_killed_backend_makes_postgres_recover(cluster, nemesis, wait_until):
    said = log_of_postgres(cluster).count("all server processes terminated; reinitializing")
    injected = inject(nemesis, "postgres.kill_backend", "orders", choice=0.5)
    wait_until(lambda: log_of_postgres(cluster).count("all server processes terminated; reinitializing") > said, 20, "the recovery")
    heal(nemesis, injected)
    wait_until(lambda: ask(cluster) == 200, 20, "services back")


def test_a_stepped_clock_is_seen_by_that_service_alone(cluster, nemesis):
    def clock_of(name):
        told = requests.get(cluster.stack.service_urls[name] + "/livez", timeout=5).headers["Date"]
        return time.mktime(time.strptime(told, "%a, %d %b %Y %H:%M:%S GMT"))
    injected = inject(nemesis, "clock.step", "catalog", by_s=-120)
    assert 100 < clock_of("orders") - clock_of("catalog") < 140
    heal(nemesis, injected)
    assert abs(clock_of("orders") - clock_of("catalog")) < 5


def test_disagreeing_clocks_are_unavailable_and_nobody_is_called_a_stranger(cluster, nemesis):
    """What the gateway vouches for looks outdated to a service whose clock is ahead: that is no fault of the client's."""
    for by_s, status in ((120, 503), (-120, 200)):
        injected = inject(nemesis, "clock.step", "catalog", by_s=by_s)
        assert ask(cluster) == status
        heal(nemesis, injected)
    assert ask(cluster) == 200


def test_a_zombie_is_replaced_and_wakes_up_beside_the_other(cluster, nemesis, wait_until):
    injected = inject(nemesis, "zombie", "catalog", beside_s=0.5)
    second, port = injected[1]
    assert ask(cluster, 10) == 200   # by the second one, for the first stands still
    wait_until(lambda: cluster.links["gateway", "catalog"].stat()["open"] > 0, 5, "a connection to the second one")
    heal(nemesis, injected)
    assert second.exit_status == 0
    wait_until(lambda: ask(cluster) == 200, 10, "the first one again")


def test_everything_broken_at_once_can_be_healed(cluster, nemesis, customer, wait_until):
    for fault, target, detail in (("kill", "billing", {}), ("pause", "orders", {}), ("redis.kill", "redis", {}), ("link.stall", "gateway-crm", {}),
                                  ("provider.lost", "sandbox", {"times": 3}), ("clock.step", "crm", {"by_s": 300}), ("postgres.kill", "postgres", {})):
        assert nemesis.inject(Step(0, fault, target, 1, detail))
    assert nemesis.down == {"billing", "redis", "postgres"}
    nemesis.heal()
    assert nemesis.down == set() and not nemesis.unexpected
    order = customer.shop.order(customer)
    payment = customer.pay(order["id"]).json
    assert customer.shop.wait_payment(customer, payment["id"])["status"] == "succeeded"


def test_what_is_brought_back_is_not_started_again(cluster, nemesis, monkeypatch):
    """The supervisor saw it ended; by the time it looks closer its step has brought it back."""
    assert nemesis.inject(Step(0, "kill", "catalog", 1, {}))
    ended = cluster.stack.ended
    def seen():
        found = ended()
        nemesis.bring_back("catalog")
        return found
    monkeypatch.setattr(cluster.stack, "ended", seen)
    nemesis._supervise()
    assert cluster.stack.running("catalog") and not nemesis.unexpected


def test_a_short_run_heals_every_step(cluster, nemesis):
    told = []
    runner = Nemesis(cluster, 7, 12, lambda kind, text: told.append((kind, text)))
    assert runner.plan
    runner.run(threading.Event())
    runner.heal()
    assert [kind for kind, _ in told].count("inject") == len(runner.plan)
    assert not [text for kind, text in told if kind == "unexpected"]
