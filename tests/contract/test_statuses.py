"""Every status an operation declares for what is not its own business, provoked at every operation: malformed and too large requests, wrong
tokens, limits, what is behind being down, slow or full. The table of operations is the contract: a new one is tried as soon as it exists. The
record of these exchanges is what lets validate.py ask that every declared status was seen."""

import concurrent.futures
import re
import socket
import threading
import uuid

import pytest

from calls import DOCUMENT, INTERNAL, Call, Caller, Service, body_schema, key_wanted, sample_call
from support.tokens import Signer, claims
from validate import excuses

PUBLISHED = DOCUMENT.operations
OPERATIONS = PUBLISHED + INTERNAL.operations   # the services' own are asked by a service, at the service itself
GUARDED = [operation for operation in PUBLISHED if not operation.public]
WITH_BODY = [operation for operation in OPERATIONS if operation.request_body]
WITH_JSON = [operation for operation in OPERATIONS if body_schema(operation)]
WITH_ID = [operation for operation in OPERATIONS if "{" in operation.path and "404" in operation.responses]
KEYED = [operation for operation in OPERATIONS if key_wanted(operation) == "required"]
BEHIND = [operation for operation in PUBLISHED if "504" in operation.responses]   # what the gateway passes on


def expect(answers, status, code=None, retry=False):
    """answers: (operation, Answer) pairs; all of them as told, or one failure that names every other."""
    wrong = [f"{operation.id}: {answer}" for operation, answer in answers
             if answer.status != status or code and answer.code not in ((code,) if isinstance(code, str) else code)
             or retry and int(answer.headers.get("retry-after", 0)) < 1]
    assert not wrong, f"not {status} {code or ''}:\n" + "\n".join(wrong)


def at_once(callers_and_calls):
    """Sends all of them at the same time, each on a connection of its own."""
    with concurrent.futures.ThreadPoolExecutor(len(callers_and_calls)) as pool:
        return list(pool.map(lambda each: (each[1].operation, each[0].at(each[0].base_url).send(each[1])), callers_and_calls))


# ---- requests that are none

def changed(operation, *headers, body=...):
    call = sample_call(operation)
    for name, _ in headers:
        call.without(name)
    call.headers += headers
    if body is not ...:
        call.body = body
    return call


def test_malformed_head(caller_of):
    expect([(each, caller_of(each).send(changed(each, ("X-A", "a\x00b")))) for each in OPERATIONS], 400, "bad_request")


def test_long_target(caller_of):
    def call(operation):
        made = sample_call(operation)
        made.query.append(("q", "a" * 3000))
        return made
    expect([(each, caller_of(each).send(call(each))) for each in OPERATIONS], 414, "uri_too_long")


def test_large_head(caller_of):
    expect([(each, caller_of(each).send(changed(each, ("X-A", "a" * 9000)))) for each in OPERATIONS], 431, "head_too_large")


def test_unmet_expectation_and_unknown_protocol(caller_of):
    """The `default` answer."""
    expect([(each, caller_of(each).send(changed(each, ("Expect", "miracles")))) for each in OPERATIONS], 417, "expectation_failed")
    expect([(each, caller_of(each).send(changed(each, ("Transfer-Encoding", "gzip, chunked")))) for each in OPERATIONS], 501, "not_implemented")


def test_large_body(caller_of):
    """Refused on the length announced, before it is sent."""
    expect([(each, caller_of(each).send(changed(each, ("Content-Length", str(300 * 1024 * 1024)), body=b""))) for each in OPERATIONS], 413, "body_too_large")


def test_slow_body(caller_of):
    """A head that promises a body, and then nothing: ended within seconds, not held for ever."""
    calls = [(caller_of(each), changed(each, ("Transfer-Encoding", "chunked"), body=b"")) for each in OPERATIONS]
    expect(at_once(calls), 408, "request_timeout")


def test_wrong_media_type(caller_of):
    expect([(each, caller_of(each).send(changed(each, ("Content-Encoding", "gzip")))) for each in WITH_BODY], 415, "unsupported_media_type")
    expect([(each, caller_of(each).send(changed(each, ("Content-Type", "application/xml")))) for each in WITH_JSON], 415, "unsupported_media_type")


def test_no_json(caller_of):
    expect([(each, caller_of(each).send(changed(each, body=b'{"a":'))) for each in WITH_JSON], 400, "malformed_json")


def test_key_missing(caller_of):
    expect([(each, caller_of(each).send(sample_call(each).without("Idempotency-Key"))) for each in KEYED], 400, "idempotency_key_missing")


