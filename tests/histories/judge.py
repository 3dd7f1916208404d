"""What must hold of a history, and what of it must be the same each time.

    after_step(history)    billing's books against themselves: texts of what is wrong
    at_end(history)        the same, and everything the API says against the export of the ledger
    told(history)          the history's books as lines: trial balance, ledger, receivables and statements, with names for ids

Random by nature, and so not in the lines as it is: ids (billing, orders and crm draw them, and interest's entry ids are hashes of them), which become numbers by their first appearance; times, which are
the machine's, of which the shop's day is left; and what follows from these: a posting's number (two customers' postings of a moment may come either way round), its lane (of the customer's id) and place in it, and the hashes over all of that. So postings are told
by order, in the order of their lane, which is the order in which they were made of one order; the chains are checked as they are."""

import collections
import datetime
import itertools
import json
import os
import re
import subprocess

from support import books

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
ZONE = datetime.timedelta(hours=-5)   # America/Bogota
DEBIT_LESS_CREDIT = (("debit", 1), ("credit", -1))


def after_step(history):
    return books.wrong(history.world.rows)


# ---- reading

def export(history):
    """The whole export: its bytes."""
    text, query = b"", {"limit": 5000}
    while query:
        page = history.staff.get("/v1/ledger/export", query, expect=200)
        text += page.body
        query = {"limit": 5000, "cursor": page.headers["Next-Cursor"]} if page.headers.get("Next-Cursor") else None
    return text


def postings(text):
    return [line for line in map(json.loads, text.splitlines()) if "id" in line]


def statement(history, customer):
    """All its lines, and what its first page says of balances."""
    first = customer.statement()
    return {**first, "data": list(customer.api.pages(f"/v1/customers/{customer.id}/statement")), "next_cursor": None}


def balances(lines, key=lambda line: ()):
    """{(key..., account, currency): debits less credits}"""
    sums = collections.Counter()
    for line in lines:
        for side, sign in DEBIT_LESS_CREDIT:
            sums[(*key(line), line[side], line["currency"])] += sign * line["amount"]
    return sums


# ---- what must hold

def at_end(history):
    text = export(history)
    lines = postings(text)
    return [*after_step(history), *chains(history, text), *trial_balances(history, lines), *receivables_foot(history, lines), *payments_are_allocated(history, lines), *statements_foot(history, lines)]


def chains(history, text):
    """By billing, and by a program that has only the export."""
    verified = verify(history)
    for page in verified:
        yield from (f"verify: {each}" for each in page["broken"])
    if not verified[-1]["whole"]:
        yield f"verify: {verified[-1]}"
    program = os.path.join(history.world.stack.binaries, "cuotas-ledger")
    done = subprocess.run([program], input=text, capture_output=True, timeout=60)
    if done.returncode != 0:
        yield f"cuotas-ledger: {done.returncode} {done.stdout.decode()[-500:]} {done.stderr.decode()[-500:]}"


def verify(history):
    pages, query = [], {"limit": 500}
    while query:
        pages.append(history.staff.get("/v1/ledger/verify", query, expect=200).json)
        query = {"limit": 500, "cursor": pages[-1]["next_cursor"]} if pages[-1]["next_cursor"] else None
    return pages


def days(lines):
    return sorted({line["effective_on"] for line in lines})


def trial_balance(history, **query):
    return {(each["account"], each["currency"]): each["debit"] - each["credit"] for each in history.staff.get("/v1/ledger/trial-balance", query, expect=200)["data"]}


def trial_balances(history, lines):
    """At the end of each day that anything was posted for, and now: the sums of the postings."""
    for day in [*days(lines), None]:
        book = balances(line for line in lines if day is None or line["effective_on"] <= day)
        said = trial_balance(history, **({"as_of": day} if day else {}))
        for account in book.keys() | said.keys():
            if book.get(account, 0) != said.get(account, 0):
                yield f"trial balance of {day or 'now'}, {account}: {said.get(account, 0)}, by the postings {book.get(account, 0)}"
        if any(sum(amount for (_, currency), amount in said.items() if currency == each) for each in {currency for _, currency in said}):
            yield f"trial balance of {day or 'now'}: debits are not credits: {said}"


