"""PATCH /v1/customers/{id}/consents, and the links of mails by which a consent is taken back without a log-in."""

import uuid

import pytest

from support import tokens


def put(api, customer, granted, expect=200, purpose="marketing"):
    return api.request("PATCH", f"/v1/customers/{customer.id}/consents", json={purpose: granted}, expect=expect)


@pytest.fixture
def told(database):
    return lambda customer: [row[0] for row in database("crm", "SELECT data FROM outbox WHERE type = 'customer.consents_changed' AND subject = %s ORDER BY id", (customer.id,))]


@pytest.fixture
def kept(database, wait_until):
    """What notifications knows once it has heard of so many changes."""
    def read(customer, revision):
        rows = "SELECT consents FROM contact WHERE customer_id = %s AND consents_revision = %s"
        return wait_until(lambda: database("notifications", rows, (customer.id, revision)), 20, "the consents")[0][0]
    return read


def test_one_purpose_at_a_time(customer, staff, told, kept):
    before = customer.api.get(f"/v1/customers/{customer.id}", expect=200)["consents"]
    now = put(customer.api, customer, True).json
    assert now["consents"] == {**before, "marketing": True} and now == customer.api.get(f"/v1/customers/{customer.id}", expect=200).json
    assert put(customer.api, customer, True).json == now
    assert kept(customer, 1) == now["consents"]
    assert put(staff, customer, False)["consents"]["marketing"] is False
    assert kept(customer, 2) == {**before, "marketing": False}
    assert [(event["revision"], event["consents"]["marketing"]) for event in told(customer)] == [(1, True), (2, False)]


def test_what_was_said_at_registration_is_told_when_it_is_said_again(new_customer, told, kept):
    """Those who follow may not have heard it: customers of before they did have to be able to say it again. Once."""
    customer = new_customer(consents={"marketing": True})
    for _ in range(2):
        assert put(customer.api, customer, True)["consents"] == {"marketing": True}
    assert [event["revision"] for event in told(customer)] == [1] and kept(customer, 1) == {"marketing": True}
    silent = new_customer(consents={"marketing": False})
    silent.api.request("PATCH", f"/v1/customers/{silent.id}/consents", json={}, expect=200)
    assert told(silent) == []


def test_whose_it_is(customer, new_customer, api, staff):
    assert put(new_customer().api, customer, True, expect=404).code == "not_found"
    assert put(api, customer, True, expect=401).code == "unauthenticated"
    assert put(customer.api, customer, True, expect=422, purpose="terms").pointers == ["/terms"]
    assert put(customer.api, customer, None, expect=422).pointers == ["/marketing"]
    assert customer.api.request("PATCH", f"/v1/customers/{customer.id}/consents", json={}, expect=200).json == customer.api.get(f"/v1/customers/{customer.id}", expect=200).json
    assert staff.request("PATCH", f"/v1/customers/{uuid.uuid4()}/consents", json={"marketing": True}, expect=404).code == "not_found"


@pytest.fixture
def link(stack):
    def make(secret=None, kind="unsubscribe", **payload):
        return "/v1/unsubscribe/" + tokens.link_token(secret or stack.credentials["identity"], kind, payload)
    return make


def test_by_a_link(customer, new_customer, api, link):
    other = new_customer(consents={"marketing": True})
    put(customer.api, customer, True)
    path = link(customer_id=customer.id, purpose="marketing")
    assert api.get(path, expect=200).json == {"purpose": "marketing", "subscribed": True}, "reading changes nothing"
    assert api.get(path, expect=200)["subscribed"]
    one_click = {"data": b"List-Unsubscribe=One-Click", "content_type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        assert api.request("POST", path, expect=200, **one_click).json == {"purpose": "marketing", "subscribed": False}
    assert api.get(path, expect=200)["subscribed"] is False
    assert customer.api.get(f"/v1/customers/{customer.id}", expect=200)["consents"]["marketing"] is False
    assert other.api.get(f"/v1/customers/{other.id}", expect=200)["consents"]["marketing"] is True


def test_by_a_browser(customer, api, link):
    """Who follows the link of a mail gets a page, whose button takes the consent back."""
    put(customer.api, customer, True)
    path, browser = link(customer_id=customer.id, purpose="marketing"), {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = api.get(path, expect=200, headers=browser)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8" and b'<form method="post">' in page.body and "form-action 'self'" in page.headers["Content-Security-Policy"]
    assert customer.api.get(f"/v1/customers/{customer.id}", expect=200)["consents"]["marketing"] is True
    done = api.request("POST", path, data=b"", content_type="application/x-www-form-urlencoded", headers=browser, expect=200)
    assert b"<form" not in done.body and b"No recibes" in done.body
    assert customer.api.get(f"/v1/customers/{customer.id}", expect=200)["consents"]["marketing"] is False


def test_what_is_no_link(customer, api, stack, link):
    put(customer.api, customer, True)
    good = {"customer_id": customer.id, "purpose": "marketing"}
    for path in (link(secret="x" * 43, **good), link(kind="payment-link", **good), link(**good)[:-3], link(**good) + "A", link(customer_id=customer.id), link(purpose="marketing"),
                 link(customer_id="' OR 1=1 --", purpose="marketing"), link(customer_id=str(uuid.uuid4()), purpose="marketing"), "/v1/unsubscribe/x"):
        assert api.get(path, expect=404).code == "not_found"
        assert api.request("POST", path, expect=404).code == "not_found"
    assert customer.api.get(f"/v1/customers/{customer.id}", expect=200)["consents"]["marketing"] is True
