"""Every operation against requests made from its contract: valid ones and ones with exactly one thing wrong, by two customers, staff and nobody, with
ids of real things. Short in `make test`, with a fixed seed; `make fuzz-api SEED=n EXAMPLES=m` is the same at any length.

Of every answer: no 5xx; status, headers, body and problem code are as declared; who may not ask is told so; what the contract forbids is never
accepted, and the refusal names the place; what it allows is never refused as malformed; a repetition under a key is the same answer; and nothing
of one customer, and no secret, is in an answer to anybody else."""

import collections
import os
import time

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from calls import DOCUMENT, INTERNAL, ROOT, Caller, Service
from generate import Requests
from support.link import payment_link
from validate import check_exchange
from world import CUSTOMERS, NOBODY, SERVICE, STAFF, World

SEED = int(os.environ.get("FUZZ_SEED") or 20261122)
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES") or 25)
OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations + INTERNAL.operations}
TARGET_MAX, ANSWER_MAX_S = 2048, 25
# Not sent as they should be: what a valid request does to everybody else.
ONLY_WRONG = {"advance_test_clock": "moves the clock of all services, for all tests", "create_plan": "is offered to all buyers of all tests",
              "create_legal_rate": "may forbid the offers of all tests"}
WHO_ASK = [("a", "b"), ("a", NOBODY), ("a", STAFF), ("b", "a", STAFF), (STAFF, "a", NOBODY)]
NEVER_OF_A_VALID_REQUEST = ("bad_request", "malformed_json", "idempotency_key_missing", "unsupported_media_type", "body_too_large", "validation_failed")

tally = collections.Counter()
slowest = [0, ""]


def documented_rules():
    """Operations whose contract says itself that they refuse more than their schemas can: x-problems with validation_failed."""
    found = set()
    for name in os.listdir(os.path.join(ROOT, "proto")):
        if name.endswith(".yaml"):
            with open(os.path.join(ROOT, "proto", name), encoding="utf-8") as file:
                paths = yaml.safe_load(file)["paths"] or {}
            found |= {each["operationId"] for item in paths.values() for each in item.values()
                      if isinstance(each, dict) and "validation_failed" in (each.get("x-problems") or [])}
    return found


RULES = documented_rules()


@pytest.fixture(scope="module")
def world(shop, staff, stack):
    with open(stack.credentials.key_file, encoding="ascii") as file:
        key_lines = [line for line in file.read().splitlines() if not line.startswith("-")]
    secrets = [stack.credentials["identity"], stack.credentials["staff"], stack.webhook_secret, stack.sandbox_key, stack.mercadopago_secret, stack.credentials["mercadopago"], *key_lines]
    services = {name: Service(url, None, stack.credentials["identity"]) for name, url in stack.service_urls.items()}
    return World(shop, Caller(stack.gateway_url), staff, services, lambda *order: payment_link(stack.credentials["identity"], *order), [each for each in secrets if len(each) > 7])


@pytest.fixture(scope="module", autouse=True)
def figures(stack):
    before = {name: stack.server(name).pid for name in stack.service_urls}
    started = time.monotonic()
    yield
    took = time.monotonic() - started
    print(f"\nfuzz: seed {SEED}, {EXAMPLES} examples an operation, {sum(tally.values())} requests in {took:.0f} s: "
          + ", ".join(f"{count} {what}" for what, count in tally.most_common()) + f"; the slowest took {slowest[0]:.2f} s ({slowest[1]})")
    assert {name: stack.server(name).pid for name in stack.service_urls if stack.running(name)} == before, "a process died of it"


def admitted(operation, who):
    """None, or how somebody who may not ask is told."""
    if operation.public or who == SERVICE:
        return None
    if who == NOBODY:
        return (401, "unauthenticated")
    allowed = "customer" in operation.scopes if who in CUSTOMERS else bool(set(operation.scopes) - {"customer"})
    return None if allowed else (403, "forbidden")


