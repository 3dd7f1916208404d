"""/v1/customers/{id}/credit: what is owed to a customer pays for orders, or goes back by a payment's method. Never twice."""

import concurrent.futures
import uuid

import pytest

from support.schedule_change import Change


@pytest.fixture
def credit(customer):
    """(what there is, what can be used) of a customer, in USD; the entries add up to it."""
    def read(who=customer):
        path = f"/v1/customers/{who.id}/credit"
        body, entries = who.api.get(path, expect=200).json, list(who.api.pages(path))
        dollars = next((each for each in body["balances"] if each["currency"] == "USD"), {"balance": 0, "on_its_way": 0, "available": 0})
        assert dollars["balance"] == sum(entry["amount"] for entry in entries) == (entries[0]["balance"] if entries else 0)
        assert dollars["available"] == dollars["balance"] - dollars["on_its_way"]
        return dollars["balance"], dollars["available"]
    return read


@pytest.fixture
def give(staff, shop, customer):
    """An order paid in full by card, of which staff turn an amount into credit: the payment."""
    def make(amount):
        order = shop.order(customer, shop.new_product(price="200.00"))
        payment = customer.pay(order["id"], amount=order["total_payable"]).json
        assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
        refund = staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "She keeps it for later", "amount": amount, "to": "credit"}, key=True, expect=201).json
        assert (refund["status"], refund["to"]) == ("succeeded", "credit")
        return payment
    return make


@pytest.fixture
def use(customer):
    def apply(order, amount=None, expect=201, key=True, who=None):
        body = {"order_id": order["id"], **({} if amount is None else {"amount": amount})}
        return (who or customer.api).post(f"/v1/customers/{customer.id}/credit/applications", body, key=key, expect=expect)
    return apply


@pytest.fixture
def send_back(staff, customer):
    def refund(payment, amount=None, expect=201, key=True):
        body = {"payment_id": payment["id"], "reason": "She wants it on her card", **({} if amount is None else {"amount": amount})}
        return staff.post(f"/v1/customers/{customer.id}/credit/refunds", body, key=key, expect=expect)
    return refund


def test_credit_pays_for_an_order(give, use, credit, shop, customer, staff, books_agree, statement_foots):
    """The deposit, which confirms it; then as much as is left; what it paid comes back as credit when the payment is given back."""
    give(6000)
    assert credit() == (6000, 6000)
    product = shop.new_product(price="120.00")
    order = shop.order(customer, product, offer=shop.offer(product, deposit=True))
    deposit = customer.schedule(order["id"])[0]["total"]
    first = use(order).json
    assert (first["status"], first["provider"], first["amount"]) == ("succeeded", "credit", deposit)
    shop.wait_order(customer, order["id"], "confirmed")
    assert shop.invoices(customer, order["id"])[0]["status"] == "open"
    second = use(order, 6000 - deposit, who=staff).json
    shop.wait_until(lambda: sum(row["paid"] for row in customer.schedule(order["id"])) == 6000, 20, "the schedule")
    assert credit() == (0, 0) and use(order, expect=422).code == "credit_too_small"
    receipt = customer.api.get(f"/v1/payments/{second['id']}/receipt", expect=200).json
    assert sum(each["amount"] for each in receipt["allocations"]) == sum(part["amount"] for each in receipt["allocations"] for part in each["parts"]) == 6000 - deposit
    books_agree()
    back = staff.post(f"/v1/payments/{second['id']}/refunds", {"reason": "Too much", "amount": 500}, key=True, expect=201).json
    assert (back["status"], back["to"]) == ("succeeded", "credit") and credit() == (500, 500)
    assert [entry["kind"] for entry in customer.api.pages(f"/v1/customers/{customer.id}/credit")] == ["refund", "credit", "credit", "refund"]
    books_agree()
    statement_foots(customer)


def test_all_of_an_order(give, use, credit, shop, customer, as_service, books_agree, statement_foots):
    """Paid in full it is settled; undone, all of it is credit again, and nothing is sent anywhere."""
    give(15000)
    order = shop.order(customer, shop.new_product(price="100.00"))
    use(order, order["total_payable"])
    shop.wait_until(lambda: customer.api.get(f"/v1/contracts/{order['contract_id']}", expect=200).json["status"] == "settled", 20, "the contract settled")
    assert credit() == (15000 - order["total_payable"],) * 2 and use(order, 1, expect=409).code == "order_paid"
    change = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "withdrawal")
    for row in change.account["installments"]:
        change.replace(row, refund=row["paid"])
    as_service.post(change.path, change.body(), expect=200)
    assert credit() == (15000, 15000)
    note, = [each for each in shop.invoices(customer, order["id"]) if each["kind"] == "credit_note"]
    assert note["settlement"] == {"offset": 0, "refund": 0, "credit": order["total_payable"]}
    books_agree()
    statement_foots(customer)


