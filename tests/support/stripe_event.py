"""Stripe's events and their signature, as the provider makes them."""

import hashlib
import hmac
import json
import time


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
