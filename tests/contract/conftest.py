"""What the contract's tests share.

    nobody          a Caller without a token
    caller_of(operation)   a Caller whom the operation lets in
    own_gateway(NAME=value, ...)   a gateway of the test's own before the same services, ready: its base URL"""

import os
import sys

import pytest

sys.path.append(os.path.dirname(os.path.abspath(__file__)))   # at the end: its conftest is nobody else's

from calls import Caller, Service   # noqa: E402
from support.gateways import gateways   # noqa: E402


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
    with gateways(stack, scratch, wait_until) as start:
        yield lambda **options: start(**options)[1]
