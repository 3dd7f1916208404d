"""POST /v1/quotes/{id}/contract-preview and `contract_sha256` when a quote is accepted: what was read is what is agreed, to the byte."""

import hashlib
import uuid

import pytest


def preview(customer, quote, expect=200, **changes):
    return customer.api.post(f"/v1/quotes/{quote['id']}/contract-preview", {"version": quote["version"], **changes}, expect=expect)


def accept(customer, quote, key=True, expect=201, **changes):
    body = {"version": quote["version"], "terms_version": "v1", "terms_accepted": True, **changes}
    return customer.api.post(f"/v1/quotes/{quote['id']}/accept", body, key=key, expect=expect)


def test_what_was_read_is_agreed(customer, shop, staff, new_product):
    """Also when the product has another name and price by now: a quote is what was agreed."""
    product = new_product(price="100.00", stock=5)
    quote = shop.quote(customer, (product, (2, 9000)), offer=shop.offer(product, installments=12), terms={"annual_rate": "0.06", "installments": 12})
    shown = preview(customer, quote).json
    text = shown["body"]
    assert shown["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (shown["quote_id"], shown["version"], shown["locale"], shown["terms_version"]) == (quote["id"], 1, "es", "v1")
    assert quote["id"] in text and customer.body["full_name"] in text and product["name"] in text.replace("\\", "") and "180,00" in text
    english = preview(customer, quote, locale="en").json
    assert english["sha256"] != shown["sha256"] and "180.00" in english["body"]
    staff.post("/v1/products/import", {"sku": product["sku"], "name": "Otro nombre", "price": "400.00", "currency": "USD", "category": "Test"}, expect=200)
    assert preview(customer, quote).body == preview(customer, quote).body and preview(customer, quote)["sha256"] == shown["sha256"]
    for wrong in ("0" * 64, english["sha256"]):
        assert accept(customer, quote, contract_sha256=wrong, expect=409).code == "contract_changed"
    key = str(uuid.uuid4())
    order = accept(customer, quote, key=key, contract_sha256=shown["sha256"]).json
    assert accept(customer, quote, key=key, contract_sha256=shown["sha256"]).json == order
    assert order["contract"]["acceptance"]["contract_sha256"] == shown["sha256"] and order["lines"] == quote["lines"]
    document, = customer.api.get(f"/v1/contracts/{order['contract_id']}/documents", expect=200)["data"]
    assert document["sha256"] == shown["sha256"]
    assert customer.api.get(f"/v1/contracts/{order['contract_id']}/document", expect=200).body.decode() == text


def test_what_was_not_pinned_is_made_the_same(customer, shop, new_product):
    quote = shop.quote(customer, (new_product(), (1, 5000)))
    shown, order = preview(customer, quote).json, accept(customer, quote).json
    assert order["contract"]["acceptance"]["contract_sha256"] is None
    assert customer.api.get(f"/v1/contracts/{order['contract_id']}/document", expect=200).body.decode() == shown["body"]


def test_refusals(customer, new_customer, shop, staff, new_product):
    product = new_product()
    quote = shop.quote(customer, (product, 1))
    assert preview(new_customer(), quote, expect=404).code == "not_found"
    assert preview(customer, {"id": str(uuid.uuid4()), "version": 1}, expect=404).code == "not_found"
    assert preview(customer, shop.quote(customer, (product, 1), approve=False), expect=404).code == "not_found"
    assert preview(customer, {**quote, "version": 2}, expect=409).code == "quote_changed"
    assert staff.post(f"/v1/quotes/{quote['id']}/contract-preview", {"version": 1}, expect=403).code == "forbidden"
    accept(customer, quote)
    assert preview(customer, quote, expect=409).code == "quote_converted"
    void = shop.quote(customer, (product, 1))
    staff.post(f"/v1/quotes/{void['id']}/void", {"reason": "Too late"}, expect=200)
    assert preview(customer, void, expect=409).code == "quote_void"


@pytest.mark.parametrize("change, pointer", [({"version": 0}, "/version"), ({"locale": "pt"}, "/locale"), ({"offer_id": "x"}, "/offer_id")])
def test_wrong_bodies(customer, change, pointer):
    assert preview(customer, {"id": str(uuid.uuid4()), "version": 1}, expect=422, **change).pointers == [pointer]
