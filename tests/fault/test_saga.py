"""The steps of an order across orders, catalog and billing: a process is killed at each point between two of them, and what follows makes it whole.

A point is reached by holding links: what was sent waits there, or what was answered does, and the databases say that it got so far. Then the process is
killed, what waited is lost, the links are healed, and it is started again. The client repeats its request under the same key, as clients do."""

import contextlib
import os
import threading

import psycopg2
import pytest
import requests

from deploy.stack.services import SERVICES
from fault.cluster import Cluster
from support import tokens
from support.client import Api, Login
from support.shop import Shop

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


@pytest.fixture(scope="module")
def cluster(scratch):
    cluster = Cluster(binaries=os.environ.get("CUOTAS_BIN"))
    cluster.start(os.path.join(scratch, "saga"))
    yield cluster
    cluster.stop()
    assert not cluster.stack.unclean, cluster.stack.unclean


@pytest.fixture(scope="module")
def shop(cluster, recorder, wait_until):
    api = Api(cluster.stack.gateway_url, recorder, timeout_s=15 * SLOW)
    staff = api.with_token(Login(api, **cluster.stack.staff))
    staff.timeout_s = 120 * SLOW
    return Shop(api, staff, wait_until)


class Scene:
    """One product, one customer with a cart of one unit, and what there is of it in the books."""

    def __init__(self, cluster, shop, wait_until):
        self.cluster, self.shop, self._wait_until = cluster, shop, wait_until
        self.customer, self.product = shop.new_customer(), shop.new_product(stock=1)
        self.offer = shop.offers(self.product)[0]["id"]
        self.cart = self.customer.cart((self.product, 1))["id"]
        self.key = f"saga-{self.cart}"
        self._connections = {}

    def rows(self, service, sql, *parameters):
        if service not in self._connections:
            self._connections[service] = psycopg2.connect(self.cluster.stack.database_url(service))
            self._connections[service].autocommit = True
        with self._connections[service].cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def close(self):
        for connection in self._connections.values():
            connection.close()

    def until(self, condition, what):
        return self._wait_until(condition, 40, what)

    def link(self, caller, peer):
        return self.cluster.links[caller, peer]

    # ---- what there is

    def held(self):
        return self.rows("catalog", "SELECT status FROM reservation WHERE reference LIKE %s", f"cart:{self.cart}:%")

    def orders(self):
        return self.rows("orders", "SELECT id::text, status FROM sales_order WHERE cart_id = %s", self.cart)

    def status(self):
        return self.orders()[0][1]

    def account(self):
        return self.rows("billing", "SELECT status FROM order_account WHERE order_id = %s", self.order)[0][0]

    def told(self, type):
        return self.rows("orders", "SELECT count(*) FROM outbox WHERE type = %s AND customer_id = %s", type, self.customer.id)[0][0]

    def stock(self):
        return self.rows("catalog", "SELECT on_hand, held FROM stock WHERE product_id = %s", self.product["id"])[0]

    def applied(self):
        return self.rows("billing", "SELECT change_id FROM receivable_change WHERE order_id = %s", self.order)

    def versions(self):
        return [version for version, in self.rows("orders", "SELECT DISTINCT i.version FROM installment i JOIN contract c ON c.id = i.contract_id WHERE c.order_id = %s "
                                                  "ORDER BY 1", self.order)]

    # ---- what is done

    def place(self):
        return self.customer.place_order(self.cart, self.offer, key=self.key, expect=None)

    def placed(self):
        reply = self.place()
        assert reply.status == 201, reply
        self.order = reply["id"]
        self.until(lambda: self.rows("billing", "SELECT FROM order_account WHERE order_id = %s", self.order), "billing's account of it")

    @contextlib.contextmanager
    def beside(self, call):
        """That call, which is not answered, while the point is reached."""
        def run():
            with contextlib.suppress(requests.RequestException, AssertionError):
                call()
        thread = threading.Thread(target=run)
        thread.start()
        yield
        thread.join()

    def let_its_time_pass(self):
        """Half an hour, in which it was to be paid; as an advance of the clock does, which would wait for rest before and after."""
        offset_s = self.rows("orders", "SELECT offset_s FROM clock")[0][0] + 1900
        identity = tokens.identity(self.cluster.stack.credentials["identity"], "service", "tests", "service")
        for name in SERVICES:
            url = self.cluster.stack.service_urls[name] + "/internal/test-clock"
            requests.post(url, json={"offset_s": offset_s}, headers={"X-Cuotas-Identity": identity}, timeout=10 * SLOW).raise_for_status()

    def crash(self, name):
        """Killed; what waits on its links is lost with it; and back."""
        self.cluster.stack.kill(name)
        for ends, link in self.cluster.links.items():
            if name in ends:
                link.reset()
                link.heal()
        self.cluster.stack.start_one(name)


