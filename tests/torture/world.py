"""What the flows stand on: a stack whose services run under the shim, a customer, a product, a paid order, and a look into the databases.

Invariant: nothing here is called while a service is armed, but for rows(), count() and wait(); the stack is this test's own."""

import os
import time

import psycopg2

from deploy.stack import Stack
from support.client import Api, Login, Recorder
from support.link import payment_link
from support.shop import Shop

from .control import Control

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


class World:
    def __init__(self, directory, binaries, shim):
        self.control_dir = os.path.join(directory, "control")
        os.makedirs(self.control_dir, exist_ok=True)
        os.chmod(self.control_dir, 0o777)
        self.shim = shim
        environment = {name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        if "ASAN_OPTIONS" in environment:   # the shim is preloaded before the sanitizer's library, which then still finds malloc behind it
            environment["ASAN_OPTIONS"] += ":verify_asan_link_order=0"
        environment.update(RATE_LIMIT_PER_SECOND="100000", AUTH_RATE_LIMIT_PER_MINUTE="6000000", LD_PRELOAD=shim, TORTURE_DIR=self.control_dir,
                           CACHE_TTL_MS="0")   # every read goes all the way
        self.stack = Stack(os.path.join(directory, "stack"), binaries=binaries, environment=environment)
        self.recorder = Recorder(os.environ["CUOTAS_TRAFFIC"]) if os.environ.get("CUOTAS_TRAFFIC") else None
        self._controls = {}
        self._databases = {}

    def start(self):
        self.stack.start()
        # What a flow stands on is made between failures: what is still recovering from the last one is waited for.
        api = Api(self.stack.gateway_url, self.recorder, timeout_s=60 * SLOW, patient=lambda attempt: self.wait(attempt, 30, "an answer"))
        staff = api.with_token(Login(api, self.stack.staff["username"], self.stack.staff["password"]))
        staff.timeout_s = 300 * SLOW
        self.shop = Shop(api, staff, lambda condition, bound_s, what: self.wait(condition, bound_s, what))
        self.customer = self.shop.new_customer()
        # No reservation runs out, and no order is ever paid off.
        self.product = self.shop.new_product(stock=1000000, price="1000.00")
        self.offer = self.shop.offers(self.product)[0]
        self.bought = self.shop.buy(self.customer, self.product, offer=self.offer)[0]
        return self

    def stop(self):
        for control in self._controls.values():
            control.close()
        for connection in self._databases.values():
            connection.close()
        if self.recorder:
            self.recorder.close()
        self.stack.stop()

    # ---- tokens: made while nothing is armed

    @property
    def token(self):
        return self.customer.token

    @property
    def staff_token(self):
        return self.shop.staff.token()

    def link(self, order_id):
        return payment_link(self.stack.credentials["identity"], order_id, self.customer.id)

    # ---- processes

    def control(self, service):
        pid = self.stack.server(service).pid
        known = self._controls.get(service)
        if known is None or known.pid != pid:
            if known:
                known.close()
            known = self._controls[service] = Control(self.control_dir, pid)
        return known

    # ---- looking

    def rows(self, service, sql, parameters=()):
        connection = self._databases.get(service)
        if connection is None:
            connection = self._databases[service] = psycopg2.connect(self.stack.database_url(service))
            connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()

    def count(self, service, sql, parameters=()):
        return int(self.rows(service, sql, parameters)[0][0])

    def wait(self, condition, bound_s, what):
        deadline = time.monotonic() + bound_s * SLOW
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, f"{what}: not within {bound_s * SLOW:g} s"
            time.sleep(0.02)

    def wait_account(self, order_id):
        """Billing knows the order."""
        self.wait(lambda: self.count("billing", "SELECT count(*) FROM order_account WHERE order_id = %s", (order_id,)), 30, "the order in billing")

    def last_event(self):
        return self.rows("billing", "SELECT payload FROM webhook_event WHERE type = 'payment_intent.succeeded' AND verdict = 'applied' LIMIT 1")[0][0]
