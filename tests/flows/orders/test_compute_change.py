"""POST /v1/contracts/{id}/changes: every kind, computed, confirmed, and then the same in schedule, account, ledger and statement."""

import datetime
import uuid

import pytest


def day(text):
    return datetime.date.fromisoformat(text)


def behind(schedule):
    """The rows still to be paid."""
    return [row for row in schedule["installments"] if row["outstanding"] > 0]


def total(rows, part):
    return sum(row[part] for row in rows)


@pytest.fixture
def done(shop, change, confirm, agrees):
    """The schedule after a change by staff."""
    def run(order, kind, status="confirmed", **members):
        computed = change(shop.staff, order, kind, reason="agreed by telephone", **members).json
        applied = confirm(shop.staff, computed)
        assert applied["status"] == status and applied["reason"] == "agreed by telephone"
        schedule = agrees(order)
        shown = [{name: row[name] for name in ("number", "due_date", "principal", "interest", "total", "paid")} for row in computed["result"]["installments"]]
        assert shown == [{name: row[name] for name in shown[0]} for row in schedule["installments"]]
        assert (schedule["total_payable"], schedule["outstanding"]) == (computed["result"]["total_after"], computed["result"]["outstanding_after"])
        return schedule
    return run


def test_rescheduled_over_more_installments(credit, agrees, done):
    order = credit()
    before = agrees(order)
    after = done(order, "reschedule", installments=18)
    assert len(behind(after)) == 18 and total(behind(after), "principal") == total(behind(before), "principal")
    assert total(behind(after), "interest") > total(behind(before), "interest")


def test_arrears_join_the_new_rows(shop, credit, agrees, done):
    order = credit()
    before = agrees(order)
    shop.advance_to(day(before["installments"][1]["due_date"]) + datetime.timedelta(days=3))
    after = done(order, "reschedule", installments=12, arrears="spread", first_due_date=str(shop.today() + datetime.timedelta(days=20)))
    assert min(day(row["due_date"]) for row in behind(after)) > shop.today() and {row["status"] for row in behind(after)} == {"scheduled"}
    assert total(behind(after), "principal") == total(behind(before), "principal")


def test_refinanced_at_another_rate(credit, agrees, done):
    order = credit()
    before = agrees(order)
    after = done(order, "refinance", annual_rate="0.06")
    assert total(behind(after), "principal") == total(behind(before), "principal")
    assert abs(total(behind(after), "interest") * 3 - total(behind(before), "interest")) < 300


def test_skipped(credit, agrees, done):
    order = credit()
    before = agrees(order)
    after = done(order, "skip", periods=1)
    assert [row["due_date"] for row in behind(after)][:-1] == [row["due_date"] for row in behind(before)][1:]
    assert behind(after)[0]["interest"] > behind(before)[0]["interest"]


def test_another_due_day_of_the_customers_own(customer, credit, agrees, change, confirm):
    order = credit()
    before = agrees(order)
    wanted = day(behind(before)[0]["due_date"]).day % 28 + 1
    confirm(customer.api, change(customer.api, order, "due_day", days=[wanted]).json)
    after = agrees(order)
    assert {day(row["due_date"]).day for row in behind(after)} == {wanted}
    assert total(behind(after), "principal") == total(behind(before), "principal")


def test_changes_of_a_changed_plan(shop, customer, credit, agrees, done):
    """One upon the other, with money in between; old versions stay as they ended."""
    order = credit()
    done(order, "skip", periods=1)
    assert shop.wait_payment(customer, customer.pay(order["id"], amount=3000).json["id"])["status"] == "succeeded"
    second = agrees(order)
    third = done(order, "reschedule", installments=6)
    assert total([row for row in third["installments"] if row["number"] > 0], "principal") == 96000 and third["paid"] == second["paid"]
    done(order, "due_day", days=[5])
    shop.advance(40)
    last = done(order, "refinance", annual_rate="0.10", installments=9, arrears="spread")
    assert last["version"] == 5
    for version, known in ((2, second), (3, third)):
        old = customer.api.get(f"/v1/orders/{order['id']}/schedule", {"version": version}, expect=200).json
        assert [(row["due_date"], row["total"]) for row in old["installments"]] == [(row["due_date"], row["total"]) for row in known["installments"]]
    assert customer.api.get(f"/v1/orders/{order['id']}/schedule", {"version": 6}, expect=404).code == "not_found"


def test_accelerated_and_then_rescheduled(shop, customer, credit, agrees, done):
    order = credit()
    shop.advance(45)
    after = done(order, "acceleration")
    assert max(day(row["due_date"]) for row in behind(after)) == shop.today() and len(behind(after)) == 2
    assert customer.order(order["id"])["contract"]["status"] == "defaulted"
    again = done(order, "reschedule", installments=10, arrears="spread", first_due_date=str(shop.today() + datetime.timedelta(days=30)))
    assert len(behind(again)) == 10 and total(behind(again), "principal") == 96000


