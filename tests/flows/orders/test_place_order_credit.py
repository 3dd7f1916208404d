"""POST /v1/orders under a credit policy: refused, or decided on the moment it is placed, two at once included; and the book it is held against."""

import contextlib
import threading

import psycopg2
import pytest

PRICE, OWED = "100.00", 10000   # of one; three installments without interest or deposit


@pytest.fixture
def goods(new_product):
    return new_product(stock=50, price=PRICE, currency="UYU")


def order(shop, customer, product, quantity=1, expect=201):
    cart = customer.cart((product, quantity))
    return customer.place_order(cart["id"], shop.offers(product)[0]["id"], expect=expect)


def reasons(reply):
    assert reply.code == "credit_declined", reply
    return [error["code"] for error in reply["errors"]]


def refusals(staff, customer):
    return list(staff.pages("/v1/credit-refusals", {"customer_id": customer.id}))


def available(shop, product):
    return shop.api.get(f"/v1/products/{product['id']}", expect=200)["available"]


def test_without_limits_everything_goes(shop, staff, customer, goods, book):
    placed = order(shop, customer, goods)
    version = staff.get("/v1/credit-policy", expect=200)["version"]   # above 0 where another test set one
    assert placed["credit"] == ({"outcome": "approved", "reasons": []} if version else None)
    assert (placed["status"], placed["cancel_reason"]) == ("pending_payment", None)
    assert book(customer) == ({"UYU": OWED}, 1, {})


def test_no_more_than_may_be_owed(shop, staff, customer, goods, set_policy):
    version = set_policy(limits=[{"currency": "UYU", "max_exposure": 3 * OWED}])["version"]
    placed = order(shop, customer, goods, 2)
    assert placed["credit"] == {"outcome": "approved", "reasons": []}
    refused = order(shop, customer, goods, 2, expect=409)
    assert reasons(refused) == ["over_exposure"]
    assert available(shop, goods) == 48, "nothing is held for what is refused"
    kept, = refusals(staff, customer)
    assert (kept["policy_version"], kept["reasons"]) == (version, ["over_exposure"])
    assert kept["inputs"] == {"currency": "UYU", "amount": 2 * OWED, "exposure": 2 * OWED, "max_exposure": 3 * OWED, "contracts": 1, "dpd": 0,
                              "open_cases": 0, "broken": 0}
    assert customer.api.get(f"/v1/carts/{kept['cart_id']}", expect=200)["status"] == "open"
    order(shop, customer, goods, 1)
    assert reasons(order(shop, customer, goods, 1, expect=409)) == ["over_exposure"]


def test_a_deposit_is_no_credit(shop, customer, new_product, set_policy, book):
    product = new_product(price="1000.00", currency="PEN")
    offer = shop.offer(product, deposit=True)
    owed = offer["total_payable"] - offer["deposit"]
    set_policy(limits=[{"currency": "PEN", "max_exposure": owed}])
    placed = shop.order(customer, product, offer=offer)
    assert placed["credit"]["outcome"] == "approved" and book(customer)[0] == {"PEN": owed}


def test_what_is_paid_is_owed_no_more(shop, customer, goods, set_policy, book):
    set_policy(limits=[{"currency": "UYU", "max_exposure": 2 * OWED}])
    bought, payment = shop.buy(customer, goods, 2)
    assert reasons(order(shop, customer, goods, 1, expect=409)) == ["over_exposure"]
    paid = payment["amount"]
    assert book(customer) == ({"UYU": 2 * OWED - paid}, 1, {})
    rest = customer.pay(bought["id"], amount=2 * OWED - paid).json
    assert shop.wait_payment(customer, rest["id"])["status"] == "succeeded"
    shop.wait_until(lambda: book(customer) == ({}, 0, {}), 20, "nothing owed")
    order(shop, customer, goods, 2)


def test_what_expires_is_owed_no_more(shop, customer, goods, set_policy, book):
    set_policy(limits=[{"currency": "UYU", "max_exposure": OWED}])
    placed = order(shop, customer, goods)
    shop.advance(1)
    shop.wait_order(customer, placed["id"], "expired")
    assert book(customer) == ({}, 0, {})
    order(shop, customer, goods)


def test_two_at_once_under_one_limit(shop, staff, customer, goods, set_policy, book):
    """Each alone would fit."""
    set_policy(limits=[{"currency": "UYU", "max_exposure": 2 * OWED}])
    offer = shop.offers(goods)[0]["id"]
    carts = [customer.cart((goods, 1)) for _ in range(8)]
    replies = []
    threads = [threading.Thread(target=lambda cart=cart: replies.append(customer.place_order(cart["id"], offer, expect=(201, 409)))) for cart in carts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201] * 2 + [409] * 6
    assert all(reasons(reply) == ["over_exposure"] for reply in replies if reply.status == 409)
    assert book(customer) == ({"UYU": 2 * OWED}, 2, {}) and len(refusals(staff, customer)) == 6


