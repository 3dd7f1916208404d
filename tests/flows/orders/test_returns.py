"""Returns of some lines: what they settle, lower and give back, interest by the shop's rule; and what is returned is not sent."""

import concurrent.futures
import contextlib
import datetime

import psycopg2
import pytest

LINE = [{"line": 1, "quantity": 1}]


@pytest.fixture
def send(shop):
    def send(order, quantity=None, status="delivered", expect=201, **members):
        lines = {"lines": [{"line": 1, "quantity": quantity}]} if quantity else {}
        return shop.staff.post(f"/v1/orders/{order['id']}/shipments", {"status": status, **lines, **members}, key=True, expect=expect)
    return send


@pytest.fixture
def unsent(shop, customer):
    """Three units of 400.00, in twelve installments; a deposit of 20 % is paid."""
    product = shop.new_product(price="400.00")
    return shop.buy(customer, product, 3, offer=shop.offer(product, installments=12), save=False)[0]


@pytest.fixture
def three(unsent, send):
    send(unsent)
    return unsent


@pytest.fixture
def give_back(shop, change, confirm, agrees, account):
    """A return by staff, confirmed: what was shown, and that it is so."""
    def run(order, quantity=1, **members):
        computed = change(shop.staff, order, "return", lines=[{"line": 1, "quantity": quantity}], reason="broken", **members).json
        confirm(shop.staff, computed)
        agrees(order)
        result, now = computed["result"], account(order)
        assert (now["total"], now["total"] - now["paid"]) == (result["total_after"], result["outstanding_after"])
        return result
    return run


@pytest.fixture
def pay(shop, customer):
    def pay(order, amount):
        payment = customer.pay(order["id"], amount=amount).json
        assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    return pay


def overdue(schedule):
    return sum(row["outstanding"] for row in schedule["installments"] if row["status"] == "overdue")


def past(shop, agrees, order, count, days=2):
    """Some days after the due date of the installment of that number; the schedule then."""
    shop.advance_to(datetime.date.fromisoformat(agrees(order)["installments"][count]["due_date"]) + datetime.timedelta(days=days))
    return agrees(order)


def test_one_of_three_returned(shop, three, agrees, give_back):
    before = agrees(three)
    shop.advance(10)
    result = give_back(three)
    assert (result["returned"], result["refund"], result["adjustments"]["principal"]) == (40000, 0, -40000) and result["rebate"] > 0
    assert (result["refund_interest"], result["refunded_interest"], result["refunded_tax"]) == ("unearned", 0, 0)
    after = agrees(three)
    assert sum(row["principal"] for row in after["installments"]) == 80000
    new = [row for row in after["installments"] if row["number"] > 12]
    assert [row["due_date"] for row in new] == [row["due_date"] for row in before["installments"][1:]]
    assert abs(new[1]["total"] - before["installments"][2]["total"] * 56 / 96) < 200


def test_returned_in_arrears(shop, customer, three, agrees, give_back):
    """What is overdue is settled first, the oldest first; the rest of the price lowers what is to come. Interest of before is owed, with the next installment."""
    before = past(shop, agrees, three, 2)
    due = overdue(before)
    assert due == sum(row["total"] for row in before["installments"][1:3])
    result = give_back(three)
    after = agrees(three)
    assert overdue(after) == 0 and sum(row["principal"] for row in after["installments"]) == 80000
    assert [row["number"] for row in after["installments"]] == [0, *range(13, 23)]   # nothing was paid of the rows that are settled
    carried = sum(row["interest"] for row in before["installments"][1:3])
    first, second = after["installments"][1:3]
    assert first["interest"] > carried > second["interest"] and result["refund"] == 0
    shop.wait_until(lambda: not customer.order(three["id"])["overdue_since"], 20, "nothing past due")


def test_a_price_below_the_arrears(shop, customer, three, agrees, give_back, pay):
    """The oldest row falls, what is left of it stays overdue since its day, and can be paid."""
    before = past(shop, agrees, three, 7)
    due, oldest = overdue(before), before["installments"][1]
    pay(three, oldest["interest"] + 100)
    result = give_back(three)
    after = agrees(three)
    assert result["refund"] == 0 and overdue(after) == due - oldest["interest"] - 100 - 40000
    assert [row["due_date"] for row in after["installments"] if row["status"] == "overdue"] == [before["installments"][number]["due_date"] for number in (5, 6, 7)]
    assert [row["total"] for row in after["installments"] if row["status"] == "scheduled"] == [row["total"] for row in before["installments"][8:]]
    pay(three, overdue(after))
    assert overdue(agrees(three)) == 0


