"""Two hundred buyers, fifty units, and services that are killed all the while: fifty are sold, each once, and nothing is left half done."""

import concurrent.futures
import os
import random
import threading
import time
import uuid

import psycopg2
import pytest
import requests

from fault.cluster import Cluster
from support import tokens
from support.client import Api, Login
from support.shop import Shop

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
BUYERS, UNITS = 200, 50
KILLED = ("orders", "catalog", "billing", "gateway", "sandbox")
PATIENCE_S = 90


@pytest.fixture(scope="module")
def cluster(scratch):
    cluster = Cluster(binaries=os.environ.get("CUOTAS_BIN"))
    cluster.start(os.path.join(scratch, "race"))
    yield cluster
    cluster.stop()
    assert not cluster.stack.unclean, cluster.stack.unclean


def patiently(call):
    """The first answer that says something; every repetition is the same request under the same key."""
    deadline = time.monotonic() + PATIENCE_S * SLOW
    while True:
        try:
            reply = call()
            if reply.status not in (401, 502, 503, 504):
                return reply
        except requests.RequestException as failure:
            reply = failure
        if time.monotonic() > deadline:
            raise AssertionError(f"no answer: {reply}")
        time.sleep(0.05 + 0.2 * random.random())


class Killer:
    """Kills one service after the other, each started again at once, as long as it is entered. all_fell: each has been killed once."""

    def __init__(self, stack):
        self._stack, self._over, self.kills, self.error = stack, threading.Event(), 0, None
        self.all_fell = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        chance = random.Random(50)
        try:
            while not self._over.wait(0.2 + 0.3 * chance.random()):
                name = KILLED[self.kills % len(KILLED)]
                self._stack.kill(name)
                self.kills += 1
                self._stack.start_one(name)
                if self.kills == len(KILLED):
                    self.all_fell.set()
        except Exception as error:   # told when it is left, in the test's own thread
            self.error = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        assert not self.error, self.error


def test_two_hundred_buyers_fifty_units(cluster, recorder, wait_until):
    api = Api(cluster.stack.gateway_url, recorder, timeout_s=15 * SLOW)
    shop = Shop(api, api.with_token(Login(api, **cluster.stack.staff)), wait_until)
    product = shop.new_product(stock=UNITS)
    offer = shop.offers(product)[0]["id"]
    # Signed as crm would: to register so many takes a minute, which is what passwords are for.
    signer = tokens.Signer.from_file(cluster.stack.credentials.key_file)
    buyers = [signer.token(tokens.claims(cluster.stack.gateway_url, str(uuid.uuid4()), "customer")) for _ in range(BUYERS)]

    def fill(token):
        cart = api.post("/v1/carts", {}, token=token, expect=201)["id"]
        api.post(f"/v1/carts/{cart}/lines", {"product_id": product["id"], "quantity": 1}, token=token, expect=200)
        return cart
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        carts = list(pool.map(fill, buyers))
    barrier = threading.Barrier(BUYERS)

    def buy(index):
        """Orders with everybody else, and pays if there was a unit left."""
        token, cart = buyers[index], carts[index]
        barrier.wait()
        ask = lambda path, body, key: api.request("POST", path, json=body, key=key, token=token)
        placed = patiently(lambda: ask("/v1/orders", {"cart_id": cart, "offer_id": offer, "terms_version": "v1", "terms_accepted": True}, f"race-{cart}"))
        if placed.status != 201:
            return placed, None
        assert killer.all_fell.wait(PATIENCE_S * SLOW), "some were never killed"   # so orders are placed under kills, and paid under more
        card = {"provider": "stripe", "token": "pm_card_visa", "save": False}
        return placed, patiently(lambda: ask("/v1/payments", {"order_id": placed["id"], "payment_method": card}, f"pay-{cart}"))
    with Killer(cluster.stack) as killer, concurrent.futures.ThreadPoolExecutor(BUYERS) as pool:
        results = list(pool.map(buy, range(BUYERS)))
    assert killer.kills >= len(KILLED)
    won = [(placed, paid) for placed, paid in results if placed.status == 201]
    lost = [placed for placed, _ in results if placed.status != 201]
    assert len(won) == UNITS and {(reply.status, reply.code) for reply in lost} == {(409, "out_of_stock")}, lost
    assert all(paid.status == 201 for _, paid in won), [paid for _, paid in won if paid.status != 201]

    def rows(service, sql, *parameters):
        connection = psycopg2.connect(cluster.stack.database_url(service))
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall()
        finally:
            connection.close()
    ids = [placed["id"] for placed, _ in won]
    wait_until(lambda: rows("orders", "SELECT status, count(*) FROM sales_order GROUP BY 1") == [("confirmed", UNITS)], 60, "all orders confirmed")
    wait_until(lambda: rows("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", product["id"]) == [(0, 0)], 30, "all units sold")
    assert sorted(rows("orders", "SELECT id::text FROM sales_order")) == sorted((each,) for each in ids)
    assert rows("catalog", "SELECT count(*), sum(quantity) FROM stock_movement WHERE product_id = %s AND reason = 'sale'", product["id"]) == [(UNITS, -UNITS)]
    assert rows("catalog", "SELECT status, count(*) FROM reservation GROUP BY 1") == [("committed", UNITS)]
    assert rows("billing", "SELECT status, count(*), count(DISTINCT order_id) FROM payment GROUP BY 1") == [("succeeded", UNITS, UNITS)]
    charged = [charge for charge in cluster.sandbox.ledger() if charge.get("status", "succeeded") == "succeeded"]
    assert len(charged) == UNITS
    wait_until(lambda: not rows("billing", "SELECT FROM job WHERE kind <> 'close_day' AND run_at <= clock_timestamp()"), 30, "nothing left to do")