def complaint(world, who, spec, call, answer, exchange):
    """What is wrong with an answer, or None."""
    _, errors = check_exchange(spec.operation.document, exchange)
    if answer.status >= 500:
        return f"answered {answer.status}"
    if errors:
        return "; ".join(errors)
    leaked = world.leaks(who, call, answer)
    if leaked:
        return f"holds {leaked}"
    if answer.took_s > ANSWER_MAX_S:
        return f"took {answer.took_s:.1f} s"
    # HTTP itself comes before everything: a target or a head can be too long although its parts are not.
    if answer.status == 414 and len(call.target) > TARGET_MAX or answer.status == 431:
        return None
    refusal = admitted(spec.operation, who)
    if refusal and spec.wrong != "the key is none":
        broken_path = answer.status in (400, 404) and spec.wrong and "path" in str(spec.pointer)
        return None if (answer.status, answer.code) == refusal or broken_path or answer.code == "bad_request" else f"told somebody it is not for: not {refusal}"
    if answer.code == "idempotency_key_reused" and call.header("Idempotency-Key"):
        return None   # looked at before the rest
    if spec.wrong:
        return wrong_complaint(spec, answer)
    if spec.foreign and who in CUSTOMERS and not spec.operation.public and answer.status < 300:
        return "acted on what is another customer's"
    if answer.code in NEVER_OF_A_VALID_REQUEST and not (answer.code == "validation_failed" and (
            spec.operation.id in RULES or answer.pointers == ["query:cursor"])):
        return "refused what the contract allows"
    return None


def wrong_complaint(spec, answer):
    if answer.status < 400:
        return f"was accepted although {spec.wrong}"
    if answer.status not in (400, 401, 403, 404, 413, 422) or answer.status == 404 and "path" not in str(spec.pointer):
        return f"refused otherwise than because {spec.wrong}"
    if spec.pointer is not None and answer.status == 422 and not any(named == spec.pointer or named.startswith(spec.pointer + "/") for named in answer.pointers):
        return f"does not name {spec.pointer}"   # nor anything in it
    if spec.pointer is not None and answer.status == 400 and answer.code == "malformed_json":
        return f"could not read what is JSON, although only {spec.wrong}"
    return None


def repeated(spec, answer, again):
    """The second of two equal requests under one key."""
    if answer.status < 300 and (again.status, again.body) != (answer.status, answer.body):
        return f"first {answer}, then"
    if answer.status < 300 and again.headers.get("idempotent-replayed") != "true":
        return "a repetition is not said to be one"
    return None


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_fuzz(name, world, recorder):
    operation = OPERATIONS[name]
    who_ask = [(SERVICE,)] if SERVICE in operation.scopes else WHO_ASK
    requests = Requests(operation, only_wrong=name in ONLY_WRONG).strategy()
    keep = EXAMPLES <= 200   # a long run judges for itself and records nothing
    found = []

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate, Phase.shrink),
              report_multiple_bugs=False, print_blob=False)
    @given(requests, st.sampled_from(who_ask))
    def attempt(spec, callers):
        for who in callers:   # making a request takes longer than answering it
            ask(spec, who)

    def ask(spec, who):
        caller, answers = world.caller(who, operation), []
        call = spec.call(world, who)
        for _ in range(2 if spec.twice and not spec.wrong else 1):
            answer = caller.send(call)
            exchange = caller.exchange(call, answer)
            if keep:
                recorder.write(exchange)
            tally[spec.wrong and "wrong" or "valid"] += 1
            slowest[:] = max(slowest, [answer.took_s, name])
            answers.append(answer)
            said = complaint(world, who, spec, call, answer, exchange)
            if said is None and len(answers) == 2:
                said = repeated(spec, *answers)
            if said:
                found.append(f"{said}\n    {who}: {call}\n    {answer}")
                raise AssertionError(found[-1])
            world.learn(who, operation, answer)
    try:
        attempt()
    except Exception:
        if not found:
            raise
    assert not found, f"seed {SEED}: {found[-1]}\n  first seen as: {found[0]}"