def test_written_off_by_four_eyes(shop, customer, credit, change, confirm, agrees, account, new_staff):
    order = credit()
    shop.advance(40)
    asked = change(shop.staff, order, "write_off", reason="cannot be found").json
    assert confirm(shop.staff, asked, expect=409).code == "needs_another_approver"
    clerk = new_staff("orders.write")
    assert confirm(clerk, asked, expect=403).code == "forbidden"
    applied = confirm(new_staff("orders.approve orders.read"), asked)
    assert applied["status"] == "confirmed" and applied["confirmed_by"] != applied["requested_by"]
    assert account(order)["status"] == "written_off" and customer.order(order["id"])["contract"]["status"] == "written_off"
    assert agrees(order)["outstanding"] == 0
    assert change(customer.api, order, "payoff", expect=409).code == "contract_not_in_force"


def test_what_a_kind_does_not_take(shop, customer, credit, change):
    order = credit()
    assert change(customer.api, order, "prepayment", expect=422).pointers == ["/amount", "/choice"]
    assert change(customer.api, order, "payoff", amount=5, rebate="none", expect=422).pointers == ["/amount", "/rebate"]
    assert change(shop.staff, order, "payoff", expect=422).pointers == ["/reason"]
    assert change(customer.api, order, "reschedule", installments=3, expect=403).code == "forbidden"
    assert change(customer.api, order, "prepayment", amount=10 ** 9, choice="shorter_term", expect=422).pointers == ["/amount"]
    assert change(customer.api, order, "payoff", as_of="2020-01-01", expect=422).pointers == ["/as_of"]


def test_of_what_is_not_owed(shop, customer, change):
    unpaid = shop.order(customer)
    assert change(customer.api, unpaid, "payoff", expect=409).code == "contract_not_in_force"
    assert change(customer.api, {"contract_id": str(uuid.uuid4())}, "payoff", expect=404).code == "not_found"
    stranger = shop.new_customer()
    assert change(stranger.api, unpaid, "payoff", expect=404).code == "not_found"


def test_confirmed_as_shown_or_not_at_all(shop, customer, credit, change, confirm, agrees, account):
    order = credit()
    first, second = (change(customer.api, order, "prepayment", amount=amount, choice="lower_installment").json for amount in (10000, 20000))
    path = f"/v1/contracts/{order['contract_id']}/changes/{first['id']}"
    assert customer.api.post(f"{path}/confirm", {}, key=True, expect=428).code == "precondition_required"
    assert confirm(customer.api, first, tag='"2"', expect=412).code == "precondition_failed"
    assert shop.wait_payment(customer, customer.pay(order["id"], amount=100).json["id"])["status"] == "succeeded"
    assert confirm(customer.api, first, expect=412).code == "precondition_failed"
    third, fourth = (change(customer.api, order, "prepayment", amount=amount, choice="lower_installment").json for amount in (10000, 20000))
    confirm(customer.api, third)
    refused = confirm(customer.api, fourth, expect=412)
    assert refused.code == "precondition_failed"
    again = confirm(customer.api, third, expect=409)
    assert again.code == "change_not_open" and "awaiting_payment" in again["detail"]
    assert change(customer.api, order, "payoff", expect=409).code == "change_in_progress"
    cancel = lambda version, **options: customer.api.post(f"/v1/contracts/{order['contract_id']}/changes/{second['id']}/cancel", {},
                                                          headers={"If-Match": version}, **options)
    assert customer.api.post(f"/v1/contracts/{order['contract_id']}/changes/{second['id']}/cancel", {}, expect=428).code == "precondition_required"
    assert cancel('"9"', expect=412).code == "precondition_failed"
    assert cancel('"1"', expect=200)["status"] == "canceled"
    assert cancel("*", expect=409).code == "change_not_open"
    assert "canceled" in confirm(customer.api, second, expect=409)["detail"]
    listed = list(customer.api.pages(f"/v1/contracts/{order['contract_id']}/changes", {"limit": 2}))
    assert [each["id"] for each in listed] == [fourth["id"], third["id"], second["id"], first["id"]]
    agrees(order)


def test_an_offer_ends_with_its_day(shop, customer, credit, change, confirm):
    order = credit()
    today, ahead = change(customer.api, order, "payoff").json, change(customer.api, order, "payoff", as_of=str(shop.today() + datetime.timedelta(days=9))).json
    assert ahead["result"]["pay"]["amount"] > today["result"]["pay"]["amount"]
    shop.advance(1)
    assert "expired" in confirm(customer.api, today, expect=409)["detail"]
    assert customer.api.get(f"/v1/contracts/{order['contract_id']}/changes/{today['id']}", expect=200)["status"] == "expired"
    assert confirm(customer.api, ahead)["status"] == "awaiting_payment"


def test_only_so_many_wait(shop, customer, credit, change, database):
    order = credit()
    asked = [change(customer.api, order, "payoff").json for _ in range(8)]
    assert change(customer.api, order, "payoff", expect=409).code == "too_many_changes"
    path = f"/v1/contracts/{order['contract_id']}/changes"
    customer.api.post(f"{path}/{asked[0]['id']}/cancel", {}, key=True, headers={"If-Match": '"1"'}, expect=200)
    change(customer.api, order, "payoff")
    shop.advance(3)
    left = lambda: database("orders", "SELECT status FROM contract_change WHERE contract_id = %s", (order["contract_id"],))
    shop.wait_until(lambda: left() == [("canceled",)], 20, "what expired dropped")
    change(customer.api, order, "payoff")
