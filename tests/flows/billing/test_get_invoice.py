"""GET /v1/invoices/{id}: what was sold, its taxes, and when it is to be paid."""

import contextlib
import threading
import uuid

import psycopg2
import pytest

from deploy.stack import services
from support import tokens
from support.invoice import foots


@pytest.fixture
def invoice(shop, customer):
    """Of an order that its first payment has confirmed."""
    def read(order, of=customer):
        listed = shop.invoices(of, order["id"])[-1]
        return foots(of.api.get(f"/v1/invoices/{listed['id']}", expect=200).json)
    return read


def test_what_was_sold(shop, customer, invoice):
    product = shop.new_product(price="1200.00")
    order, _ = shop.buy(customer, product, quantity=2, offer=shop.offer(product, installments=12))
    document = invoice(order)
    goods, interest = document["lines"]
    assert (goods["kind"], goods["description"], goods["sku"], goods["quantity"], goods["unit_price"]) == ("goods", product["name"], product["sku"], 2, 120000)
    assert (goods["net"], goods["tax"], goods["tax_category"], goods["tax_rate"]) == (240000, 0, "Z", "0")
    schedule = customer.schedule(order["id"])
    assert (interest["description"], interest["net"], interest["tax_category"]) == ("Intereses", sum(row["interest"] for row in schedule), "E")
    assert [(row["number"], row["due_date"], row["amount"]) for row in document["payment_terms"]] == [(row["number"], row["due_date"], row["total"]) for row in schedule]
    assert document["total"] == order["total_payable"] and document["status"] == "open"
    assert document["buyer"]["name"] == customer.body["full_name"] and document["buyer"]["tax_id"] == customer.body["tax_id"]
    assert document["seller"]["name"] == "Cuotas" and document["seller"]["country"] == "CO"


