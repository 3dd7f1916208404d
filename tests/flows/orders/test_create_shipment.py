"""POST /v1/orders/{id}/shipments: what goes to the buyer, never more than was ordered, never before the plan allows it."""

import threading

import pytest


@pytest.fixture
def send(staff):
    """send(order, [(line, quantity), ...] or None, status): a shipment."""
    def send(order, units=None, status="shipped", expect=201, **members):
        body = {"status": status, **members}
        if status == "shipped":
            body.setdefault("carrier", "Servientrega")
        if units is not None:
            body["lines"] = [{"line": line, "quantity": quantity} for line, quantity in units]
        return staff.request("POST", f"/v1/orders/{order['id']}/shipments", json=body, key=True, expect=expect)
    return send


@pytest.fixture
def progress(customer):
    return lambda order: customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200).json


def bought(shop, customer, *lines):
    """A confirmed order of several products: (product, quantity)."""
    cart = customer.cart(*lines)
    order = customer.place_order(cart["id"], shop.offers(lines[0][0])[0]["id"]).json
    payment = customer.pay(order["id"], save=True).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    return shop.wait_order(customer, order["id"], "confirmed")


def test_part_by_part(customer, shop, new_product, send, progress):
    order = bought(shop, customer, (new_product(), 3), (new_product(), 1))
    assert order["fulfilment_status"] == "unfulfilled"
    shipment = send(order, [(1, 2)], tracking_number="2120345678", tracking_url="https://tracking.example.com/2120345678").json
    assert (shipment["kind"], shipment["status"], shipment["carrier"]) == ("parcel", "shipped", "Servientrega")
    assert shipment["lines"] == [{"line": 1, "quantity": 2, "returned": 0}]
    seen = progress(order)
    assert seen["shipments"] == [shipment] and seen["fulfilment_status"] == "unfulfilled" and seen["release"] == {"policy": "immediate"}
    assert [(line["open"], line["shipped"]) for line in seen["lines"]] == [(1, 2), (1, 0)]
    rest = send(order).json
    assert rest["lines"] == [{"line": 1, "quantity": 1, "returned": 0}, {"line": 2, "quantity": 1, "returned": 0}]
    assert send(order, expect=409).code == "nothing_left_to_ship"
    assert customer.order(order["id"])["fulfilment_status"] == "unfulfilled"


def test_handed_over_at_once(customer, shop, new_product, send, progress):
    """Over the counter: no carrier, no way."""
    order = bought(shop, customer, (new_product(), 2))
    assert send(order, [(1, 1)], "delivered").json["carrier"] is None
    assert customer.order(order["id"])["fulfilment_status"] == "partially_fulfilled"
    send(order, [(1, 1)], "delivered")
    assert customer.order(order["id"])["fulfilment_status"] == "fulfilled"


def test_a_service_has_no_carrier(customer, shop, new_product, send):
    order = bought(shop, customer, (new_product(), 1), (new_product(kind="service"), 1), (new_product(kind="digital"), 1))
    assert send(order, expect=422).code == "shipment_mixed"
    assert send(order, [(2, 1)], "shipped", expect=422).code == "service_not_shipped"
    assert send(order, [(2, 1), (3, 1)], "delivered").json["kind"] == "service"
    assert customer.order(order["id"])["fulfilment_status"] == "partially_fulfilled"


