"""GET /v1/customers/{id}/statement: what the customer owes, entry by entry, as the ledger has it."""

import uuid


def ledger_balance(database, customer):
    return database("billing", """
        SELECT coalesce(sum(CASE WHEN debit_account IN ('receivable', 'customer_credit') THEN amount ELSE 0 END
                            - CASE WHEN credit_account IN ('receivable', 'customer_credit') THEN amount ELSE 0 END), 0)::bigint
        FROM posting WHERE customer_id = %s""", (customer.id,))[0][0]


def test_foots_to_the_ledger(shop, customer, database, trial_balance):
    order, payment = shop.buy(customer)
    statement = customer.statement()
    assert statement["customer_id"] == customer.id
    assert [(entry["type"], entry["amount"], entry["balance"]) for entry in statement["data"]] == [
        ("sale", order["total_payable"], order["total_payable"]), ("payment", -payment["amount"], order["total_payable"] - payment["amount"])]
    assert all(entry["order_id"] == order["id"] for entry in statement["data"])
    assert statement["data"][1]["payment_id"] == payment["id"]
    assert statement["balances"] == [{"currency": order["currency"], "amount": order["total_payable"] - payment["amount"]}]
    assert ledger_balance(database, customer) == statement["balances"][0]["amount"]
    assert sum(trial_balance().values()) == 0


def test_pages_carry_the_balance_on(shop, customer, staff):
    for _ in range(2):
        shop.buy(customer)
    whole = customer.statement()["data"]
    assert len(whole) == 4 and whole[-1]["balance"] == sum(entry["amount"] for entry in whole)
    assert list(staff.pages(f"/v1/customers/{customer.id}/statement", {"limit": 1})) == whole


def test_currencies_apart(shop, customer):
    for currency, price in (("USD", "30.00"), ("COP", "90000.00")):
        shop.buy(customer, shop.new_product(price=price, currency=currency))
    statement = customer.statement()
    assert [each["currency"] for each in statement["balances"]] == ["COP", "USD"]
    for each in statement["balances"]:
        entries = [entry for entry in statement["data"] if entry["currency"] == each["currency"]]
        assert sum(entry["amount"] for entry in entries) == each["amount"] == entries[-1]["balance"]


def test_nothing_yet(customer):
    assert customer.statement() == {"customer_id": customer.id, "balances": [], "data": [], "next_cursor": None}


def test_of_nobody_else(shop, customer, new_customer, api):
    path = f"/v1/customers/{customer.id}/statement"
    assert new_customer().api.get(path, expect=404).code == "not_found"
    assert customer.api.get(f"/v1/customers/{uuid.uuid4()}/statement", expect=404).code == "not_found"
    api.get(path, expect=401)
