"""Payment links, as collections makes them."""

import base64
import hashlib
import hmac
import json
import time


def text(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def mac(key, signed):
    return hmac.new(key, signed.encode(), hashlib.sha256).digest()


def payment_link(identity_secret, order_id, customer_id, expires_at=None):
    """The path of one."""
    key = mac(identity_secret.encode(), "cuotas-link:payment-link")
    payload = text(json.dumps({"order_id": order_id, "customer_id": customer_id, "exp": int(expires_at or time.time() + 400 * 86400)}).encode())
    return f"/v1/payment-links/{payload}.{text(mac(key, payload))}"
