"""Mercado Pago's notifications and their signature, as the provider makes them."""

import hashlib
import hmac
import json
import time
import uuid


def signature(secret, data_id, request_id=None, timestamp=None):
    """The x-signature header. timestamp: as it is sent, seconds or milliseconds."""
    timestamp = int(time.time() * 1000) if timestamp is None else timestamp
    manifest = "".join(f"{name}:{value};" for name, value in (("id", data_id), ("request-id", request_id), ("ts", timestamp)) if value is not None)
    return f"ts={timestamp},v1={hmac.new(secret.encode(), manifest.encode(), hashlib.sha256).hexdigest()}"


def notification(payment, action="payment.updated", **changes):
    return {"id": uuid.uuid4().int % 10 ** 11, "type": "payment", "action": action, "api_version": "v1", "live_mode": False, "data": {"id": payment}, **changes}


def deliver(api, secret, event, expect=None, timestamp=None, signed_id=None, request_id="", sent_request_id=None):
    """POSTs a notification the way the provider does. signed_id: of the query, where it is not the body's; request_id: what is signed, None for none."""
    request_id = str(uuid.uuid4()) if request_id == "" else request_id
    data_id = signed_id or event["data"]["id"]
    headers = {"x-signature": signature(secret, data_id, request_id, timestamp)}
    sent = sent_request_id if sent_request_id is not None else request_id
    if sent:
        headers["x-request-id"] = sent
    return api.request("POST", f"/v1/webhooks/mercadopago?data.id={data_id}&type=payment", data=json.dumps(event).encode(), content_type="application/json",
                       headers=headers, expect=expect)
