"""Connections: ten thousand that do nothing, the limit of all, the limit of one address, and no file descriptors at all."""

import os
import resource
import time

import pytest
import requests

from overload.crowd import SLOW, ask, closed, median, status_of
from support.gateways import gateways

MB = 1024 * 1024
GET = b"GET /v1/products?limit=1 HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def gateway(world, scratch, wait_until):
    """gateway(NAME=value): one of its own before the same services: (process, base URL). open_files: (soft, hard) limit it begins with."""
    def start(open_files=None, **settings):
        limited = ["/usr/bin/prlimit", "--nofile={}:{}".format(*open_files), "--"] if open_files else []
        if limited and os.geteuid() == 0:   # root may raise its hard limit; services do not run as root
            limited = ["/usr/bin/setpriv", "--bounding-set=-sys_resource", "--", *limited]
        return own(before=limited, **settings)
    with gateways(world.stack, scratch, wait_until) as own:
        yield start


def answers(url):
    try:
        return requests.get(url, timeout=10).status_code == 200
    except requests.ConnectionError:
        return False


def test_ten_thousand_idle_connections_cost_little_and_slow_nobody(world, crowd, rss):
    names = ("catalog", "orders", "billing", "crm", "notifications", "collections")
    before = {name: rss(name) for name in ("gateway", *names)}
    calm = [seconds for _, seconds in ask(world.url, "/v1/products?limit=5", 30)]
    crowd.connect(world.url, 10000)
    for name in names:
        crowd.connect(world.stack.service_urls[name], 1000)
    results = ask(world.url, "/v1/products?limit=5", 30)
    grown = {name: rss(name) - before[name] for name in before}
    print({name: f"{grown[name] / (10000 if name == 'gateway' else 1000):.0f} bytes a connection" for name in grown})
    assert [status for status, _ in results] == [200] * 30
    assert median([seconds for _, seconds in results]) < (median(calm) * 10 + 0.1) * SLOW
    assert all(bytes_grown < 30 * MB * SLOW for bytes_grown in grown.values()), grown
    assert closed(crowd.peers) == 0, "none of them was ended for being many"


def test_at_the_limit_strangers_are_told_and_health_checks_answered(gateway, crowd, wait_until):
    process, url = gateway(CONNECTIONS_MAX="50", CONNECTIONS_PER_ADDRESS="0")
    crowd.connect(url, 50)
    for peer in crowd.connect(url, 20, GET):
        assert status_of(peer) == 503
    refused = requests.get(url + "/v1/products", timeout=10)
    assert refused.status_code == 503 and refused.json()["code"] == "overloaded" and int(refused.headers["Retry-After"]) > 0
    assert refused.headers["Connection"] == "close"
    crowd.connect(url, 300)   # beyond what may wait to be told
    for path in ("/livez", "/readyz", "/metrics"):
        assert requests.get(url + path, timeout=10).status_code == 200
    crowd.leave()
    wait_until(lambda: requests.get(url + "/v1/products?limit=1", timeout=10).status_code == 200, 5, "room again")


def test_one_address_cannot_take_all_connections(gateway, crowd, wait_until):
    process, url = gateway(CONNECTIONS_PER_ADDRESS="20")
    greedy = crowd.connect(url, 20, source="127.0.0.2")
    extra = crowd.connect(url, 5, GET, source="127.0.0.2")
    assert [status_of(peer) for peer in extra] == [429] * 5
    assert closed(greedy) == 0
    assert requests.get(url + "/v1/products?limit=1", timeout=10).status_code == 200   # from 127.0.0.1
    for peer in greedy[:10]:
        peer.close()
    wait_until(lambda: status_of(crowd.connect(url, 1, GET, source="127.0.0.2")[0]) == 200, 5, "a place for that address again")


def test_addresses_of_one_ipv6_network_share_their_rate(gateway):
    _, url = gateway(AUTH_RATE_LIMIT_PER_MINUTE="1", TRUST_FORWARDED_FOR="on")

    def log_in(address):
        body = {"grant_type": "password", "username": "nobody@example.com", "password": "not a password"}
        return requests.post(url + "/v1/auth/token", json=body, headers={"X-Forwarded-For": address}, timeout=30).status_code
    assert log_in("2001:db8:1:2::1") == 401
    assert log_in("2001:db8:1:2:ffff:ffff:ffff:ffff") == 429
    assert log_in("2001:db8:1:3::1") == 401
    assert log_in("198.51.100.1") == 401


def cpu_s(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_file_descriptors_it_waits_and_does_not_spin(gateway, crowd, wait_until):
    process, url = gateway()
    assert requests.get(url + "/v1/products?limit=1", timeout=10).status_code == 200
    limits = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    used = len(os.listdir(f"/proc/{process.pid}/fd"))
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (used + 5, limits[1]))
    crowd.connect(url, 50)   # the rest waits in the backlog
    before = cpu_s(process.pid)
    time.sleep(1.5)
    assert cpu_s(process.pid) - before < 0.5 * SLOW
    assert process.running()
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: answers(url + "/v1/products?limit=1"), 10, "descriptors again, answers again")


def test_a_low_soft_limit_of_open_files_is_raised(gateway):
    """Many systems give 1024 and allow more."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    process, _ = gateway(open_files=(1024, hard))
    assert resource.prlimit(process.pid, resource.RLIMIT_NOFILE)[0] >= min(12000, hard)


def test_a_low_hard_limit_of_open_files_is_told_and_lived_with(gateway, crowd):
    """Fewer connections are taken, so that descriptors are left for what is behind them and for health checks."""
    process, url = gateway(open_files=(1024, 1024), CONNECTIONS_PER_ADDRESS="0")
    assert "fewer connections than configured" in process.log_tail()
    crowd.connect(url, 700)
    refused = requests.get(url + "/v1/products?limit=1", timeout=10 * SLOW)
    assert refused.status_code == 503 and refused.json()["code"] == "overloaded" and int(refused.headers["Retry-After"]) > 0
    assert requests.get(url + "/livez", timeout=10 * SLOW).status_code == 200


@pytest.mark.last
def test_connections_that_idle_are_closed(leftovers, wait_until):
    """Opened before the first test of this directory; an idle connection may stay a minute."""
    wait_until(lambda: closed(leftovers.peers) == len(leftovers.peers), 75, "all idle connections closed")
