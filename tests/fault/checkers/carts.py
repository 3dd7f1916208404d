"""Carts hold what was put into them, whoever had them; those of guests are taken over once."""

import collections

from . import checker

PUTS = ("add_cart_line", "set_cart_line", "set_guest_cart_line")


def guests_of(evidence):
    """{token: cart}"""
    return {call.reply["token"]: call.reply["cart"]["id"] for call in evidence.record.named("create_guest_cart") if call.outcome == "ok"}


def asked_of_carts(evidence):
    """{(cart, product): [call]} in the order they were begun. A cart is one client's, who asks one thing after the other."""
    guests = guests_of(evidence)
    places = collections.defaultdict(list)
    for call in evidence.record.named(*PUTS):
        parts = call.path.split("/")
        cart = guests[parts[3]] if call.op == "set_guest_cart_line" else parts[3]
        places[cart, call.body["product_id"] if call.op == "add_cart_line" else parts[5]].append(call)
    return places


def possible(calls):
    """The least and the most there can be: of a call that was never answered, that it was done or not, and when."""
    least = most = 0
    for call in calls:
        quantity, sets = call.body["quantity"], call.op != "add_cart_line"
        if call.outcome == "ok":
            least, most = (quantity, quantity) if sets else (least + quantity, most + quantity)
        elif call.outcome == "unknown":
            least, most = (min(least, quantity), max(most, quantity)) if sets else (least, most + quantity)
    late = [call.body["quantity"] for call in calls if call.outcome == "unknown"]
    if late and any(call.op != "add_cart_line" for call in calls):   # what was set after it may have come before it
        least, most = min(least, *late), most + sum(late)
    return least, most


@checker
def carts_hold_what_was_added(evidence):
    """Each line added once, each quantity as it was set, and what a guest had put in is in the cart it went to, once."""
    least, most, unsure = collections.Counter(), collections.Counter(), set()
    into = dict(evidence.rows("orders", "SELECT id::text, merged_into::text FROM cart WHERE merged_into IS NOT NULL"))
    for call in evidence.record.named("merge_guest_cart"):   # a guest's cart is dropped when it has expired
        guest = guests_of(evidence)[call.path.split("/")[3]]
        if call.outcome != "refused" and call.body.get("cart_id") and guest not in into:
            into[guest] = call.body["cart_id"]
            unsure |= {guest} if call.outcome == "unknown" else set()
    there = {cart for cart, in evidence.rows("orders", "SELECT id::text FROM cart")}
    for (cart, product), calls in asked_of_carts(evidence).items():
        low, high = possible(calls)
        least[into.get(cart, cart), product] += 0 if cart in unsure else low
        most[into.get(cart, cart), product] += high
    kept = collections.Counter({(cart, product): quantity for cart, product, quantity in evidence.rows(
        "orders", "SELECT c.id::text, l ->> 'product_id', (l ->> 'quantity')::bigint FROM cart c, jsonb_array_elements(c.lines) AS l WHERE c.quote_version IS NULL")})
    for place in (least.keys() | most.keys() | kept.keys()):
        if place[0] in there and not least[place] <= kept[place] <= most[place]:
            yield f"cart {place[0]}, product {place[1]}: {kept[place]} kept, from {least[place]} to {most[place]} asked for"


@checker
def guest_carts_are_taken_over_once(evidence):
    """What a merge was answered with is where the guest's cart is, and nobody who did not ask for it has one."""
    carts = {row[0]: row[1:] for row in evidence.rows("orders", "SELECT id::text, customer_id::text, merged_into::text, jsonb_array_length(lines) FROM cart")}
    guests = guests_of(evidence)
    asked = {guests[call.path.split("/")[3]]: call for call in evidence.record.named("merge_guest_cart")}
    for guest in guests.values():
        call, now = asked.get(guest), carts.get(guest)
        if now is None:
            continue   # it has expired, and carts nobody has are dropped then
        customer, into, lines = now
        if call is None or call.outcome == "refused":
            if (customer, into) != (None, None):
                yield f"guest cart {guest} is {customer}'s, in {into}, and nobody was told so: {call}"
            continue
        if call.outcome == "unknown" and (customer, into) == (None, None):
            continue
        wanted = call.body.get("cart_id")
        if (into, lines) != (wanted, 0) if wanted else (customer is None or into is not None):
            yield f"{call}: guest cart {guest} is {customer}'s, in {into}, with {lines} lines"
        elif call.outcome == "ok" and call.reply["id"] != (wanted or guest):
            yield f"{call}: told {call.reply['id']}, it is in {wanted or guest}"
