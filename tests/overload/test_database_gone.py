"""PostgreSQL gone, hanging, full, or busy with a lock: refusals at once or in time, nothing else slowed, and recovery by itself."""

import concurrent.futures
import contextlib
import os
import select
import socket
import time

import psycopg2
import pytest
import requests

from overload.crowd import SLOW, ask, median
from support import database

LIMIT_S = 12 * SLOW   # a request's own, and a little


def get(world, target, token=None):
    began = time.monotonic()
    reply = requests.get(world.url + target, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=30 * SLOW)
    return reply, time.monotonic() - began


def assert_unavailable(reply, seconds):
    assert reply.status_code == 503 and reply.headers["Content-Type"] == "application/problem+json", reply.text
    assert reply.json()["code"] in ("unavailable", "overloaded") and int(reply.headers["Retry-After"]) > 0
    assert seconds < LIMIT_S, seconds


def status(url):
    return requests.get(url, timeout=20 * SLOW).status_code


def assert_down(world, wait_until):
    """Reads and writes say 503 in time, later at once; health tells apart what is dead and what waits; what needs no database works."""
    token = world.customer.token
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        waits = [pool.submit(get, world, "/v1/products?limit=1") for _ in range(12)]
        for wait in waits:
            assert_unavailable(*wait.result())
    wait_until(lambda: status(world.stack.service_urls["catalog"] + "/readyz") == 503, 20, "catalog not ready")
    wait_until(lambda: status(world.stack.service_urls["orders"] + "/readyz") == 503, 20, "orders not ready")
    for name in ("gateway", "catalog", "orders", "billing"):
        assert status(world.stack.service_urls[name] + "/livez") == 200
    reply, seconds = get(world, "/v1/products?limit=1")
    assert_unavailable(reply, seconds)
    assert seconds < 3 * SLOW, "once it is known, nobody waits"
    began = time.monotonic()
    refused = requests.post(world.url + "/v1/carts", json={}, headers={"Authorization": f"Bearer {token}"}, timeout=30 * SLOW)
    assert_unavailable(refused, time.monotonic() - began)
    assert status(world.url + "/openapi.json") == 200
    assert requests.post(world.url + "/v1/simulations", json={}, timeout=30).status_code == 422, "no database is needed to refuse this"


def assert_back(world, wait_until, pids):
    for name in ("catalog", "orders", "billing", "crm", "notifications", "collections"):
        wait_until(lambda: status(world.stack.service_urls[name] + "/readyz") == 200, 40, f"{name} ready again")
    customer = world.shop.new_customer()
    order, _ = world.shop.buy(customer, world.product)   # events and jobs go on
    assert order["status"] == "confirmed"
    assert {name: world.stack.server(name).pid for name in pids} == pids, "nobody had to be started again"


@pytest.fixture
def pids(world):
    return {name: world.stack.server(name).pid for name in ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections")}


def test_stopped(world, wait_until, pids):
    world.customer.token
    world.stack.stop_one("postgres")
    try:
        assert_down(world, wait_until)
        count_connects(world)
    finally:
        world.stack.start_one("postgres")
    assert_back(world, wait_until, pids)


def count_connects(world, seconds=3):
    """How often the services try to connect where nobody is: by all of their about a hundred connections, but each seldom."""
    path = os.path.join(world.stack.postgres._socket_dir, ".s.PGSQL.5432")
    count, end = 0, time.monotonic() + seconds
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as server:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        server.bind(path)
        os.chmod(path, 0o777)
        server.listen(512)
        while time.monotonic() < end:
            if select.select([server], [], [], 0.1)[0]:
                server.accept()[0].close()
                count += 1
    os.remove(path)
    print(f"{count / seconds:.0f} connects a second while there is no database")
    assert 0 < count < seconds * 200


def test_hanging(world, wait_until, pids):
    """SIGSTOP, for the server and all its children: connections stay open, and nothing ever answers."""
    world.customer.token
    with paused_cluster(world):
        assert_down(world, wait_until)
    assert_back(world, wait_until, pids)


@contextlib.contextmanager
def paused_cluster(world):
    postmaster = world.stack.postgres.pid
    stopped = [postmaster]
    os.kill(postmaster, 19)
    with open(f"/proc/{postmaster}/task/{postmaster}/children") as file:
        children = [int(pid) for pid in file.read().split()]
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 19)
            stopped.append(pid)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 18)


