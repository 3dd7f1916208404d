"""GET /v1/invoices?order_id=."""

import concurrent.futures

from support import books


def test_issued_when_the_order_is_confirmed(shop, customer):
    order = shop.order(customer)
    assert shop.invoices(customer, order["id"]) == []
    payment = customer.pay(order["id"]).json
    shop.wait_payment(customer, payment["id"])
    invoice, = shop.invoices(customer, order["id"])
    assert invoice["order_id"] == order["id"] and invoice["customer_id"] == customer.id
    assert (invoice["status"], invoice["total"], invoice["currency"]) == ("open", order["total_payable"], order["currency"])
    assert invoice["paid"] == payment["amount"] and invoice["paid_at"] is None
    rest = customer.pay(order["id"], amount=order["total_payable"] - payment["amount"]).json
    shop.wait_payment(customer, rest["id"])
    invoice, = shop.invoices(customer, order["id"])
    assert invoice["status"] == "paid" and invoice["paid"] == order["total_payable"] and invoice["paid_at"]


def test_numbers_have_no_gap(shop, new_customer, new_product, database):
    """Several orders confirmed at once, and one declined in between."""
    product = new_product(stock=50)
    buyers = [new_customer() for _ in range(8)]
    orders = [shop.order(buyer, product) for buyer in buyers]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        def pay(index):
            card = "pm_card_chargeDeclined" if index == 3 else "pm_card_visa"
            return shop.wait_payment(buyers[index], buyers[index].pay(orders[index]["id"], card).json["id"])["status"]
        assert list(pool.map(pay, range(8))) == ["succeeded"] * 3 + ["failed"] + ["succeeded"] * 4
    numbers = [int(shop.invoices(buyers[index], orders[index]["id"])[0]["number"].split("-")[1]) for index in range(8) if index != 3]
    assert len(set(numbers)) == 7
    assert database("billing", books.CHECKS["numbers of invoices and notes have no gap"]) == [], "with those of deposits, which are of the same series"


def test_staff_and_others(shop, customer, new_customer, staff):
    order, _ = shop.buy(customer)
    assert len(staff.get("/v1/invoices", {"order_id": order["id"]}, expect=200)["data"]) == 1
    assert new_customer().api.get("/v1/invoices", {"order_id": order["id"]}, expect=200)["data"] == []