@pytest.fixture
def scene(cluster, shop, wait_until):
    scene = Scene(cluster, shop, wait_until)
    yield scene
    scene.close()
    for link in cluster.links.values():
        link.heal()
    for name in cluster.stack.service_urls:
        if not cluster.stack.running(name):
            cluster.stack.start_one(name)


# ---- ordering. A point: steps that hold, `yield` (the request is made), steps that know when it is reached.

def before_the_hold(scene):
    catalog = scene.link("orders", "catalog")
    catalog.way("up", "hold")
    yield
    scene.until(lambda: catalog.stat()["waiting_up"] > 0, "the catalog asked")
    assert not scene.held() and not scene.orders()


def after_the_hold(scene):
    scene.link("orders", "catalog").way("down", "hold")
    yield
    scene.until(lambda: scene.held() == [("held",)], "the stock held")
    assert not scene.orders()


def before_the_statement(scene):
    """The catalog's answer has come, what orders writes has not arrived."""
    catalog, postgres = scene.link("orders", "catalog"), scene.link("orders", "postgres")
    catalog.way("down", "hold")
    yield
    scene.until(lambda: scene.held() == [("held",)], "the stock held")
    postgres.way("up", "hold")
    catalog.heal()
    scene.until(lambda: postgres.stat()["waiting_up"] > 1500, "the order on its way to the database")
    assert not scene.orders()


def before_orders_knows(scene):
    """Written; the database's answer has not come."""
    catalog, postgres = scene.link("orders", "catalog"), scene.link("orders", "postgres")
    catalog.way("down", "hold")
    yield
    scene.until(lambda: scene.held() == [("held",)], "the stock held")
    postgres.way("down", "hold")
    catalog.heal()
    scene.until(scene.orders, "the order written")


def before_the_reply(scene):
    """Written, and orders knows; its answer does not get out."""
    gateway = scene.link("gateway", "orders")
    gateway.way("down", "hold")
    yield
    scene.until(lambda: scene.orders() and gateway.stat()["waiting_down"] > 0, "the order answered")


@pytest.mark.parametrize("point", (before_the_hold, after_the_hold, before_the_statement, before_orders_knows, before_the_reply), ids=lambda point: point.__name__)
@pytest.mark.parametrize("name", ("orders", "catalog"))
def test_an_order_is_placed_once(scene, point, name):
    steps = point(scene)
    next(steps)
    with scene.beside(scene.place):
        next(steps, None)
        scene.crash(name)
        for link in scene.cluster.links.values():
            link.heal()
    reply = scene.until(lambda: (lambda reply: reply if reply.status not in (502, 503, 504) else None)(scene.place()), "an answer")
    assert reply.status == 201, reply
    scene.order = reply["id"]
    assert scene.orders() == [(scene.order, "pending_payment")] and scene.held() == [("held",)] and scene.stock() == (1, 1)
    assert scene.told("order.placed") == 1
    payment = scene.customer.pay(scene.order).json
    assert scene.shop.wait_payment(scene.customer, payment["id"])["status"] == "succeeded"
    scene.until(lambda: scene.stock() == (0, 0) and scene.status() == "confirmed", "the unit sold")
    assert scene.told("order.confirmed") == 1


