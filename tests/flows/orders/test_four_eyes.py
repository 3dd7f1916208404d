"""What needs two people, with two who log in: hired through the API, each with a password of their own."""


def review(who, order, expect=200):
    return who.post(f"/v1/orders/{order['id']}/credit-review", {"decision": "approve", "reason": "Paga a tiempo"}, expect=expect)


def test_credit_beyond_what_one_may_decide(shop, staff, customer, new_product, set_policy, hire):
    set_policy(limits=[{"currency": "UYU", "review_above": 4000, "two_approvers_above": 8000}])
    order = shop.order(customer, new_product(price="100.00", currency="UYU"))
    assert order["status"] == "draft"
    one, two = hire("approver"), hire("approver", locale="en")
    assert review(one, order)["status"] == "open"
    assert review(one, order, expect=409).code == "credit_review_twice"
    decided = review(two, order)
    assert decided["status"] == "approved" and [vote["by"] for vote in decided["votes"]] == [one.person["id"], two.person["id"]]
    assert customer.order(order["id"])["status"] == "pending_payment"
    assert staff.get(f"/v1/staff/{decided['votes'][0]['by']}", expect=200)["full_name"] == one.person["full_name"]


def test_who_asks_for_a_write_off_does_not_approve_it(shop, customer, credit, change, confirm, hire):
    order = credit()
    asks, approves = hire("admin"), hire("approver")
    asked = change(asks, order, "write_off", reason="No aparece").json
    assert confirm(asks, asked, expect=409).code == "needs_another_approver"
    assert confirm(approves, asked)["status"] == "confirmed"

    def kinds(who):
        return [entry["data"].get("kind") for entry in who.get(f"/v1/customers/{customer.id}/timeline", expect=200)["data"]]
    shop.wait_until(lambda: "write_off" in kinds(shop.staff), 20, "the timeline")
    assert "write_off" not in kinds(customer.api), "a debt written off is owed all the same"