def test_who_waits_for_the_book_is_judged_with_the_other(shop, stack, staff, database, customer, goods, set_policy, book, wait_until):
    """Both find room before they ask for stock; both wait for the row; one of them finds the other's order in it, and leaves nothing behind but its refusal."""
    set_policy(limits=[{"currency": "UYU", "max_exposure": 2 * OWED}])
    order(shop, customer, goods)
    offer, replies = shop.offers(goods)[0]["id"], []
    carts = [customer.cart((goods, 1)) for _ in range(2)]
    with contextlib.closing(psycopg2.connect(stack.database_url("orders"))) as holder:
        holder.cursor().execute("SELECT FROM credit_book WHERE customer_id = %s FOR UPDATE", (customer.id,))
        threads = [threading.Thread(target=lambda cart=cart: replies.append(customer.place_order(cart["id"], offer, expect=(201, 409)))) for cart in carts]
        for thread in threads:
            thread.start()
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        wait_until(lambda: database("orders", waiting) == [(2,)], 10, "both wait")
        holder.rollback()
    for thread in threads:
        thread.join()
    assert sorted(reply.status for reply in replies) == [201, 409]
    refused = next(reply for reply in replies if reply.status == 409)
    assert reasons(refused) == ["over_exposure"] and len(refusals(staff, customer)) == 1
    left = refusals(staff, customer)[0]["cart_id"]
    assert customer.api.get(f"/v1/carts/{left}", expect=200)["status"] == "open"
    assert book(customer) == ({"UYU": 2 * OWED}, 2, {})