def receivables_foot(history, lines):
    """Order by order, and by the report of all."""
    book = balances(lines, lambda line: (line["order_id"],))
    for order in history.orders:
        owed = history.account(order)
        sold = any(line["order_id"] == order["id"] for line in lines)
        if sold and owed["outstanding"] != book[order["id"], "receivable", order["currency"]]:
            yield f"{order['id']}: {owed['outstanding']} outstanding, the ledger has {book[order['id'], 'receivable', order['currency']]}"
        if owed["outstanding"] != sum(part["outstanding"] for row in owed["data"] for part in row["parts"]):
            yield f"{order['id']}: its rows do not add up to what is outstanding: {owed}"
    for each in history.staff.get("/v1/reports/aging", expect=200)["data"]:
        if not each["total"] == each["receivable"] == trial_balance(history).get(("receivable", each["currency"]), 0):
            yield f"aging: {each}"


def payments_are_allocated(history, lines):
    """What a payment received was allocated to receivables, or is credit, to the cent; and what all rows are paid is what came in and did not go back."""
    came, spread = collections.Counter(), collections.Counter()
    for order in history.orders:
        for payment in history.payments(order, "succeeded"):
            came[payment["id"]] = payment["amount"]
    for line in lines:
        if line["kind"] in ("payment", "credit") and line["credit"] in ("receivable", "customer_credit"):
            spread[line["payment_id"]] += line["amount"]
    reversed_ones = {payment["id"] for order in history.orders for payment in history.payments(order, "reversed")}
    for payment in came.keys() | spread.keys() - reversed_ones:
        if came[payment] != spread[payment]:
            yield f"payment {payment}: {came[payment]} came, {spread[payment]} is allocated"


def statements_foot(history, lines):
    """A customer's statement ends at what the ledger says they owe, line by line."""
    book = balances(lines, lambda line: (line["customer_id"],))
    for customer in history.customers:
        told, sums = statement(history, customer), collections.Counter()
        for line in told["data"]:
            sums[line["currency"]] += line["amount"]
            if line["balance"] != sums[line["currency"]]:
                yield f"statement of {customer.id}: {line} after {sums}"
        ends = {each["currency"]: each["amount"] for each in told["balances"]}
        for currency in ends.keys() | sums.keys():
            owed = sum(book[customer.id, account, currency] for account in ("receivable", "customer_credit"))
            if not ends.get(currency, 0) == sums[currency] == owed:
                yield f"statement of {customer.id}: it ends at {ends.get(currency, 0)} {currency}, its lines at {sums[currency]}, the ledger at {owed}"


# ---- what is the same each time

class Names:
    """One number an id, by its first appearance; of a time the shop's day."""

    def __init__(self):
        self._known = {}

    def of(self, value):
        return ID.sub(lambda found: f"#{self._known.setdefault(found[0], len(self._known) + 1)}", TIME.sub(lambda found: shops_day(found[0]), json.dumps(value, ensure_ascii=False)))


def shops_day(time):
    return (datetime.datetime.fromisoformat(time[:19]) + ZONE).date().isoformat()


def sent_at_once(lines, kind, names):
    """Refunds that are sent at one time end in any order: those of a day that follow each other are told by their payments."""
    for (what, *_), group in itertools.groupby(lines, key=lambda line: (line[kind], line["order_id"], line["effective_on"])):
        yield from sorted(group, key=lambda line: (names.of(line["payment_id"]), line["amount"])) if what == "refund" else group


def told(history):
    names = Names()
    for each in [*(customer.id for customer in history.customers), *(order["id"] for order in history.orders), *(payment["id"] for payment in history.manual)]:
        names.of(each)
    lines = postings(export(history))
    known = {each["id"]: place for place, each in enumerate([*history.orders, *history.manual])}
    out = [f"trial balance {key} {amount}" for key, amount in sorted(trial_balance(history).items())]
    for order in history.orders:
        for payment in sorted(history.payments(order), key=lambda each: each["created_at"]):
            names.of(payment["id"])
    for line in sent_at_once(sorted(lines, key=lambda line: (known[line["order_id"]], line["lane"], line["position"])), "kind", names):
        out.append("posting " + names.of({name: value for name, value in line.items() if name not in ("id", "lane", "position", "hash")}))
    for order in history.orders:
        out.append("receivables " + names.of(history.account(order)))
        out += ["invoice " + names.of(each) for each in sorted(history.shop.invoices(order["customer"], order["id"]), key=lambda each: each["number"])]
    for customer in history.customers:
        whole = statement(history, customer)
        out.append("statement " + names.of({name: value for name, value in whole.items() if name != "data"}))
        out += ["statement line " + names.of({name: value for name, value in line.items() if name != "balance"}) for line in sent_at_once(whole["data"], "type", names)]
    return out
