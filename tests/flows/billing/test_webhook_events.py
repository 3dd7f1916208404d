"""GET /v1/webhook-events and POST /v1/webhook-events/{id}/replay: what providers told, and acting on it again."""

import contextlib
import uuid

import psycopg2
import pytest


@pytest.fixture
def bought(shop, customer):
    return shop.buy(customer, shop.new_product(price="60.00"), save=False)


@pytest.fixture
def event_of(database, staff):
    """The inbox's entry about a payment having succeeded."""
    def find(payment):
        wanted, = database("billing", "SELECT id::text FROM webhook_event WHERE payload LIKE %s AND type = 'payment_intent.succeeded'", (f"%{payment['id']}%",))[0]
        return [each for each in staff.pages("/v1/webhook-events", {"type": "payment_intent.succeeded", "limit": 100}) if each["id"] == wanted][0]
    return find


@pytest.fixture
def tamper(stack):
    """What only somebody in the database can do."""
    def write(sql, parameters):
        with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
    return write


def applied(shop, event_of, payment):
    return shop.wait_until(lambda: event_of(payment)["verdict"] == "applied", 20, "the event applied")


def test_replayed_it_changes_nothing(bought, event_of, shop, staff, customer, ledger_of, books_agree):
    order, payment = bought
    event = event_of(payment)
    assert (event["provider"], event["verdict"]) == ("stripe", "applied") and event["processed_at"]
    before = ledger_of(order)
    again = staff.post(f"/v1/webhook-events/{event['id']}/replay", key=True, expect=200).json
    assert again["verdict"] == "waiting"
    applied(shop, event_of, payment)
    assert ledger_of(order) == before and customer.payment(payment["id"])["status"] == "succeeded"
    books_agree()


def test_one_that_was_lost_on_the_way(bought, event_of, shop, staff, tamper, books_agree):
    """Its job is gone: it waits for ever, and somebody of the shop sees it."""
    _, payment = bought
    event = event_of(payment)
    tamper("UPDATE webhook_event SET verdict = NULL, processed_at = NULL WHERE id = %s", (event["id"],))
    assert event["id"] in [each["id"] for each in staff.pages("/v1/webhook-events", {"verdict": "waiting"})]
    staff.post(f"/v1/webhook-events/{event['id']}/replay", expect=200)
    applied(shop, event_of, payment)
    books_agree()


def test_verified_anew(bought, event_of, staff, tamper):
    """What somebody has changed in the database is not what the provider signed."""
    _, payment = bought
    event = event_of(payment)
    tamper("UPDATE webhook_event SET payload = replace(payload, 'succeeded', 'canceled') WHERE id = %s", (event["id"],))
    assert staff.post(f"/v1/webhook-events/{event['id']}/replay", expect=400).code == "webhook_signature_invalid"
    tamper("UPDATE webhook_event SET payload = replace(payload, 'canceled', 'succeeded') WHERE id = %s", (event["id"],))
    staff.post(f"/v1/webhook-events/{uuid.uuid4()}/replay", expect=404)