@pytest.mark.parametrize("point", (after_the_hold, before_the_statement), ids=lambda point: point.__name__)
def test_a_hold_nobody_comes_back_for_ends(scene, point):
    """... and somebody else buys the unit."""
    steps = point(scene)
    next(steps)
    with scene.beside(scene.place):
        next(steps, None)
        scene.crash("orders")
    assert scene.held() == [("held",)] and not scene.orders()
    scene.shop.advance(1)
    scene.until(lambda: scene.stock() == (1, 0), "the unit free again")
    scene.shop.order(scene.shop.new_customer(), scene.product)


# ---- confirming: billing's word, orders' statement, the catalog's sale

def before_the_word(scene):
    """Paid, and orders has not heard of it."""
    for peer in ("billing", "redis"):
        scene.link("orders", peer).way("down", "hold")
    yield
    scene.until(lambda: scene.rows("billing", "SELECT FROM payment WHERE order_id = %s AND status = 'succeeded'", scene.order), "the payment")
    assert scene.status() == "pending_payment"


def before_orders_knows_it_is_confirmed(scene):
    """The word is applied; the database's answer has not come."""
    yield from before_the_word(scene)
    scene.link("orders", "postgres").way("down", "hold")
    for peer in ("billing", "redis"):
        scene.link("orders", peer).heal()
    scene.until(lambda: scene.status() == "confirmed", "the word applied")


def before_the_sale(scene):
    """Confirmed; the catalog has not heard of it."""
    for peer in ("orders", "redis"):
        scene.link("catalog", peer).way("down", "hold")
    yield
    scene.until(lambda: scene.status() == "confirmed", "the order confirmed")
    assert scene.stock() == (1, 1)


def before_the_catalog_knows_it_is_sold(scene):
    yield from before_the_sale(scene)
    scene.link("catalog", "postgres").way("down", "hold")
    for peer in ("orders", "redis"):
        scene.link("catalog", peer).heal()
    scene.until(lambda: scene.stock() == (0, 0), "the unit sold")


