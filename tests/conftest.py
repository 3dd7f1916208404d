"""Fixtures of all tests through the API. One stack (deploy/stack) serves the whole session, in a directory of its own; every test makes its own
customers and products, so tests may run in any order and alone. The logical clock is shared and only moves forward.

    api            the public API as nobody          Api of support/client.py
    staff          ... as the administrator
    new_customer() a fresh registered customer       Customer of support/shop.py
    customer       one of those
    product        a product of the demo catalog that is in stock
    new_product(stock=, price=, ...)   a product only this test knows
    shop           buy(), order(), offer(), wait_payment(), cases(), advance(days) and the like
    wait_until(condition, bound_s, what)   the first true value; never sleep in a test
    mailbox(address), wait_mail(address, subject_part)
    hire(role, ...)  somebody new of the staff, with a password of their own: their Api, until the test is over; `.person` is what the API says
    sandbox        ledger(), plan(...)
    database(service, sql, parameters)   rows, for looking only
    plant()        a text, unique, that is searched for in all logs after the run (leaks.py): put it where it must not be written down
    stack          kill(name), start_one(name), ... for tests that break things; such a test restores what it broke

Environment: CUOTAS_BIN (directory of the programs), CUOTAS_TEST_DIR (kept afterwards), CUOTAS_TRAFFIC (the record), CUOTAS_SLOW
(multiplies every bound; sanitizers), CUOTAS_DAYS (the tests begin so many days from now: a test must hold on any date)."""

import os
import secrets
import shutil
import sys
import tempfile

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [ROOT, os.path.dirname(os.path.abspath(__file__))]

from deploy.stack import Stack, StartError   # noqa: E402
from deploy.stack.process import wait_until as poll   # noqa: E402
from support import database as _database   # noqa: E402
from support.client import Api, Login, Recorder   # noqa: E402
from support.mail import mails_to, staff_key   # noqa: E402
from support.sandbox import Sandbox   # noqa: E402
from support.shop import Shop   # noqa: E402

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
DAYS = int(os.environ.get("CUOTAS_DAYS", "0"))
CATALOG = os.path.join(ROOT, "deploy", "demo", "products.csv")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session")
def scratch():
    """The session's directory; removed at the end unless it was given."""
    given = os.environ.get("CUOTAS_TEST_DIR")
    if given:
        os.makedirs(given, exist_ok=True)
        yield given
        return
    directory = tempfile.mkdtemp(prefix="cuotas-test-", dir="/tmp")
    os.chmod(directory, 0o755)   # PostgreSQL runs as another user when the tests run as root
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(scratch):
    environment = {name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
    # All tests come from one address; what the limits do has tests of its own.
    environment.update(RATE_LIMIT_PER_SECOND="10000", AUTH_RATE_LIMIT_PER_MINUTE="100000")
    environment.update(MERCHANT_TAX_ID="900.123.456-8", MERCHANT_BANK_ACCOUNT="Banco del Valle, corriente 123-456789-01", MERCHANT_GLN="7701234000011", PIX_KEY="12345678909", PIX_CITY="São Paulo")
    stack = Stack(os.path.join(scratch, "stack"), binaries=os.environ.get("CUOTAS_BIN"), environment=environment)
    stack.start()
    yield stack
    stack.stop()
    assert not stack.unclean, f"did not end well when asked to: {stack.unclean}"


@pytest.fixture(scope="session")
def recorder(scratch):
    recorder = Recorder(os.environ.get("CUOTAS_TRAFFIC") or os.path.join(scratch, "traffic.jsonl"))
    yield recorder
    recorder.close()


@pytest.fixture(scope="session")
def wait_until():
    def wait(condition, bound_s=10, what="the condition"):
        try:
            return poll(condition, bound_s * SLOW, what)
        except StartError as late:
            raise AssertionError(str(late)) from None
    return wait


@pytest.fixture(scope="session")
def api(stack, recorder):
    return Api(stack.gateway_url, recorder, timeout_s=30 * SLOW)


@pytest.fixture(scope="session")
def staff(stack, api):
    """The administrator. The clock may take its time: it does whole days of work."""
    caller = api.with_token(Login(api, stack.staff["username"], stack.staff["password"]))
    caller.timeout_s = 300 * SLOW
    if DAYS:
        caller.post("/v1/test-clock/advance", {"days": DAYS}, expect=200)
    return caller


@pytest.fixture(scope="session")
def catalog(staff):
    """The demo catalog, imported as a newcomer's is: through the public endpoint. The report of the import."""
    with open(CATALOG, "rb") as file:
        return staff.request("POST", "/v1/products/import", data=file.read(), content_type="text/csv", expect=200).json


@pytest.fixture(scope="session")
def shop(api, staff, wait_until):
    return Shop(api, staff, wait_until)


@pytest.fixture
def new_customer(shop):
    return shop.new_customer


@pytest.fixture
def customer(shop):
    return shop.new_customer()


@pytest.fixture
def new_product(shop):
    return shop.new_product


@pytest.fixture
def product(shop, catalog):
    """A chair of the demo catalog with stock left."""
    chairs = shop.api.get("/v1/products", {"category": "Furniture", "limit": 100}, expect=200)["data"]
    return next(chair for chair in chairs if chair["available"] >= 3 and chair["price"] >= 10000)


@pytest.fixture
def mailbox(stack):
    return lambda address: mails_to(stack.mail_dir, address)


@pytest.fixture
def wait_mail(mailbox, wait_until):
    """The first mail to the address whose subject or text has that part in it."""
    def wait(address, part="", bound_s=30):
        def arrived():
            return next((mail for mail in mailbox(address) if part in mail.subject or part in mail.text), None)
        return wait_until(arrived, bound_s, f"a mail to {address} with {part!r}")
    return wait


@pytest.fixture
def hire(staff, api, wait_mail):
    hired = []

    def make(role="approver", **changes):
        email, password = f"persona.{secrets.token_hex(6)}@example.com", f"clave-segura-{secrets.token_hex(8)}"
        person = staff.post("/v1/staff", {"email": email, "full_name": "Persona de la Tienda", "role": role, **changes}, expect=201).json
        api.post("/v1/auth/staff-password", {"key": staff_key(wait_mail(email)), "password": password}, expect=200)
        caller = api.with_token(Login(api, person["username"], password))
        caller.person, caller.password = person, password
        hired.append(f"/v1/staff/{person['id']}")
        return caller
    yield make
    for path in hired:   # who is an administrator while others test would be one too many
        staff.request("PATCH", path, json={"disabled": True}, headers={"If-Match": "*"}, expect=200)


@pytest.fixture(scope="session")
def sandbox(stack):
    return Sandbox(stack.service_urls["sandbox"], stack.sandbox_key, mercadopago_token=stack.credentials["mercadopago"])


@pytest.fixture(scope="session")
def plant(scratch):
    def make(text=None):
        text = text or f"planted-{secrets.token_hex(12)}"
        with open(os.path.join(scratch, "needles"), "a", encoding="utf-8") as file:
            file.write(text + "\n")
        return text
    return make


@pytest.fixture
def database(stack):
    return lambda service, sql, parameters=(): _database.rows(stack.database_url(service), sql, parameters)