def test_more_returned_than_is_to_come(shop, customer, three, agrees, give_back, given_back, pay, account, books):
    """In arrears, two of three come back: the rest pays what is overdue and the interest that has run, and goes back beyond that."""
    pay(three, 50000)
    before = past(shop, agrees, three, 8)
    assert overdue(before) > 0
    result = give_back(three, 2)
    now = account(three)
    assert now["total"] == now["paid"] == 74000 - result["refund"] and sum(row["principal"] for row in now["installments"]) == 40000
    assert now["status"] == "settled" and given_back(three) == result["refund"] > 0
    interest = sum(row["interest"] for row in now["installments"])
    assert interest >= sum(row["interest"] for row in before["installments"][1:9])   # of all that fell due, and what has run since
    shop.wait_until(lambda: customer.order(three["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    last = give_back(three)
    assert last["refund"] == 40000 and given_back(three) == 40000 + result["refund"]
    books()


def test_interest_goes_back_by_the_rule(shop, three, agrees, give_back, given_back, account, change, pay, books):
    """Not as sold: its share of all interest so far is not owed. With the last unit all of it is: everything paid goes back."""
    pay(three, 24000)
    before = past(shop, agrees, three, 2, days=10)
    paid = account(three)["paid"]
    so_far = sum(row["interest"] for row in before["installments"][1:3])
    one = give_back(three, refund_interest="earned")
    assert one["refund_interest"] == "earned" and so_far // 3 <= one["refunded_interest"] <= so_far // 3 + before["installments"][3]["interest"] // 3
    assert one["refund"] == 0 and -one["adjustments"]["interest"] == one["rebate"] >= one["refunded_interest"]
    two = give_back(three, 2, refund_interest="earned")
    assert two["total_after"] == 0 and two["refund"] == paid == given_back(three)
    assert account(three)["status"] == "closed" and agrees(three)["installments"] == []
    books()


def test_as_much_as_is_owed(shop, customer, change, confirm, agrees, give_back, pay, account, new_product):
    """No balance is left: interest that has run is all that is owed, due when the next row was, and nothing goes back before."""
    product = new_product(price="300.00")
    shop.new_plan(product, terms={"method": "equal_principal", "annual_rate": "0.24", "installments": 4, "day_count": "30/360"})
    order = shop.buy(customer, product, 4, offer=shop.offers(product)[0])[0]
    before = agrees(order)
    assert [row["principal"] for row in before["installments"]] == [30000] * 4
    assert before["paid"] == before["installments"][0]["total"]
    due, next_due = (datetime.date.fromisoformat(row["due_date"]) for row in before["installments"][:2])
    shop.advance_to(due + datetime.timedelta(days=15))
    run = before["installments"][1]["interest"] * 15 / (next_due - due).days   # of the period that runs, as far as it has
    result = give_back(order, 3)
    left, = [row for row in agrees(order)["installments"] if row["outstanding"]]
    assert left["principal"] == 0 and left["total"] == result["outstanding_after"] and abs(left["total"] - run) <= 1
    assert left["due_date"] == before["installments"][1]["due_date"] and result["refund"] == 0
    last = give_back(order)
    assert last["refund"] == 30000 - left["total"]   # it pays for that first
    assert account(order)["status"] == "settled"


def test_all_returned_bit_by_bit(shop, three, change, confirm, agrees, account, pay, give_back, given_back, books):
    give_back(three)
    assert change(shop.staff, three, "return", lines=[{"line": 1, "quantity": 3}], reason="broken", expect=409).code == "nothing_left_to_return"
    assert change(shop.staff, three, "return", lines=[{"line": 2, "quantity": 1}], reason="broken", expect=422).code == "order_line_not_found"
    pay(three, 20000)
    result = give_back(three)
    assert account(three)["paid"] == 44000 - result["refund"]
    last = give_back(three)
    assert last["adjustments"]["principal"] == -40000
    now = account(three)
    assert sum(row["principal"] for row in now["installments"]) == 0 and now["total"] == now["paid"]
    assert given_back(three) == 44000 - now["paid"]
    books()


@pytest.mark.parametrize("bits", ((1, 1, 2), (2, 1, 1), (3, 1)))
def test_returned_after_all_was_paid_ahead(shop, customer, new_product, agrees, give_back, given_back, pay, account, books, bits):
    """Rows that a return empties are no part of the plan any more: the next one finds the rest as it is."""
    product = new_product(price="100.00")
    shop.new_plan(product, terms={"method": "interest_free", "installments": 4})
    order = shop.buy(customer, product, 4, offer=shop.offers(product)[0])[0]
    pay(order, agrees(order)["outstanding"])
    assert [(row["total"], row["paid"]) for row in agrees(order)["installments"]] == [(10000, 10000)] * 4
    left = 4
    for units in bits:
        left -= units
        assert give_back(order, units)["refund"] == units * 10000
        assert given_back(order) == (4 - left) * 10000
        assert [(row["total"], row["paid"]) for row in agrees(order)["installments"]] == [(10000, 10000)] * left
    assert account(order)["status"] == "closed"
    books()


def test_half_a_row_returned_after_all_was_paid_ahead(shop, customer, new_product, agrees, give_back, given_back, pay):
    product = new_product(price="100.00")
    shop.new_plan(product, terms={"method": "interest_free", "installments": 2})
    order = shop.buy(customer, product, 4, offer=shop.offers(product)[0])[0]
    pay(order, agrees(order)["outstanding"])
    for left in ([20000, 10000], [20000], [10000]):
        give_back(order)
        assert [row["total"] for row in agrees(order)["installments"]] == left
    assert given_back(order) == 30000


def test_what_a_return_takes(shop, customer, three, change):
    assert change(shop.staff, three, "return", lines=LINE, reason="broken", choice="next_installments", expect=422).pointers == ["/choice"]
    assert change(shop.staff, three, "return", lines=LINE, reason="broken", refund_interest="half", expect=422).pointers == ["/refund_interest"]
    assert change(shop.staff, three, "payoff", refund_interest="earned", reason="so", expect=422).pointers == ["/refund_interest"]
    assert change(customer.api, three, "return", lines=LINE, expect=403).code == "forbidden"


# ---- Not to be sent any more

def progress(customer, order):
    return customer.api.get(f"/v1/orders/{order['id']}/fulfilment", expect=200).json["lines"][0]


def test_what_is_returned_is_not_sent(shop, customer, unsent, send, give_back, change, wait_until):
    give_back(unsent)
    line = progress(customer, unsent)
    assert (line["open"], line["taken_back"], line["returned"]) == (2, 1, 0)
    assert customer.order(unsent["id"])["fulfilment_status"] == "unfulfilled"
    assert send(unsent, 3, expect=409).code == "nothing_left_to_ship"
    send(unsent, 1)
    assert customer.order(unsent["id"])["fulfilment_status"] == "partially_fulfilled"
    give_back(unsent)
    line = progress(customer, unsent)
    assert (line["open"], line["taken_back"], line["delivered"]) == (0, 2, 1)
    wait_until(lambda: customer.order(unsent["id"])["fulfilment_status"] == "fulfilled", 20, "nothing left to send")
    assert send(unsent, 1, expect=409).code == "nothing_left_to_ship"
    # What is there comes back, and stays.
    shipment = shop.staff.get(f"/v1/orders/{unsent['id']}/fulfilment", expect=200).json["shipments"][0]
    shop.staff.post(f"/v1/shipments/{shipment['id']}/events", {"step": "returned"}, key=True, expect=201)
    assert progress(customer, unsent)["open"] == 1   # it was not returned by a change: it may go again
    give_back(unsent)
    line = progress(customer, unsent)
    assert (line["open"], line["taken_back"], line["returned"]) == (0, 3, 1)


def test_returned_before_it_is_sent_completes_the_order(shop, customer, unsent, send, give_back, pay, agrees, wait_until):
    send(unsent, 2)
    pay(unsent, agrees(unsent)["outstanding"])
    shop.wait_until(lambda: customer.order(unsent["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    assert customer.order(unsent["id"])["status"] == "confirmed"
    assert give_back(unsent)["refund"] == 40000
    shop.wait_order(customer, unsent["id"], "completed")
    wait_until(lambda: [entry["type"] for entry in customer.timeline()].count("order.completed") == 1, 20, "the order's end in the timeline")


@pytest.fixture
def busy_account(stack):
    """Billing changes nothing of an order meanwhile."""
    @contextlib.contextmanager
    def hold(order):
        with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM order_account WHERE order_id = %s FOR UPDATE", (order["id"],))
            assert cursor.rowcount == 1
            yield
    return hold


def test_delivered_while_the_rest_is_being_returned(shop, customer, unsent, send, change, confirm, busy_account, wait_until):
    """What billing may still refuse to take back is not sent, but the order is not at its end either."""
    shown = change(shop.staff, unsent, "return", lines=LINE, reason="not wanted").json
    with busy_account(unsent):
        assert confirm(shop.staff, shown, wait=False).json["status"] == "confirming"
        send(unsent, 2)
        line = progress(customer, unsent)
        assert (line["open"], line["delivered"], line["taken_back"]) == (0, 2, 1)
        assert customer.order(unsent["id"])["fulfilment_status"] == "partially_fulfilled"
    wait_until(lambda: customer.order(unsent["id"])["fulfilment_status"] == "fulfilled", 40, "nothing left to send")


def test_a_cancellation_after_a_return(shop, customer, unsent, give_back, change, confirm, account, wait_until):
    """Nothing was sent of it, and all of its stock is for sale again."""
    give_back(unsent)
    confirm(customer.api, change(customer.api, unsent, "cancellation").json)
    assert account(unsent)["status"] == "closed"
    sku = customer.order(unsent["id"])["lines"][0]["sku"]
    wait_until(lambda: shop.product_by_sku(sku)["available"] == 10, 20, "all units for sale again")


def test_what_is_picking_is_not_returned(shop, customer, unsent, send, change, confirm, give_back):
    shown = change(shop.staff, unsent, "return", lines=[{"line": 1, "quantity": 3}], reason="not wanted").json
    picking = send(unsent, 2, "picking").json
    refused = change(shop.staff, unsent, "return", lines=[{"line": 1, "quantity": 2}], reason="not wanted", expect=409)
    assert refused.code == "line_being_picked" and "picking" in refused["detail"]
    late = confirm(shop.staff, shown, expect=409)
    assert late.code == "line_being_picked" and "line 1: 2 are picking" in late["detail"]
    give_back(unsent)   # the one that nobody has in hand
    shop.staff.post(f"/v1/shipments/{picking['id']}/events", {"step": "canceled"}, key=True, expect=201)
    assert progress(customer, unsent)["open"] == 2
    give_back(unsent, 2)
    assert progress(customer, unsent)["open"] == 0


def test_ship_and_return_at_once(shop, customer, send, change, confirm, wait_until):
    """Six of six are wanted by a shipment and by a return: one of them has them."""
    product = shop.new_product(price="50.00", stock=60)
    outcomes = set()
    for _ in range(6):
        order = shop.buy(customer, product, 6, offer=shop.offer(product, installments=12), save=False)[0]
        shown = change(shop.staff, order, "return", lines=[{"line": 1, "quantity": 5}], reason="not wanted").json
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            returned = pool.submit(confirm, shop.staff, shown, None, False)
            sent = [pool.submit(send, order, 3, "picking", None) for _ in range(2)]
            replies = [returned.result(), *(each.result() for each in sent)]
        statuses = [reply.status for reply in replies]
        line = progress(customer, order)
        assert statuses in ([200, 409, 409], [409, 201, 201], [409, 201, 409], [409, 409, 201]), replies
        assert {reply.code for reply in replies if reply.status == 409} <= {"line_being_picked", "nothing_left_to_ship"}
        assert line["picking"] + line["open"] + line["taken_back"] == 6 and (line["taken_back"], line["picking"]) in ((5, 0), (0, 3), (0, 6))
        outcomes.add(statuses[0])
    assert outcomes <= {200, 409}
