"""Somebody we depend on is there and says nothing: a service, the payment provider, the mail server, Redis."""

import concurrent.futures
import contextlib
import time

import requests

from overload.crowd import SLOW, ask, median
from support.sandbox import Sandbox


def product_times(world, count=25):
    results = ask(world.url, "/v1/products?limit=5", count)
    assert [status for status, _ in results] == [200] * count
    return median([seconds for _, seconds in results])


def order_times(world, customer, count=15):
    results = ask(world.url, "/v1/orders?limit=1", count, headers=f"Authorization: Bearer {customer.token}\r\n")
    assert [status for status, _ in results] == [200] * count
    return median([seconds for _, seconds in results])


@contextlib.contextmanager
def paused(world, name):
    world.stack.pause(name)
    try:
        yield
    finally:
        world.stack.resume(name)


def test_a_stuck_service(world, storm, wait_until):
    """catalog is stopped under a stream of requests for it: they are refused, soon at once, and orders do not notice."""
    calm = order_times(world, world.customer)
    request = {"read": b"GET /v1/products?limit=5 HTTP/1.1\r\nHost: a\r\n\r\n"}
    with concurrent.futures.ThreadPoolExecutor() as pool, paused(world, "catalog"):
        storm_done = pool.submit(storm, request, 8, 1500, rate=200)
        time.sleep(1)
        assert order_times(world, world.customer) < (calm * 10 + 0.1) * SLOW

        def refused_at_once():
            began = time.monotonic()
            reply = requests.get(world.url + "/v1/products?limit=5", timeout=30 * SLOW)
            return reply.status_code == 503 and time.monotonic() - began < 0.5 * SLOW and int(reply.headers["Retry-After"]) > 0
        wait_until(refused_at_once, 15, "refusals at once")
        assert order_times(world, world.customer) < (calm * 10 + 0.1) * SLOW
        result = storm_done.result()
        print(result)
        assert result.refused() > 0 and result.good() == 0 and set(status for _, status in result.others()) <= {504}
    wait_until(lambda: requests.get(world.url + "/v1/products?limit=5", timeout=30).status_code == 200, 3, "catalog again")


def test_a_stuck_provider(world, wait_until):
    """More payments hang at the provider than there are places for jobs: reads and orders do not notice, another customer's payment is made when
    the provider answers it, and those that hung are found out later."""
    sandbox = Sandbox(world.stack.service_urls["sandbox"], world.stack.sandbox_key)
    calm = product_times(world), order_times(world, world.customer)
    customers = [world.shop.new_customer() for _ in range(6)]
    orders = [(customer, world.shop.order(customer, world.product)) for customer in customers for _ in range(7)]
    sandbox.plan(times=len(orders), payment_method="pm_card_mastercard", charge={"hang": "before"})
    payments = [(customer, customer.pay(order["id"], "pm_card_mastercard").json) for customer, order in orders]
    assert product_times(world) < (calm[0] * 10 + 0.1) * SLOW
    assert order_times(world, world.customer) < (calm[1] * 10 + 0.1) * SLOW
    other = world.shop.new_customer()
    order, payment = world.shop.buy(other, world.product)
    assert order["status"] == "confirmed" and payment["status"] == "succeeded"
    states = {customer.payment(payment["id"])["status"] for customer, payment in payments}
    assert states <= {"processing", "unknown", "succeeded", "failed"}, states
    for customer, payment in payments:
        assert world.shop.wait_payment(customer, payment["id"], 120)["status"] == "succeeded"


def test_a_stuck_mail_server(world, wait_until):
    """Mails wait; the shop does not."""
    calm = product_times(world)
    with paused(world, "mail"):
        customer = world.shop.new_customer()
        order, _ = world.shop.buy(customer, world.product)
        assert order["status"] == "confirmed"
        assert product_times(world) < (calm * 10 + 0.1) * SLOW
        assert requests.get(world.stack.service_urls["notifications"] + "/readyz", timeout=20).status_code == 200
        assert wait_until(lambda: world.shop.notifications(customer), 20, "the event was taken in") is not None
    wait_until(lambda: any(n["status"] == "sent" for n in world.shop.notifications(customer)), 90, "the mail sent after all")


def test_redis_that_hangs(world):
    """It is only a bell: events come by polling, requests do not notice at all."""
    calm = product_times(world), order_times(world, world.customer)
    with paused(world, "redis"):
        for _ in range(2):
            assert product_times(world) < (calm[0] * 10 + 0.1) * SLOW
            assert order_times(world, world.customer) < (calm[1] * 10 + 0.1) * SLOW
        order, _ = world.shop.buy(world.shop.new_customer(), world.product)
        assert order["status"] == "confirmed"
