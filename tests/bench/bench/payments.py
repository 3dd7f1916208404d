"""Payments that a provider has confirmed: open ones by the thousand, the provider's signed events about them, and pgbench doing what
billing does with such an event.

The orders are copies, made by SQL, of one that was placed and whose first payment went all the way; each has a customer of its own and a charge that
the provider has taken and not yet told of: what the charge's job leaves behind. Its event pays the first installment."""

import hashlib
import hmac
import json
import time

from deploy.stack.process import wait_until

from .floor import PGBENCH_CLIENTS, pgbench
from .load import Request, check
from .measure import Failed, Supply
from .statements import Statement
from .world import AUTOVACUUM

# A table's columns with some replaced by SQL expressions, and the copies of its rows these give, for n from first on. psql runs what this makes.
COPY = """SELECT format('INSERT INTO {table} SELECT %s FROM generate_series({first}, {last}) AS n, {table} t WHERE {where}',
                        string_agg(coalesce(c.changed ->> attname, 't.' || attname), ', ' ORDER BY attnum))
FROM pg_attribute, (SELECT jsonb_object({changed}) AS changed) AS c
WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped \\gexec
"""

DATABASE = "cuotas_bench_billing"
FIRST = 100_000_000_000    # ids of copies end in a number from here on: pgbench computes with numbers only
PREFIX = {name: f"0198c0de-0000-7000-8{place:03d}-"
          for place, name in enumerate(("order", "contract", "payment", "cart", "reservation", "customer", "webhook", "invoice"), 10)}
CARD = "pm_card_visa"
PAID_BOUND_S = 30
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class PaymentSupply(Supply):
    FIRST, LEAST, MARGIN = 1200, 600, 2


def numbered(name, number="n"):
    """An SQL expression of an id, of a number that is one."""
    return f"('{PREFIX[name]}' || ({FIRST} + {number}))::uuid"


def copies(table, where, **changed):
    """psql's text that copies rows of a table, for n of a range that is still to be filled in. changed: SQL expressions by column."""
    def quoted(text):
        return "'" + str(text).replace("'", "''") + "'"
    pairs = "ARRAY[" + ", ".join(quoted(word) for pair in changed.items() for word in pair) + "]"
    return lambda first, last: COPY.format(table=table, where=where.replace("'", "''"), changed=pairs, first=first, last=last)


class Payments:
    """set_up() once; new() makes open payments, in billing's database or a copy of it."""

    def __init__(self, world):
        self._world = world
        self._made = 0

    def set_up(self):
        """One order, paid for the first time through the sandbox, is what all are copies of; its event is what all events are like."""
        world = self._world
        (cart, customer), = world.new_carts(1)
        ports, identity = world.stack.ports, world.customer_identity(customer)
        check(world.order_request(cart, identity), ports["orders"].number)
        world.drain()
        self.order, self.contract, reservation = self._row("orders", f"SELECT id, contract_id, reservation_id FROM sales_order WHERE cart_id = '{cart}'")
        self.customer = world.customers[customer][0]
        pay = Request("POST", "/v1/payments", {"order_id": self.order, "payment_method": {"provider": "stripe", "token": CARD}},
                      {**identity, "Idempotency-Key": self.order})
        check(pay, ports["billing"].number)
        self._wait_paid()
        self.payment, = self._row("billing", f"SELECT id FROM payment WHERE order_id = '{self.order}'")
        payload, = self._row("billing", f"SELECT payload FROM webhook_event WHERE type = 'payment_intent.succeeded' AND payload LIKE '%{self.payment}%'")
        self._event = json.loads(payload)
        amount, self.currency = self._row("billing", f"SELECT i.total, a.currency FROM installment i JOIN order_account a USING (order_id) "
                                                     f"WHERE i.order_id = '{self.order}' AND i.number = 1")
        self.amount = int(amount)

    def _row(self, service, text):
        lines = self._world.stack.postgres.sql(text, f"cuotas_{service}").splitlines()
        if len(lines) != 1:
            raise Failed(f"{len(lines)} rows instead of one: {text}")
        return lines[0].split("\t")

    def _wait_paid(self):
        paid = f"SELECT count(*) FROM payment WHERE order_id = '{self.order}' AND status = 'succeeded'"
        wait_until(lambda: self._row("billing", paid) == ["1"], PAID_BOUND_S, "payment of the order to copy", every_s=0.05)
        self._world.drain()

    def new(self, count, database=None):
        """The first number of that many open payments. In billing's own database (database is None) the other services get to know the
        orders too."""
        first, self._made = self._made, self._made + count
        wanted = {database or "cuotas_billing": self._billing()}
        if not database:
            wanted |= {"cuotas_orders": self._orders(), "cuotas_notifications": self._contacts()}
        for name, tables in wanted.items():
            self._world.stack.postgres.sql("".join(each(first, first + count - 1) for each in tables) + "ANALYZE;", name)
        return first

    def _billing(self):
        ids = {"order_id": numbered("order"), "contract_id": numbered("contract"), "customer_id": numbered("customer")}
        return [copies("order_account", f"t.order_id = '{self.order}'", **ids, in_flight=numbered("payment")),
                copies("installment", f"t.order_id = '{self.order}'", order_id=ids["order_id"], customer_id=ids["customer_id"]),
                copies("invoice", f"t.order_id = '{self.order}'", id=numbered("invoice"), order_id=ids["order_id"], customer_id=ids["customer_id"],
                       number=f"{FIRST} + n"),
                copies("payment", f"t.id = '{self.payment}'", **ids, id=numbered("payment"), status="'processing'", received="NULL",
                       completed_at="NULL", amount=self.amount, provider_reference="'pi_bench_' || n")]

    def _orders(self):
        customer, contract = numbered("customer"), numbered("contract")
        return [copies("sales_order", f"t.id = '{self.order}'", id=numbered("order"), cart_id=numbered("cart"), contract_id=contract,
                       reservation_id=numbered("reservation"), customer_id=customer),
                copies("contract", f"t.id = '{self.contract}'", id=contract, order_id=numbered("order"), customer_id=customer),
                copies("installment", f"t.contract_id = '{self.contract}'", contract_id=contract, customer_id=customer)]

    def _contacts(self):
        return [copies("contact", f"t.customer_id = '{self.customer}'", customer_id=numbered("customer"))]

    # ---- the provider's word

    def event(self, number):
        event = json.loads(json.dumps(self._event))
        event["id"] = f"evt_bench_{number}"
        intent = event["data"]["object"]
        intent.update(id=f"pi_bench_{number}", amount=self.amount, amount_received=self.amount)
        intent["metadata"] = {"payment_id": f"{PREFIX['payment']}{FIRST + number}", "order_id": f"{PREFIX['order']}{FIRST + number}"}
        return event

    def webhook(self, number, headers):
        request = Request("POST", "/v1/webhooks/stripe", self.event(number), headers)
        now = int(time.time())
        mac = hmac.new(self._world.stack.webhook_secret.encode(), f"{now}.".encode() + request.body, hashlib.sha256).hexdigest()
        request.headers["Stripe-Signature"] = f"t={now},v1={mac}"
        return request


