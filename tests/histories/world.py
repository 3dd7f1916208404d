"""A stack of its own on fresh databases, on a day that a seed says, with one actor: whoever buys, pays and keeps the books. Every call is followed by rest, so what comes of it is the same each time.

    with World(directory, day) as world: ...

The day is set in the databases before the services begin, at the shop's noon: a history is the same on whatever day it is played, and no midnight comes by itself."""

import datetime
import os
import time

import psycopg2
import requests

from deploy.stack import Stack
from deploy.stack.process import wait_until
from deploy.stack.services import ALL, WITH_DATABASE
from support.client import Api, Login
from support.mail import mails_to, staff_key
from support.sandbox import Sandbox
from support.shop import Shop
from support.tokens import identity

SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))
NOON_H = 17   # UTC: noon in Bogota
SOON_S = 600   # what is tried again in this time is waited for
ROUNDS_MAX = 50


class PinnedStack(Stack):
    day = None

    def migrate(self):
        super().migrate()
        noon = datetime.datetime.combine(self.day, datetime.time(NOON_H), datetime.timezone.utc)
        for name in WITH_DATABASE:
            self.postgres.sql(f"UPDATE clock SET offset_s = {int(noon.timestamp() - time.time())}", f"cuotas_{name}")


class World:
    def __init__(self, directory, day, binaries=None):
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o755)   # PostgreSQL may run as another user
        environment = {name: value for name, value in os.environ.items() if name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        self.stack = PinnedStack(os.path.join(directory, "stack"), binaries=binaries, environment=environment)
        self.stack.day = day

    def __enter__(self):
        self.stack.start()
        self._session = requests.Session()
        self._session.trust_env = False
        self._databases = {name: psycopg2.connect(self.stack.database_url(name)) for name in WITH_DATABASE}
        for each in self._databases.values():
            each.autocommit = True
        try:
            api = Api(self.stack.gateway_url, timeout_s=60 * SLOW)
            staff = self.log_in(api, self.stack.staff["username"], self.stack.staff["password"])
            self.shop = Shop(api, staff, lambda condition, bound_s=30, what="the condition": wait_until(condition, bound_s * SLOW, what))
            self.staff, self.sandbox = staff, Sandbox(self.stack.service_urls["sandbox"], self.stack.sandbox_key, mercadopago_token=self.stack.credentials["mercadopago"])
            self.approver = self._hire(api)
            self.rest()
        except BaseException:
            self.stack.stop()
            raise
        return self

    def __exit__(self, *_):
        for each in self._databases.values():
            each.close()
        for name in ALL:   # nothing is under way, and an ordered end takes longer
            self.stack.kill(name)
        self.stack.stop()

    @staticmethod
    def log_in(api, username, password):
        caller = api.with_token(Login(api, username, password))
        caller.timeout_s = 300 * SLOW
        return caller

    def _hire(self, api):
        email, password = "aprueba@example.com", "clave-segura-de-quien-aprueba"
        person = self.staff.post("/v1/staff", {"email": email, "full_name": "Quien Aprueba", "role": "approver"}, expect=201).json
        self.shop.wait_until(lambda: mails_to(self.stack.mail_dir, email), 30, "the invitation")
        api.post("/v1/auth/staff-password", {"key": staff_key(mails_to(self.stack.mail_dir, email)[0]), "password": password}, expect=200)
        return self.log_in(api, person["username"], password)

    def rows(self, sql, parameters=(), service="billing"):
        with self._databases[service].cursor() as cursor:
            cursor.execute(sql, parameters or None)
            return cursor.fetchall()

    def rest(self):
        """Until nothing is under way, nor to be tried again within minutes: these pass, or the next step would come before it, or not."""
        self._settle()
        for _ in range(ROUNDS_MAX):
            soon = self._soon()
            if soon is None:
                return
            for name in WITH_DATABASE:
                self._internal(name, "/internal/test-clock", {"offset_s": soon})
            self._settle()

    def _internal(self, name, path, body=None):
        headers = {"X-Cuotas-Identity": identity(self.stack.credentials["identity"], "service", "histories", "service")}
        url = self.stack.service_urls[name] + path
        return self._session.request("POST" if body else "GET", url, json=body, headers=headers, timeout=30).json()

    def _settle(self):
        """Two rounds over all find each quiet, and nothing done in between."""
        before = None

        def at_rest():
            nonlocal before
            told = {name: self._internal(name, "/internal/quiet") for name in WITH_DATABASE}
            now = {name: each.get("activity") for name, each in told.items()} if all(each.get("quiet") for each in told.values()) else None
            same, before = now is not None and now == before, now
            return same
        wait_until(at_rest, 60 * SLOW, "rest", every_s=0.01)

    def _soon(self):
        """The clock's offset at which the next job within SOON_S is due; the close of a day is not waited for."""
        due = [row[0] for name in WITH_DATABASE for row in self.rows(
            "SELECT ceil(extract(epoch FROM min(run_at) - clock_timestamp()))::bigint FROM job, clock "
            "WHERE state = 'ready' AND kind <> 'day_close' AND run_at <= clock_timestamp() + make_interval(secs => offset_s + %s)", (SOON_S,), name) if row[0] is not None]
        return min(due) if due else None

    def restart_billing(self, kill):
        self.stack.kill("billing") if kill else self.stack.stop_one("billing")
        self.stack.start_one("billing")
