"""A private stack with something in it: the demo catalog several times over with endless stock, a few customers, carts by the
thousand. All through the public API but the carts, which are copies made by SQL of some that were filled through it."""

import base64
import csv
import hashlib
import hmac
import io
import json
import os
import subprocess
import time
import uuid

from deploy.stack import Stack, api
from deploy.stack.run import CATALOG

from .load import Request
from .measure import Failed

CATALOG_TIMES = 5
CUSTOMERS = 8
PATTERNS = 16            # different carts, each of three products; the others are copies
LINES = 3
STOCK = 1_000_000_000
DRAIN_BOUND_S = 60
DRAIN_LOOK_S = 0.02
# Commit times say when an event was applied (event_times.py); statements are counted only while somebody asks for it (account.py).
POSTGRES = {"track_commit_timestamp": "on", "shared_preload_libraries": "pg_stat_statements"}
# Everybody comes from one address here.
UNLIMITED = {"RATE_LIMIT_PER_SECOND": "1000000", "RATE_LIMIT_BURST": "2000000", "AUTH_RATE_LIMIT_PER_MINUTE": "60000",
             "CONNECTIONS_PER_ADDRESS": "10000"}
# What the gateway answers from memory is measured apart, by a gateway of its own (kept.py).
UNCACHED = {"CACHE_TTL_MS": "0"}

# What autovacuum does, a minute later. It leaves tables with fewer than 50 changes alone: those of a page.
AUTOVACUUM = """SELECT format('VACUUM ANALYZE %s', oid::regclass) FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 8192 \\gexec
"""


