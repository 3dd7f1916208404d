"""Job send_mail: what becomes of a message when the mail server does not take it."""

import uuid

import pytest


@pytest.fixture
def reader(shop):
    def register(local_part):
        return shop.new_customer(email=f"{local_part}-{uuid.uuid4().hex[:12]}@example.com")
    return register


def welcome(shop, customer):
    return next((each for each in shop.notifications(customer) if each["template"] == "welcome"), None)


def test_refused_for_good(shop, reader, mailbox, wait_until, database):
    """Nobody is there: given up at once, told as an event, and to be seen in the customer's timeline."""
    customer = reader("reject")
    failed = wait_until(lambda: (found := welcome(shop, customer)) and found["status"] == "failed" and found, 20, "the message given up")
    assert (failed["to"], failed["sent_at"]) == (customer.email, None)
    assert mailbox(customer.email) == []
    told = database("notifications", "SELECT data ->> 'template', data ->> 'reason' FROM outbox WHERE type = 'notification.failed' AND subject = %s", (failed["id"],))
    assert told == [("welcome", "the mail server answered 550")]
    wait_until(lambda: any(entry["type"] == "notification.failed" for entry in customer.timeline()), 20, "the timeline")


def test_tried_again_when_the_server_is_busy(shop, reader, wait_mail, wait_until, mailbox):
    customer = reader("busy2")
    wait_mail(customer.email, "", 60)
    wait_until(lambda: welcome(shop, customer)["status"] == "sent", 20, "the message sent")
    assert len(mailbox(customer.email)) == 1
