"""The table of hostile requests (table.py) against the real gateway, a real service, and nginx in front of both.

Against the gateway and a service each entry has one right outcome: refused with its status and the connection closed, or taken as exactly the requests it is. Through
pairs (nginx and the gateway, the gateway and a service, nginx and a service) nobody may see a request that the one before did not mean: hop by hop, what arrives is among
what was passed on, one for one, whatever either made of the bytes; and on connections that are used again everybody gets his own answer."""

import collections
import concurrent.futures
import json
import os
import re

import pytest

from conftest import SLOW
from edge.peers import LAX, STRICT, Broken, Client, Nginx, Service, fill
from edge.table import PASSED, TABLE

IDS = {entry.name: f"e{number}" for number, entry in enumerate(TABLE)}
ROLE = re.compile(r"\b([a-z]+e\d+\.(?:main|hidden|next|after|canary))\b")
AT_ONCE = 8


def everywhere(check, entries):
    """check(entry) of each; what went wrong, in the entries' order."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda entry: (entry, attempt(check, entry)), entries)
    return [f"{entry.name}: {why}" for entry, why in results if why]


def attempt(check, entry):
    try:
        return check(entry)
    except (Broken, OSError) as failure:
        return f"{type(failure).__name__}: {failure}"


def converse(url, entry, ident, token, passed, answered):
    """Sends the entry and judges every reply; why it is wrong, or None."""
    with Client(url, 20 * SLOW) as client:
        client.send(fill(entry.bytes, ident, token))
        for number, expected in enumerate(entry.replies):
            reply = client.reply(entry.to_head and number == 0)
            if reply is None:
                return f"closed instead of reply {number + 1} ({expected})"
            if not (passed(reply[0]) if expected == PASSED else reply[0] == expected):
                return f"reply {number + 1} is {reply[0]} {reply[1][:200]!r}, not {expected}"
        if entry.closed:
            return None if client.ended() else f"not closed, or said more: {client.pending[:200]!r}"
        client.send(f"GET /v1/products/{ident}.after HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        reply = client.reply()
        if reply is None or not answered(reply, f"{ident}.after"):
            return f"the next request got {reply}"
        return f"said more: {client.pending[:200]!r}" if client.pending else None


def roles(texts):
    return collections.Counter(role for text in texts for role in ROLE.findall(text))


def logged(path):
    """The requests in a service's log, by role."""
    with open(path, "rb") as file:
        lines = [json.loads(line) for line in file if b'"request"' in line]
    return roles(line["path"] for line in lines if "path" in line)


@pytest.fixture(scope="module")
def behind():
    service = Service()
    yield service
    service.close()


@pytest.fixture(scope="module")
def gateway(gateway_before, behind):
    return gateway_before(CATALOG_URL=behind.url, BILLING_URL=behind.url, CACHE_TTL_MS="0")   # what arrives is counted


def test_the_gateway_takes_each_for_what_it_is(gateway, behind, staff_token):
    wrong = everywhere(lambda entry: converse(gateway, entry, "g" + IDS[entry.name], staff_token, lambda status: status == 200,
                                              lambda reply, role: reply[0] == 200 and role.encode() in reply[1]), TABLE)
    seen = [(target, raw) for _, target, raw in behind.seen if ROLE.search(target)]
    count = roles(target for target, _ in seen)
    for entry in TABLE:
        ident = "g" + IDS[entry.name]
        arrived = tuple(count[f"{ident}.{role}"] for role in ("main", "hidden", "next"))
        if arrived != (entry.main, 0, entry.next):
            wrong.append(f"{entry.name}: behind it arrived {arrived} of (main, hidden, next)")
        if entry.absent and any(entry.absent in raw for target, raw in seen if f"{ident}.main" in target):
            wrong.append(f"{entry.name}: {entry.absent} came through")
    assert not wrong, "\n".join(wrong)
    assert not behind.broken


def straight():
    """The operations differ a little from the gateway's: paths below /internal are there, imports need an identity."""
    return [entry for entry in TABLE if not entry.name.startswith("path: ") and b"@S" not in entry.bytes]


def test_a_service_takes_each_for_what_it_is(stack):
    """Billing's and catalog's own servers, without the gateway's help."""
    def check(entry):
        url = stack.service_urls["billing" if b"@P" in entry.bytes else "catalog"]
        return converse(url, entry, "s" + IDS[entry.name], "x", lambda status: 200 <= status < 500, lambda reply, role: reply[0] in (404, 422))
    wrong = everywhere(check, straight())
    count = logged(os.path.join(stack.log_dir, "billing.log")) + logged(os.path.join(stack.log_dir, "catalog.log"))
    wrong += [f"{entry.name}: its tail ran" for entry in straight() if count[f"s{IDS[entry.name]}.hidden"]]
    assert not wrong, "\n".join(wrong)


