"""Closing a day forgets refresh tokens long expired, also more of one log-in than fit a batch."""

import contextlib
import uuid

import psycopg2


def test_a_log_in_with_more_tokens_than_a_batch_is_forgotten_whole(api, shop, customer, stack, database):
    family, live = str(uuid.uuid4()), api.post("/v1/auth/token", {"grant_type": "password", "username": customer.email, "password": customer.password}, expect=200)
    # Tokens live by the real clock: old ones cannot be made through the API.
    with contextlib.closing(psycopg2.connect(stack.database_url("crm"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO refresh_family (id, subject) VALUES (%s, %s)", (family, customer.id))
        cursor.execute("""INSERT INTO refresh_token (digest, family, expires_at, used_at)
                          SELECT sha256((%s || n)::bytea), %s, clock_timestamp() - interval '8 days', clock_timestamp() - interval '38 days'
                          FROM generate_series(1, 4500) AS n""", (family, family))
    shop.advance(1)
    assert database("crm", "SELECT count(*) FROM refresh_token WHERE family = %s", (family,)) == [(0,)]
    assert database("crm", "SELECT count(*) FROM refresh_family WHERE id = %s", (family,)) == [(0,)]
    api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": live["refresh_token"]}, expect=200)
