"""Whole purchases through the gateway, by purchase.c: 8 clients, each one after the other, up to the confirmed order. The payment is
taken by the sandbox, which tells of it by its signed webhook; the mails are sent to a real SMTP server.

What was counted is held against the databases afterwards. What all of it cost is told process by process, from the first request to
the last mail: what queues during the load is part of a purchase, too."""

import concurrent.futures
import json
import os
import subprocess
import time
import urllib.parse

from deploy.stack import api

from ..account import CpuAccount, StatementCounts, requests_answered, transactions_written, wal_position
from ..contenders import Contender
from ..job import Figure, Job, at_least, reading
from ..measure import Failed, Sample
from ..shared import spread

CLIENTS = 8
CUSTOMERS = 64            # 8 each
FINDS = 64                # pages and searches, half of each
LOG_IN_AGAIN_S = 300      # tokens live three times as long
WANTED_PER_S = 1000
PROCESSES = ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections", "sandbox", "redis", "mail")
DATABASES = ("catalog", "orders", "billing", "crm", "notifications", "collections", "sandbox")
# What a purchase leaves behind: (database, SQL of a number that grows by so many a purchase, how many)
LEFT = (
    ("orders", "SELECT count(*) FROM sales_order WHERE status = 'confirmed'", 1),
    ("orders", "SELECT count(*) FROM contract WHERE status = 'active'", 1),
    ("billing", "SELECT count(*) FROM payment WHERE status = 'succeeded'", 1),
    ("billing", "SELECT count(*) FROM order_account WHERE status = 'active' AND paid > 0 AND in_flight IS NULL", 1),
    ("billing", "SELECT count(*) FROM ledger_broken", 0),
    ("sandbox", "SELECT count(*) FROM charge", 1),
    ("catalog", "SELECT coalesce(-sum(quantity), 0) FROM stock_movement WHERE reason = 'sale'", 1),
    ("catalog", "SELECT count(*) FROM reservation WHERE status IN ('committed', 'consumed')", 1),
    ("notifications", "SELECT count(*) FROM notification WHERE status = 'sent' AND template IN ('receipt', 'order_confirmed')", 2),
)
MONEY = ("SELECT coalesce(sum(amount), 0) FROM payment WHERE status = 'succeeded'", "SELECT coalesce(sum(amount), 0) FROM charge")


