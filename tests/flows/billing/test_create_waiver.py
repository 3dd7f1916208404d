"""POST and GET /v1/waivers, POST /v1/waivers/{id}/decision: what the shop forgives, over the limit only when somebody else agrees."""

import datetime
import uuid

import pytest

LIMITS = [{"currency": "USD", "amount": 300}]


@pytest.fixture
def overdue(shop, customer, set_receivables_policy):
    """An order nine days late, with late charges of 9.00 and some interest: (order, number)."""
    product = shop.new_product(price="900.00")
    order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=12), save=False)
    row = next(each for each in customer.schedule(order["id"]) if each["outstanding"])
    set_receivables_policy(late={"fees": [{"currency": "USD", "flat": 900}]}, waiver_limits=LIMITS)
    shop.advance_to(datetime.date.fromisoformat(row["due_date"]) + datetime.timedelta(days=9))
    return order, row["number"]


@pytest.fixture
def second(hire):
    """Somebody else who may decide."""
    return hire("approver")


def receivable(customer, order, number):
    shown = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200).json
    row, = [each for each in shown["data"] if each["number"] == number]
    return {**row, **{part["part"]: part for part in row["parts"]}, "account": shown}


def ask(staff, order, number, amount, part="penalty", expect=201, **options):
    return staff.post("/v1/waivers", {"order_id": order["id"], "number": number, "part": part, "amount": amount, "reason": "Agreed after the flood"}, expect=expect,
                      **{"key": True, **options})


def decide(api, waiver, decision="approve", expect=200, **options):
    return api.post(f"/v1/waivers/{waiver['id']}/decision", {"decision": decision, "reason": "The flood is known"}, expect=expect, **options)


def test_up_to_the_limit_at_once(shop, staff, customer, overdue, ledger_of, statement_foots, books_agree, wait_until):
    order, number = overdue
    before = receivable(customer, order, number)
    key = str(uuid.uuid4())
    waiver = ask(staff, order, number, 300, key=key).json
    assert (waiver["status"], waiver["amount"], waiver["decided_by"]) == ("applied", 300, None)
    assert ask(staff, order, number, 300, key=key).json == waiver, "asked twice is once"
    now = receivable(customer, order, number)
    assert now["penalty"] == {"part": "penalty", "due": 900, "paid": 0, "waived": 300, "written_off": 0, "outstanding": 600}
    assert now["account"]["outstanding"] == before["account"]["outstanding"] - 300
    assert ledger_of(order)["waivers"] == 300
    assert waiver in staff.get("/v1/waivers", {"order_id": order["id"], "status": "applied"}, expect=200)["data"]
    wait_until(lambda: next(each for each in customer.schedule(order["id"]) if each["number"] == number)["outstanding"] == now["outstanding"], 20, "the schedule owing less")
    assert ask(staff, order, number, 1).json["status"] == "pending", "not in small pieces either"
    statement_foots(customer)
    books_agree()


def test_over_the_limit_somebody_else_decides(staff, second, customer, overdue, books_agree):
    order, number = overdue
    waiver = ask(staff, order, number, 301).json
    assert waiver["status"] == "pending" and receivable(customer, order, number)["penalty"]["waived"] == 0
    assert staff.get("/v1/waivers", {"order_id": order["id"], "status": "pending"}, expect=200)["data"] == [waiver]
    assert decide(staff, waiver, expect=409).code == "waiver_own"
    decided = decide(second, waiver).json
    assert (decided["status"], decided["decision_reason"]) == ("applied", "The flood is known") and decided["decided_by"] != decided["asked_by"]
    assert receivable(customer, order, number)["penalty"]["waived"] == 301
    assert decide(second, waiver, expect=409).code == "waiver_decided"
    books_agree()


