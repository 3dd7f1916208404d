"""POST /v1/orders/{id}/credit-review, GET /v1/credit-reviews: what people decide on, alone or two together."""

import datetime
import threading

import pytest

OWED = 10000


@pytest.fixture
def goods(new_product):
    return new_product(stock=20, price="100.00", currency="UYU")


@pytest.fixture
def draft(shop, customer, goods, set_policy):
    """An order that waits for one person (quantity 1) or for two (2)."""
    def make(quantity=1, **policy):
        set_policy(limits=[{"currency": "UYU", "review_above": OWED // 2, "two_approvers_above": OWED}], **policy)
        placed = shop.order(customer, goods, quantity)
        assert placed["status"] == "draft", placed
        return placed
    return make


def say(person, order, decision="approve", reason="Paga a tiempo", expect=200, **options):
    return person.post(f"/v1/orders/{order['id']}/credit-review", {"decision": decision, "reason": reason}, expect=expect, **options)


def queue(staff, status="open"):
    return {review["order_id"]: review for review in staff.pages("/v1/credit-reviews", {"status": status, "limit": 2})}


def available(shop, product):
    return shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"]


def test_nothing_is_paid_before_it_is_approved(shop, staff, customer, goods, draft, approver, database, wait_until):
    order = draft()
    assert order["credit"] == {"outcome": "review", "reasons": ["manual_review"]} and order["contract"]["status"] == "pending_signature"
    assert available(shop, goods) == 19
    assert customer.pay(order["id"], expect=404).code == "not_found"
    assert customer.api.post(f"/v1/contracts/{order['contract_id']}/changes", {"kind": "payoff"}, key=True, expect=409).code == "contract_not_in_force"
    review = queue(staff)[order["id"]]
    assert (review["status"], review["approvals_needed"], review["reasons"]) == ("open", 1, ["amount_over_review"])
    assert (review["customer_id"], review["inputs"]["amount"], review["votes"]) == (customer.id, OWED, [])
    person = approver()
    decided = say(person, order).json
    assert decided["status"] == "approved" and decided["decided_at"]
    assert [(vote["by"], vote["decision"], vote["reason"]) for vote in decided["votes"]] == [(person.subject, "approve", "Paga a tiempo")]
    assert order["id"] not in queue(staff) and queue(staff, "approved")[order["id"]] == decided
    approved = customer.order(order["id"])
    assert approved["status"] == "pending_payment" and approved["credit"] == order["credit"]
    hours = datetime.datetime.fromisoformat(approved["expires_at"]) - datetime.datetime.fromisoformat(decided["decided_at"])
    assert hours == datetime.timedelta(hours=24)
    payment = wait_until(lambda: (reply := customer.pay(order["id"], expect=(201, 404))).status == 201 and reply.json, 20, "billing knows it")
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")
    told = database("orders", "SELECT type FROM outbox WHERE subject = %s ORDER BY id", (order["id"],))
    assert [type for type, in told] == ["order.review_started", "order.placed", "order.approved", "order.confirmed"]
    wait_until(lambda: {"Pedido aprobado", "Pedido confirmado"} <= {entry["title"] for entry in customer.timeline()}, 20, "both in the timeline")
    assert available(shop, goods) == 19


def test_what_billing_hears_is_what_was_agreed(customer, draft, approver, database, wait_until):
    order = draft()
    schedule = customer.schedule(order["id"])
    say(approver(), order)
    rows = wait_until(lambda: database("billing", "SELECT number, due_date::text, total FROM installment WHERE order_id = %s ORDER BY number", (order["id"],)), 20, "billing")
    assert rows == [(row["number"], row["due_date"], row["total"]) for row in schedule]


def test_declined(shop, staff, customer, goods, draft, approver, book, wait_until):
    order = draft()
    assert say(approver(), order, "decline", "Ingresos sin soporte").json["status"] == "declined"
    ended = customer.order(order["id"])
    assert (ended["status"], ended["cancel_reason"], ended["contract"]["status"]) == ("canceled", "credit_declined", "terminated")
    assert ended["fulfilment_status"] is None
    assert list(staff.pages("/v1/orders", {"customer_id": customer.id, "fulfilment_status": "unfulfilled"})) == []
    assert {row["status"] for row in customer.schedule(order["id"])} == {"canceled"}
    wait_until(lambda: available(shop, goods) == 20, 20, "the stock")
    assert book(customer) == ({}, 0, {})
    assert say(approver(), order, expect=409).code == "credit_review_closed"
    wait_until(lambda: any(notice["template"] == "order_not_approved" for notice in shop.notifications(customer)), 20, "told")


def test_nobody_decides_in_time(shop, customer, goods, draft, approver, book, wait_until):
    order = draft(review_hours=24)
    shop.advance(2)
    ended = shop.wait_order(customer, order["id"], "canceled")
    assert ended["cancel_reason"] == "credit_review_expired" and ended["closed_at"]
    wait_until(lambda: available(shop, goods) == 20, 20, "the stock")
    assert book(customer) == ({}, 0, {})
    closed = say(approver(), order, expect=409)
    assert closed.code == "credit_review_closed" and "expired" in closed["detail"]


def test_stock_is_held_as_long_as_it_takes(shop, customer, goods, draft, approver, wait_until):
    """Approved after a day, paid after another."""
    order = draft(review_hours=48, payment_hours=48)
    shop.advance(1)
    say(approver(), order)
    shop.advance(1)
    assert available(shop, goods) == 19
    payment = customer.pay(order["id"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    shop.wait_order(customer, order["id"], "confirmed")


def test_approved_and_never_paid(shop, customer, goods, draft, approver, wait_until):
    order = draft(payment_hours=24)
    say(approver(), order)
    wait_until(lambda: customer.pay(order["id"], amount=1, expect=(404, 422, 201)).status != 404, 20, "billing knows it")
    shop.advance(2)
    assert customer.order(order["id"])["status"] in ("expired", "confirmed")


def test_four_eyes(staff, customer, draft, approver):
    order, first, second = draft(2), approver(), approver()
    assert queue(staff)[order["id"]]["approvals_needed"] == 2
    half = say(first, order).json
    assert (half["status"], len(half["votes"])) == ("open", 1) and customer.order(order["id"])["status"] == "draft"
    assert say(first, order, expect=409).code == "credit_review_twice"
    assert say(first, order, "decline", expect=409).code == "credit_review_twice"
    assert say(second, order).json["status"] == "approved" and customer.order(order["id"])["status"] == "pending_payment"


def test_the_second_may_decline(customer, draft, approver):
    order = draft(2)
    say(approver(), order)
    ended = say(approver(), order, "decline", "No").json
    assert ended["status"] == "declined" and [vote["decision"] for vote in ended["votes"]] == ["approve", "decline"]


def at_once(people, order, decisions=("approve",) * 9):
    replies = []
    threads = [threading.Thread(target=lambda person=person, decision=decision: replies.append(say(person, order, decision, expect=(200, 409))))
               for person, decision in zip(people, decisions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


def test_one_person_many_times_at_once(customer, draft, approver, database):
    """Is still one person."""
    order, person = draft(2), approver()
    replies = at_once([person] * 6, order)
    assert sorted(reply.status for reply in replies) == [200] + [409] * 5
    assert customer.order(order["id"])["status"] == "draft"
    assert database("orders", "SELECT count(*) FROM credit_vote WHERE order_id = %s", (order["id"],)) == [(1,)]


def test_many_people_at_once(customer, draft, approver, database):
    """Two are enough, the others are told; billing hears of it once."""
    order = draft(2)
    replies = at_once([approver() for _ in range(6)], order)
    assert sorted(reply.status for reply in replies) == [200] * 2 + [409] * 4
    assert customer.order(order["id"])["status"] == "pending_payment"
    assert database("orders", "SELECT count(*) FROM outbox WHERE subject = %s AND type = 'order.placed'", (order["id"],)) == [(1,)]


def test_yes_and_no_at_once(customer, draft, approver, database):
    for _ in range(4):
        order = draft()
        replies = at_once([approver(), approver()], order, ("approve", "decline"))
        assert sorted(reply.status for reply in replies) == [200, 409]
        won = next(reply for reply in replies if reply.status == 200)["status"]
        assert customer.order(order["id"])["status"] == {"approved": "pending_payment", "declined": "canceled"}[won]


def test_the_same_key_decides_once(draft, approver):
    order, person = draft(), approver()
    replies = [say(person, order, key=f"review-{order['id']}") for _ in range(2)]
    assert replies[0].body == replies[1].body and replies[1].headers["Idempotent-Replayed"] == "true"


def test_the_queue_page_by_page(shop, customer, staff, draft):
    placed = [draft()["id"] for _ in range(5)]
    assert [each for each in queue(staff) if each in placed] == placed, "who waits longest comes first"


def test_who_may(shop, staff, customer, draft, approver, product):
    order = draft()
    assert say(customer.api, order, expect=403).code == "forbidden"
    assert say(approver("orders.write orders.read"), order, expect=403).code == "forbidden"
    assert say(shop.api, order, expect=401).code == "unauthenticated"
    assert customer.api.get("/v1/credit-reviews", expect=403).code == "forbidden"
    approver("orders.approve").get("/v1/credit-reviews", expect=200)
    assert say(staff, {"id": customer.id}, expect=404).code == "not_found"
    assert say(staff, order, "maybe", expect=422).pointers == ["/decision"]
    assert say(staff, order, reason="", expect=422).pointers == ["/reason"]


def test_an_order_nobody_has_to_look_at(shop, staff, customer, new_product, approver):
    assert say(approver(), shop.order(customer, new_product()), expect=404).code == "not_found"
