"""GET /v1/payment-methods/{id}/mandate: what a customer agreed to when a method was saved."""

import hashlib

TEXT = "Autorizo a Cuotas a cobrar cada cuota\nen su fecha con esta tarjeta."


def test_evidence_is_kept_and_ends_with_the_method(shop, customer, staff):
    body = {"provider": "stripe", "token": "pm_card_visa", "mandate": {"text": TEXT, "channel": "app"}}
    method = customer.api.post("/v1/payment-methods", body, headers={"User-Agent": "Tienda/3.1"}, expect=201).json
    path = f"/v1/payment-methods/{method['id']}/mandate"
    mandate = staff.get(path, expect=200).json
    assert (mandate["text"], mandate["text_sha256"], mandate["channel"]) == (TEXT, hashlib.sha256(TEXT.encode()).hexdigest(), "app")
    assert (mandate["customer_id"], mandate["user_agent"], mandate["revoked_at"]) == (customer.id, "Tienda/3.1", None) and mandate["ip"]
    shop.wait_until(lambda: [each for each in customer.api.pages("/v1/payment-methods") if each["id"] == method["id"] and each["status"] == "active"], 30, "the card kept")
    customer.api.request("DELETE", f"/v1/payment-methods/{method['id']}", expect=200)
    ended = staff.get(path, expect=200).json
    assert ended["revoked_at"] and {**mandate, "revoked_at": ended["revoked_at"], "revoked_by": "customer"} == ended


def test_none_was_given(customer, staff):
    method = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_mastercard"}, expect=201).json
    staff.get(f"/v1/payment-methods/{method['id']}/mandate", expect=404)
