"""A service behind the gateway that answers what it should not (replies.py): whoever asked gets a clean 502, 503 or 504, a reply that is visibly cut, or the reply there
was; and nobody ever gets what belongs to another."""

import concurrent.futures
import json
import re
import time

import pytest

from conftest import SLOW
from edge.peers import Broken, Client, Service, echo
from edge.replies import CUT, TABLE, WHOLE

IDS = {answer.name: f"r{number}" for number, answer in enumerate(TABLE)}
BY_ID = {ident: answer for answer in TABLE for ident in [IDS[answer.name]]}
CODES = {502: "bad_gateway", 503: "unavailable", 504: "gateway_timeout"}


def misbehave(peer, method, target, raw):
    found = re.search(r"/(r\d+)\.main", target)
    if not found:
        echo(peer, method, target, raw)
        return
    answer = BY_ID[found[1]]
    for number, piece in enumerate(answer.pieces):
        if number:
            time.sleep(answer.pause_s)
        peer.sendall(piece)
    if answer.slow:
        time.sleep(20 * SLOW)
    if not answer.stays or answer.slow:
        raise EOFError


@pytest.fixture(scope="module")
def gateway(gateway_before):
    service = Service(misbehave)
    yield gateway_before(CATALOG_URL=service.url)
    service.close()


def ask(client, ident, role):
    client.send(f"GET /v1/products/{ident}.{role} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    return client.reply()


def own(reply, role):
    return reply is not None and reply[0] == 200 and json.loads(reply[1]) == {"target": f"/v1/products/{role}"}


def judge(gateway, answer):
    """What is wrong with what the client of it saw; or None."""
    ident = IDS[answer.name]
    with Client(gateway, 40 * SLOW) as client:
        try:
            reply = ask(client, ident, "main")
        except Broken as why:
            return None if answer.expected == CUT and "ended inside a body" in str(why) else str(why)
        if reply is None:
            return "closed without a reply"
        status, body = reply
        if answer.expected == CUT and (status not in CODES or json.loads(body)["code"] != CODES[status]):
            return f"got {status} {body[:200]!r} whole"
        if answer.expected == WHOLE and (status >= 400 or body != answer.body):
            return f"got {status} {body[:200]!r}"
        if answer.expected in CODES and (status != answer.expected or json.loads(body)["code"] != CODES[status]):
            return f"got {status} {body[:200]!r}"
        if answer.absent in body:
            return f"{answer.absent} came through"
        if not answer.slow:
            time.sleep(answer.pause_s * 4 * SLOW)   # the stray has come
        for role in ("next", "third"):
            if client.pending:
                return f"said more: {client.pending[:200]!r}"
            reply = ask(client, ident, role)
            if not own(reply, f"{ident}.{role}"):
                return f"the {role} request got {reply}"
    return None


def test_whatever_is_answered_nobody_gets_anothers(gateway):
    """The quick ones one after the other, so that each is followed by others on the same pooled connection."""
    slow = [answer for answer in TABLE if answer.slow]
    with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
        waiting = [(answer, pool.submit(judge, gateway, answer)) for answer in slow]
        wrong = [f"{answer.name}: {why}" for answer in TABLE if not answer.slow for why in [judge(gateway, answer)] if why]
        wrong += [f"{answer.name}: {why}" for answer, future in waiting for why in [future.result()] if why]
    assert not wrong, "\n".join(wrong)


def test_strays_under_load(gateway):
    """The same replies with something behind them while many others use the same connections."""
    strays = [answer for answer in TABLE if answer.expected == WHOLE and answer.stays and not answer.slow and not answer.pause_s]

    def hammer(worker):
        with Client(gateway, 40 * SLOW) as client:
            for turn in range(60):
                ident = IDS[strays[(turn + worker) % len(strays)].name]
                reply = ask(client, ident, "main")
                if reply is None or b"evil" in reply[1]:
                    return f"{BY_ID[ident].name}: got {reply}"
                role = f"w{worker}t{turn}"
                reply = ask(client, ident, role)
                if not own(reply, f"{ident}.{role}"):
                    return f"after {BY_ID[ident].name}: got {reply}"
        return None
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert [why for why in pool.map(hammer, range(12)) if why] == []