def test_what_failed_to_go_back(use, credit, shop, customer, staff, sandbox, send_back, books_agree, statement_foots):
    """A refund that fails leaves credit; while one is on its way its money cannot be used; used, it cannot be sent again."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    sandbox.plan(refund={"pending_ms": 200, "fail": True})
    asked = staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "Paid twice", "amount": 1500}, key=True, expect=201).json
    status = lambda refund: customer.api.get(f"/v1/refunds/{refund['id']}", expect=200).json["status"]   # noqa: E731
    shop.wait_until(lambda: status(asked) == "failed", 60, "it failed")
    sandbox.clear()
    assert credit() == (1500, 1500)
    other = send_back(payment, 900).json      # by the method that just failed: it holds that much
    shop.wait_until(lambda: status(other) == "succeeded", 60, "it went back")
    assert credit() == (600, 600) and customer.payment(payment["id"])["refunded"] == 900
    assert staff.post(f"/v1/refunds/{asked['id']}/retry", expect=422).code == "credit_too_small"
    use(order, 600)
    assert credit() == (0, 0)
    books_agree()
    statement_foots(customer)


def test_back_by_a_method(give, send_back, credit, shop, customer, sandbox, books_agree, database):
    """Never more than the provider has of that payment; what it paid stays paid."""
    payment = give(5000)
    order, small = shop.buy(customer, shop.new_product(price="60.00"), save=False)
    paid = shop.wait_until(lambda: sum(row["paid"] for row in customer.schedule(order["id"])) == small["amount"] and small["amount"], 30, "the schedule, which is orders'")
    assert str(small["amount"]) in send_back(small, small["amount"] + 1, expect=422)["detail"]
    asked = send_back(small).json
    assert (asked["kind"], asked["amount"]) == ("credit", small["amount"])
    shop.wait_until(lambda: customer.api.get(f"/v1/refunds/{asked['id']}", expect=200).json["status"] == "succeeded", 60, "it went back")
    assert sum(row["paid"] for row in customer.schedule(order["id"])) == paid and credit()[1] == 5000 - small["amount"]
    assert send_back(small, expect=409).code == "nothing_to_refund"
    assert send_back(payment, 5001, expect=422).code == "credit_too_small"
    books_agree()


def test_refused(give, use, send_back, shop, customer, staff, new_customer):
    give(7000)
    product = shop.new_product(price="200.00")
    order = shop.order(customer, product, offer=shop.offer(product, deposit=True))
    deposit = customer.schedule(order["id"])[0]["total"]
    assert use(order, 7001, expect=422).code == "credit_too_small"
    assert use(order, deposit - 1, expect=422).code == "amount_below_deposit"
    cheap = shop.order(customer, shop.new_product(price="20.00"))
    assert use(cheap, cheap["total_payable"] + 1, expect=422).code == "amount_too_large"
    use({"id": str(uuid.uuid4())}, expect=404)
    stranger = new_customer()
    stranger.api.post(f"/v1/customers/{customer.id}/credit/applications", {"order_id": order["id"]}, key=True, expect=404)
    stranger.api.get(f"/v1/customers/{customer.id}/credit", expect=404)
    use(shop.order(stranger), expect=404, who=staff)   # somebody else's order
    use(order, expect=400, key=None)
    declined = customer.pay(order["id"], "pm_card_chargeDeclined").json
    assert shop.wait_payment(customer, declined["id"])["status"] == "failed"
    assert send_back(declined, expect=409).code == "payment_not_made"
    send_back({"id": str(uuid.uuid4())}, expect=404)


def test_not_beside_a_payment(give, use, shop, customer, sandbox):
    give(10000)
    order = shop.order(customer, shop.new_product(price="40.00"))
    sandbox.plan(payment_method="pm_card_jcb", webhook={"drop": True})
    payment = customer.pay(order["id"], "pm_card_jcb").json
    assert use(order, expect=409).code == "payment_in_progress"
    assert customer.payment(payment["id"])["status"] == "processing"
    sandbox.clear()


def test_twenty_at_once(give, use, credit, shop, customer, books_agree):
    """There is enough for three: three pay. Twenty with one key are one."""
    give(3500)
    order, _ = shop.buy(customer, shop.new_product(price="200.00"), save=False)
    with concurrent.futures.ThreadPoolExecutor(20) as crowd:
        replies = list(crowd.map(lambda _: use(order, 1000, expect=None, key=str(uuid.uuid4())), range(20)))
        same = str(uuid.uuid4())
        twins = list(crowd.map(lambda _: use(order, 300, expect=None, key=same), range(20)))
    assert sorted(reply.status for reply in replies) == [201] * 3 + [422] * 17
    assert {reply.status for reply in twins} == {201} and len({reply.json["id"] for reply in twins}) == 1
    assert credit() == (200, 200)
    books_agree()
