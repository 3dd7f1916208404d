"""What the tests of this directory share.

    gateway_before(**{SERVICE_URL: url, NAME: value})   a gateway of its own, with those services behind it instead of the stack's; its URL, with `.log` for its log's path
    staff_token                            for the one operation whose body streams"""

import pytest

from deploy.stack.process import Process
from support.gateways import gateways


class GatewayUrl(str):
    log = None


@pytest.fixture(scope="module")
def gateway_before(stack, scratch, wait_until):
    def start(**urls):
        process, base_url = own(**urls)
        url = GatewayUrl(base_url)
        url.log = process.log
        return url
    with gateways(stack, scratch, wait_until, end=Process.stop) as own:
        yield start


@pytest.fixture(scope="module")
def staff_token(staff):
    return staff.token()
