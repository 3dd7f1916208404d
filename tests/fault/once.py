"""What a load does so rarely that a short one may do none of it: once, before anything is disturbed, so that every checker has something to be held against."""

from .buying import accept_quote, fill_cart, follow, place, register_one, send_signed_file, shop_as_guest, think_of_mails
from .client import Client, Person
from .office import quote, send_goods

LONG = "2029"   # not before the run ends
TRIES = 20   # what is drawn may be sold out, or be too dear to be sold at once


def do_once(world, seed):
    """A quote that is ordered and one that nobody takes up, payments that their customer disputes, one of which the shop gives back a part, a contract that comes back signed by hand, goods that
    are sent, and carts that were a guest's."""
    client, me = Client("first", world, seed), Person(world.staff_login["username"], world.staff_login["password"])
    register_one(client, client.begin())
    person, = client.people
    for _ in range(TRIES):
        quote(client, me, client.begin(), person)
        accept_quote(client, person, client.begin())
        if person.orders:
            break
    send_signed_file(client, person, client.begin())
    for _ in range(TRIES):
        quote(client, me, client.begin(), person)
        if any(each["status"] == "approved" and each["valid_until"] > LONG for each in client.get("list_quotes", "/v1/quotes", person, customer_id=person.id)["data"]):
            break
    for card in ("pm_card_createDispute", "pm_card_createDisputeInquiry", "pm_card_createDispute"):
        buy(client, person, card)
    payment = buy(client, person, "pm_card_visa")
    client.post("create_refund", f"/v1/payments/{payment}/refunds", {"reason": "Paid at the counter, too", "amount": 1, "to": "method"}, me)
    for _ in range(TRIES):
        send_goods(client, me, client.begin())
    for _ in range(3):
        think_of_mails(client, person, client.begin())
    carts = len(person.carts)
    for _ in range(TRIES):
        shop_as_guest(client, person, client.begin())
        if len(person.carts) > carts + 2:   # their own ones among them
            break


def buy(client, person, card):
    """The payment's id."""
    for _ in range(TRIES):
        rng = client.begin()
        cart = fill_cart(client, person, rng)
        order_id = cart and place(client, person, rng, cart[0], reads=True)
        if order_id:
            paid = client.post("create_payment", "/v1/payments", {"order_id": order_id, "payment_method": {"provider": "stripe", "token": card}}, person)
            if follow(client, person, paid, True) == "succeeded":
                return paid["id"]
    raise AssertionError(f"nothing could be bought with {card}")