@pytest.mark.parametrize("point, name", (
    (before_the_word, "orders"), (before_the_word, "billing"), (before_orders_knows_it_is_confirmed, "orders"),
    (before_the_sale, "catalog"), (before_the_sale, "orders"), (before_the_catalog_knows_it_is_sold, "catalog")),
    ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_payment_confirms_and_sells_once(scene, point, name):
    scene.placed()
    steps = point(scene)
    next(steps)
    scene.customer.pay(scene.order)
    next(steps, None)
    scene.crash(name)
    for link in scene.cluster.links.values():
        link.heal()
    scene.until(lambda: scene.status() == "confirmed" and scene.stock() == (0, 0), "confirmed and sold")
    assert scene.held() == [("committed",)] and scene.told("order.confirmed") == 1
    assert scene.rows("catalog", "SELECT count(*) FROM stock_movement WHERE product_id = %s AND reason = 'sale'", scene.product["id"]) == [(1,)]


# ---- expiring: billing decides, orders writes it down, the catalog frees the unit

def before_billing_is_asked(scene):
    billing = scene.link("orders", "billing")
    billing.way("up", "hold")
    yield
    claimed = "SELECT FROM job WHERE key = %s AND attempts > 0 AND lease_until IS NOT NULL"
    scene.until(lambda: scene.rows("orders", claimed, f"expire:{scene.order}") and billing.stat()["waiting_up"] > 0, "billing asked")
    assert scene.account() != "closed"


def before_billings_answer(scene):
    scene.link("orders", "billing").way("down", "hold")
    yield
    scene.until(lambda: scene.account() == "closed", "the account closed")
    assert scene.status() == "pending_payment"


def before_expiring(scene):
    """Billing's answer has come, what orders writes has not arrived."""
    billing, postgres = scene.link("orders", "billing"), scene.link("orders", "postgres")
    billing.way("down", "hold")
    yield
    scene.until(lambda: scene.account() == "closed", "the account closed")
    postgres.way("up", "hold")
    seen = billing.stat()["down"]
    billing.heal()
    scene.until(lambda: billing.stat()["down"] > seen and postgres.stat()["waiting_up"] > 0, "billing's answer come")
    assert scene.status() == "pending_payment"


def before_orders_knows_it_expired(scene):
    """Written; the database's answer has not come."""
    billing, postgres = scene.link("orders", "billing"), scene.link("orders", "postgres")
    billing.way("down", "hold")
    yield
    scene.until(lambda: scene.account() == "closed", "the account closed")
    postgres.way("down", "hold")
    billing.heal()
    scene.until(lambda: scene.status() == "expired", "the order expired")


@pytest.mark.parametrize("point, name", (
    (before_billing_is_asked, "orders"), (before_billings_answer, "orders"), (before_billings_answer, "billing"), (before_expiring, "orders"),
    (before_orders_knows_it_expired, "orders")), ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_an_order_expires_once_and_frees_its_unit(scene, point, name):
    scene.placed()
    steps = point(scene)
    next(steps)
    scene.let_its_time_pass()
    next(steps, None)
    scene.crash(name)
    for link in scene.cluster.links.values():
        link.heal()
    scene.until(lambda: scene.status() == "expired" and scene.stock() == (1, 0), "expired, and the unit free")
    assert scene.account() == "closed" and scene.held() == [("released",)] and scene.told("order.expired") == 1
    assert scene.customer.pay(scene.order, expect=409).code == "order_closed"
    scene.shop.order(scene.shop.new_customer(), scene.product)


# ---- changing after the sale: billing applies, orders writes the next version

class Locked:
    """Rows of a service's database that nobody else can change until it is let go: the next statement of a saga waits there."""

    def __init__(self, scene, service, sql, *parameters):
        self._connection = psycopg2.connect(scene.cluster.stack.database_url(service))
        self._connection.cursor().execute(sql, parameters)

    def let_go(self):
        self._connection.rollback()
        self._connection.close()


def before_billing_applies(scene):
    lock = Locked(scene, "billing", "SELECT FROM order_account WHERE order_id = %s FOR UPDATE", scene.order)
    yield
    scene.until(lambda: scene.rows("billing", "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"), "billing asked")
    assert not scene.applied()
    yield lock.let_go


def before_the_next_version(scene):
    """Billing has applied it, orders has not written it."""
    lock = Locked(scene, "orders", "SELECT FROM contract WHERE order_id = %s FOR UPDATE", scene.order)
    yield
    scene.until(scene.applied, "applied by billing")
    yield lock.let_go


def before_what_was_missed(scene):
    """The version is written; what billing has said meanwhile was not asked for."""
    lock = Locked(scene, "orders", "SELECT FROM contract WHERE order_id = %s FOR UPDATE", scene.order)
    yield
    scene.until(scene.applied, "applied by billing")
    scene.link("orders", "billing").way("up", "hold")
    lock.let_go()
    scene.until(lambda: scene.versions() == [1, 2], "the next version written")
    yield lambda: None


@pytest.mark.parametrize("point", (before_billing_applies, before_the_next_version, before_what_was_missed), ids=lambda point: point.__name__)
@pytest.mark.parametrize("name", ("orders", "billing"))
def test_a_change_is_applied_once(scene, point, name):
    scene.placed()
    payment = scene.customer.pay(scene.order).json
    assert scene.shop.wait_payment(scene.customer, payment["id"])["status"] == "succeeded"
    order = scene.shop.wait_order(scene.customer, scene.order, "confirmed")
    path = f"/v1/contracts/{order['contract_id']}/changes"
    staff = scene.shop.staff
    computed = staff.post(path, {"kind": "reschedule", "installments": 5, "reason": "agreed"}, key=True, expect=201).json
    steps = point(scene)
    next(steps)
    assert staff.post(f"{path}/{computed['id']}/confirm", {}, key=True, headers={"If-Match": '"1"'}, expect=200)["status"] == "confirming"
    let_go = next(steps)
    scene.crash(name)
    let_go()
    scene.until(lambda: staff.get(f"{path}/{computed['id']}", expect=None).status == 200
                and staff.get(f"{path}/{computed['id']}", expect=200)["status"] == "confirmed", "the change applied")
    for link in scene.cluster.links.values():
        link.heal()
    assert scene.versions() == [1, 2] and len(scene.applied()) == 1 and scene.told("order.schedule_changed") == 1
    billing = scene.rows("billing", "SELECT number, total, paid, status FROM installment WHERE order_id = %s AND total > 0 ORDER BY number", scene.order)
    scene.until(lambda: scene.rows("orders", "SELECT number, total, paid, status FROM installment WHERE contract_id = %s AND version = 2 ORDER BY number",
                                   order["contract_id"]) == billing, "the schedule as billing has it")
    scene.until(lambda: not scene.rows("orders", "SELECT FROM job WHERE kind = 'apply_change'"), "the job done")


# ---- what comes back: billing applies the return, orders tells what is for sale again, the catalog counts it

def before_it_is_for_sale(scene):
    """Told; what the catalog writes does not arrive."""
    postgres = scene.link("catalog", "postgres")
    postgres.way("up", "hold")
    yield
    scene.until(lambda: scene.told("order.restocked") and postgres.stat()["waiting_up"] > 0, "the catalog told")
    yield lambda: None


@pytest.mark.parametrize("point, name", ((before_billing_applies, "orders"), (before_the_next_version, "orders"), (before_what_was_missed, "orders"), (before_it_is_for_sale, "catalog")),
                         ids=lambda value: value if isinstance(value, str) else value.__name__)
def test_a_unit_returned_is_for_sale_again_once(scene, point, name):
    """One of two, before it is sent; then the rest of the order is canceled."""
    scene.product = scene.shop.new_product(stock=2)
    scene.cart, scene.offer = scene.customer.cart((scene.product, 2))["id"], scene.shop.offers(scene.product)[0]["id"]
    scene.placed()
    assert scene.shop.wait_payment(scene.customer, scene.customer.pay(scene.order).json["id"])["status"] == "succeeded"
    order = scene.shop.wait_order(scene.customer, scene.order, "confirmed")
    scene.until(lambda: scene.stock() == (0, 0), "both sold")
    staff, path = scene.shop.staff, f"/v1/contracts/{order['contract_id']}/changes"
    computed = staff.post(path, {"kind": "return", "lines": [{"line": 1, "quantity": 1}], "reason": "not wanted"}, key=True, expect=201).json
    steps = point(scene)
    next(steps)
    assert staff.post(f"{path}/{computed['id']}/confirm", {}, key=True, headers={"If-Match": '"1"'}, expect=200)["status"] == "confirming"
    let_go = next(steps)
    assert scene.stock() == (0, 0)
    scene.crash(name)
    let_go()
    for link in scene.cluster.links.values():
        link.heal()
    scene.until(lambda: scene.stock() == (1, 0), "one for sale again")
    scene.until(lambda: not scene.rows("orders", "SELECT FROM job WHERE kind = 'apply_change'"), "the job done")
    assert scene.told("order.restocked") == 1
    rest = staff.post(path, {"kind": "cancellation", "reason": "not wanted either"}, key=True, expect=201).json
    staff.post(f"{path}/{rest['id']}/confirm", {}, key=True, headers={"If-Match": '"1"'}, expect=200)
    scene.until(lambda: scene.stock() == (2, 0), "both for sale again")
    assert [quantity for quantity, in scene.rows("catalog", "SELECT quantity FROM stock_movement WHERE product_id = %s AND reason <> 'import' ORDER BY id", scene.product["id"])] == [-2, 1, 1]