def test_taxes(shop, customer, invoice, set_invoice_policy):
    """Of the goods by their categories, in the price; of interest and fees by the plan."""
    set_invoice_policy("19", tax_rates=[{"category": "Libros", "rate": "5.5"}, {"category": "Pan", "rate": 0}])
    machine, book, bread = (shop.new_product(price=price, category=category) for price, category in (("333.33", "Casa"), ("99.99", "Libros"), ("1.01", "Pan")))
    shop.new_plan(machine, book, bread, currency="USD", terms={
        "method": "annuity", "annual_rate": "0.24", "installments": 7, "tax_rate_on_interest": "0.16", "tax_rate_on_fees": "0.19", "deposit": {"type": "percent", "value": "0.2"},
        "fees": [{"code": "study", "type": "fixed", "amount": 777, "charged": "financed"}, {"code": "handling", "type": "fixed", "amount": 333, "charged": "each"}]})
    cart = customer.cart((machine, 3), (book, 1), (bread, 7))
    offer = next(each for each in customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"] if each["installments"] == 7)
    order = customer.place_order(cart["id"], offer["id"]).json
    shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
    document = invoice(order)
    lines = [(line["kind"], line["total"], line["tax_category"], line["tax_rate"]) for line in document["lines"]]
    schedule = customer.schedule(order["id"])
    interest, fees, tax = (sum(row[part] for row in schedule) for part in ("interest", "fees", "tax"))
    assert lines[:4] == [("goods", 99999, "S", "19"), ("goods", 9999, "S", "5.5"), ("goods", 707, "Z", "0"), ("fees", 777 + 148, "S", "19")]
    assert [(line["kind"], line["net"], line["tax_category"], line["tax_rate"]) for line in document["lines"][4:]] == \
           [("interest", interest, "S", "16"), ("fees", fees, "S", "19")]
    assert sum(line["tax"] for line in document["lines"][4:]) == tax
    assert document["lines"][0]["net"] == round(99999 / 1.19) and document["lines"][1]["net"] == round(9999 / 1.055)
    # What is sold at one rate is divided once: 999.99 and 9.25, of a total of 1009.24.
    assert document["lines"][0]["net"] + document["lines"][3]["net"] == round((99999 + 925) / 1.19)
    set_invoice_policy("16")
    assert invoice(order) == document, "the policy of its day"


def test_never_changes(shop, customer, invoice, staff, set_invoice_policy, database):
    order, _ = shop.buy(customer)
    replies, listed = [], shop.invoices(customer, order["id"])[0]
    threads = [threading.Thread(target=lambda: replies.append(customer.api.get(f"/v1/invoices/{listed['id']}", expect=200).json)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each == replies[0] for each in replies)
    assert staff.get(f"/v1/invoices/{listed['id']}", expect=200).json == replies[0]
    rest = order["total_payable"] - replies[0]["paid"]
    shop.wait_payment(customer, customer.pay(order["id"], amount=rest).json["id"])
    paid = invoice(order)
    follows = {"status", "paid", "paid_at"}
    assert paid["status"] == "paid" and paid["paid"] == paid["total"]
    assert {name: value for name, value in paid.items() if name not in follows} == {name: value for name, value in replies[0].items() if name not in follows}
    assert database("billing", "SELECT count(*) FROM invoice_document WHERE id = %s", (listed["id"],)) == [(1,)]


def test_in_the_customers_language(shop, new_customer, invoice):
    customer = new_customer(locale="en-US")
    product = shop.new_product(price="1200.00")
    order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    document = invoice(order, customer)
    assert document["locale"] == "en" and document["lines"][1]["description"] == "Interest"


def test_of_an_order_from_before(shop, customer, invoice, stack):
    """Placed before lines were kept: one line for the goods, and the rows as they were."""
    product = shop.new_product(price="1200.00")
    order, _ = shop.buy(customer, product, offer=shop.offer(product, installments=12))
    with contextlib.closing(psycopg2.connect(services.owner_environment(stack, "billing")["DATABASE_OWNER_URL"])) as before, before, before.cursor() as cursor:
        cursor.execute("DELETE FROM order_sale WHERE order_id = %s", (order["id"],))
    document = invoice(order)
    assert [(line["kind"], line["description"]) for line in document["lines"]] == [("goods", "Productos"), ("interest", "Intereses")]
    assert document["lines"][0]["total"] == 120000
    assert [row["amount"] for row in document["payment_terms"]] == [row["total"] for row in customer.schedule(order["id"])]


def test_others(shop, customer, new_customer, api):
    order, _ = shop.buy(customer)
    path = f"/v1/invoices/{shop.invoices(customer, order['id'])[0]['id']}"
    assert new_customer().api.get(path, expect=404).code == customer.api.get(f"/v1/invoices/{uuid.uuid4()}", expect=404).code == "not_found"
    api.get(path, expect=401)


# ---- the policy

def test_version_by_version(staff, set_invoice_policy):
    first = set_invoice_policy("19.00", tax_rates=[{"category": "Libros", "rate": "0.5"}], series={"invoice": "FA"})
    assert (first["tax_rate"], first["tax_rates"]) == ("19", [{"category": "Libros", "rate": "0.5"}])
    assert first["series"] == {"invoice": "FA", "credit_note": "NC", "debit_note": "ND"}
    assert staff.get("/v1/invoice-policy", expect=200).json == first
    assert set_invoice_policy("16", series={})["version"] == first["version"] + 1


def test_series(shop, customer, set_invoice_policy):
    """A new series begins with 1; the one before goes on where it was."""
    name = "F" + uuid.uuid4().hex[:5].upper()
    set_invoice_policy(series={"invoice": name})
    assert shop.invoices(customer, shop.buy(customer)[0]["id"])[0]["number"] == f"{name}-00000001"
    assert shop.invoices(customer, shop.buy(customer)[0]["id"])[0]["number"] == f"{name}-00000002"
    set_invoice_policy()
    assert shop.invoices(customer, shop.buy(customer)[0]["id"])[0]["number"].startswith("FV-")
    set_invoice_policy(series={"invoice": name})
    assert shop.invoices(customer, shop.buy(customer)[0]["id"])[0]["number"] == f"{name}-00000003"


def test_what_was_read_must_be_what_is_there(staff, set_invoice_policy):
    version = set_invoice_policy()["version"]
    put = lambda seen, expect: staff.request("PUT", "/v1/invoice-policy", json={"tax_rate": "0"}, headers={"If-Match": f'"{seen}"'}, expect=expect)
    assert staff.request("PUT", "/v1/invoice-policy", json={"tax_rate": "0"}, expect=428).code == "precondition_required"
    assert put(version + 1, 412).code == "precondition_failed"
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(put(version, (200, 412)).status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [200] + [412] * 5


@pytest.mark.parametrize("policy, pointer", (
    ({"tax_rate": "100.01"}, "/tax_rate"), ({"tax_rate": "-1"}, "/tax_rate"), ({"tax_rate": "1.00001"}, "/tax_rate"), ({}, "/tax_rate"),
    ({"tax_rate": 1, "tax_rates": [{"category": "a", "rate": 101}]}, "/tax_rates/0/rate"),
    ({"tax_rate": 1, "tax_rates": [{"category": "a", "rate": 1}, {"category": "a", "rate": 2}]}, "/tax_rates/1/category"),
    ({"tax_rate": 1, "series": {"invoice": "fv"}}, "/series/invoice"), ({"tax_rate": 1, "series": {"debit_note": "N D"}}, "/series/debit_note")))
def test_wrong_policies(staff, set_invoice_policy, policy, pointer):
    headers = {"If-Match": f'"{set_invoice_policy()["version"]}"'}
    assert staff.request("PUT", "/v1/invoice-policy", json=policy, headers=headers, expect=422).pointers == [pointer]


def test_who_may_set_it(customer, api, stack):
    claims = tokens.claims(stack.gateway_url, str(uuid.uuid4()), "billing.write billing.read")
    clerk = api.with_token(tokens.Signer.from_file(stack.credentials.key_file).token(claims))
    clerk.get("/v1/invoice-policy", expect=200)
    assert clerk.request("PUT", "/v1/invoice-policy", json={"tax_rate": "0"}, headers={"If-Match": '"0"'}, expect=403).code == "forbidden"
    customer.api.get("/v1/invoice-policy", expect=403)
