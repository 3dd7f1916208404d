"""From the version before to this one without a stop: the old programs go on working on the migrated databases, old and new ones work together in any
mixture, and everybody arrives at the same end. Never the other way round: there is no downgrade, a database is only ever migrated forward.

The previous version is built from the history (previous.py); without one, or when no migration was added since, there is nothing to upgrade from.
`make upgrade-test` runs this alone and with both orders of replacement; CUOTAS_PREVIOUS=<commit> upgrades from another one."""

import contextlib
import datetime
import os
import socket

import psycopg2
import pytest

from deploy.stack import Stack, services
from deploy.stack.process import Process
from operations import previous
from support.client import Api, Login
from support.journey import Journey
from support.mail import mails_to
from support.sepa import new_iban
from support.shop import Shop
from support.tokens import identity

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
LONG = os.environ.get("CUOTAS_UPGRADE") == "long"
BUILD_BOUND_S = 600
ORDERS = {"as the contracts list them": (*services.SERVICES, services.GATEWAY), "the other way round": (services.GATEWAY, *reversed(services.SERVICES))}


@pytest.fixture(scope="module")
def old():
    """The directory of the previous version's programs."""
    if not LONG and not os.environ.get("CUOTAS_PREVIOUS") and previous.present() == previous.released():
        pytest.skip("no migration was added since the last version: `make upgrade-test` upgrades all the same")
    try:
        which, directory = previous.binaries(BUILD_BOUND_S * SLOW)
    except previous.Unknown as why:
        pytest.skip(f"no previous version to upgrade from: {why}")
    print(f"upgrading from {which[:12]}")
    return directory


@pytest.fixture
def upgraded(old, scratch, tmp_path, recorder):
    """A stack of the old version, on databases of the old version."""
    environment = {"RATE_LIMIT_PER_SECOND": "10000", "AUTH_RATE_LIMIT_PER_MINUTE": "100000"}
    stack = Stack(os.path.join(scratch, f"upgrade-{os.path.basename(tmp_path)}"), binaries=old, environment=environment)
    stack.start()
    try:
        yield stack
    finally:
        for name in (*services.ALL, "mail", "redis", "postgres"):   # how they end is tested elsewhere
            stack.kill(name)
        stack.stop()


@pytest.fixture
def journeys(upgraded, wait_until):
    """Makes journeys through that stack. Their traffic is not recorded: the contracts are this version's."""
    api = Api(upgraded.gateway_url, timeout_s=30 * SLOW)
    staff = api.with_token(Login(api, upgraded.staff["username"], upgraded.staff["password"]))
    staff.timeout_s = 300 * SLOW
    shop = Shop(api, staff, wait_until)
    return lambda disturb=None: Journey(shop, lambda address: mails_to(upgraded.mail_dir, address), disturb)


def new_binaries():
    return os.environ.get("CUOTAS_BIN") or os.path.join(previous.ROOT, "build", "bin")


def run_new(stack, name, log, *arguments):
    environment = {**services.service_environment(stack, name), **services.owner_environment(stack, name), "LISTEN": "127.0.0.1:0"}
    process = Process(f"{name} of this version", [os.path.join(new_binaries(), name), *arguments], str(log), env=environment)
    process.start()
    assert process.wait(120 * SLOW), f"{name} {arguments} did not end"
    return process