def test_what_was_waived_does_not_go_back(shop, staff, customer, set_receivables_policy, wait_until, ledger_of, statement_foots, books_agree):
    """All is paid but what was waived of the price; then the goods come back."""
    product = shop.new_product(price="90.00")
    order, deposit = shop.buy(customer, product, offer=shop.offer(product, deposit=True), save=False)
    set_receivables_policy(waiver_limits=LIMITS)
    staff.post(f"/v1/payments/{deposit['id']}/refunds", {"amount": 500, "reason": "As agreed"}, key=True, expect=201)   # the deposit is owed again, and then half of that is not
    ask(staff, order, 0, 250, part="principal")
    owed = customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["outstanding"]
    shop.wait_payment(customer, customer.pay(order["id"], amount=owed).json["id"])
    path = f"/v1/contracts/{order['contract']['id']}/changes"
    change = wait_until(lambda: next((reply for reply in [staff.post(path, {"kind": "return", "lines": [{"line": 1, "quantity": 1}], "reason": "She sent it back"}, key=True)]
                                      if reply.status == 201), None), 30, "the return computed").json
    staff.post(f"{path}/{change['id']}/confirm", {}, key=True, headers={"If-Match": f'"{change["version"]}"'}, expect=200)
    wait_until(lambda: staff.get(f"{path}/{change['id']}", expect=200)["status"] == "confirmed", 30, "the return done")
    assert wait_until(lambda: ledger_of(order)["sales_returns"], 30, "it in the ledger") == 9000 - 250
    statement_foots(customer)
    books_agree()


def test_declined_it_stays_owed(staff, second, customer, overdue, books_agree):
    order, number = overdue
    waiver = ask(staff, order, number, 500).json
    assert decide(second, waiver, "decline").json["status"] == "declined"
    assert receivable(customer, order, number)["penalty"]["outstanding"] == 900
    assert decide(second, waiver, expect=409).code == "waiver_decided"
    books_agree()


def test_not_more_than_is_owed_when_it_is_decided(shop, staff, second, customer, overdue, books_agree):
    order, number = overdue
    waiver = ask(staff, order, number, 800).json
    shop.wait_payment(customer, customer.pay(order["id"], amount=200).json["id"])
    refused = decide(second, waiver, expect=422)
    assert refused.code == "waiver_too_large" and "700" in refused.json["detail"]
    assert ask(staff, order, number, 701, expect=422).code == "waiver_too_large"
    books_agree()


def test_every_part_and_interest_once_it_is_earned(shop, staff, second, customer, overdue, ledger_of, books_agree):
    order, number = overdue
    now = receivable(customer, order, number)
    assert now["interest"]["outstanding"] > 0
    for part in ("interest", "principal"):
        waiver = ask(staff, order, number, now[part]["outstanding"], part).json
        decide(second, waiver)
    decide(second, ask(staff, order, number, 900).json)
    now = receivable(customer, order, number)
    assert (now["status"], now["outstanding"], now["dpd"]) == ("paid", 0, 0)
    assert ledger_of(order)["waivers"] == sum(part["waived"] for part in now["parts"])
    later = next(each for each in now["account"]["data"] if each["number"] > number and each["status"] == "scheduled")
    assert ask(staff, order, later["number"], 1, "interest", expect=422).code == "waiver_too_large"
    books_agree()


def test_the_last_that_is_owed_settles(shop, staff, second, customer, overdue, books_agree, wait_until):
    order, number = overdue
    shown = receivable(customer, order, number)["account"]
    shop.wait_payment(customer, customer.pay(order["id"], amount=shown["outstanding"] - 250).json["id"])
    last = next(each for each in customer.api.get("/v1/receivables", {"order_id": order["id"]}, expect=200)["data"] if each["outstanding"])
    ask(staff, order, last["number"], 250, "principal")
    assert receivable(customer, order, number)["account"]["status"] == "settled"
    wait_until(lambda: customer.order(order["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    assert ask(staff, order, last["number"], 1, "principal", expect=422).code == "waiver_too_large"
    books_agree()


def test_of_nothing(staff, second, customer, overdue):
    order, number = overdue
    assert ask(staff, {"id": str(uuid.uuid4())}, 1, 1, expect=404).code == "not_found"
    assert ask(staff, order, 999, 1, expect=404).code == "not_found"
    assert decide(second, {"id": str(uuid.uuid4())}, expect=404).code == "not_found"


def test_who_may(staff, customer, hire, overdue):
    order, number = overdue
    waiver = ask(staff, order, number, 700).json
    assert ask(customer.api, order, number, 1, expect=403).code == "forbidden"
    assert decide(customer.api, waiver, expect=403).code == "forbidden"
    assert customer.api.get("/v1/waivers", expect=403).code == "forbidden"


def test_page_by_page(staff, overdue):
    order, number = overdue
    made = [ask(staff, order, number, amount).json for amount in (1, 2, 3)]
    assert list(staff.pages("/v1/waivers", {"order_id": order["id"], "limit": 2})) == made[::-1]
