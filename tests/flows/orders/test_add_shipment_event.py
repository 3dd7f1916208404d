"""POST /v1/shipments/{id}/events: the way of a parcel, what comes back, and when an order is complete."""

import threading

import pytest


@pytest.fixture
def order(customer, shop, new_product):
    return shop.buy(customer, new_product(), quantity=3)[0]


@pytest.fixture
def send(staff):
    def send(order, status="shipped", quantity=None, **members):
        body = {"status": status, **members}
        if status == "shipped":
            body["carrier"] = "Servientrega"
        if quantity:
            body["lines"] = [{"line": 1, "quantity": quantity}]
        return staff.request("POST", f"/v1/orders/{order['id']}/shipments", json=body, key=True, expect=201).json
    return send


@pytest.fixture
def record(staff):
    def record(shipment, step, quantity=None, expect=201, **members):
        body = {"step": step, **members}
        if quantity:
            body["lines"] = [{"line": 1, "quantity": quantity}]
        return staff.request("POST", f"/v1/shipments/{shipment['id']}/events", json=body, key=True, expect=expect)
    return record


def test_the_way_of_a_parcel(customer, order, staff, record, send, wait_until, wait_mail):
    shipment = send(order, "picking")
    assert record(shipment, "shipped", expect=422).code == "carrier_missing"
    shipped = record(shipment, "shipped", carrier="Deprisa", tracking_number="G-77", tracking_url="https://tracking.example.com/G-77").json
    assert (shipped["status"], shipped["carrier"], shipped["tracking_number"]) == ("shipped", "Deprisa", "G-77")
    record(shipment, "in_transit", note="Bogotá")
    record(shipment, "in_transit", note="Medellín", occurred_at="2026-01-02T10:00:00Z")
    delivered = record(shipment, "delivered").json
    assert [event["step"] for event in delivered["events"]] == ["picking", "shipped", "in_transit", "in_transit", "delivered"]
    assert delivered["events"][3]["note"] == "Medellín" and delivered["events"][3]["at"].startswith("2026-01-02T10:00:00")
    assert customer.order(order["id"])["fulfilment_status"] == "fulfilled"
    assert customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200)["shipments"] == [delivered]
    mail = wait_mail(customer.email, "va en camino")
    assert "3 × Producto" in mail.text and "Deprisa" in mail.text and "https://tracking.example.com/G-77" in mail.text
    wait_mail(customer.email, "Entregamos tu pedido")
    titles = lambda: [entry["title"].split(":")[0] for entry in customer.timeline()]
    wait_until(lambda: {"Preparamos", "Despachado", "En camino", "Entregado"} <= set(titles()), 20, "the way in the timeline")


@pytest.mark.parametrize("steps, refused", (
    (("picking",), ("in_transit", "returned")), (("picking", "canceled"), ("shipped", "delivered", "canceled", "returned")), (("shipped",), ("shipped", "canceled")),
    (("shipped", "delivered"), ("delivered", "in_transit", "canceled")), (("shipped", "returned"), ("delivered", "in_transit", "returned"))))
def test_no_other_way(order, record, send, staff, steps, refused):
    shipment = send(order, steps[0])
    for step in steps[1:]:
        record(shipment, step)
    for step in refused:
        reply = record(shipment, step, expect=409)
        assert reply.code == "shipment_transition" and steps[-1] in reply.json["detail"], reply
    assert staff.get(f"/v1/orders/{order['id']}/fulfilment", expect=200)["shipments"][0]["status"] == steps[-1]


def test_some_come_back_and_go_again(customer, order, record, send):
    shipment = send(order, "delivered")
    assert record(shipment, "delivered", 1, expect=409).code == "shipment_transition"
    back = record(shipment, "returned", 1).json
    assert (back["status"], back["lines"]) == ("delivered", [{"line": 1, "quantity": 3, "returned": 1}])
    assert back["events"][-1]["lines"] == [{"line": 1, "quantity": 1}]
    assert customer.order(order["id"])["fulfilment_status"] == "fulfilled"
    assert record(shipment, "returned", 3, expect=409).code == "nothing_left_to_return"
    again = send(order, quantity=1)
    assert customer.order(order["id"])["fulfilment_status"] == "partially_fulfilled"
    assert record(again, "returned", 2, expect=409).code == "nothing_left_to_return"
    assert record(again, "delivered", 1, expect=422).code == "lines_not_for_step"
    assert record(again, "returned").json["status"] == "returned"
    assert record(shipment, "returned").json["status"] == "returned"
    assert customer.order(order["id"])["fulfilment_status"] == "returned"
    line = customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200)["lines"][0]
    assert (line["open"], line["delivered"], line["returned"]) == (3, 0, 4)


def test_what_does_not_arrive_comes_back_whole(order, record, send):
    shipment = send(order)
    assert record(shipment, "returned", 1, expect=409).code == "shipment_transition"
    assert record(shipment, "returned").json["lines"] == [{"line": 1, "quantity": 3, "returned": 3}]


def test_what_is_refused(customer, order, record, send, new_product, shop):
    shipment = send(order)
    assert record({"id": customer.id}, "delivered", expect=404).code == "not_found"
    assert record(shipment, "delivered", occurred_at="2099-01-01T00:00:00Z", expect=422).code == "validation_failed"
    assert record(shipment, "returned", lines=[{"line": 2, "quantity": 1}], expect=422).code == "order_line_not_found"
    assert customer.api.post(f"/v1/shipments/{shipment['id']}/events", {"step": "delivered"}, key=True, expect=403).code == "forbidden"
    service = shop.buy(customer, new_product(kind="service"))[0]
    done = send(service, "picking")
    assert record(done, "shipped", expect=422).code == "service_not_shipped"
    assert record(done, "delivered").json["status"] == "delivered"
    assert record(done, "returned", expect=409).code == "shipment_transition"


def settle(customer, shop, order):
    rest = sum(row["outstanding"] for row in customer.schedule(order["id"]))
    payment = customer.pay(order["id"], amount=rest).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"


def completed(customer, shop, order, wait_until):
    shop.wait_order(customer, order["id"], "completed")
    wait_until(lambda: [entry["type"] for entry in customer.timeline()].count("order.completed") == 1, 20, "the order's end in the timeline")


def test_paid_and_then_delivered_is_complete(customer, shop, order, record, send, wait_until):
    settle(customer, shop, order)
    wait_until(lambda: customer.order(order["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    shipment = send(order)
    assert customer.order(order["id"])["status"] == "confirmed"
    record(shipment, "delivered")
    assert customer.order(order["id"])["status"] == "completed"
    completed(customer, shop, order, wait_until)
    record(shipment, "returned")
    assert customer.order(order["id"])["status"] == "completed"


def test_delivered_and_then_paid_is_complete(customer, shop, order, send, wait_until):
    send(order, "delivered")
    assert customer.order(order["id"])["status"] == "confirmed"
    settle(customer, shop, order)
    completed(customer, shop, order, wait_until)


def test_delivered_while_it_is_paid_is_complete(customer, shop, new_product, send, record, wait_until):
    """The last payment and the delivery at once: whichever comes second sees the other."""
    orders = [shop.buy(customer, new_product())[0] for _ in range(4)]
    shipments = [send(order) for order in orders]
    threads = [threading.Thread(target=settle, args=(customer, shop, order)) for order in orders]
    threads += [threading.Thread(target=record, args=(shipment, "delivered")) for shipment in shipments]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for order in orders:
        shop.wait_order(customer, order["id"], "completed")
