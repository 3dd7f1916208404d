"""A deposit with an invoice of its own, which the invoice of the sale takes off: by the shop's policy."""

import pytest

from support import pdf, ubl
from support.invoice import foots
from support.schedule_change import Change


@pytest.fixture
def deposited(shop, customer, set_invoice_policy):
    """An order of two rates of tax whose deposit was paid: order, and the deposit's invoice."""
    def buy():
        set_invoice_policy("19", tax_rates=[{"category": "Libros", "rate": "5.5"}], deposit_invoices=True)
        products = shop.new_product(price="333.33", category="Casa"), shop.new_product(price="99.99", category="Libros")
        shop.new_plan(*products, currency="USD", terms={"method": "annuity", "annual_rate": "0.24", "installments": 5, "tax_rate_on_interest": "0.16",
                                                        "deposit": {"type": "percent", "value": "0.2"}})
        cart = customer.cart((products[0], 3), (products[1], 1))
        offer = next(each for each in customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"] if each["installments"] == 5 and each["deposit"])
        order = customer.place_order(cart["id"], offer["id"]).json
        payment = shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
        invoice, = documents(customer, order)
        assert (invoice["kind"], invoice["total"], invoice["status"], invoice["paid"]) == ("deposit_invoice", payment["amount"], "paid", payment["amount"])
        assert customer.api.get(f"/v1/payments/{payment['id']}/receipt", expect=200)["invoice"] == invoice["number"]
        return shop.wait_order(customer, order["id"], "confirmed"), invoice
    return buy


def documents(customer, order):
    """Oldest first, each footed."""
    listed = reversed(list(customer.api.pages("/v1/invoices", {"order_id": order["id"]})))
    return [foots(customer.api.get(f"/v1/invoices/{each['id']}", expect=200).json) for each in listed]


def xml_of(customer, document):
    xml = customer.api.request("GET", f"/v1/invoices/{document['id']}", headers={"Accept": "application/xml"}, expect=200).body
    assert not ubl.broken_rules(xml) and not ubl.schema_errors(xml)
    return ubl.Invoice(xml)


def test_netted_when_the_goods_leave(shop, customer, staff, deposited, books_agree):
    """With the first parcel; the ones after change nothing."""
    order, deposit = deposited()
    assert [(line["description"], line["tax_rate"]) for line in deposit["lines"]] == [("Anticipo del pedido", "19"), ("Anticipo del pedido", "5.5")]
    read = xml_of(customer, deposit)
    assert (read.text("cbc:InvoiceTypeCode"), read.number("cac:LegalMonetaryTotal/cbc:PrepaidAmount") * 100, read.number("cac:LegalMonetaryTotal/cbc:PayableAmount")) == ("386", deposit["total"], 0)
    for _ in range(2):
        staff.post(f"/v1/orders/{order['id']}/shipments", {"status": "shipped", "carrier": "Servientrega", "lines": [{"line": 1, "quantity": 1}]}, key=True, expect=201)
    shop.wait_until(lambda: len(documents(customer, order)) == 2, 30, "the invoice of the sale")
    _, invoice = documents(customer, order)
    assert (invoice["kind"], invoice["total"], invoice["paid"], invoice["status"]) == ("invoice", order["total_payable"], deposit["total"], "open")
    assert invoice["deposit"] == {name: deposit[name] for name in ("id", "number", "issued_on", "total")}
    read = xml_of(customer, invoice)
    assert read.text("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == deposit["number"]
    assert read.number("cac:LegalMonetaryTotal/cbc:PrepaidAmount") * 100 == deposit["total"]
    assert read.number("cac:LegalMonetaryTotal/cbc:PayableAmount") * 100 == order["total_payable"] - deposit["total"]
    terms = [round(float(each.text) * 100) for each in read.root.findall("cac:PaymentTerms/cbc:Amount", ubl.NAMES)]
    assert len(terms) == 5 and sum(terms) == order["total_payable"] - deposit["total"], "the terms come to what is payable"
    text = pdf.words("\n".join(pdf.pages(customer.api.request("GET", f"/v1/invoices/{invoice['id']}/document.pdf", expect=200).body)))
    assert f"Anticipo facturado ({deposit['number']})" in text and "Por pagar" in text
    assert "Factura de anticipo" in pdf.words("\n".join(pdf.pages(customer.api.request("GET", f"/v1/invoices/{deposit['id']}/document.pdf", expect=200).body)))
    books_agree()


def test_by_the_next_payment(shop, customer, deposited, books_agree):
    order, deposit = deposited()
    shop.wait_payment(customer, customer.pay(order["id"], amount=order["total_payable"] - deposit["total"]).json["id"])
    _, invoice = documents(customer, order)
    assert (invoice["total"], invoice["status"], invoice["deposit"]["number"]) == (order["total_payable"], "paid", deposit["number"])
    books_agree()


def test_before_it_is_corrected(customer, as_service, deposited, books_agree):
    """The sale is undone: its invoice is issued with its credit note, which is all of it, and is void."""
    order, deposit = deposited()
    change = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "withdrawal", "Withdrawn in time")
    for row in change.account["installments"]:
        change.replace(row, refund=row["paid"])
    as_service.post(change.path, change.body(), expect=200)
    invoice, note = sorted((each for each in documents(customer, order) if each["id"] != deposit["id"]), key=lambda each: each["kind"], reverse=True)
    assert (invoice["status"], invoice["total"], note["kind"], note["total"], note["invoice_id"]) == ("void", order["total_payable"], "credit_note", invoice["total"], invoice["id"])
    assert note["tax_total"] == invoice["tax_total"] and xml_of(customer, note).kind == "CreditNote"
    books_agree()


def test_paid_at_once(shop, customer, set_invoice_policy):
    """Nothing is to be paid any more: one invoice is enough."""
    set_invoice_policy(deposit_invoices=True)
    product = shop.new_product(price="120.00")
    order = shop.order(customer, product, offer=shop.offer(product, deposit=True))
    shop.wait_payment(customer, customer.pay(order["id"], amount=order["total_payable"]).json["id"])
    invoice, = documents(customer, order)
    assert (invoice["kind"], invoice["deposit"]) == ("invoice", None)


def test_when_the_rest_is_forgiven(shop, customer, staff, hire, set_invoice_policy, books_agree):
    """Nothing is to be paid any more, so nothing else would bring the invoice of the sale."""
    set_invoice_policy(deposit_invoices=True)
    product = shop.new_product(price="120.00")
    shop.new_plan(product, terms={"method": "interest_free", "annual_rate": "0", "installments": 2, "deposit": {"type": "percent", "value": "0.5"}})
    order, _ = shop.buy(customer, product, offer=shop.offer(product, 2, deposit=True), save=False)
    approves = hire("approver")
    for row in customer.schedule(order["id"]):
        if row["outstanding"]:
            asked = staff.post("/v1/waivers", {"order_id": order["id"], "number": row["number"], "part": "principal", "amount": row["outstanding"], "reason": "Agreed after the flood"}, key=True,
                               expect=201).json
            approves.post(f"/v1/waivers/{asked['id']}/decision", {"decision": "approve", "reason": "The flood is known"}, expect=200)
    shop.wait_until(lambda: len(documents(customer, order)) == 2, 30, "the invoice of the sale")
    deposit, invoice = documents(customer, order)
    assert (invoice["kind"], invoice["status"], invoice["total"], invoice["deposit"]["number"]) == ("invoice", "paid", order["total_payable"], deposit["number"])
    books_agree()


def test_owed_again(shop, customer, staff, as_service, deposited, books_agree):
    """The deposit goes back: its invoice is open until it is paid once more, or written off."""
    order, deposit = deposited()

    def standing():
        now = documents(customer, order)[0]
        return now["status"], now["paid"], now["paid_at"] is not None
    payment, = customer.api.pages("/v1/payments", {"order_id": order["id"]})
    staff.post(f"/v1/payments/{payment['id']}/refunds", {"reason": "By mistake"}, key=True, expect=201)
    assert standing() == ("open", 0, False)
    again = shop.wait_payment(customer, customer.pay(order["id"], amount=deposit["total"]).json["id"])
    assert standing() == ("paid", deposit["total"], True)
    staff.post(f"/v1/payments/{again['id']}/refunds", {"reason": "By mistake"}, key=True, expect=201)
    change = Change(as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json, "write_off")
    for row in change.account["installments"]:
        change.replace(row)
    assert as_service.post(change.path, change.body(), expect=200)["status"] == "written_off"
    assert standing() == ("uncollectible", 0, False)
    books_agree()
