"""GET /v1/customers/{id}/timeline: what happened, newest first, in the customer's language."""


def test_a_purchase_as_the_customer_sees_it(shop, new_customer, wait_until):
    customer = new_customer(locale="es-CO")
    shop.buy(customer)

    def types():
        return [entry["type"] for entry in customer.timeline()]
    wait_until(lambda: {"customer.registered", "order.placed", "payment.succeeded", "order.confirmed", "notification.sent"} <= set(types()), 20, "the timeline")
    entries = customer.timeline()
    assert [e["at"] for e in entries] == sorted((e["at"] for e in entries), reverse=True)
    assert types().count("payment.succeeded") == 1
    titles = {e["type"]: e["title"] for e in entries}
    assert titles["order.confirmed"] == "Pedido confirmado" and titles["payment.succeeded"].startswith("Pago recibido: USD ")


def test_english(shop, new_customer, wait_until):
    customer = new_customer(locale="en-US")
    wait_until(lambda: any(e["title"] == "Customer registered" for e in customer.timeline()), 10, "the first entry")


def test_pages(shop, customer, staff, wait_until):
    shop.buy(customer)
    wait_until(lambda: len(customer.timeline()) >= 5, 20, "five entries")
    one_by_one = list(staff.pages(f"/v1/customers/{customer.id}/timeline", {"limit": 1}))
    assert len({e["id"] for e in one_by_one}) == len(one_by_one) >= 5


def test_somebody_else(customer, new_customer):
    assert customer.api.get(f"/v1/customers/{new_customer().id}/timeline", expect=404).code == "not_found"
