"""GET /v1/contracts/{id}, its text, its PDF, its documents: made once, the same bytes ever after, for its buyer and for staff."""

import hashlib
import threading
import uuid

import pytest

from support import pdf


def documents(caller, contract):
    return caller.get(f"/v1/contracts/{contract['id']}/documents", expect=200)["data"]


def test_the_contract_itself(customer, staff, shop, product):
    order = shop.order(customer, product)
    contract = customer.api.get(f"/v1/contracts/{order['contract_id']}", expect=200).json
    assert contract == order["contract"] and (contract["order_id"], contract["currency"]) == (order["id"], order["currency"])
    assert staff.get(f"/v1/contracts/{order['contract_id']}", expect=200).json == contract


def test_the_pdf_says_all_the_text_says(customer, shop, new_product):
    product = new_product(price="4321.00", name="Lámpara de año — «niñez» €")
    cart, offer = customer.cart((product, 1)), shop.offer(product, installments=12)
    shown = customer.api.post(f"/v1/carts/{cart['id']}/contract-preview", {"offer_id": offer["id"]}, expect=200).json
    contract = customer.place_order(cart["id"], offer["id"], contract_sha256=shown["sha256"])["contract"]
    reply = customer.api.get(f"/v1/contracts/{contract['id']}/document.pdf", expect=200)
    assert reply.headers["Content-Type"] == "application/pdf" and reply.headers["X-Content-Type-Options"] == "nosniff"
    assert reply.headers["Content-Disposition"].startswith('attachment; filename="contract-v1-')
    again = customer.api.get(f"/v1/contracts/{contract['id']}/document.pdf", {"version": 1}, expect=200)
    assert again.body == reply.body
    printed = pdf.pages(reply.body)
    whole = pdf.words(" ".join(printed))
    for part in (customer.body["full_name"], customer.body["tax_id"], "Lámpara de año — «niñez» €", "Cronograma de pagos", contract["acceptance"]["terms_sha256"],
                 shown["sha256"], contract["acceptance"]["accepted_by"], contract["acceptance"]["ip"], "Constancia de la aceptación"):
        assert part in whole, part
    for number, page in enumerate(printed, 1):
        assert f"Página {number} de {len(printed)}" in page and contract["id"] in page
    rows = [line.split() for page in printed for line in page.splitlines()]
    for row in customer.schedule(contract["order_id"]):
        day = "/".join(reversed(row["due_date"].split("-")))
        total = f"{row['total'] // 100:,}".replace(",", ".") + f",{row['total'] % 100:02}"
        assert any(cells[:2] == [str(row["number"]), day] and total in cells for cells in rows), row
    body = pdf.words(shop.api.get("/v1/terms", expect=200)["body"].replace("**", "").replace("# ", ""))
    assert body.split(". ", 1)[1][:60] in whole
    listed = documents(customer.api, contract)
    assert [(each["kind"], each["version"], each["media_type"], each["created_by"]) for each in listed] == \
        [("contract", 1, "text/markdown", None), ("pdf", 1, "application/pdf", None)]
    for each, body in zip(listed, (shown["body"].encode(), reply.body)):
        assert (each["size"], each["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())
        assert customer.api.get(f"/v1/contracts/{contract['id']}/documents/{each['id']}", expect=200).body == body


def test_many_pages(customer, shop, new_product):
    """A hundred products of long names: all of them are there, in their order, none twice."""
    products = [new_product(price="12.00", name=f"Artículo {number:03} " + "de nombre largo " * 12, stock=5) for number in range(100)]
    cart = customer.cart(*((product, 1) for product in products))
    offer = shop.offers(products[0])[0]
    contract = customer.place_order(cart["id"], offer["id"])["contract"]
    printed = pdf.pages(customer.api.get(f"/v1/contracts/{contract['id']}/document.pdf", expect=200).body)
    assert len(printed) >= 5
    found = [word for page in printed for word in page.split("Artículo ")[1:]]
    assert [word[:3] for word in found] == [f"{number:03}" for number in range(100)]
    assert sum(page.count("largo") for page in printed) == 1200


def test_two_at_once_get_the_same(customer, shop, product):
    contract, replies = shop.order(customer, product)["contract"], []
    readers = [threading.Thread(target=lambda: replies.append(customer.api.get(f"/v1/contracts/{contract['id']}/document.pdf").body)) for _ in range(6)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert len(replies) == 6 and len(set(replies)) == 1
    assert [each["kind"] for each in documents(customer.api, contract)] == ["contract", "pdf"]


def test_what_is_kept_cannot_be_changed(database):
    rights = database("orders", "SELECT has_table_privilege('cuotas_orders_app', 'contract_document', right_) FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) AS right_")
    assert rights == [(False,)] * 3


@pytest.mark.parametrize("path", ["", "/document", "/document.pdf", "/documents", "/documents/{document}"])
def test_only_for_its_buyer_and_staff(path, customer, new_customer, staff, api, shop, product):
    contract = shop.order(customer, product)["contract"]
    customer.api.get(f"/v1/contracts/{contract['id']}/document", expect=200)
    target = f"/v1/contracts/{contract['id']}" + path.replace("{document}", documents(customer.api, contract)[0]["id"])
    for caller, status in ((customer.api, 200), (staff, 200), (new_customer().api, 404), (api, 401)):
        caller.get(target, expect=status)
    assert customer.api.get(target.replace(contract["id"], str(uuid.uuid4())), expect=404).code == "not_found"
    if path in ("/document", "/document.pdf"):
        assert customer.api.get(target, {"version": 2}, expect=404).code == "not_found"
        assert customer.api.get(target, {"version": 0}, expect=422).pointers == ["query:version"]


def test_a_document_of_another_contract(customer, shop, product):
    one, two = shop.order(customer, product)["contract"], shop.order(customer, product)["contract"]
    customer.api.get(f"/v1/contracts/{one['id']}/document", expect=200)
    document = documents(customer.api, one)[0]["id"]
    assert customer.api.get(f"/v1/contracts/{two['id']}/documents/{document}", expect=404).code == "not_found"
