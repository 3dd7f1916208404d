"""Whether somebody has an account is nobody's business: log-ins answer and work alike for those who have one and those who have not. Work is counted
(cuotas_password_hashes_total), never timed. That registering a taken address is refused, is in the contract (`email_taken`): it costs what a
registration costs and counts against the limit of log-ins (tests/flows/gateway/test_own_process.py)."""

import re
import uuid

import pytest
import requests


@pytest.fixture
def hashes(stack):
    """How many password hashes crm has computed."""
    def read():
        text = requests.get(stack.service_urls["crm"] + "/metrics", timeout=30).text
        return int(re.search(r"^cuotas_password_hashes_total (\d+)$", text, re.M)[1])
    return read


def log_in(api, username, password):
    return api.post("/v1/auth/token", {"grant_type": "password", "username": username, "password": password})


def told(reply):
    document = {name: value for name, value in reply.json.items() if name != "trace_id"}
    headers = {name.lower(): value for name, value in reply.headers.items() if name.lower() not in ("date", "x-request-id", "ratelimit-remaining", "ratelimit-reset")}
    return reply.status, document, headers


@pytest.fixture
def disabled(shop, stack):
    """Somebody whose log-in was taken away."""
    import psycopg2
    customer = shop.new_customer()
    with psycopg2.connect(stack.database_url("crm")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE login SET disabled = true WHERE subject = %s", (customer.id,))
    connection.close()
    return customer


@pytest.fixture
def invited(staff):
    """Somebody of the staff who has set no password yet."""
    return staff.post("/v1/staff", {"email": f"{uuid.uuid4().hex[:12]}@example.com", "full_name": "Ana", "role": "support"}, expect=201)["username"]


def test_log_ins_answer_and_work_alike(api, stack, customer, disabled, invited, hashes):
    attempts = {
        "wrong password": (customer.email, "not the password"), "unknown": (f"{uuid.uuid4().hex[:12]}@example.com", "not the password"), "disabled": (disabled.email, disabled.password),
        "disabled, wrong password": (disabled.email, "not the password"), "staff": (stack.staff["username"], "not the password"), "no address": ("nobody", "x"), "other case": (customer.email.upper(), "x" * 200),
        "invited": (invited, "not the password"),
    }
    answers, work = {}, {}
    for what, (username, password) in attempts.items():
        before = hashes()
        answers[what] = told(log_in(api, username, password))
        work[what] = hashes() - before
    assert set(work.values()) == {1}, work
    assert all(answer == answers["unknown"] for answer in answers.values()), answers
    assert answers["unknown"][0] == 401


def test_the_work_is_counted_where_there_is_some(api, customer, hashes):
    """The count can tell: a good log-in costs one too, a refresh and a refusal of the form none."""
    before = hashes()
    reply = log_in(api, customer.email, customer.password)
    assert reply.status == 200 and hashes() - before == 1
    api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": reply["refresh_token"]}, expect=200)
    log_in(api, "", "x")
    assert hashes() - before == 1


def test_registering_costs_the_same_whoever_is_known(api, customer, hashes):
    work = []
    for address, status in ((customer.email, 409), (f"{uuid.uuid4().hex[:12]}@example.com", 201)):
        before = hashes()
        api.post("/v1/customers", {"email": address, "password": "una clave muy larga", "full_name": "Ana"}, expect=status)
        work.append(hashes() - before)
    assert work == [1, 1]


def test_a_key_that_is_none_costs_nothing(api, hashes):
    before = hashes()
    for key in ("x", "x.y", "A" * 200):
        assert api.post("/v1/auth/staff-password", {"key": key, "password": "una clave muy larga"}, expect=409).code == "invitation_not_valid"
    assert hashes() == before


def test_a_taken_address_tells_nothing_of_its_owner(api, customer):
    reply = api.post("/v1/customers", {"email": customer.email, "password": "una clave muy larga", "full_name": "Ana"}, expect=409)
    assert customer.id not in reply.body.decode() and customer.body["full_name"] not in reply.body.decode() and "Location" not in reply.headers


def test_refresh_tokens_of_nobody_and_of_the_past(api, customer, disabled):
    first = log_in(api, customer.email, customer.password)
    api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}, expect=200)
    never = told(api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": "A" * 43}))
    used = told(api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}))
    access = told(api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": customer.token[:200]}))
    assert never == used == access and never[0] == 401


def test_a_disabled_log_in_cannot_be_refreshed(api, shop, stack):
    import psycopg2
    customer = shop.new_customer()
    reply = log_in(api, customer.email, customer.password)
    with psycopg2.connect(stack.database_url("crm")) as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE login SET disabled = true WHERE subject = %s", (customer.id,))
    connection.close()
    assert api.post("/v1/auth/token", {"grant_type": "refresh_token", "refresh_token": reply["refresh_token"]}).status == 401
