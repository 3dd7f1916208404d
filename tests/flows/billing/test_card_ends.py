"""Cards that end: their customers are told in time, the provider may renew them, and says itself what it still charges."""

import datetime

import pytest


@pytest.fixture
def buyer(shop, new_customer, database):
    """A customer whose card is kept and pays an order month by month: (customer, order, what the provider calls the card)"""
    def make(**who):
        customer = new_customer(**who)
        product = shop.new_product(price="120.00")
        order, _ = shop.buy(customer, product, offer=next(each for each in shop.offers(product) if each["frequency"]["unit"] == "month"))
        method, = shop.wait_until(lambda: list(customer.api.pages("/v1/payment-methods")), 30, "the card kept")
        (token,), = database("billing", "SELECT token FROM payment_method WHERE id = %s", (method["id"],))
        return customer, order, token
    return make


@pytest.fixture
def ends(shop, sandbox):
    """The card's network says when it ends."""
    def tell(customer, token, day):
        sandbox.renew_card(token, day.month, day.year)
        shop.wait_until(lambda: (card(customer)["exp_year"], card(customer)["exp_month"]) == (day.year, day.month), 30, "the card's end told")
    return tell


def card(customer):
    return customer.api.get("/v1/payment-methods", expect=200)["data"][0]


def automatic(customer, order):
    return [each for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"]


def test_told_once_and_charged_as_long_as_the_provider_does(shop, staff, sandbox, database, buyer, ends, wait_mail, books_agree):
    spanish, order, token = buyer(locale="es-CO")
    english, theirs, other = buyer(locale="en")
    far, _, good = buyer()
    both, _, old = buyer()
    today, due = shop.today(), [each for each in spanish.schedule(order["id"]) if each["outstanding"]]
    for customer, name in ((spanish, token), (english, other), (both, old)):
        ends(customer, name, today)
    ends(far, good, today.replace(day=1) + datetime.timedelta(days=400))
    kept = both.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_mastercard"}, expect=201).json   # charged from now on, and good for years
    shop.wait_until(lambda: card(both)["id"] == kept["id"] and card(both)["default"], 30, "another card kept")

    shop.advance(1)
    mail = wait_mail(spanish.email, "terminada en 4242")
    assert order["id"] in mail.text and f"{due[0]['outstanding'] // 100:,}".replace(",", ".") in mail.text
    assert datetime.date.fromisoformat(due[0]["due_date"]).strftime("%d/%m/%Y") in mail.text
    assert wait_mail(english.email, "card ending in 4242 is good until").text.count(theirs["id"]) == 1

    # The provider declines one as expired, and hears later that the bank has sent another card in its place.
    (reference,), = database("billing", "SELECT provider_customer FROM payment_method WHERE token = %s", (other,))
    sandbox.plan(customer=reference, charge={"decline_code": "expired_card"})
    shop.advance_to(due[0]["due_date"])
    assert card(spanish)["expired"] and staff.get("/v1/payment-methods", {"customer_id": spanish.id}, expect=200)["data"][0]["expired"]
    assert not card(far)["expired"]
    shop.wait_until(lambda: [each["status"] for each in automatic(spanish, order)] == ["succeeded"], 30, "the expired card charged")
    shop.wait_until(lambda: (card(english)["status"], [each["failure_code"] for each in automatic(english, theirs)]) == ("declined", ["expired_card"]), 30, "the expired card declined")
    ends(english, other, today + datetime.timedelta(days=800))
    assert (card(english)["status"], card(english)["expired"]) == ("active", False)
    shop.advance(2)
    shop.wait_until(lambda: sorted(each["status"] for each in automatic(english, theirs)) == ["failed", "succeeded"], 30, "the renewed card charged")

    told = {each.id: [n for n in shop.notifications(each) if n["template"] == "card_expiring"] for each in (spanish, english, far, both)}
    assert {name: len(found) for name, found in told.items()} == {spanish.id: 1, english.id: 1, far.id: 0, both.id: 0}
    books_agree()
