"""What the tests of this directory share.

    gateway_before(**{SERVICE_URL: url})   a gateway of its own, with those services behind it instead of the stack's; its URL, with `.log` for its log's path
    staff_token                            for the one operation whose body streams"""

import os

import pytest
import requests

from deploy.stack import services
from deploy.stack.network import Port
from deploy.stack.process import Process


class GatewayUrl(str):
    log = None


@pytest.fixture(scope="module")
def gateway_before(stack, scratch, wait_until):
    started = []

    def start(**urls):
        port = Port()
        environment = {**services.service_environment(stack, "gateway"), "LISTEN": port.listen, **urls}
        log = os.path.join(scratch, f"edge-gateway-{port.number}.log")
        process = Process("gateway", [os.path.join(stack.binaries, "gateway")], log, env=environment)
        process.start()
        started.append((process, port))
        url = GatewayUrl(port.url)
        url.log = log
        wait_until(lambda: answers(url), what="a gateway of its own")
        return url
    yield start
    for process, port in started:
        process.stop()
        port.close()


def answers(url):
    try:
        return requests.get(url + "/readyz", timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


@pytest.fixture(scope="module")
def staff_token(staff):
    return staff.token()