def test_the_first_two_orders_at_once(shop, stack, database, new_customer, goods, set_policy, wait_until):
    """Of a customer nobody knows yet: the second waits for the first one's row, and is judged with it."""
    set_policy(limits=[], max_open_contracts=1)
    for _ in range(4):
        customer, replies = new_customer(), []
        offer = shop.offers(goods)[0]["id"]
        carts = [customer.cart((goods, 1)) for _ in range(2)]
        threads = [threading.Thread(target=lambda cart=cart: replies.append(customer.place_order(cart["id"], offer, expect=(201, 409)))) for cart in carts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(reply.status for reply in replies) == [201, 409]
        assert reasons(next(reply for reply in replies if reply.status == 409)) == ["too_many_contracts"]


def test_a_refusal_is_repeated(shop, customer, goods, staff, set_policy):
    set_policy(limits=[{"currency": "UYU", "max_exposure": 1}])
    cart, offer = customer.cart((goods, 1)), shop.offers(goods)[0]["id"]
    replies = [customer.place_order(cart["id"], offer, key=f"refused-{cart['id']}", expect=409) for _ in range(2)]
    assert replies[0].body == replies[1].body and len(refusals(staff, customer)) == 1
    set_policy()
    assert customer.place_order(cart["id"], offer)["credit"] is not None


def test_who_pays_late(shop, staff, customer, goods, set_policy, book, wait_until):
    """Past due, then caught up; the time they were behind stays."""
    bought, _ = shop.buy(customer, goods, save=False)
    second = customer.schedule(bought["id"])[1]
    shop.advance_to(second["due_date"])
    shop.advance(4)
    wait_until(lambda: book(customer)[2], 20, "past due in the book")
    assert book(customer)[2] == {bought["id"]: second["due_date"]}
    case = wait_until(lambda: shop.cases(customer), 20, "a case")[0]
    set_policy(max_dpd=4)
    order(shop, customer, goods)
    set_policy(max_dpd=3)
    assert reasons(order(shop, customer, goods, expect=409)) == ["past_due"]
    set_policy(max_open_cases=0)
    wait_until(lambda: order(shop, customer, goods, expect=(201, 409)).status == 409, 20, "the case known")
    assert reasons(order(shop, customer, goods, expect=409)) == ["past_due"], "of cases a buyer is not told"
    assert refusals(staff, customer)[0]["reasons"] == ["open_case"] and refusals(staff, customer)[0]["inputs"]["open_cases"] == 1
    payment = customer.pay(bought["id"], amount=second["outstanding"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    wait_until(lambda: shop.cases(customer)[0]["status"] == "cured", 20, "cured")
    set_policy(max_dpd=0, max_open_cases=0)
    wait_until(lambda: order(shop, customer, goods, expect=(201, 409)).status == 201, 20, "the cure known")
    set_policy(max_broken=0)
    assert reasons(order(shop, customer, goods, expect=409)) == ["payment_history"]
    assert refusals(staff, customer)[0]["inputs"]["broken"] == 1
    assert case["order_id"] == bought["id"]


def test_the_same_word_again_and_in_any_order(stack, database, customer):
    """A cure that comes before its opening is a cure."""
    for word in ("cured", "open", "cured", "open"):
        stack.postgres.sql(f"SELECT credit_mark('{customer.id}', 'a', '{word}')", "cuotas_orders")
    stack.postgres.sql(f"SELECT credit_mark('{customer.id}', 'b', 'open')", "cuotas_orders")
    assert database("orders", "SELECT marks FROM credit_book WHERE customer_id = %s", (customer.id,)) == [({"a": "cured", "b": "open"},)]


def test_contracts_of_a_program_before(shop, stack, customer, goods, book, database, wait_until):
    """Not counted when they were made; the job counts them, whatever is paid meanwhile."""
    bought, payment = shop.buy(customer, goods, 2)
    sql = lambda text: stack.postgres.sql(text, "cuotas_orders")   # noqa: E731
    book(customer)
    sql(f"ALTER TABLE contract DISABLE TRIGGER contract_credit; UPDATE contract SET in_book = false WHERE order_id = '{bought['id']}'; "
        f"ALTER TABLE contract ENABLE TRIGGER contract_credit; DELETE FROM credit_book WHERE customer_id = '{customer.id}'")
    again = customer.pay(bought["id"], amount=payment["amount"]).json
    assert shop.wait_payment(customer, again["id"])["status"] == "succeeded"
    sql("""INSERT INTO job (kind, key, run_at, payload) VALUES ('fill_credit_book', 'again:' || gen_random_uuid(), '2020-01-01T00:00:00Z',
           '{"after": "00000000-0000-0000-0000-000000000000", "counted": "false"}')""")
    wait_until(lambda: database("orders", "SELECT in_book FROM contract WHERE order_id = %s", (bought["id"],)) == [(True,)], 20, "counted")
    wait_until(lambda: book(customer) == ({"UYU": 2 * OWED - 2 * payment["amount"]}, 1, {}), 20, "the book")


def test_a_row_made_anew(shop, stack, customer, goods, book):
    shop.buy(customer, goods, 2)
    right = book(customer)
    stack.postgres.sql(f"UPDATE credit_book SET exposure = '{{}}', contracts = 7 WHERE customer_id = '{customer.id}'", "cuotas_orders")
    stack.postgres.sql(f"SELECT credit_rebuild('{customer.id}')", "cuotas_orders")
    assert book(customer) == right


def test_what_was_decided_never_changes(shop, customer, goods, database, stack, set_policy):
    set_policy(limits=[{"currency": "UYU", "max_exposure": 9 * OWED}])
    placed = order(shop, customer, goods)
    rights = database("orders", """SELECT has_column_privilege('cuotas_orders_app', 'sales_order', 'credit', 'UPDATE'), has_table_privilege('cuotas_orders_app', 'credit_refusal', 'UPDATE'),
                                          has_table_privilege('cuotas_orders_app', 'credit_policy', 'DELETE'), has_table_privilege('cuotas_orders_app', 'credit_vote', 'UPDATE')""")
    assert rights == [(False,) * 4]
    decision, = database("orders", "SELECT credit -> 'inputs' ->> 'amount' FROM sales_order WHERE id = %s", (placed["id"],))
    assert decision == (str(OWED),)


def test_who_sees_refusals(customer, staff, approver):
    assert customer.api.get("/v1/credit-refusals", {"customer_id": customer.id}, expect=403).code == "forbidden"
    assert approver("orders.approve").get("/v1/credit-refusals", {"customer_id": customer.id}, expect=403).code == "forbidden"
    assert approver("orders.read").get("/v1/credit-refusals", {"customer_id": customer.id}, expect=200)["data"] == []
    assert staff.get("/v1/credit-refusals", expect=422).pointers == ["query:customer_id"]


@pytest.mark.parametrize("kind, members", (("reschedule", {"installments": 24}), ("prepayment", {"amount": 20000, "choice": "lower_installment"}), ("payoff", {})))
def test_the_book_follows_changes_after_the_sale(shop, staff, customer, credit, change, confirm, book, kind, members):
    """A version of the schedule takes the place of another; what is paid of it is owed no more."""
    order = credit()
    assert book(customer)[0]["USD"] == sum(row["outstanding"] for row in customer.schedule(order["id"]) if row["number"] > 0)
    confirm(staff, change(staff, order, kind, reason="Lo pidió el cliente", **members).json)
    shop.wait_until(lambda: book(customer)[0] == {"USD": sum(row["outstanding"] for row in customer.schedule(order["id"]) if row["number"] > 0)}, 20, "the new rows")
    payment = customer.pay(order["id"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    left = {"payoff": ({}, 0, {})}.get(kind)
    shop.wait_until(lambda: book(customer) == (left or ({"USD": sum(row["outstanding"] for row in customer.schedule(order["id"]) if row["number"] > 0)}, 1, {})), 20, "paid")


def test_who_had_debt_written_off(shop, staff, customer, credit, change, confirm, book, approver, goods, set_policy):
    order = credit()
    confirm(approver("orders.read orders.approve"), change(staff, order, "write_off", reason="Incobrable").json)
    shop.wait_until(lambda: book(customer) == ({}, 0, {}), 20, "nothing owed")
    set_policy(max_broken=0)
    cart = customer.cart((goods, 1))
    assert reasons(customer.place_order(cart["id"], shop.offers(goods)[0]["id"], expect=409)) == ["payment_history"]
