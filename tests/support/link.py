"""Payment links, as collections makes them."""

import time

from .tokens import link_token


def payment_link(identity_secret, order_id, customer_id, expires_at=None):
    """The path of one."""
    return "/v1/payment-links/" + link_token(identity_secret, "payment-link", {
        "order_id": order_id, "customer_id": customer_id, "exp": int(expires_at or time.time() + 4000 * 86400)})
