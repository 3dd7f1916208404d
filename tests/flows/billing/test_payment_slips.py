"""GET /v1/payment-slips/{order_id}: what to pay next, and how, past every provider; printed, with a bar code; Pix for what is owed in BRL."""

import uuid

import pytest

from support import pdf


@pytest.fixture
def slip(customer):
    def read(order, expect=200, **query):
        return customer.api.get(f"/v1/payment-slips/{order['id']}", query, expect=expect)
    return read


def test_what_is_next(shop, customer, staff, slip):
    product = shop.new_product(price="900.00")
    order = shop.order(customer, product, offer=shop.offer(product, installments=12, deposit=True))
    rows = customer.schedule(order["id"])
    first = slip(order).json
    assert (first["amount"], first["due_date"], [each["number"] for each in first["installments"]]) == (rows[0]["total"], rows[0]["due_date"], [0])
    assert int(first["reference"]) % 97 == 1 and slip(order)["reference"] == first["reference"], "the order's for good"
    assert first["bank_account"].startswith("Banco del Valle") and first["pix"] is None
    day = first["due_date"].replace("-", "")
    decimals, amount = (0, rows[0]["total"] // 100) if rows[0]["total"] % 100 == 0 else (2, rows[0]["total"])
    assert first["barcode"]["text"] == f"(415)7701234000011(8020){first['reference']}(390{decimals}){amount:014}(96){day}"
    assert first["barcode"]["elements"] == f"41577012340000118020{first['reference']}\x1d390{decimals}{amount:014}\x1d96{day}"
    staff.post("/v1/manual-payments", {"order_id": order["id"], "amount": first["amount"], "currency": "USD", "method": "slip", "reference": str(uuid.uuid4())}, key=True, expect=201)
    second = slip(order).json
    assert (second["amount"], [each["number"] for each in second["installments"]]) == (rows[1]["total"], [1])
    several = slip(order, through=3).json
    assert (several["amount"], several["due_date"]) == (sum(row["total"] for row in rows[1:4]), rows[1]["due_date"])
    assert slip(order, through=0, expect=404).code == "not_found"


def test_printed(shop, customer, slip):
    order = shop.order(customer)
    told = slip(order).json
    path = f"/v1/payment-slips/{order['id']}/document.pdf"
    reply = customer.api.get(path, expect=200)
    text = pdf.words("".join(pdf.pages(reply.body)))
    assert "Cupón de pago" in text and told["reference"] in text and told["barcode"]["text"] in text and "Banco del Valle" in text
    assert "Payment slip" in pdf.words("".join(pdf.pages(customer.api.get(path, {"language": "en"}, expect=200).body)))
    assert customer.api.get(path, expect=200).body == reply.body, "the same slip, the same bytes"


def test_pix(shop, customer, slip):
    product = shop.new_product(price="123.05", currency="BRL")
    order = shop.order(customer, product)
    told = slip(order).json
    code, amount = told["pix"]["copy_and_paste"], f"{told['amount'] // 100}.{told['amount'] % 100:02}"
    assert code.startswith("00020126330014br.gov.bcb.pix0111123456789095204000053039865") and f"54{len(amount):02}{amount}5802BR" in code
    assert f"6009Sao Paulo62160512{told['reference']}6304" in code
    text = pdf.words("".join(pdf.pages(customer.api.get(f"/v1/payment-slips/{order['id']}/document.pdf", expect=200).body)))
    assert "Pix copia e cola" in text


def test_nothing_to_pay(shop, customer, slip):
    order = shop.order(customer)
    payment = customer.pay(order["id"], amount=order["total_payable"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    assert slip(order, expect=409).code == "order_paid"
    assert customer.api.get(f"/v1/payment-slips/{order['id']}/document.pdf", expect=409).code == "order_paid"


def test_others(shop, customer, new_customer):
    order = shop.order(customer)
    for path in (f"/v1/payment-slips/{order['id']}", f"/v1/payment-slips/{order['id']}/document.pdf"):
        new_customer().api.get(path, expect=404)
