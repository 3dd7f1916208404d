"""GET /internal/orders/{id}/account: what is owed and paid, for those who compute changes of it."""

import uuid


def test_what_is_owed_and_paid(shop, customer, as_service):
    order, payment = shop.buy(customer, shop.new_product(price="1200.00"), offer=shop.offer(shop.new_product(price="1200.00"), installments=12))
    account = as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    rows, schedule = account["installments"], customer.schedule(order["id"])
    assert (account["status"], account["paid"], account["payment_in_progress"]) == ("active", payment["amount"], False)
    assert account["total"] == order["total_payable"] == sum(row["total"] for row in rows)
    for name in ("number", "due_date", "principal", "interest", "fees", "tax", "total", "paid", "status"):
        assert [row[name] for row in rows] == [row[name] for row in schedule], name
    assert {row["earned"] for row in rows} == {0}
    before = account["account_revision"]
    shop.wait_payment(customer, customer.pay(order["id"], amount=1000).json["id"])
    assert as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json["account_revision"] != before


def test_nothing_paid_yet(shop, customer, as_service):
    account = as_service.get(f"/internal/orders/{shop.order(customer)['id']}/account", expect=200).json
    assert (account["status"], account["paid"]) == ("pending", 0)


def test_of_no_order(as_service):
    assert as_service.get(f"/internal/orders/{uuid.uuid4()}/account", expect=404).code == "not_found"
