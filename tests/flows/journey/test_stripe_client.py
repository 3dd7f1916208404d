"""The official Stripe client, pointed at the payment sandbox: what keeps the sandbox honest, and with it our adapter.

The client is installed once, at a pinned version, below build/; without npm or network (and without an earlier install) this is skipped."""

import json
import os
import shutil
import subprocess

import pytest

from support.stripe_event import deliver

VERSION = "22.6.2"   # the newest that Debian 12's node 18 runs
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))


@pytest.fixture(scope="module")
def client():
    """The path of the installed client."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    directory = os.path.join(ROOT, "build", "npm", f"stripe-{VERSION}")
    module = os.path.join(directory, "node_modules", "stripe")
    if not os.path.exists(os.path.join(module, "package.json")):
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory + ".new", exist_ok=True)
        try:
            done = subprocess.run([npm, "install", "--prefix", directory + ".new", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", f"stripe@{VERSION}"],
                                  capture_output=True, text=True, timeout=300, cwd=directory + ".new")
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm had not installed stripe@{VERSION} after 300 s")
        if done.returncode != 0:
            pytest.skip(f"npm could not install stripe@{VERSION}: {done.stderr.strip()[-300:]}")
        os.rename(directory + ".new", directory)
    return module


@pytest.fixture(scope="module")
def said(client, shop, stack):
    """What the client said to every call of stripe_client.js."""
    from support.database import rows
    _, payment = shop.buy(shop.new_customer())
    payload, signature = rows(stack.database_url("billing"), "SELECT payload, signature FROM webhook_event WHERE payload LIKE %s AND type = %s",
                              (f"%{payment['id']}%", "payment_intent.succeeded"))[0]
    wanted = {"base": stack.service_urls["sandbox"], "key": stack.sandbox_key, "secret": stack.webhook_secret,
              "webhook": {"payload": payload, "signature": signature}}
    done = subprocess.run(["node", os.path.join(HERE, "stripe_client.js"), client], input=json.dumps(wanted), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "sent": payload}


def test_a_payment(said):
    paid = said["paid"]
    assert (paid["object"], paid["status"], paid["amount"], paid["amount_received"], paid["currency"]) == ("payment_intent", "succeeded", 12345, 12345, "usd"), paid
    assert paid["id"].startswith("pi_") and paid["metadata"] == {"note": "ñandú & co"}
    assert said["read"]["id"] == paid["id"] and said["read"]["status"] == "succeeded"


def test_declines(said):
    for name, decline in (("declined", "generic_decline"), ("insufficient", "insufficient_funds"), ("offSessionDeclined", "generic_decline")):
        failed = said[name]
        assert (failed.get("error"), failed["code"], failed["status"]) == ("StripeCardError", "card_declined", 402), failed
        assert failed["decline_code"] == decline and failed["intent"] == "requires_payment_method", failed


def test_authentication_and_cancel(said):
    assert said["action"]["status"] == "requires_action", said["action"]
    assert said["action"]["next_action"]["type"], said["action"]
    assert said["canceled"]["status"] == "canceled", said["canceled"]


def test_saved_methods(said):
    assert said["customer"]["id"].startswith("cus_")
    assert said["setup"]["status"] == "succeeded", said["setup"]
    assert (said["method"]["customer"], said["method"]["card"]["brand"], said["method"]["card"]["last4"]) == (said["customer"]["id"], "mastercard", "4444")
    assert said["offSession"]["status"] == "succeeded", said["offSession"]


def test_refunds(said):
    assert (said["refund"]["status"], said["refund"]["amount"]) == ("succeeded", 345), said["refund"]
    assert said["refundTooMuch"].get("error") == "StripeInvalidRequestError", said["refundTooMuch"]


def test_disputes(said):
    dispute, won = said["dispute"], said["disputeWon"]
    assert (dispute["object"], dispute["status"], dispute["amount"], dispute["reason"]) == ("dispute", "needs_response", 12345, "fraudulent"), dispute
    assert [booking["amount"] for booking in dispute["balance_transactions"]] == [-12345]
    assert (won["status"], won["evidence"]["product_description"]) == ("won", "Silla"), won
    assert [booking["amount"] for booking in won["balance_transactions"]] == [-12345, 12345]
    assert said["disputeOver"].get("error") == "StripeInvalidRequestError", said["disputeOver"]


def test_idempotency(said):
    assert said["once"]["status"] == "succeeded", said["once"]
    assert said["again"]["id"] == said["once"]["id"]
    assert said["other"].get("error") == "StripeIdempotencyError", said["other"]


def test_errors(said):
    assert (said["unknown"]["error"], said["unknown"]["status"], said["unknown"]["code"]) == ("StripeInvalidRequestError", 404, "resource_missing")
    assert (said["invalid"]["error"], said["invalid"]["status"]) == ("StripeInvalidRequestError", 400)
    assert (said["wrongKey"]["error"], said["wrongKey"]["status"]) == ("StripeAuthenticationError", 401)


def test_signatures_both_ways(said, api):
    assert said["event"]["type"] == "payment_intent.succeeded", said["event"]
    assert said["forged"]["error"] == "StripeSignatureVerificationError", said["forged"]
    deliver(api, None, said["sent"].encode(), 200, header=said["header"])