class PaymentsFloor:
    """pgbench with what billing does: the event kept, its job claimed as the one before ends, the payment completed in one unit under its locks.
    Two commits; billing ends and claims many jobs at a time, so that is part of the unit here and costs no commit of its own."""

    def __init__(self, world, payments):
        self._world, self._payments = world, payments
        self._supply = PaymentSupply()
        self._first = self._stride = 0

    def set_up(self):
        world = self._world
        world.run_postgres("createdb", DATABASE, database="postgres")
        dump = world.run_postgres("pg_dump", "cuotas_billing", database="postgres")
        world.run_postgres("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", database=DATABASE, stdin=dump)
        world.run_postgres("psql", "-X", "-q", "-c", f"ALTER DATABASE {DATABASE} SET timezone = 'UTC'", database=DATABASE)
        world.stack.postgres.sql("TRUNCATE job;" + AUTOVACUUM, DATABASE)

    def prepare(self, seconds):
        self._stride = self._supply.for_seconds(seconds) // PGBENCH_CLIENTS
        self._first = self._payments.new(self._stride * PGBENCH_CLIENTS, DATABASE)

    def run(self, seconds):
        return pgbench(self._world, DATABASE, self._script(), self._variables(), seconds)

    def finish(self, sample):
        """A client that claims while another commits may find no job, and completes nothing: what counts is what was completed."""
        self._supply.learn(sample.rate)
        done = int(self._world.stack.postgres.sql(
            f"SELECT count(*) FROM payment WHERE status = 'succeeded' AND id >= '{PREFIX['payment']}{FIRST + self._first}' "
            f"AND id < '{PREFIX['payment']}{FIRST + self._first + self._stride * PGBENCH_CLIENTS}'", DATABASE))
        if done < 0.95 * sample.count:
            raise Failed(f"{sample.count} transactions of pgbench completed {done} payments")
        sample.count = done

    def _variables(self):
        event = self._payments.event(0)
        return {"i": -1, "job_id": 0, "job_attempts": 0, "first": FIRST + self._first, "stride": self._stride, "payload": json.dumps(event), "trace": TRACE,
                "type": event["type"], "signature": f"t=1700000000,v1={'0' * 64}", "amount": self._payments.amount,
                "now": self._now(), "today": self._now()[:10]}

    def _now(self):
        return time.strftime("%Y-%m-%d %H:%M:%S+00", time.gmtime())

    def _script(self):
        claimed = "right((nullif(:job_payload, '')::jsonb ->> 'webhook_event_id'), 12)"
        webhook, payment, invoice = (f"('{PREFIX[name]}' || {claimed})" for name in ("webhook", "payment", "invoice"))
        common = {"now": ":now", "today": ":today", "trace": ":trace"}
        kept = {**common, "id": f"('{PREFIX['webhook']}' || :n)", "provider": "'stripe'", "event_id": "('evt_bench_' || :n)", "type": ":type",
                "payload": ":payload", "signature": ":signature"}
        paid = {**common, "payment_id": payment, "received": ":amount", "provider_reference": f"('pi_bench_' || {claimed})",
                "brand": "'visa'", "last4": "'4242'", "method_token": "NULL"}
        turn = self._statement("common", "jobs_turn").script({**common, "kinds": "'{process_webhook}'", "limit": "'1'", "lease_s": "'30'",
                                                              "done_ids": "('{' || :job_id || '}')", "done_attempts": "('{' || :job_attempts || '}')"})
        return ("\\set i :i + 1\n\\set n :first + :client_id * :stride + :i\n"
                + self._statement("billing", "receive_webhook").script(kept)
                + "BEGIN;\n" + turn.rstrip().rstrip(";") + " \\gset job_\n"
                + self._statement("billing", "get_webhook").script({"id": webhook})
                + self._statement("billing", "find_payment").script({"provider": "'stripe'", "payment_id": payment, "provider_reference": "NULL"})
                + self._statement("billing", "lock_payment").script({"payment_id": payment})
                + self._statement("billing", "complete_payment").script(paid)
                + self._statement("billing", "finish_webhook").script({**common, "id": webhook, "verdict": "'applied'"})
                + self._statement("billing", "issue_invoice").script({**common, "id": invoice, "payment_id": payment})
                + "COMMIT;\n")

    def _statement(self, service, name):
        return Statement(self._world.generated, service, name)