class World:
    def __init__(self, directory, binaries, generated, say, catalog_times=CATALOG_TIMES):
        """binaries: what `make` built, in bin/ and tests/bench/."""
        self.directory = directory
        self.binaries = binaries
        self.generated = generated
        self.say = say
        self._catalog_times = catalog_times
        self.stack = Stack(os.path.join(directory, "stack"), binaries=os.path.join(binaries, "bin"), report=say, environment={**UNLIMITED, **UNCACHED},
                           postgres_settings=POSTGRES)
        self.products = []       # ids
        self.names = []          # of the products, in the same order
        self.cursors = []        # of pages of 20, spread over the catalog
        self.customers = []      # (id, token)
        self.patterns = []       # carts filled through the API: (cart id, customer number)
        self.offer_id = None
        self._carts_made = 0

    def start(self):
        self.stack.start()
        count_statements(self.stack.postgres, False)
        self.gateway = self.stack.gateway_url
        staff = api.log_in(self.gateway, **self.stack.staff)
        self._set_credit_policy(staff)
        self._import_catalog(staff)
        self._read_catalog()
        self._register_customers()
        self._fill_patterns()
        for name in self.stack.service_urls:
            if name != "gateway":
                self.stack.postgres.sql(AUTOVACUUM, f"cuotas_{name}")

    def stop(self):
        self.stack.stop()

    # ---- what is in it

    def _set_credit_policy(self, staff):
        """One that looks at everything and refuses nobody."""
        policy = {"limits": [{"currency": "USD", "max_exposure": 10 ** 15, "review_above": 10 ** 12}], "max_dpd": 5, "max_open_cases": 5, "max_broken": 5}
        status, answer = api.request(self.gateway, "PUT", "/v1/credit-policy", json.dumps(policy).encode(),
                                     {"Content-Type": "application/json", "Authorization": "Bearer " + staff, "If-Match": '"0"'})
        if status != 200:
            raise Failed(f"the credit policy was refused: {status} {answer.decode()}")

    def _import_catalog(self, staff):
        """Products named apart by a number; priced from 50 dollars on, so that every plan is offered for a cart."""
        with open(CATALOG, newline="") as file:
            rows = list(csv.DictReader(file))
        out = io.StringIO()
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        for copy in range(self._catalog_times):
            for row in rows:
                writer.writerow({**row, "sku": f"{row['sku']}-{copy}", "name": f"{row['name']} {copy}", "stock": STOCK,
                                 "price": f"{max(50.0, float(row['price'])):.2f}"})
        started = time.monotonic()
        report = api.call(self.gateway, "POST", "/v1/products/import", out.getvalue().encode(), staff, "text/csv")
        if report["failed"]:
            raise Failed(f"the catalog was not imported: {report}")
        self.say(f"catalog of {report['created']} products: {time.monotonic() - started:.1f} s")

    def _read_catalog(self):
        cursor = ""
        while cursor is not None:
            page = api.call(self.gateway, "GET", f"/v1/products?limit=100{cursor and '&cursor=' + cursor}")
            self.products += [product["id"] for product in page["data"]]
            self.names += [product["name"] for product in page["data"]]
            cursor = page["next_cursor"]
            self.cursors += [cursor] if cursor else []

    def _register_customers(self):
        for number in range(CUSTOMERS):
            person = {"email": f"cliente{number}@example.com", "password": uuid.uuid4().hex, "full_name": f"Cliente {number}",
                      "phone": f"+57300{number:07d}", "locale": "es-CO", "tax_id": f"{10000000 + number}",
                      "consents": {"email": False, "sms": False}}
            made = api.call(self.gateway, "POST", "/v1/customers", person)
            self.customers.append((made["id"], api.log_in(self.gateway, person["email"], person["password"])))

    def _fill_patterns(self):
        for number in range(PATTERNS):
            customer = number % CUSTOMERS
            token = self.customers[customer][1]
            cart = api.call(self.gateway, "POST", "/v1/carts", {}, token)["id"]
            for line in range(LINES):
                product = self.products[(number * LINES + line) * 83 % len(self.products)]
                api.call(self.gateway, "POST", f"/v1/carts/{cart}/lines", {"product_id": product, "quantity": line + 1}, token)
            self.patterns.append((cart, customer))
        offers = api.call(self.gateway, "GET", f"/v1/products/{self.products[0]}/offers")["data"]
        self.offer_id = next(offer["id"] for offer in offers if offer["installments"] == 12)

    # ---- who asks

    def token_header(self, customer=0):
        return {"Authorization": "Bearer " + self.customers[customer][1]}

    def identity_header(self, kind, subject, scopes):
        """What the gateway sends to the services (service/identity.h), valid for an hour."""
        text = f"v1;{kind};{subject};{int(time.time()) + 3600};127.0.0.1;{scopes}"
        mac = hmac.new(self.stack.credentials["identity"].encode(), text.encode(), hashlib.sha256).digest()
        return {"X-Cuotas-Identity": f"{text};{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"}

    def customer_identity(self, customer=0):
        return self.identity_header("customer", self.customers[customer][0], "customer")

    # ---- carts

    def new_carts(self, count):
        """Numbers of that many open carts, made now: copies of the patterns, in turn. (cart id, customer number) of each."""
        first = self._carts_made
        self._carts_made += count
        self.stack.postgres.sql(copy_carts_sql(first, count, [cart for cart, _ in self.patterns]), "cuotas_orders")
        return [(cart_id(number), self.patterns[number % PATTERNS][1]) for number in range(first, first + count)]

    def order_request(self, cart, headers):
        body = {"cart_id": cart, "offer_id": self.offer_id, "terms_version": "v1", "terms_accepted": True}
        return Request("POST", "/v1/orders", body, {**headers, "Idempotency-Key": cart})

    def count(self, database, table):
        return int(self.stack.postgres.sql(f"SELECT count(*) FROM {table}", database))

    # ---- processes

    def forget_logs(self):
        """The access logs are written, as in production, but nobody reads them here."""
        for name in os.listdir(self.stack.log_dir):
            os.truncate(os.path.join(self.stack.log_dir, name), 0)

    def drain(self):
        """Waits until every service has applied the events there are and no job is due; the seconds that took."""
        started = time.monotonic()
        before = None
        while time.monotonic() - started < DRAIN_BOUND_S:
            told = [self._quiet(name) for name in self.stack.service_urls if name not in ("gateway", "sandbox")]
            activity = sum(each["activity"] for each in told)
            if all(each["quiet"] for each in told) and activity == before:
                return time.monotonic() - started
            before = activity
            time.sleep(DRAIN_LOOK_S)
        raise Failed(f"the events of the load were not applied within {DRAIN_BOUND_S} s")

    def _quiet(self, service):
        status, body = api.request(self.stack.service_urls[service], "GET", "/internal/quiet",
                                   headers=self.identity_header("service", "bench", "service"))
        if status == 503:   # it cannot even catch up now
            return {"quiet": False, "activity": 0}
        if status != 200:
            raise Failed(f"/internal/quiet of {service} answered {status}: {body[:300]}")
        return json.loads(body)

    def run_postgres(self, *argv, database, stdin=None):
        """A program of PostgreSQL as its superuser; what it printed."""
        done = subprocess.run(argv, env=self.stack.postgres.environment(database), input=stdin, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{argv[0]} failed ({done.returncode}): {done.stderr[-500:]}")
        return done.stdout


def count_statements(postgres, whether):
    postgres.sql(f"ALTER SYSTEM SET pg_stat_statements.track = '{'top' if whether else 'none'}'")
    postgres.sql(f"ALTER SYSTEM SET pg_stat_statements.track_planning = {'on' if whether else 'off'}")
    postgres.sql("SELECT pg_reload_conf()")


def cart_id(number):
    return f"0198c0de-0000-7000-8000-{100_000_000_000 + number}"


def copy_carts_sql(first, count, patterns, customer="customer_id::text"):
    """customer: an SQL expression of whose the carts become; n is the cart's number."""
    listed = ", ".join(f"('{cart}'::uuid, {place})" for place, cart in enumerate(patterns))
    return f"""
        INSERT INTO cart
        SELECT (jsonb_populate_record(c, jsonb_build_object('id', '0198c0de-0000-7000-8000-' || (100000000000 + n),
                                                            'customer_id', {customer}))).*
        FROM generate_series({first}, {first + count - 1}) AS n
        JOIN (VALUES {listed}) AS p(id, place) ON p.place = n % {len(patterns)}
        JOIN cart c ON c.id = p.id
        ORDER BY n
    """