def test_unknown_parameter(caller_of):
    def call(operation):
        made = sample_call(operation)
        made.query.append(("no_such_parameter", "1"))
        return made
    answers = [(each, caller_of(each).send(call(each))) for each in OPERATIONS]
    expect(answers, 422, "validation_failed")
    assert [(each.id, answer.pointers) for each, answer in answers if answer.pointers != ["query:no_such_parameter"]] == []


def test_nothing_there(caller_of):
    expect([(each, caller_of(each).send(sample_call(each))) for each in WITH_ID if not body_schema(each)], 404, "not_found")
    for operation in (each for each in WITH_ID if body_schema(each)):   # may find first that what the body names is not there either
        answer = caller_of(operation).send(sample_call(operation))
        assert answer.status in (404, 409, 422) and answer.code not in ("validation_failed", "malformed_json"), f"{operation.id}: {answer}"


# ---- who asks

def test_no_token(nobody):
    answers = [(each, nobody.send(sample_call(each))) for each in GUARDED]
    expect(answers, 401, "unauthenticated")


def test_bad_token(nobody):
    expect([(each, nobody.with_token("a.b.c").send(sample_call(each))) for each in GUARDED], 401, "invalid_token")


def test_token_without_the_scope(nobody, stack):
    """Signed with the real key, good in every way, but for none of an operation's scopes."""
    signer = Signer.from_file(stack.credentials.key_file)
    stranger = nobody.with_token(signer.token(claims(stack.gateway_url, str(uuid.uuid4()), "no.such.scope")))
    expect([(each, stranger.send(sample_call(each))) for each in GUARDED], 403, "forbidden")


def test_strangers_at_the_services(stack, recorder):
    """What is between the services is for them alone, whoever reaches their ports."""
    secret = stack.credentials["identity"]

    def ask(make):
        return [(each, make(stack.service_urls[each.service]).send(sample_call(each))) for each in INTERNAL.operations]
    expect(ask(lambda url: Outsider(url, recorder)), 401, "unauthenticated")
    expect(ask(lambda url: Service(url, recorder, "not the secret, but as long as one has to be")), 401, "unauthenticated")
    expect(ask(lambda url: Service(url, recorder, secret, scope="crm.read")), 403, "forbidden")


class Outsider(Caller):
    def exchange(self, call, answer):
        return {**super().exchange(call, answer), "internal": True}


# ---- methods

def test_head_is_get_without_its_body(caller_of):
    wrong = []
    for operation in PUBLISHED:
        if operation.method == "GET":
            got, head = caller_of(operation).send(sample_call(operation)), caller_of(operation).send(sample_call(operation, "HEAD"))
            same = {name for name in got.headers if name not in ("date", "x-request-id", "ratelimit-remaining", "ratelimit-reset", "content-length", "cache-status")}
            if head.status != got.status or {name: head.headers.get(name) for name in same} != {name: got.headers[name] for name in same}:
                wrong.append(f"{operation.id}: {got.status} {got.headers} but {head.status} {head.headers}")
    assert not wrong, "\n".join(wrong)


def test_other_methods(nobody):
    """405 with exactly the methods the contract has, on every path; before any token is asked for."""
    wrong, paths = [], {}
    for operation in PUBLISHED:
        paths.setdefault(re.sub(r"\{\w+\}", "{}", operation.path), []).append(operation)
    for operations in paths.values():
        allowed = {operation.method for operation in operations}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} - allowed:
            answer = nobody.send(Call(operations[0], method, sample_call(operations[0]).path))
            if answer.status != 405 or set(answer.headers.get("allow", "").split(", ")) != allowed or method != "HEAD" and answer.code != "method_not_allowed":
                wrong.append(f"{method} {operations[0].path}: {answer.status} Allow: {answer.headers.get('allow')}, not {sorted(allowed)}")
    assert not wrong, "\n".join(wrong)


# ---- limits and what is behind

def test_limits(own_gateway, caller_of):
    """One request and no more: the second is told when to come again."""
    url = own_gateway(RATE_LIMIT_PER_SECOND="1", RATE_LIMIT_BURST="1", AUTH_RATE_LIMIT_PER_MINUTE="1")
    expect([(each, until_limited(caller_of(each).at(url), each)) for each in PUBLISHED], 429, "rate_limited", retry=True)


def until_limited(caller, operation):
    """The first refusal; a second's wait gives one more request."""
    for _ in range(20):
        answer = caller.send(sample_call(operation))
        if answer.status == 429:
            break
    return answer


