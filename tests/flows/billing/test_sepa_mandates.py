"""/v1/sepa-mandates: what customers sign for direct debits of the shop's own bank; /v1/sepa-creditor: who collects."""

import datetime
import hashlib
import uuid

import pytest

from support.sepa import new_iban

TEXT = "Autorizo a Cuotas a girar cada cuota en su fecha a esta cuenta."


def test_a_customer_signs(shop, customer, staff, database):
    iban = new_iban()
    spaced = " ".join(iban[at:at + 4] for at in range(0, len(iban), 4)).lower()
    reply = customer.api.post("/v1/sepa-mandates", {"iban": spaced, "debtor_name": "Ana Ruiz Peña", "mandate": {"text": TEXT, "channel": "web"}}, key=True, expect=201)
    mandate = reply.json
    assert (mandate["status"], mandate["scheme"], mandate["signed_on"], mandate["customer_id"]) == ("active", "CORE", shop.today().isoformat(), customer.id)
    assert (mandate["iban_country"], mandate["iban_last4"]) == ("ES", iban[-4:]) and len(mandate["reference"]) <= 35
    path = f"/v1/sepa-mandates/{mandate['id']}"
    assert customer.api.get(path, expect=200).json == staff.get(path, expect=200).json == mandate
    method = customer.api.get("/v1/payment-methods", expect=200)["data"][0]
    assert (method["id"], method["provider"], method["status"], method["default"], method["last4"]) == (mandate["id"], "sepa", "active", True, iban[-4:])
    evidence = staff.get(f"/v1/payment-methods/{mandate['id']}/mandate", expect=200)
    assert evidence["text_sha256"] == hashlib.sha256(TEXT.encode()).hexdigest() and evidence["customer_id"] == customer.id
    assert all(iban.encode() not in each.body for each in (reply, staff.get(path, expect=200), customer.api.get("/v1/payment-methods", expect=200)))
    told = database("billing", "SELECT data::text FROM outbox WHERE type = 'payment_method.saved' AND subject = %s", (mandate["id"],))
    assert len(told) == 1 and iban not in told[0][0]
    shop.new_customer().api.get(path, expect=404)


def test_signed_on_paper(shop, customer, staff):
    """Staff say whose it is, when it was signed and what it is called; the reference is the shop's only one."""
    reference, yesterday = f"SHOP/{uuid.uuid4().hex[:12]}", shop.today() - datetime.timedelta(days=1)
    body = {"customer_id": customer.id, "iban": new_iban(), "bic": "caixesbb", "debtor_name": "Ruiz SL", "reference": reference, "signed_on": yesterday.isoformat(), "scheme": "B2B"}
    mandate = staff.post("/v1/sepa-mandates", body, expect=201)
    assert (mandate["reference"], mandate["signed_on"], mandate["bic"], mandate["scheme"]) == (reference, yesterday.isoformat(), "CAIXESBB", "B2B")
    assert customer.api.get(f"/v1/sepa-mandates/{mandate['id']}", expect=200).json == mandate.json
    assert staff.post("/v1/sepa-mandates", {**body, "reference": reference.upper()}, expect=409).code == "mandate_reference_taken"
    staff.get(f"/v1/payment-methods/{mandate['id']}/mandate", expect=404)
    shop.new_customer().api.post("/v1/sepa-mandates", body, expect=404)


def test_removed_as_any_method(shop, customer, staff, database):
    """It is nobody's default any more; there is no provider to tell."""
    mandates = [customer.api.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana", "mandate": {"text": TEXT}}, expect=201).json for _ in range(2)]
    default = {"token": mandates[1]["id"], "provider": "stripe"}
    order = shop.order(customer)
    refused = customer.api.post("/v1/payments", {"order_id": order["id"], "payment_method": default}, key=True, expect=422)
    assert refused.code == "payment_method_not_found", "nothing can be charged by it here and now"
    customer.api.request("DELETE", f"/v1/payment-methods/{mandates[1]['id']}", expect=200)
    removed = customer.api.get(f"/v1/sepa-mandates/{mandates[1]['id']}", expect=200)
    assert removed["status"] == "removed" and removed["removed_at"]
    assert staff.get(f"/v1/payment-methods/{mandates[1]['id']}/mandate", expect=200)["revoked_at"]
    assert [(each["id"], each["default"]) for each in customer.api.get("/v1/payment-methods", expect=200)["data"]] == [(mandates[0]["id"], True)]
    assert database("billing", "SELECT FROM job WHERE key = %s", (f"detach:{mandates[1]['id']}",)) == []


@pytest.mark.parametrize("member, value, code", [
    ("iban", "ES9121000418450200051333", "format"), ("iban", "ES91210004184502000513", "format"), ("iban", "BR1800360305000010009795493C1", "format"), ("bic", "12345678", "format"),
    ("debtor_name", "Иван", "format"), ("reference", "/M1", "format"), ("signed_on", "2999-01-01", "range")])
def test_what_no_bank_would_take(customer, member, value, code):
    refused = customer.api.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana", member: value}, expect=422)
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(f"/{member}", code)] and value.encode() not in refused.body


def test_staff_say_whose(staff):
    assert staff.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana"}, expect=422)["errors"][0]["code"] == "required"


def test_who_collects(staff):
    path, before = "/v1/sepa-creditor", staff.get("/v1/sepa-creditor", expect=200)
    iban = new_iban()
    body = {"creditor_id": "es23 zzz 47690558n", "name": "Cuotas SL", "iban": iban, "bic": "CAIXESBBXXX"}
    put = lambda expect, etag=None, **changes: staff.request("PUT", path, json={**body, **changes}, headers={"If-Match": etag or staff.get(path, expect=200).headers["ETag"]}, expect=expect)
    now = put(200)
    assert (now["creditor_id"], now["iban"], now["first_sequence"], now["batch_booking"], now["version"] > before["version"]) == ("ES23ZZZ47690558N", iban, "RCUR", False, True)
    put(412, etag=before.headers["ETag"])
    assert now["notice_days"] == 0 and put(200, notice_days=14)["notice_days"] == 14 and put(200)["notice_days"] == 0
    for member, value in (("notice_days", 61), ("creditor_id", "ES24ZZZ47690558N"), ("iban", "ES0021000418450200051332"), ("bic", "CAIXES0B"), ("name", "Иван")):
        assert put(422, **{member: value})["errors"][0]["pointer"] == f"/{member}"
