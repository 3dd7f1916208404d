"""What the contract's tests share.

    nobody          a Caller without a token
    caller_of(operation)   a Caller whom the operation lets in
    own_gateway(NAME=value, ...)   a gateway of the test's own before the same services, ready: its base URL"""

import contextlib
import os
import sys

import pytest
import requests

sys.path.append(os.path.dirname(os.path.abspath(__file__)))   # at the end: its conftest is nobody else's

from deploy.stack import services   # noqa: E402
from deploy.stack.network import Port   # noqa: E402
from deploy.stack.process import Process   # noqa: E402
from calls import Caller, Service   # noqa: E402


@pytest.fixture(scope="session")
def nobody(stack, recorder):
    return Caller(stack.gateway_url, recorder)


@pytest.fixture(scope="module")
def caller_of(nobody, staff, shop, stack, recorder):
    customer = shop.new_customer()
    speakers = {"customer": nobody.with_token(customer.login), "staff": nobody.with_token(staff.token)}

    def choose(operation):
        if "service" in operation.scopes:
            return Service(stack.service_urls[operation.service], recorder, stack.credentials["identity"])
        return nobody if operation.public else speakers["customer" if "customer" in operation.scopes else "staff"]
    return choose


@pytest.fixture
def own_gateway(stack, scratch, wait_until):
    with contextlib.ExitStack() as ends:
        def start(ready=True, **settings):
            port = Port()
            ends.callback(port.close)
            environment = {**services.service_environment(stack, "gateway"), "LISTEN": port.listen, **settings}
            process = Process("gateway", [os.path.join(stack.binaries, "gateway")], os.path.join(scratch, f"gateway-{port.number}.log"), env=environment)
            process.start()
            ends.callback(process.kill)
            wait_until(lambda: answers(port.url, "/readyz" if ready else "/livez"), what="a gateway of its own")
            return port.url
        yield start


def answers(url, path):
    try:
        return requests.get(url + path, timeout=10).status_code == 200
    except requests.ConnectionError:
        return False