def test_nothing_behind(own_gateway, caller_of, stack):
    """Peers that refuse connections: a clear 503 from whatever needs one."""
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))   # taken, and nobody listens
    nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"
    url = own_gateway(ready="/livez", **{f"{name.upper()}_URL": nowhere for name in stack.service_urls if name not in ("gateway", "sandbox")})
    expect([(each, caller_of(each).at(url).send(sample_call(each))) for each in (*BEHIND, *GUARDED)], 503, "unavailable", retry=True)
    closed.close()


class Mute:
    """Answers with crm's keys until it is muted; then takes every request and says nothing, although it is alive: stuck."""

    def __init__(self, keys):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(keys), keys)
        self._ended, self._muted, self._held = threading.Event(), False, []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        self._listener.settimeout(0.1)
        while not self._ended.is_set():
            try:
                peer, _ = self._listener.accept()
            except socket.timeout:
                continue
            self._held.append(peer)
            peer.settimeout(10)
            asked = peer.recv(65536)
            if not self._muted or asked.startswith(b"GET /livez"):
                peer.sendall(self._reply)
                peer.close()

    def mute(self):
        self._muted = True

    def close(self):
        self._ended.set()
        self._thread.join()
        for each in (*self._held, self._listener):
            each.close()


def test_no_answer_from_behind(own_gateway, caller_of, nobody, stack):
    """Within their ten seconds all but the import, whose time is longer than anybody wants to wait here."""
    keys = next(each for each in PUBLISHED if each.path == "/.well-known/jwks.json")
    mute = Mute(nobody.send(sample_call(keys)).body)
    quick = [each for each in BEHIND if (each.id, "504") not in excuses()]
    try:
        url = own_gateway(**{f"{name.upper()}_URL": mute.url for name in stack.service_urls if name not in ("gateway", "sandbox")})
        mute.mute()
        expect(at_once([(caller_of(each).at(url), sample_call(each)) for each in quick]), 504, "gateway_timeout", retry=True)
    finally:
        mute.close()


def test_full(own_gateway, caller_of, wait_until):
    """The place for a request taken by somebody who does not go on: the others are told to come again, at once, and served as soon as
    there is room."""
    places = 1   # with more, only some may be held by those who are waited for
    url = own_gateway(REQUESTS_MAX=str(places), CHANGES_MAX=str(places))
    public = next(each for each in WITH_JSON if each.public and each.path == "/v1/simulations")
    stuck = changed(public, ("Content-Length", "10"), body=b"").bytes()
    host, port = url.removeprefix("http://").split(":")
    calls = [(caller_of(each).at(url), sample_call(each)) for each in PUBLISHED]
    assert all(caller.token is None or caller.token for caller, _ in calls)   # logged in before it is full
    held = []
    try:
        for _ in range(places):
            held.append(socket.create_connection((host, int(port)), timeout=30))
            held[-1].sendall(stuck)
        wait_until(lambda: caller_of(public).at(url).send(sample_call(public)).status == 503, 4, "a full house")
        expect(at_once(calls), 503, "overloaded", retry=True)   # together: those who hold the places are sent away in 5 s
    finally:
        for peer in held:
            peer.close()
    again = caller_of(public).at(url)
    wait_until(lambda: again.send(sample_call(public)).status < 500, 20, "room for a request")


def test_without_a_database(stack, caller_of):
    """What needs PostgreSQL says that it cannot be reached, what does not goes on; nothing hangs, nothing breaks; and all is well as soon
    as it is back."""
    calls = [(caller_of(each), sample_call(each)) for each in OPERATIONS]
    for caller, _ in calls:
        assert caller.token is None or caller.token   # logged in before nobody can
    stack.kill("postgres")
    try:
        answers = at_once(calls)
    finally:
        stack.start_one("postgres")
        for name in stack.service_urls:
            stack.wait_ready(name)
    wrong = [f"{operation.id}: {answer}" for operation, answer in answers if answer.status >= 500 and
             (answer.status != 503 or answer.code != "unavailable" or not answer.headers.get("retry-after"))]
    assert not wrong, "\n".join(wrong)
    assert sum(answer.status == 503 for _, answer in answers) > len(answers) / 2


def test_without_a_test_clock(own_gateway, caller_of):
    """As in production: the clock is no part of the API."""
    url = own_gateway(TEST_CLOCK="off")
    clock = [each for each in PUBLISHED if "test_clock_off" in each.codes(DOCUMENT, "404")]
    assert clock
    expect([(each, caller_of(each).at(url).send(sample_call(each))) for each in clock], 404, "test_clock_off")
