"""Stripe's events and their signature, as the provider makes them."""

import hashlib
import hmac
import json
import time

DISPUTE_FEE = 1500


def signature(secret, body, timestamp=None, scheme="v1"):
    """The Stripe-Signature header of a body (bytes)."""
    timestamp = int(time.time()) if timestamp is None else int(timestamp)
    digest = hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},{scheme}={digest}"


def deliver(api, secret, event, expect=None, header=None, timestamp=None):
    """POSTs an event (a document, or bytes as they are) the way the provider does."""
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    headers = {} if header == "" else {"Stripe-Signature": header or signature(secret, body, timestamp)}
    return api.request("POST", "/v1/webhooks/stripe", data=body, content_type="application/json", headers=headers, expect=expect)


def dispute_of(reference, payment, status, **members):
    """A dispute of a payment, as its events show it."""
    bookings = [] if status.startswith("warning") else [{"amount": -payment["amount"], "fee": DISPUTE_FEE, "net": -payment["amount"] - DISPUTE_FEE, "currency": payment["currency"].lower()}]
    if status == "won":
        bookings.append({"amount": payment["amount"], "fee": 0, "net": payment["amount"], "currency": payment["currency"].lower()})
    return {"id": "du_" + payment["id"].replace("-", ""), "object": "dispute", "amount": payment["amount"], "currency": payment["currency"].lower(), "charge": "ch_1",
            "payment_intent": reference, "reason": "fraudulent", "status": status, "balance_transactions": bookings, "evidence_details": {"due_by": 1900000000}, **members}