def test_never_more_than_was_ordered(customer, shop, new_product, send, progress):
    """Twelve at once want one each of the seven there are."""
    order = bought(shop, customer, (new_product(), 7))
    assert send(order, [(1, 8)], expect=409).code == "nothing_left_to_ship"
    assert send(order, [(1, 4), (1, 4)], expect=409).code == "nothing_left_to_ship"
    replies = []
    threads = [threading.Thread(target=lambda: replies.append(send(order, [(1, 1)], expect=None))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] * 7 + [409] * 5, replies
    assert progress(order)["lines"][0]["shipped"] == 7


def test_the_same_key_sends_once(customer, shop, new_product, staff, progress):
    order = bought(shop, customer, (new_product(), 2))
    body = {"status": "shipped", "carrier": "Coordinadora", "lines": [{"line": 1, "quantity": 1}]}
    replies = [staff.request("POST", f"/v1/orders/{order['id']}/shipments", json=body, key=f"send-{order['id']}", expect=201) for _ in range(2)]
    assert replies[0].body == replies[1].body and replies[1].headers["Idempotent-Replayed"] == "true"
    assert len(progress(order)["shipments"]) == 1


def test_what_is_refused(customer, shop, new_product, send, staff):
    waiting = shop.order(customer, new_product())
    assert customer.order(waiting["id"])["fulfilment_status"] is None
    assert send(waiting, expect=409).code == "order_not_for_delivery"
    order = bought(shop, customer, (new_product(), 1))
    assert send(order, [(2, 1)], expect=422).code == "order_line_not_found"
    reply = staff.request("POST", f"/v1/orders/{order['id']}/shipments", json={"status": "shipped"}, key=True, expect=422)
    assert reply.code == "carrier_missing"
    assert send(order, occurred_at="2099-01-01T00:00:00Z", expect=422).code == "validation_failed"
    assert send({"id": customer.id}, expect=404).code == "not_found"
    assert customer.api.post(f"/v1/orders/{order['id']}/shipments", {"status": "delivered"}, key=True, expect=403).code == "forbidden"


@pytest.mark.parametrize("terms, before", (({"percent": "0.50"}, 1), ({"installments": 2}, 1), ({"percent": "1"}, 2), ({"installments": 3}, 2)))
def test_nothing_is_sent_before_the_plan_releases_it(customer, shop, new_product, send, progress, wait_until, terms, before):
    """Three installments: as many as are paid `before` do not open the gate, the next one does."""
    product = new_product()
    shop.new_plan(product, release={"policy": "layaway", **terms}, terms={"method": "interest_free", "annual_rate": "0", "installments": 3})
    order = shop.order(customer, product)
    assert order["release"] == {"policy": "layaway", **terms}

    def pay(count):
        for row in customer.schedule(order["id"])[count:count + 1]:
            payment = customer.pay(order["id"], amount=row["outstanding"]).json
            assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
            wait_until(lambda: customer.schedule(order["id"])[count]["status"] == "paid", 20, "the installment paid")
    for count in range(before):
        pay(count)
    shop.wait_order(customer, order["id"], "confirmed")
    assert customer.order(order["id"])["fulfilment_status"] == "awaiting_release"
    assert progress(order)["release"] == {"policy": "layaway", **terms}
    assert send(order, expect=409).code == "order_not_released"
    pay(before)
    assert customer.order(order["id"])["fulfilment_status"] == "unfulfilled"
    send(order)
    wait_until(lambda: any(entry["title"] == "Pedido liberado para la entrega" for entry in customer.timeline()), 20, "the release in the timeline")


def test_a_debt_that_is_given_up_releases_nothing(customer, shop, new_product, send, change, confirm, hire, database, wait_until):
    """What was written off was not paid: goods that wait for it stay where they are."""
    product = new_product()
    shop.new_plan(product, release={"policy": "layaway", "percent": "1"}, terms={"method": "interest_free", "annual_rate": "0", "installments": 3})
    order, _ = shop.buy(customer, product, save=False)
    asked = change(shop.staff, order, "write_off", reason="No aparece").json
    confirm(hire("approver"), asked)
    wait_until(lambda: not database("orders", "SELECT FROM job WHERE payload ->> 'change_id' = %s", (asked["id"],)), 20, "all of the change done")
    now = customer.order(order["id"])
    assert (now["contract"]["status"], now["fulfilment_status"]) == ("written_off", "awaiting_release")
    assert send(order, expect=409).code == "order_not_released"
