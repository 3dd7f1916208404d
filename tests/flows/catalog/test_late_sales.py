"""A sale whose hold had ended when its payment came: it stands, and is a use of its promotion as soon as there is room. In a transaction that is undone: no
shop has sold this."""

import contextlib
import uuid

import psycopg2
import pytest


@pytest.fixture
def catalog(stack):
    with contextlib.closing(psycopg2.connect(stack.database_url("catalog"))) as connection, connection.cursor() as cursor:
        yield cursor


@pytest.fixture
def promotion(catalog):
    number = str(uuid.uuid4())
    catalog.execute("INSERT INTO promotion (id, code, rule, valid_from, max_uses, max_uses_per_customer, created_at, created_by) "
                    "VALUES (%s, upper(%s), '{}', now(), 1, 1, now(), gen_random_uuid())", (number, number))
    return number


@pytest.fixture
def hold(catalog, promotion):
    def of(customer):
        catalog.execute("INSERT INTO reservation (id, reference, status, currency, total, lines, expires_at, created_at, promotion_id, customer_id) "
                        "VALUES (gen_random_uuid(), gen_random_uuid()::text, 'held', 'EUR', 1, '[]', now(), now(), %s, %s) RETURNING id::text", (promotion, customer))
        return catalog.fetchone()[0]
    return of


@pytest.fixture
def becomes(catalog):
    def status(reservation, name):
        catalog.execute("UPDATE reservation SET status = %s WHERE id = %s", (name, reservation))
    return status


@pytest.fixture
def uses(catalog, promotion):
    """Of the promotion, and of each customer who has any: counted, and waiting for room."""
    def read(*customers):
        catalog.execute("SELECT used, uncounted FROM promotion WHERE id = %s", (promotion,))
        of_all = catalog.fetchone()
        catalog.execute("SELECT customer_id::text, used, uncounted FROM promotion_customer WHERE promotion_id = %s", (promotion,))
        of_each = {number: counts for number, *counts in catalog.fetchall()}
        return [of_all, *(tuple(of_each[customer]) for customer in customers)]
    return read


def test_its_use_is_taken_when_another_ends(hold, becomes, uses):
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    late = hold(first)
    becomes(late, "expired")
    other = hold(second)
    becomes(late, "committed")
    assert uses(first, second) == [(1, 1), (1, 0), (1, 0)], "one of one, and a sale beyond it"
    becomes(other, "released")
    assert uses(first, second) == [(1, 0), (1, 0), (0, 0)], "the sale has the use"
    becomes(late, "released")
    assert uses(first, second) == [(0, 0), (0, 0), (0, 0)]
    hold(second)
    assert uses(second) == [(1, 0), (1, 0)]


def test_its_use_is_taken_when_there_may_be_more(catalog, promotion, hold, becomes, uses):
    customer = str(uuid.uuid4())
    late = hold(customer)
    becomes(late, "expired")
    becomes(hold(customer), "committed")
    becomes(late, "committed")
    assert uses(customer) == [(1, 1), (1, 1)]
    catalog.execute("UPDATE promotion SET max_uses = 3, max_uses_per_customer = 2 WHERE id = %s", (promotion,))
    assert uses(customer) == [(2, 0), (1, 1)], "a customer's limit is looked at when they use it again"
    with pytest.raises(psycopg2.errors.CheckViolation, match="promotion_customer_not_overused"):
        hold(customer)


def test_its_use_is_taken_at_once_without_limits(catalog, promotion, hold, becomes, uses):
    catalog.execute("UPDATE promotion SET max_uses = NULL, max_uses_per_customer = NULL WHERE id = %s", (promotion,))
    customer = str(uuid.uuid4())
    late = hold(customer)
    becomes(late, "expired")
    hold(customer)
    becomes(late, "committed")
    assert uses(customer) == [(2, 0), (2, 0)]
