"""Overload and limits: a stack of its own, which these tests may drown.

    world        the stack, and callers of it: url, api, staff, shop, customer, product
    storm(...)   a load made by storm.c (built here); what was answered, by request and status
    crowd        connections that do nothing, or not enough; closed at the end of the test
    rss(name)    resident memory of a process, bytes"""

import os
import subprocess
import types

import pytest

from deploy.stack import Stack
from support.client import Api, Login
from support.shop import Shop

from overload import crowd as crowds
from overload.crowd import SLOW
from overload.storm import Storm

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture(scope="package")
def world(scratch, recorder, wait_until):
    """Everybody comes from one address here; limits by address and by rate have tests of their own."""
    environment = {name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
    stack = Stack(os.path.join(scratch, "overload"), binaries=os.environ.get("CUOTAS_BIN"), environment={
        **environment, "RATE_LIMIT_PER_SECOND": "1000000", "AUTH_RATE_LIMIT_PER_MINUTE": "600000", "CONNECTIONS_PER_ADDRESS": "0", "LOG_LEVEL": "warn",
        "CACHE_TTL_MS": "0"})   # what is asked of the gateway is to be asked of the services
    stack.start()
    try:
        api = Api(stack.gateway_url, recorder, timeout_s=30 * SLOW)
        staff = api.with_token(Login(api, stack.staff["username"], stack.staff["password"]))
        shop = Shop(api, staff, wait_until)
        product = shop.new_product(stock=1000)
        yield types.SimpleNamespace(stack=stack, url=stack.gateway_url, api=api, staff=staff, shop=shop, customer=shop.new_customer(), product=product)
    finally:
        stack.stop()
    assert not stack.unclean, f"did not end well when asked to: {stack.unclean}"


@pytest.fixture(scope="package", autouse=True)
def leftovers(world):
    """Connections nobody uses, open from the beginning: the last test looks whether they were closed."""
    with crowds.Crowd() as crowd:
        crowd.connect(world.url, 300)
        yield crowd


@pytest.fixture(autouse=True)
def calm(world, wait_until):
    """After each test everything is well again, without help."""
    yield
    for name in ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections"):
        wait_until(lambda: world.stack.running(name) and world.stack.ready(name), 30, f"{name} ready after the test")
    wait_until(lambda: world.api.get("/v1/products?limit=1").status == 200, 30, "the catalog answers after the test")


@pytest.fixture
def crowd():
    with crowds.Crowd() as crowd:
        yield crowd


@pytest.fixture(scope="package")
def storm(scratch, world):
    program = os.path.join(scratch, "storm")
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", program, os.path.join(HERE, "storm.c")], check=True)
    return Storm(program, scratch, world.url)


@pytest.fixture
def rss(world):
    def read(name):
        with open(f"/proc/{world.stack.server(name).pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return read