def sign_a_mandate(stack, customer, log, wait_until):
    """By this version's billing, beside the one that serves: a mandate for direct debits, which the version before may not know."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = "127.0.0.1:%d" % free.getsockname()[1]
    environment = {**services.service_environment(stack, "billing"), "LISTEN": listen}
    process = Process("billing of this version", [os.path.join(new_binaries(), "billing")], str(log), env=environment)
    process.start()
    api, signed = Api("http://" + listen), identity(stack.credentials["identity"], "customer", customer.id, "customer")

    def listens():
        with contextlib.suppress(OSError), socket.create_connection(listen.split(":")):
            return True
    wait_until(listens, 30, "billing of this version")
    api.request("POST", "/v1/sepa-mandates", json={"iban": new_iban(), "debtor_name": "Ana Ruiz"}, headers={"X-Cuotas-Identity": signed}, key=True, expect=201)
    process.send(15)
    assert process.wait(30 * SLOW) and process.exit_status == 0, process.log_tail()


def nobody_charged_the_mandate(stack, debtor, wait_until):
    """Days on which it was due have passed with the version before: no payment of its, nothing tried, nothing that waits; and another method of the customer is charged as ever."""
    order = debtor.placed["id"]
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("""SELECT (SELECT count(*) FROM payment p WHERE p.order_id = a.order_id AND p.source <> 'checkout'), a.in_flight,
                                 (SELECT sum(attempts) FROM installment i WHERE i.order_id = a.order_id), (SELECT count(*) FROM installment i WHERE i.order_id = a.order_id AND i.status = 'overdue') > 0
                          FROM order_account a WHERE order_id = %s""", (order,))
        assert cursor.fetchall() == [(0, None, 0, True)]
    debtor.customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, expect=201)
    wait_until(lambda: any(each["default"] and each["provider"] == "stripe" for each in debtor.customer.api.get("/v1/payment-methods", expect=200)["data"]), 30, "a card saved")
    debtor.shop.advance_to(debtor.shop.today() + datetime.timedelta(days=1))
    wait_until(lambda: any((each["source"], each["status"]) == ("autopay", "succeeded") for each in debtor.customer.api.pages("/v1/payments", {"order_id": order})), 60, "charged by the card")


@contextlib.contextmanager
def left_alone(stack):
    """Meanwhile a job of each kind that only this version runs is due: the version before runs its own past it, and leaves it
    (but the test clock's advance waits for what is due, of whichever kind). So what it must not do is queued by a kind of its own,
    as mails to the staff are, and those that need a consent."""
    kinds = {name: previous.contract_jobs(name) - previous.job_kinds(name) for name in services.WITH_DATABASE}

    def in_each(sql, parameters):
        for name, added in kinds.items():
            with contextlib.closing(psycopg2.connect(stack.database_url(name))) as connection, connection, connection.cursor() as cursor:
                for kind in added:
                    cursor.execute(sql, parameters(kind))
                    assert cursor.rowcount == 1, (name, kind)
    in_each("INSERT INTO job (kind, key, run_at) VALUES (%s, %s, '2000-01-01')", lambda kind: (kind, f"of this version: {kind}"))
    yield
    in_each("DELETE FROM job WHERE key = %s AND state = 'ready' AND attempts = 0 AND lease_until IS NULL", lambda kind: (f"of this version: {kind}",))


class Replacer:
    """Replaces the next process by this version's as each step of a journey begins."""

    def __init__(self, stack, order):
        self._stack, self._left = stack, list(order)

    def __call__(self, step=None):
        if self._left:
            self._stack.replace_one(self._left.pop(0), binaries=new_binaries(), beside=False)

    def rest(self):
        while self._left:
            self()


@pytest.mark.parametrize("order", ORDERS if LONG else list(ORDERS)[:1])
def test_upgrade_without_a_stop(order, upgraded, journeys, tmp_path, wait_until):
    behind = [name for name in services.WITH_DATABASE if any(path.startswith(f"services/{name}/") for path in previous.present().keys() - previous.released().keys())]
    for name in behind:   # this version does not start on what it was not made for, and says what to do
        process = run_new(upgraded, name, tmp_path / f"{name}.behind.log")
        assert process.exit_status == 1 and "run `migrate` first" in process.log_tail(), (name, process.log_tail())
        if not LONG:
            break

    reference = journeys()
    reference.run(last="remind")

    def migrate(step):
        """All databases, while the old version works on them and a customer is on the way."""
        if step == "autopay":
            for name in services.WITH_DATABASE:
                process = run_new(upgraded, name, tmp_path / f"{name}.migrate.log", "migrate")
                assert process.exit_status == 0, (name, process.log_tail())
    reference._disturb = migrate
    reference.run(first="autopay")   # begun by the old version on the old schema, ended by it on the new one
    expected = reference.end_state()

    on_new_schema = journeys()
    with left_alone(upgraded):
        on_new_schema.run(last="pay")
    debtor = journeys()
    debtor.run(last="pay")
    sign_a_mandate(upgraded, debtor.customer, tmp_path / "mandate.log", wait_until)
    on_new_schema.run(first="remind")
    assert on_new_schema.end_state() == expected
    nobody_charged_the_mandate(upgraded, debtor, wait_until)

    replacer = Replacer(upgraded, ORDERS[order])
    mixed = journeys(replacer)
    mixed.run()
    replacer.rest()
    wait_until(lambda: mixed.end_state() == expected, 30, "the end state of the old version")

    after = journeys()
    after.run()
    assert after.end_state() == expected


def test_migrated_twice_at_once(stack, tmp_path):
    """Two migrators of each service, as when two hosts deploy: one works, one waits, both end well, and nothing is done twice."""
    made = []
    for name in services.SERVICES:
        for number in (1, 2):
            environment = {**services.owner_environment(stack, name), "PATH": "/usr/bin:/bin"}
            made.append(Process(name, [os.path.join(stack.binaries, name), "migrate"], str(tmp_path / f"{name}.{number}.log"), env=environment))
            made[-1].start()
    for process in made:
        assert process.wait(60 * SLOW) and process.exit_status == 0, process.log_tail()
        assert "applied" not in process.log_tail()


def test_released_migrations_never_change():
    """A database that has them would refuse this version; a new one would differ from it."""
    present = previous.present()
    assert {path: present.get(path, "is gone") for path, digest in previous.released().items() if present.get(path) != digest} == {}