# ---- pairs

def shout(url, entry, ident, canary, token="x"):
    """Sends the entry to somebody whose reading of it is his own affair; then somebody else asks for his own thing."""
    with Client(url, 10 * SLOW) as client:
        client.send(fill(entry.bytes, ident, token))
        client.drain(0.15 * SLOW)
    with Client(url, 20 * SLOW) as client:
        client.send(f"GET /v1/products/{ident}.canary HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        reply = client.reply()
    return None if reply and canary(reply, f"{ident}.canary") else f"somebody else got {reply}"


def more_than(arrived, passed_on):
    return [f"{role}: {count} arrived of {passed_on[role]} passed on" for role, count in sorted(arrived.items()) if count > passed_on[role]]


def own_canary(reply, role):
    return reply[0] == 200 and role.encode() in reply[1]


@pytest.fixture(scope="module")
def nginx(scratch, stack, gateway):
    to_gateway = {"/": gateway}
    to_services = {"/v1/webhooks": stack.service_urls["billing"], "/": stack.service_urls["catalog"]}
    nginx = Nginx(os.path.join(scratch, "nginx"), {"strict": (STRICT, to_gateway), "lax": (LAX, to_gateway), "services": (LAX, to_services)})
    yield nginx
    nginx.stop()


@pytest.mark.parametrize("kind", ["strict", "lax"])
def test_nginx_and_the_gateway_agree(nginx, gateway, behind, kind, wait_until, staff_token):
    prefix = "n" + kind
    known = len(behind.broken)
    wrong = everywhere(lambda entry: shout(nginx.url(kind), entry, prefix + IDS[entry.name], own_canary, staff_token), TABLE)
    taken = [entry for entry in TABLE if not entry.refused]

    def settled():
        passed_on = roles(line for line, passed, _ in nginx.requests(kind) if passed)
        return passed_on if sum(passed_on[f"{prefix}{IDS[entry.name]}.canary"] for entry in TABLE) >= len(TABLE) else None
    passed_on = wait_until(settled, 20, "nginx's log")
    arrived = {role: count for role, count in logged(gateway.log).items() if role.startswith(prefix)}
    served = {role: count for role, count in roles(target for _, target, _ in behind.seen).items() if role.startswith(prefix)}
    wrong += more_than(arrived, passed_on)
    # The gateway logs paths alone, and one target has its role in the query; what hides behind it would be a path.
    in_query = {f"{prefix}{IDS[entry.name]}.main" for entry in TABLE if b"@S" in entry.bytes}
    wrong += more_than({role: count for role, count in served.items() if role not in in_query}, arrived)
    assert not wrong, "\n".join(wrong)
    assert behind.broken[known:] == []
    # A pair that passes nothing on proves nothing: most of what is good must have come through, once.
    through = [entry for entry in taken if served.get(f"{prefix}{IDS[entry.name]}.main") == entry.main]
    assert len(through) >= len(taken) * 0.9, [entry.name for entry in taken if entry not in through]


def test_nginx_and_a_service_agree(nginx, stack, wait_until):
    wrong = everywhere(lambda entry: shout(nginx.url("services"), entry, "nservice" + IDS[entry.name], lambda reply, role: reply[0] in (404, 422)), straight())
    last = f"nservice{IDS[straight()[-1].name]}.canary"
    passed_on = wait_until(lambda: (count := roles(line for line, passed, _ in nginx.requests("services") if passed))[last] and count, 20, "nginx's log")
    count = logged(os.path.join(stack.log_dir, "billing.log")) + logged(os.path.join(stack.log_dir, "catalog.log"))
    wrong += more_than({role: number for role, number in count.items() if role.startswith("nservice")}, passed_on)
    assert not wrong, "\n".join(wrong)
    assert sum(role.endswith(".main") for role in count) > 20


def test_the_gateway_and_a_service_agree(stack, wait_until, staff_token):
    wrong = everywhere(lambda entry: shout(stack.gateway_url, entry, "p" + IDS[entry.name], lambda reply, role: reply[0] in (404, 422), staff_token), TABLE)
    files = {name: os.path.join(stack.log_dir, f"{name}.log") for name in ("gateway", "billing", "catalog")}
    last = f"p{IDS[TABLE[-1].name]}.canary"
    wait_until(lambda: logged(files["catalog"])[last], 20, "the last request in catalog's log")
    arrived = logged(files["billing"]) + logged(files["catalog"])
    wrong += more_than({role: count for role, count in arrived.items() if role.startswith("pe")}, logged(files["gateway"]))
    wrong += [f"{role} arrived" for role in arrived if role.startswith("pe") and role.endswith(".hidden")]
    assert not wrong, "\n".join(wrong)
    assert sum(role.startswith("pe") and role.endswith(".main") for role in arrived) > 20
