"""POST /v1/auth/token: log-in, refresh, rotation, reuse."""

import base64
import concurrent.futures
import json

import psycopg2
import pytest


def log_in(api, username, password, **options):
    return api.post("/v1/auth/token", {"grant_type": "password", "username": username, "password": password}, **options)


def refresh(api, token, **options):
    return api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": token}, **options)


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_customer(api, customer):
    reply = log_in(api, customer.email.upper(), customer.password, expect=200)
    assert reply["token_type"] == "Bearer" and reply["expires_in"] > 0 and reply["customer_id"] == customer.id
    assert reply.headers["Cache-Control"] == "no-store"
    said = claims(reply["access_token"])
    assert said["sub"] == customer.id and said["scope"] == "customer" and said["exp"] - said["iat"] == reply["expires_in"]
    api.get(f"/v1/customers/{customer.id}", token=reply["access_token"], expect=200)


def test_staff(api, stack):
    reply = log_in(api, stack.staff["username"], stack.staff["password"], expect=200)
    assert "catalog.write" in reply["scope"].split() and reply["customer_id"] is None


@pytest.mark.parametrize("password", ["wrong password", " ", "á" * 200])
def test_wrong_password_and_unknown_user_look_alike(api, customer, password):
    wrong = log_in(api, customer.email, password, expect=401)
    unknown = log_in(api, "nobody@example.com", password, expect=401)
    assert wrong.code == unknown.code == "invalid_credentials"
    assert {name: value for name, value in wrong.json.items() if name != "trace_id"} == {name: value for name, value in unknown.json.items() if name != "trace_id"}


def test_refresh_tokens_rotate(api, customer):
    first = log_in(api, customer.email, customer.password, expect=200)
    second = refresh(api, first["refresh_token"], expect=200)
    third = refresh(api, second["refresh_token"], expect=200)
    assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
    api.get(f"/v1/customers/{customer.id}", token=third["access_token"], expect=200)


def test_reuse_ends_the_log_in(api, customer):
    first = log_in(api, customer.email, customer.password, expect=200)
    second = refresh(api, first["refresh_token"], expect=200)
    assert refresh(api, first["refresh_token"], expect=401).code == "invalid_refresh_token"
    assert refresh(api, second["refresh_token"], expect=401).code == "invalid_refresh_token", "the thief's and the owner's both end"
    other = log_in(api, customer.email, customer.password, expect=200)
    refresh(api, other["refresh_token"], expect=200)


def test_unknown_refresh_token(api):
    assert refresh(api, "x" * 43, expect=401).code == "invalid_refresh_token"


@pytest.mark.parametrize("body, pointer", [
    ({"grant_type": "password", "username": "a"}, "/password"), ({"grant_type": "password", "password": "a"}, "/username"),
    ({"grant_type": "refresh_token"}, "/refresh_token"), ({"grant_type": "magic"}, "/grant_type"), ({}, "/grant_type"),
    ({"grant_type": "password", "username": "a", "password": "b", "scope": "admin"}, "/scope"),
])
def test_wrong_requests(api, body, pointer):
    reply = api.post("/v1/auth/token", body, expect=422)
    assert reply.code == "validation_failed" and reply.pointers == [pointer]


def test_an_old_token_in_the_header_does_not_keep_anybody_from_logging_in(api, customer):
    reply = api.post("/v1/auth/token", {"grant_type": "password", "username": customer.email, "password": customer.password},
                     token="not.a.token", expect=200)
    assert reply["access_token"]


@pytest.mark.parametrize("change", ("password_hash = 'another'", "disabled = true"))
def test_a_password_that_changes_while_it_is_checked(api, customer, stack, database, wait_until, change):
    """Whoever was let in by the one of before has no log-in to go on with."""
    connection = psycopg2.connect(stack.database_url("crm"))
    with connection.cursor() as cursor, concurrent.futures.ThreadPoolExecutor(1) as pool:
        cursor.execute(f"UPDATE login SET {change} WHERE subject = %s RETURNING pg_backend_pid()", (customer.id,))
        mine, = cursor.fetchone()
        said = pool.submit(log_in, api, customer.email, customer.password)
        wait_until(lambda: database("crm", "SELECT 1 FROM pg_locks WHERE NOT granted AND %s = ANY (pg_blocking_pids(pid))", (mine,)), 20, "the log-in at the row")
        connection.commit()
        reply = said.result()
    connection.close()
    assert (reply.status, reply.code) == (401, "invalid_credentials")
    assert database("crm", "SELECT count(*) FROM refresh_family f WHERE subject = %s", (customer.id,)) == [(0,)]
