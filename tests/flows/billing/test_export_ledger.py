"""GET /v1/ledger/export, and build/bin/cuotas-ledger, which checks what it answers without us."""

import collections
import datetime
import hashlib
import json
import os
import subprocess

import pytest

PATH = "/v1/ledger/export"
PROGRAM = os.path.join(os.path.dirname(__file__), "..", "..", "..", "build", "bin", "cuotas-ledger")
HASHED = ("lane", "position", "id", "entry_id", "line", "kind", "debit", "credit", "amount", "currency", "customer_id", "order_id", "installment_number", "payment_id")


def export(staff, limit=5000):
    """All pages, one after the other."""
    text, cursor = "", None
    while True:
        page = staff.get(PATH, {"limit": limit, **({"cursor": cursor} if cursor else {})}, expect=200)
        assert page.headers["Content-Type"] == "application/x-ndjson" and len(page.body.splitlines()) <= limit
        text += page.body.decode()
        cursor = page.headers.get("Next-Cursor")
        if not cursor:
            return text


def check(text):
    """(exit status, what it says) of the command."""
    done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def exported(shop, customer, staff, wait_until):
    """An export nothing was posted beside, in which one lane has three postings and more; and that lane."""
    for _ in range(2):
        shop.buy(customer)
    text = wait_until(lambda: (lambda one: one if one == export(staff) else None)(export(staff)), what="a ledger at rest")
    return text, int(customer.id[-1], 16)


def test_every_member_that_is_hashed(exported):
    """Recomputed as the contract's description says, in a few lines."""
    before, ends = collections.defaultdict(bytes), {}
    for line in map(json.loads, exported[0].splitlines()):
        if "end" in line:
            assert line["hash"] == before[line["lane"]].hex()
            ends[line["lane"]] = line["end"]
            continue
        day = (datetime.date.fromisoformat(line["effective_on"]) - datetime.date(1970, 1, 1)).days
        at = (datetime.datetime.fromisoformat(line["recorded_at"].replace("Z", "+00:00")) - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)) // datetime.timedelta(microseconds=1)
        text = "|".join(str("" if line[member] is None else line[member]) for member in HASHED) + f"|{day}|{at}"
        before[line["lane"]] = hashlib.sha256(before[line["lane"]] + text.encode()).digest()
        assert before[line["lane"]].hex() == line["hash"], line
    assert sorted(ends) == list(range(16))


def test_pages(exported, staff):
    text, _ = exported
    assert export(staff, 7) == export(staff, 1000) == text
    assert staff.get(PATH, {"cursor": "MQ"}, expect=422).pointers == ["query:cursor"]


def test_what_is_whole_is_told_with_its_balances(exported, staff):
    status, told = check(exported[0])
    assert status == 0, told
    postings = [json.loads(line) for line in exported[0].splitlines() if '"end"' not in line]
    assert told.startswith(f"{len(postings)} postings in 16 lanes")
    balance = {(each["currency"], each["account"]): (each["debit"], each["credit"]) for each in staff.get("/v1/ledger/trial-balance", expect=200)["data"]}
    sums = {(words[0], words[1]): (int(words[2]), int(words[3])) for words in map(str.split, told.splitlines()[1:]) if len(words) == 4}
    assert sums == balance


def of_lane(text, lane):
    """(the lines, the indexes of that lane's postings)"""
    lines = text.splitlines(keepends=True)
    return lines, [i for i, line in enumerate(lines) if json.loads(line)["lane"] == lane and '"end"' not in line]


def changed(line, **members):
    return json.dumps({**json.loads(line), **members}) + "\n"


def amount(lines, at):
    lines[at[1]] = changed(lines[at[1]], amount=json.loads(lines[at[1]])["amount"] + 1)


def removed(lines, at):
    del lines[at[1]]


def removed_last(lines, at):
    del lines[at[-1]]


def inserted(lines, at):
    lines.insert(at[1] + 1, lines[at[1]])


def reordered(lines, at):
    lines[at[1]], lines[at[2]] = lines[at[2]], lines[at[1]]


def slipped_in(lines, at):
    lines.insert(at[-1] + 1, changed(lines[at[-1]], position=json.loads(lines[at[-1]])["position"] + 1))


def cut_off(lines, at):
    del lines[at[-1] + 1:]


def after_its_end(lines, at):
    lines.append(changed(lines[at[-1]], position=json.loads(lines[at[-1]])["position"] + 1))


@pytest.mark.parametrize("tamper, where, says", [
    (amount, 1, "was changed, or the one before it"), (removed, 2, "what was between them was removed"), (removed_last, None, "the last ones were removed"),
    (inserted, 1, "it was inserted"), (reordered, 2, "out of order"), (slipped_in, None, "was changed, or the one before it"),
    (cut_off, None, "its end is missing"), (after_its_end, None, "comes after its end")])
def test_what_was_tampered_with_is_named(exported, tamper, where, says):
    text, lane = exported
    lines, at = of_lane(text, lane)
    named = json.loads(lines[at[where]])["id"] if where is not None else None
    tamper(lines, at)
    status, told = check("".join(lines))
    assert status == 1
    mine = next(line for line in told.splitlines() if line.startswith(f"cuotas-ledger: lane {lane}: "))
    assert says in mine and (named is None or f"posting {named} " in mine), told
    assert tamper is cut_off or len(told.splitlines()) == 1


@pytest.mark.parametrize("line, why", [
    ("what?", "no JSON object"), ("[]", "no JSON object"), ('{"lane": 16, "end": 0, "hash": ""}', "names no lane"), ('{"lane": 1, "lane": 1, "end": 0, "hash": ""}', "no JSON object"),
    ('{"lane": 1, "end": 3, "hash": "00"}', "an end's hash"), ('{"lane": 1, "position": 1}', "its hash is missing"), ('{"lane": 1, "hash": "' + 64 * "0" + '"}', "a number is missing")])
def test_what_is_no_export(line, why):
    status, told = check('{"lane": 0, "end": 0, "hash": ""}\n' + line + "\n")
    assert status == 2 and told.startswith("cuotas-ledger: line 2: ") and why in told


def test_for_staff_only(customer, api):
    customer.api.get(PATH, expect=403)
    api.get(PATH, expect=401)