def test_no_connections_left(world, wait_until, pids):
    """Others have taken every connection when the services lose theirs: they come back when there is room."""
    world.customer.token
    url = world.stack.database_url("catalog")
    with contextlib.closing(psycopg2.connect(url)) as administrator:
        administrator.autocommit = True
        cursor = administrator.cursor()
        cursor.execute("ALTER ROLE cuotas_catalog_app CONNECTION LIMIT 0")
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cuotas_catalog_app'")
        try:
            wait_until(lambda: status(world.stack.service_urls["catalog"] + "/readyz") == 503, 20, "catalog not ready")
            wait_until(lambda: get(world, "/v1/products?limit=1")[0].status_code == 503, 10, "a refusal")
            assert_unavailable(*get(world, "/v1/products?limit=1"))
            assert world.customer.api.get("/v1/orders").status == 200, "other services have theirs"
        finally:
            cursor.execute("ALTER ROLE cuotas_catalog_app CONNECTION LIMIT -1")
    assert_back(world, wait_until, pids)


@contextlib.contextmanager
def locked(world, service, statement):
    with contextlib.closing(psycopg2.connect(world.stack.database_url(service))) as connection:
        connection.cursor().execute(statement)
        yield
        connection.rollback()


PLACES = 8 * 16   # write connections of a service, and units that one takes at most before it is known to answer nothing (DB_PIPELINE_UNITS_MAX)


def test_a_locked_table_takes_all_write_connections_and_nothing_else(world, wait_until):
    """Carts cannot be written: those requests are refused in time, at once when there are many; orders' reads and everybody else go on."""
    token, headers = world.customer.token, {"Authorization": f"Bearer {world.customer.token}"}
    calm = median([seconds for _, seconds in ask(world.url, "/v1/products?limit=5", 20)])

    def write():
        began = time.monotonic()
        reply = requests.post(world.url + "/v1/carts", json={}, headers=headers, timeout=40 * SLOW)
        return reply, time.monotonic() - began
    with concurrent.futures.ThreadPoolExecutor(150) as pool, locked(world, "orders", "LOCK TABLE cart IN SHARE MODE"):
        writes = [pool.submit(write) for _ in range(140)]
        time.sleep(1)
        reads = ask(world.url, "/v1/orders?limit=1", 20, headers=f"Authorization: Bearer {token}\r\n")
        others = ask(world.url, "/v1/products?limit=5", 20)
        assert [code for code, _ in (*reads, *others)] == [200] * 40
        assert median([seconds for _, seconds in others]) < (calm * 10 + 0.1) * SLOW
        assert median([seconds for _, seconds in reads]) < (calm * 10 + 0.2) * SLOW
        leaving = requests.Session()
        for _ in range(20):   # clients that do not wait
            with contextlib.suppress(requests.RequestException):
                leaving.post(world.url + "/v1/carts", json={}, headers=headers, timeout=0.05)
        for write_done in writes:
            assert_unavailable(*write_done.result())
        took = [done.result()[1] for done in writes]
        assert sum(seconds < 0.7 * max(took) for seconds in took) >= len(took) - PLACES, "who waits for a connection hears it long before who has one"
    wait_until(lambda: world.customer.api.post("/v1/carts", {}).status == 201, 5, "carts again")
    wait_until(lambda: units_in_flight(world) < 5, 15, "no unit of work is left behind")
    assert [world.customer.api.post("/v1/carts", {}).status for _ in range(20)] == [201] * 20


def units_in_flight(world):
    text = requests.get(world.stack.service_urls["orders"] + "/metrics", timeout=20).text
    return int(next(line for line in text.splitlines() if line.startswith("cuotas_db_units ")).split()[1])


def test_a_locked_row_holds_up_who_wants_it_and_nobody_else(world):
    """One cart is locked; writes of others are not sent behind the one that waits."""
    mine, other = world.shop.new_customer(), world.shop.new_customer()
    cart = mine.cart()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        with locked(world, "orders", f"SELECT * FROM cart WHERE id = '{cart['id']}' FOR UPDATE"):
            waits = pool.submit(mine.add_line, cart["id"], world.product, 1)
            time.sleep(0.5)
            headers = {"Authorization": f"Bearer {other.token}"}

            def write(_):
                began = time.monotonic()
                assert requests.post(world.url + "/v1/carts", json={}, headers=headers, timeout=30 * SLOW).status_code == 201
                return time.monotonic() - began
            with concurrent.futures.ThreadPoolExecutor(24) as writers:   # more than there are connections
                assert max(writers.map(write, range(240))) < 4 * SLOW, "not one waited for the lock"
        assert waits.result().status in (200, 201)
    assert database.rows(world.stack.database_url("orders"), "SELECT count(*) FROM cart WHERE id = %s::uuid", (cart["id"],)) == [(1,)]
