"""GET /v1/collections/cases and /{id}: a case opens when an order falls behind, ages, and is cured by paying the link in the mail."""

import contextlib
import re
import uuid

import psycopg2


def behind(shop, customer):
    """An order whose first installment after the purchase is one day past due, with no saved card to charge."""
    order, _ = shop.buy(customer, save=False)
    due = next(row["due_date"] for row in customer.schedule(order["id"]) if row["status"] != "paid")
    shop.advance_to(due)
    shop.advance(1)
    return order


def test_opens_ages_and_is_cured_by_the_link(shop, customer, staff, api, wait_mail, wait_until):
    order = behind(shop, customer)
    case, = shop.cases(customer, status="open")
    owed = [row for row in customer.schedule(order["id"]) if row["status"] == "overdue"]
    assert (case["order_id"], case["dpd"], case["bucket"]) == (order["id"], 1, "1-30")
    assert case["overdue"] == sum(row["total"] - row["paid"] for row in owed)

    link = re.search(r"https?://\S+/v1/payment-links/\S+", wait_mail(customer.email, "vencido").text).group()
    path = link[link.index("/v1/"):]
    seen = api.get(path, expect=200).json
    assert seen["overdue"] == case["overdue"]

    payment = api.post(path, {"payment_method": {"provider": "stripe", "token": "pm_card_visa"}}, key=True, expect=201).json
    shop.wait_payment(customer, payment["id"])
    cured = wait_until(lambda: [c for c in shop.cases(customer) if c["status"] == "cured"], 20, "the case cured")
    assert (cured[0]["id"], cured[0]["overdue"], cured[0]["dpd"]) == (case["id"], 0, 0)
    assert shop.cases(customer, status="open") == []
    wait_mail(customer.email, "Estás al día")


def test_an_older_word_changes_nothing(shop, customer, stack, database, wait_until):
    """What billing said of an installment before it was paid is applied once more, as after a retry by hand: the later word stays."""
    order = behind(shop, customer)
    stale, number, outstanding = database("billing", "SELECT event_id, (data ->> 'number')::int, (data ->> 'outstanding')::bigint FROM outbox WHERE type = "
                                          "'installment.updated' AND subject = %s AND data ->> 'status' = 'overdue'", (order["id"],))[0]
    shop.wait_payment(customer, customer.pay(order["id"], amount=outstanding).json["id"])
    wait_until(lambda: [case["status"] for case in shop.cases(customer)] == ["cured"], 20, "the case cured")
    tell_again(stack, stale)
    shop.advance(1)   # everything has been applied when a day has passed
    assert [case["status"] for case in shop.cases(customer)] == ["cured"]
    assert next(row["status"] for row in customer.schedule(order["id"]) if row["number"] == number) == "paid"


def tell_again(stack, event_id):
    """The one thing no caller of the API can do: the same news under another id."""
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at) SELECT type, subject, customer_id, data, trace, occurred_at "
                       "FROM outbox WHERE event_id = %s", (event_id,))
        assert cursor.rowcount == 1


def test_buckets_follow_the_days(shop, customer, staff):
    behind(shop, customer)
    case, = shop.cases(customer, status="open")
    shop.advance(40)
    aged = staff.get(f"/v1/collections/cases/{case['id']}", expect=200).json
    assert (aged["dpd"], aged["bucket"]) == (41, "31-60")
    assert aged["overdue"] > case["overdue"], "the next installment is past due as well"


def test_staff_only(customer, staff, api):
    assert customer.api.get("/v1/collections/cases", expect=403).code == "forbidden"
    api.get(f"/v1/collections/cases/{uuid.uuid4()}", expect=401)
    assert staff.get(f"/v1/collections/cases/{uuid.uuid4()}", expect=404).code == "not_found"
    assert staff.get("/v1/collections/cases", {"status": "nice"}, expect=422).pointers == ["query:status"]
