"""GET /v1/receivables: what is owed for an order, part by part, and how payments are spread over it."""

import uuid

from support.schedule_change import Change
from support.waterfall import ORDER, rule, spread

AMOUNTS = ("due", "paid", "waived", "written_off", "outstanding")


def receivables(api, order):
    return api.get("/v1/receivables", {"order_id": order["id"]}, expect=200).json


def owed_of(shown):
    return [{"number": each["number"], "due_date": each["due_date"], "part": part["part"], "amount": part["outstanding"]}
            for each in shown["data"] for part in each["parts"] if part["outstanding"]]


def paid_of(shown):
    return {(each["number"], part["part"]): part["paid"] for each in shown["data"] for part in each["parts"] if part["paid"]}


def moved(before, after):
    now = paid_of(after)
    return {key: amount - paid_of(before).get(key, 0) for key, amount in now.items() if amount != paid_of(before).get(key, 0)}


def checked(shown):
    """Everything adds up."""
    assert (sum(each["total"] for each in shown["data"]), sum(each["paid"] for each in shown["data"])) == (shown["total"], shown["paid"])
    for each in shown["data"]:
        assert [part["part"] for part in each["parts"]] == list(ORDER)
        assert sum(part["paid"] for part in each["parts"]) == each["paid"]
        assert sum(part["paid"] + part["outstanding"] for part in each["parts"]) == each["total"]
        for part in each["parts"]:
            assert part["due"] == part["paid"] + part["waived"] + part["written_off"] + part["outstanding"]
    return shown


def test_paid_part_by_part(shop, customer, staff, books_agree):
    product = shop.new_product(price="1200.00")
    order, payment = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    first = checked(receivables(customer.api, order))
    assert first["paid"] == payment["amount"] and first == receivables(staff, order)
    amount = first["data"][1]["parts"][2]["due"] + 100 if first["data"][0]["number"] == 0 else 2500
    shop.wait_payment(customer, customer.pay(order["id"], amount=amount).json["id"])
    second = checked(receivables(customer.api, order))
    assert moved(first, second) == spread(rule(), owed_of(first), amount, str(shop.today()))
    books_agree()


def test_by_the_policy_of_its_kind(shop, customer, set_receivables_policy, books_agree):
    """Principal first, of the last installment first: and what a change of the schedule does with it leaves every part's sum right."""
    product = shop.new_product(price="900.00")
    order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    said = rule(*[ORDER[::-1]] * 3, first="last")
    set_receivables_policy(allocation=[{"transaction": "payment", **said}])
    before = receivables(customer.api, order)
    shop.wait_payment(customer, customer.pay(order["id"], amount=12345).json["id"])
    after = checked(receivables(customer.api, order))
    assert moved(before, after) == spread(said, owed_of(before), 12345, str(shop.today())) and after["data"][-1]["paid"] > 0
    books_agree()


def test_parts_through_a_change(shop, customer, as_service, set_receivables_policy, books_agree, database):
    """A row paid in part for principal is replaced: what stays of it says what the money was for, and the parts that were paid follow."""
    product = shop.new_product(price="900.00")
    order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    set_receivables_policy(allocation=[{"transaction": "payment", **rule(*[ORDER[::-1]] * 3)}])
    owing = next(each for each in receivables(customer.api, order)["data"] if each["outstanding"])
    shop.wait_payment(customer, customer.pay(order["id"], amount=owing["outstanding"] - 1).json["id"])
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    change = Change(account, "reschedule")
    for row in account["installments"]:
        if row["paid"] < row["total"]:
            change.replace(row)
    change.add(shop.today(), -change.adjustments["principal"], 50)
    as_service.post(change.path, change.body(), expect=200)
    shown = checked(receivables(customer.api, order))
    stays, = [each for each in change.replaced if each["number"] == owing["number"]]
    assert {part: amount for (number, part), amount in paid_of(shown).items() if number == owing["number"]} == {
        part: amount for part, amount in stays.items() if part != "number" and amount}
    kinds = database("billing", "SELECT DISTINCT kind FROM allocation WHERE order_id = %s ORDER BY kind", (order["id"],))
    assert kinds == [("change",), ("payment",)]
    books_agree()


def test_written_off(shop, customer, as_service, books_agree):
    order, _ = shop.buy(customer, shop.new_product(price="600.00"))
    before = receivables(customer.api, order)
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    change = Change(account, "write_off")
    for row in account["installments"]:
        if row["paid"] < row["total"]:
            change.replace(row)
    as_service.post(change.path, change.body(), expect=200)
    after = checked(receivables(customer.api, order))
    assert (after["status"], after["outstanding"]) == ("written_off", 0)
    assert sum(part["written_off"] for each in after["data"] for part in each["parts"]) == before["outstanding"]
    assert [[part["due"] for part in each["parts"]] for each in after["data"]] == [[part["due"] for part in each["parts"]] for each in before["data"]]
    books_agree()


def test_of_no_order(customer, new_customer, shop):
    order = shop.order(new_customer())
    for id in (order["id"], str(uuid.uuid4())):
        assert customer.api.get("/v1/receivables", {"order_id": id}, expect=404).code == "not_found"
    assert checked(receivables(shop.staff, order))["status"] == "pending"