class Shoppers:
    """Customers with tokens that are good, and what they look for."""

    def __init__(self, world):
        self._world = world
        self._people = None
        self._logged_in_at = 0
        self._tokens = []

    def lines(self):
        """For purchase.c."""
        if not self._people:
            self._people = [{"email": f"comprador{number}@example.com", "password": f"una clave larga {number}", "full_name": f"Compradora {number}",
                             "locale": "es-CO", "consents": {"email": False, "sms": False}} for number in range(CUSTOMERS)]
            self._each(lambda person: api.call(self._world.gateway, "POST", "/v1/customers", person))
        if time.monotonic() - self._logged_in_at > LOG_IN_AGAIN_S:
            self._tokens = self._each(lambda person: api.log_in(self._world.gateway, person["email"], person["password"]))
            self._logged_in_at = time.monotonic()
        return "".join([f"offer {self._world.offer_id}\n", *(f"token {token}\n" for token in self._tokens), *(f"find {path}\n" for path in self._finds())])

    def _each(self, call):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            return list(pool.map(call, self._people))

    def _finds(self):
        pages = [f"/v1/products?limit=20&cursor={cursor}" for cursor in spread(self._world.cursors, FINDS // 2)]
        named = [api.call(self._world.gateway, "GET", f"/v1/products/{product}")["name"] for product in spread(self._world.products, FINDS // 2)]
        words = [max(name.split(), key=len) for name in named]
        return pages + [f"/v1/products?limit=20&q={urllib.parse.quote(word)}" for word in words]


class Purchases(Contender):
    def __init__(self, name, world, shoppers):
        stack = world.stack
        super().__init__(name, lambda: {"gateway": [stack.server("gateway").pid], "postgres": [stack.postgres.pid],
                                        "other services": [stack.server(each).pid for each in PROCESSES if each != "gateway"]})
        self._world, self._shoppers = world, shoppers
        self._program = os.path.join(world.binaries, "tests", "bench", "purchase")
        self._lines, self._before, self._money_before = "", None, None

    def prepare(self, seconds):
        self._lines = self._shoppers.lines()
        self._world.drain()
        self._before, self._money_before = self._left(), self._money()

    def run(self, seconds):
        account = CpuAccount(self._world.stack, PROCESSES)
        told = self._client(seconds)
        settled_s = self._world.drain()
        self.settling_s.append(settled_s)
        count = told["purchases"]
        spent = {**account.spent(), "client": told["cpu_us"]}
        return Sample(count=count, seconds=told["took_us"] / 1e6, p50_us=told["steps"]["purchase"]["p50_us"], p99_us=told["steps"]["purchase"]["p99_us"],
                      client_us=told["cpu_us"], readings={
                          "cpu": {name: used / count for name, used in spent.items()}, "cpu_sum": sum(spent.values()) / count,
                          "requests": told["requests"] / count, "settled_s": settled_s, "steps": told["steps"]})

    def _client(self, seconds):
        argv = ["setpriv", "--pdeathsig", "KILL", "--", self._program, self._world.gateway, str(CLIENTS), str(seconds)]
        try:
            done = subprocess.run(argv, input=self._lines, capture_output=True, text=True, timeout=seconds + 60)
        except FileNotFoundError:
            raise Failed(f"{self._program} is not there; `make bench-build` makes it") from None
        if done.returncode != 0:
            raise Failed(f"purchase failed ({done.returncode}): {done.stderr[-500:]}")
        told = json.loads(done.stdout)
        wrong = {name: step["failures"] for name, step in told["steps"].items() if step["failures"]}
        if wrong or not told["purchases"]:
            raise Failed(f"of {told['purchases']} purchases these steps went wrong: {wrong}\n{done.stderr[-2000:]}")
        return told

    def finish(self, sample):
        for (database, sql, each), before, after in zip(LEFT, self._before, self._left()):
            if after - before != each * sample.count:
                raise Failed(f"{sample.count} purchases were counted, but in {database} \"{sql}\" went from {before} to {after}")
        paid, charged = (after - before for before, after in zip(self._money_before, self._money()))
        if paid != charged:
            raise Failed(f"billing was paid {paid} meanwhile, the sandbox took {charged}")

    def _money(self):
        """Before as well: other jobs' payments are in billing, whose provider nobody asked."""
        return [int(self._world.stack.postgres.sql(sql, f"cuotas_{database}")) for sql, database in zip(MONEY, ("billing", "sandbox"))]

    def _left(self):
        return [int(self._world.stack.postgres.sql(sql, f"cuotas_{database}")) for database, sql, _ in LEFT]


class Counted(Purchases):
    """Once more, with every statement and request counted."""

    has_rate = False
    once = True

    def run(self, seconds):
        stack = self._world.stack
        before, wal, written = requests_answered(stack), wal_position(stack.postgres), transactions_written(stack.postgres)
        with StatementCounts(stack.postgres) as counts:
            sample = super().run(seconds)
            told = counts.told()
        answered = {key: (value - before.get(key, 0)) / sample.count for key, value in requests_answered(stack).items()}
        sample.readings |= {
            "wal": (wal_position(stack.postgres) - wal) / sample.count, "written": (transactions_written(stack.postgres) - written) / sample.count,
            "answered": {f"{service} {operation}": value for (service, operation), value in answered.items() if value > 0},
            "calls": {service: sum(each[2] for each in told if each[0] == service) / sample.count for service in DATABASES},
            "wal_of": {service: sum(each[5] for each in told if each[0] == service) / sample.count for service in DATABASES},
            "statements": sorted(({"service": service, "name": name, "calls": calls / sample.count, "plan_us": planned / sample.count,
                                   "run_us": ran / sample.count, "wal": wal / sample.count} for service, name, calls, planned, ran, wal in told),
                                 key=lambda each: -each["plan_us"] - each["run_us"])}
        return sample


def purchase(bench):
    world = bench.world
    shoppers = Shoppers(world)
    name, counted = f"{CLIENTS} clients, through the gateway", "counted"

    def step(step_name, key):
        return Figure(f"step {step_name}, {key.removesuffix('_us')}", (name,), lambda sample: sample.readings["steps"][step_name][key] / 1000, "ms")

    def cpu(who):
        return Figure(f"CPU of {who}", (name,), lambda sample: sample.readings["cpu"].get(who, 0), "µs", digits=0)


    return Job("whole purchase", [Purchases(name, world, shoppers), Counted(counted, world, shoppers)], figures=[
        Figure("purchases", (name,), lambda sample: sample.rate, "/s", at_least(WANTED_PER_S), digits=0),
        *(step(each, key) for each in ("find", "product", "cart", "line", "order", "pay", "confirmed") for key in ("p50_us", "p99_us")),
        reading("all applied and all mails sent after", name, "settled_s", "s"),
        *(cpu(who) for who in (*PROCESSES, *(f"PostgreSQL, {database}" for database in DATABASES), "PostgreSQL itself", "client")),
        reading("CPU in all", name, "cpu_sum", "µs", digits=0),
        reading("requests of the client", name, "requests", digits=1, unit="each"),
        Figure("requests answered by services", (counted,), lambda sample: sum(sample.readings["answered"].values()), "each", digits=1),
        *(Figure(f"statements, {database}", (counted,), lambda sample, database=database: sample.readings["calls"][database], "each", digits=1)
          for database in DATABASES),
        *(Figure(f"WAL, {database}", (counted,), lambda sample, database=database: sample.readings["wal_of"][database], "bytes", digits=0)
          for database in DATABASES),
        reading("WAL in all", counted, "wal", "bytes", digits=0),
        reading("transactions that wrote", counted, "written", "each", digits=1)])
