"""One Idempotency-Key, one effect and one answer: repeated, twenty times at once, with another body, and when the process dies between
its commit and its reply."""

import contextlib
import threading
import uuid

import psycopg2
import pytest


def same_answer(first, other):
    return first.status == other.status and first.body == other.body


def at_once(count, call):
    barrier, replies = threading.Barrier(count), [None] * count

    def run(index):
        barrier.wait()
        replies[index] = call()
    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return replies


class Case:
    """A POST to repeat: call(key, changed) sends it, count() tells how many effects there are."""

    def __init__(self, service, operation, call, count):
        self.service, self.operation, self.call, self.count = service, operation, call, count


def make_order(shop):
    customer, product = shop.new_customer(), shop.new_product(stock=50)
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    return Case("orders", "place_order",
                lambda key, changed=False: customer.place_order(cart["id"], str(uuid.uuid4()) if changed else offer["id"], key=key, expect=None),
                lambda: len(list(customer.api.pages("/v1/orders"))))


def make_payment(shop):
    customer = shop.new_customer()
    order = shop.order(customer)
    return Case("billing", "create_payment",
                lambda key, changed=False: customer.pay(order["id"], "pm_card_mastercard" if changed else "pm_card_visa", key=key, expect=None),
                lambda: len(list(customer.api.pages("/v1/payments", {"order_id": order["id"]}))))


def make_customer(shop):
    body = {"email": f"repetido.{uuid.uuid4().hex[:12]}@example.com", "password": "una-clave-larga-1", "full_name": "Cliente Repetido",
            "phone": "+573001112233", "locale": "es-CO", "tax_id": "123456789", "consents": {"email": True, "sms": False}}
    return Case("crm", "register_customer",
                lambda key, changed=False: shop.api.post("/v1/customers", {**body, "full_name": "Otra Persona"} if changed else body, key=key),
                lambda: 1)   # a second one would break the unique address, which the answers show


def make_cart_line(shop):
    customer, product = shop.new_customer(), shop.new_product(stock=50)
    cart = customer.cart()
    path = f"/v1/carts/{cart['id']}/lines"
    return Case("orders", "add_cart_line",
                lambda key, changed=False: customer.api.post(path, {"product_id": product["id"], "quantity": 2 if changed else 1}, key=key),
                lambda: sum(line["quantity"] for line in customer.api.get(f"/v1/carts/{cart['id']}", expect=200)["lines"]))


CASES = {"order": make_order, "payment": make_payment, "customer": make_customer, "cart_line": make_cart_line}


@pytest.fixture(params=CASES)
def case(request, shop):
    return CASES[request.param](shop)


def test_replay(case):
    key = str(uuid.uuid4())
    first = case.call(key)
    assert first.status in (200, 201), first
    for _ in range(3):
        again = case.call(key)
        assert same_answer(first, again), (first, again)
        assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert case.count() == 1


def test_another_body_under_the_same_key(case):
    key = str(uuid.uuid4())
    first = case.call(key)
    assert first.status in (200, 201), first
    other = case.call(key, changed=True)
    assert (other.status, other.code) == (422, "idempotency_key_reused"), other
    assert same_answer(first, case.call(key))
    assert case.count() == 1


def test_twenty_at_once(case):
    key = str(uuid.uuid4())
    replies = at_once(20, lambda: case.call(key))
    assert {reply.status for reply in replies} <= {200, 201}, replies
    assert all(same_answer(replies[0], reply) for reply in replies), replies
    assert case.count() == 1


def test_a_refusal_is_replayed_too(shop, new_customer, new_product):
    customer, product = new_customer(), new_product(stock=1)
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    other = new_customer()
    shop.order(other, product)
    key = str(uuid.uuid4())
    refused = customer.place_order(cart["id"], offer["id"], key=key, expect=409)
    again = customer.place_order(cart["id"], offer["id"], key=key, expect=409)
    assert same_answer(refused, again), (refused, again)


def test_money_needs_a_key(shop, customer):
    order = shop.order(customer)
    reply = customer.pay(order["id"], key=None, expect=400)
    assert reply.code == "idempotency_key_missing"
    cart = customer.cart((shop.new_product(), 1))
    assert customer.place_order(cart["id"], str(uuid.uuid4()), key=None, expect=400).code == "idempotency_key_missing"


def test_the_same_key_of_another_caller_is_another_key(shop, new_customer):
    key = str(uuid.uuid4())
    first, second = new_customer(), new_customer()
    one, two = (shop.order(customer, key=key) for customer in (first, second))
    assert one["id"] != two["id"]


@contextlib.contextmanager
def stored_replies_locked(stack, service):
    """Nobody can store a reply meanwhile (and so commit); reading stays possible. Yields how many wait for it."""
    with contextlib.closing(psycopg2.connect(stack.database_url(service))) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE idempotency IN SHARE MODE")

        def waiting():
            cursor.execute("SELECT count(*) FROM pg_locks WHERE relation = 'idempotency'::regclass AND NOT granted")
            return cursor.fetchone()[0]
        yield waiting
        connection.rollback()


@pytest.mark.parametrize("kind", ["order", "payment"])
def test_killed_between_commit_and_reply(kind, stack, shop, database, wait_until):
    """The statement is held back in PostgreSQL by a lock, the service is frozen, the lock is lifted: PostgreSQL commits, nobody
    hears of it, and the service is killed. Asked again with the same key, the answer is that commit's."""
    case = CASES[kind](shop)
    key = str(uuid.uuid4())
    lost = []
    asking = threading.Thread(target=lambda: lost.append(case.call(key)))
    with stored_replies_locked(stack, case.service) as waiting:
        asking.start()
        wait_until(waiting, 10, "the statement waiting for its lock")
        stack.pause(case.service)
    stored = "SELECT status, body FROM idempotency WHERE operation = %s AND key = %s"
    committed = wait_until(lambda: database(case.service, stored, (case.operation, key)), 10, "the commit")
    stack.kill(case.service)
    asking.join()
    assert lost[0].status in (502, 503, 504), lost
    stack.start_one(case.service)

    again = case.call(key)
    assert again.headers["Idempotent-Replayed"] == "true", again
    assert (again.status, again.body.decode()) == committed[0]
    assert case.count() == 1


@pytest.mark.parametrize("kind", ["order", "payment"])
def test_killed_before_the_commit(kind, stack, shop, database, wait_until):
    """The other side of it: killed while the statement waits, nothing is left, and asking again does it."""
    case = CASES[kind](shop)
    key = str(uuid.uuid4())
    lost = []
    asking = threading.Thread(target=lambda: lost.append(case.call(key)))
    with stored_replies_locked(stack, case.service) as waiting:
        asking.start()
        wait_until(waiting, 10, "the statement waiting for its lock")
        database(case.service, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE relation = 'idempotency'::regclass AND NOT granted")
        stack.kill(case.service)
    asking.join()
    assert lost[0].status in (502, 503, 504), lost
    assert database(case.service, "SELECT 1 FROM idempotency WHERE key = %s", (key,)) == []
    stack.start_one(case.service)
    again = case.call(key)
    assert again.status == 201, again
    assert case.count() == 1
