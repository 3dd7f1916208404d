"""GET /v1/orders/{id}/fulfilment"""


def test_before_anything_is_paid(customer, shop, new_product):
    order = shop.order(customer, new_product(), quantity=2)
    seen = customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200).json
    assert seen["fulfilment_status"] is None and seen["shipments"] == []
    line = seen["lines"][0]
    assert (line["line"], line["quantity"], line["open"]) == (1, 2, 2)
    assert {name: line[name] for name in ("product_id", "sku", "name", "kind")} == {name: order["lines"][0][name] for name in ("product_id", "sku", "name", "kind")}


def test_somebody_elses(customer, new_customer, shop, product, staff, api):
    order = shop.order(customer, product)
    path = f"/v1/orders/{order['id']}/fulfilment"
    assert new_customer().api.get(path, expect=404).code == "not_found"
    assert staff.get(path, expect=200)["order_id"] == order["id"]
    assert api.get(path, expect=401).code == "unauthenticated"
