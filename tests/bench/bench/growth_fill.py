"""Databases with any number of rows, for growth.py: one for a subject and a size, with the schema the migrations make.

A table is filled by one INSERT ... SELECT over generate_series; all CHECKs see every row. Indexes and keys are made afterwards. Triggers
are off, and foreign keys come back NOT VALID: the rows below are made so that they hold. Row n of everything has an id made of n, so that
pgbench can compute whom to ask for: uuid_of(KIND, n). `:rows` is the size; a table's rows are laid out in the order of time, so that what
belongs to one customer lies scattered, as it does after years of work."""

import concurrent.futures
import csv
import io

from deploy.stack.run import CATALOG

PRODUCT, ORDER, CONTRACT, CART, HOLD, CUSTOMER, METHOD, ENTRY, PAYMENT, NOTICE, CASE = range(1, 12)

# ---- the day's close: so many fall due on each day of the window, whatever the size
FIRST_DAY = "2027-01-04"
DAYS = 10
DUE_A_DAY = 100
PER_ORDER = 10            # receivables, the deposit included


def uuid_of(kind, number):
    """SQL of the id, as text: in the order of time from its first bits on, as ids are."""
    return f"(lpad(to_hex(({number})::bigint), 8, '0') || '-0000-7000-8{kind:03d}-' || lpad(to_hex(({number})::bigint), 12, '0'))"


def _id(kind, number):
    return uuid_of(kind, number) + "::uuid"


class Table:
    """name, and SQL that fills it; before: statements that go first."""

    def __init__(self, name, insert, before=""):
        self.name, self.insert, self.before = name, insert, before


class Subject:
    def __init__(self, service, tables, after=""):
        self.service, self.tables, self.after = service, tables, after


# ---- catalog: the demo's names with a number behind. Their words come from the demo's, computed once, instead of from each name:
# to_tsvector, twice a product, would take longer than everything else.

_DEMO = """
    CREATE TABLE demo (sku text, name text, kind text, category text, subcategory text, price numeric, currency text, stock bigint,
                       supplier_cost numeric, n bigint GENERATED ALWAYS AS IDENTITY, words tsvector);
    COPY demo (sku, name, kind, category, subcategory, price, currency, stock, supplier_cost) FROM stdin (FORMAT csv);
{rows}\\.
    UPDATE demo d SET words = to_tsvector('english', d.name || ' ' || d.category || ' ' || d.subcategory)
                           || to_tsvector('spanish', d.name || ' ' || d.category || ' ' || d.subcategory);
    ALTER TABLE product ALTER words DROP EXPRESSION;
"""


def demo_rows():
    with open(CATALOG, newline="") as file:
        return list(csv.DictReader(file))


def _demo():
    rows = demo_rows()
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), lineterminator="\n")
    writer.writerows(rows)
    return _DEMO.format(rows=out.getvalue())


DEMO_COUNT = len(demo_rows())

_PRODUCTS = Subject("catalog", [
    Table("product", f"""
        INSERT INTO product (id, sku, name, kind, category, subcategory, price, currency, supplier_cost, doc, words, created_at, updated_at)
        SELECT p.id::uuid, p.sku, p.name, d.kind, d.category, d.subcategory, (d.price * 100)::bigint, d.currency, (d.supplier_cost * 100)::bigint,
               '{{"id" : "' || p.id || '", "sku" : "' || p.sku || '", "name" : ' || to_json(p.name) || ', "kind" : "' || d.kind || '", "category" : "'
               || d.category || '", "subcategory" : "' || d.subcategory || '", "price" : ' || (d.price * 100)::bigint || ', "currency" : "USD", "status" : "active"',
               d.words || array_to_tsvector(ARRAY[lower(p.sku)]), timestamptz '2025-01-01', timestamptz '2025-01-01'
        FROM generate_series(1, :rows) AS g(n)
        JOIN demo d ON d.n = g.n % {DEMO_COUNT} + 1
        CROSS JOIN LATERAL (SELECT {uuid_of(PRODUCT, 'g.n')} AS id, d.sku || '-' || g.n AS sku, d.name || ' ' || g.n AS name) AS p"""),
    Table("stock", f"INSERT INTO stock SELECT {_id(PRODUCT, 'n')}, 1000, n % 3, 1000 FROM generate_series(1, :rows) AS n"),
])

# ---- orders: five a customer, spread over two years

_TERMS = ('{"method": "annuity", "currency": "USD", "principal": 800000, "deposit": {"type": "percent", "value": "0.2"}, "annual_rate": "0.24", '
          '"installments": 12, "frequency": {"unit": "month", "every": 1}, "day_count": "period", "rounding": {"mode": "half_even", "unit": 1, "residual": "last"}}')
_ORDER_CUSTOMER = _id(CUSTOMER, "n * 7919 % greatest(:rows / 5, 1)")
_ORDER_AT = "timestamptz '2025-01-01' + n * (interval '730 days' / :rows)"
_ORDER_STATUS = "CASE WHEN n > :rows - greatest(:rows / 1000, 5) THEN 'pending_payment' WHEN n % 20 = 0 THEN 'expired' WHEN n % 3 = 0 THEN 'completed' ELSE 'confirmed' END"
# One of 5,000 waits for its release, one of four for its delivery; one of 25 of those not paid off is past due.
_ORDER_SENT = ("CASE WHEN n % 5000 = 1 THEN '{\"policy\": \"layaway\", \"percent\": \"0.5\"}'::jsonb END, CASE WHEN n % 4 > 1 THEN 'fulfilled' END, "
               "CASE WHEN n % 25 = 1 AND n % 3 <> 0 THEN date '2000-01-01' + (n % 9000)::int END")

_ORDERS = Subject("orders", [
    Table("sales_order", f"""
        INSERT INTO sales_order (id, customer_id, status, cart_id, contract_id, reservation_id, currency, goods_total, total_payable, created_at, expires_at,
                                 confirmed_at, release, fulfilment_status, overdue_since)
        SELECT {_id(ORDER, 'n')}, {_ORDER_CUSTOMER}, {_ORDER_STATUS}, {_id(CART, 'n')}, {_id(CONTRACT, 'n')}, {_id(HOLD, 'n')}, 'USD', 1000000, 1093440,
               {_ORDER_AT}, {_ORDER_AT} + interval '30 minutes', {_ORDER_AT} + interval '1 minute', {_ORDER_SENT}
        FROM generate_series(1, :rows) AS n"""),
    Table("contract", f"""
        INSERT INTO contract
        SELECT {_id(CONTRACT, 'n')}, {_id(ORDER, 'n')}, {_ORDER_CUSTOMER}, 'active', 1, {_id(METHOD, '1')}, '{_TERMS}', 'USD', 200000, 800000, 1093440,
               0.24, 0.268242, 'v1', 'es', repeat('0123456789abcdef', 4), {_ORDER_AT}, {_ORDER_CUSTOMER}, '203.0.113.7', NULL
        FROM generate_series(1, :rows) AS n"""),
    Table("order_line", f"""
        INSERT INTO order_line
        SELECT {_id(ORDER, 'n')}, number, {_id(PRODUCT, 'n * 31 + number')}, 'FUR-BO-' || n, 'Sauder Inglewood Library Bookcases ' || n, 'physical', 'Furniture',
               number, 250000, number * 250000
        FROM generate_series(1, :rows) AS n, generate_series(1, 2) AS number"""),
])

# ---- billing: receivables. PER_ORDER to an order, a month apart; orders 1 to DAYS * DUE_A_DAY have one that falls due within the window, the
# others one within the twenty days after it. What is before the window is paid, but for one of every 33 orders.

_CYCLE_DAY = f"CASE WHEN o <= {DAYS * DUE_A_DAY} THEN o % {DAYS} ELSE {DAYS} + o % {30 - DAYS} END"
_PAID_BEFORE = f"1 + o % {PER_ORDER - 1}"        # the number that falls due next
_LATE = "(o % 33 = 0)::int"
_RECEIVABLES = Subject("billing", [
    Table("order_account", f"""
        INSERT INTO order_account (order_id, contract_id, customer_id, currency, total, paid, status, placed_at)
        SELECT {_id(ORDER, 'o')}, {_id(CONTRACT, 'o')}, {_id(CUSTOMER, 'o / 2')}, 'USD', 10000 * {PER_ORDER}, 10000 * ({_PAID_BEFORE} - {_LATE}), 'active',
               timestamptz '{FIRST_DAY}' - 30 * ({_PAID_BEFORE}) * interval '1 day'
        FROM generate_series(1, :rows / {PER_ORDER}) AS o"""),
    Table("installment", f"""
        INSERT INTO installment (order_id, number, customer_id, due_date, principal, interest, fees, tax, total, paid, status, next_attempt_on, reminded, accrued)
        SELECT {_id(ORDER, 'o')}, k, {_id(CUSTOMER, 'o / 2')}, due, CASE k WHEN 0 THEN 10000 ELSE 9500 END, CASE k WHEN 0 THEN 0 ELSE 500 END, 0, 0, 10000,
               CASE WHEN k < late THEN 10000 ELSE 0 END, CASE WHEN k < late THEN 'paid' WHEN k < next THEN 'overdue' ELSE 'scheduled' END,
               CASE WHEN k >= next THEN due END, due < date '{FIRST_DAY}' + 3, k > 0 AND k < next
        FROM generate_series(1, :rows / {PER_ORDER}) AS o
        CROSS JOIN LATERAL (SELECT {_PAID_BEFORE} AS next, {_PAID_BEFORE} - {_LATE} AS late, {_CYCLE_DAY} AS day) AS p
        CROSS JOIN LATERAL (SELECT k, date '{FIRST_DAY}' + (day + 30 * (k - next))::int AS due FROM generate_series(0, {PER_ORDER - 1}) AS k) AS i"""),
    Table("payment_method", f"""
        INSERT INTO payment_method (id, customer_id, provider, token, brand, last4, status, created_at, saved_at)
        SELECT {_id(METHOD, 'c')}, {_id(CUSTOMER, 'c')}, 'stripe', 'pm_' || c, 'visa', '4242', 'active', timestamptz '2025-01-01', timestamptz '2025-01-01'
        FROM generate_series(0, :rows / {2 * PER_ORDER}, 2) AS c"""),
])

# ---- billing: the ledger. Fourteen postings to an order, two orders to a customer. The hash has the right length only: chaining five
# million would take a minute, and no list looks at it.

LEDGER_PER_CUSTOMER = 28
_LEDGER = Subject("billing", [
    Table("posting", f"""
        INSERT INTO posting OVERRIDING SYSTEM VALUE
        SELECT i + 1, CASE WHEN kind = 'sale' THEN {uuid_of(ORDER, 'o')} ELSE {uuid_of(ENTRY, 'i')} END::uuid, CASE WHEN step < 2 THEN step + 1 ELSE 1 END, kind,
               (CASE kind WHEN 'sale' THEN 'receivable' WHEN 'payment' THEN 'cash_at_provider' ELSE 'deferred_interest' END)::ledger_code,
               (CASE WHEN kind = 'payment' THEN 'receivable' WHEN kind = 'interest' THEN 'interest_income' WHEN step = 0 THEN 'sales' ELSE 'deferred_interest' END)::ledger_code,
               10000, 'USD', {_id(CUSTOMER, 'o % (orders / 2)')}, {_id(ORDER, 'o')}, step / 2, CASE kind WHEN 'payment' THEN {_id(ENTRY, 'i')} END,
               date '2025-01-01' + (i * 730 / :rows)::int, timestamptz '2025-01-01' + i * (interval '730 days' / :rows), o & 15, i / 16 + 1, sha256(int8send(i))
        FROM (SELECT greatest(:rows / 14 / 32, 1) * 32 AS orders) AS book, generate_series(0, 14 * orders - 1) AS i
        CROSS JOIN LATERAL (SELECT i / orders AS step, i % orders AS o) AS s
        CROSS JOIN LATERAL (SELECT CASE WHEN step < 2 THEN 'sale' WHEN step % 2 = 0 THEN 'payment' ELSE 'interest' END AS kind) AS k"""),
])

# ---- billing: payments, six an order

_PAYMENTS = Subject("billing", [
    Table("payment", f"""
        INSERT INTO payment (id, order_id, contract_id, customer_id, amount, currency, status, source, provider, token, attempt_key, installment_number,
                             provider_reference, received, brand, last4, created_at, updated_at, completed_at)
        SELECT {_id(PAYMENT, 'n')}, {_id(ORDER, 'o')}, {_id(CONTRACT, 'o')}, {_id(CUSTOMER, 'o / 2')}, 10000, 'USD', 'succeeded', 'autopay', 'stripe', 'pm_' || o / 2,
               'autopay:' || n, n / orders, 'pi_' || n, 10000, 'visa', '4242', at, at, at
        FROM (SELECT greatest(:rows / 6, 1) AS orders) AS book, generate_series(0, :rows - 1) AS n
        CROSS JOIN LATERAL (SELECT n % orders AS o, timestamptz '2025-01-01' + n * (interval '730 days' / :rows) AS at) AS p"""),
])

# ---- the other lists

_TIMELINE = Subject("crm", [
    Table("customer", f"""
        INSERT INTO customer
        SELECT {_id(CUSTOMER, 'c')}, 'c' || c || '@example.com', 'Cliente ' || c, '+57300' || lpad(c::text, 7, '0'), 'es-CO', c::text, '{{"email": true, "sms": false}}',
               timestamptz '2025-01-01'
        FROM generate_series(0, :rows / 40) AS c"""),
    Table("timeline_entry", f"""
        INSERT INTO timeline_entry
        SELECT {_id(ENTRY, 'n')}, {_id(CUSTOMER, 'n * 7919 % greatest(:rows / 40, 1)')}, timestamptz '2025-01-01' + n * (interval '730 days' / :rows), 'payment.succeeded',
               jsonb_build_object('amount', 10000, 'currency', 'USD', 'payment_id', {uuid_of(PAYMENT, 'n')}, 'order_id', {uuid_of(ORDER, 'n / 6')}, 'source', 'autopay')
        FROM generate_series(0, :rows - 1) AS n"""),
])

_NOTICES = Subject("notifications", [
    Table("notification", f"""
        INSERT INTO notification
        SELECT {_id(NOTICE, 'n')}, {_id(CUSTOMER, 'n * 7919 % greatest(:rows / 20, 1)')}, CASE WHEN n % 1000 = 0 THEN 'payment_returned' WHEN n % 3 = 0 THEN 'receipt' ELSE 'reminder' END,
               'email', 'c@example.com', 'Recibo de pago: 100.00', 'sent', jsonb_build_object('amount', 10000, 'currency', 'USD', 'order_id', {uuid_of(ORDER, 'n / 6')}),
               {_id(ENTRY, 'n')}, at, at
        FROM generate_series(0, :rows - 1) AS n
        CROSS JOIN LATERAL (SELECT timestamptz '2025-01-01' + n * (interval '730 days' / :rows) AS at) AS t"""),
])

# One case of twenty is active; the active ones are not the newest.
_CASES = Subject("collections", [
    Table("collection_case", f"""
        INSERT INTO collection_case
        SELECT {_id(CASE, 'n')}, {_id(CUSTOMER, 'n * 7919 % greatest(:rows / 4, 1)')}, {_id(ORDER, 'n')}, CASE WHEN active THEN 'open' ELSE 'cured' END, 'USD',
               CASE WHEN active THEN 10000 ELSE 0 END, CASE WHEN active THEN date '{FIRST_DAY}' - 1 - (n % 60)::int END, CASE WHEN active THEN n % 60 + 1 ELSE 0 END,
               CASE WHEN active THEN delinquency_bucket((n % 60 + 1)::int) ELSE 'current' END, timestamptz '2025-01-01' + n * (interval '730 days' / :rows), NULL
        FROM generate_series(0, :rows - 1) AS n
        CROSS JOIN LATERAL (SELECT n % 20 = 0 AS active) AS s"""),
])

# ---- what no list reads, filled for its size only: the schedules of orders, events, stored replies, invoices

_SCHEDULES = Subject("orders", [
    Table("installment", f"""
        INSERT INTO installment
        SELECT {_id(CONTRACT, 'n / 12')}, 1, n % 12, {_id(CUSTOMER, 'n / 60')}, date '2025-01-01' + (n % 700)::int, 30, 800000, 66667, 12000, 0, 0, 78667, 733333,
               'scheduled', 0, 78667, 0, NULL, 0
        FROM generate_series(0, :rows - 1) AS n"""),
])
_EVENT = ("jsonb_build_object('order_id', {order}, 'contract_id', {contract}, 'customer_id', {customer}, 'currency', 'USD', 'number', n % 12, 'revision', 3, "
          "'due_date', '2027-01-04', 'total', 78667, 'paid', 78667, 'outstanding', 0, 'status', 'paid', 'dpd', 0)").format(
              order=uuid_of(ORDER, "n / 12"), contract=uuid_of(CONTRACT, "n / 12"), customer=uuid_of(CUSTOMER, "n / 60"))
_TRAIL = Subject("billing", [
    Table("outbox", f"""
        INSERT INTO outbox (event_id, epoch, xid, type, subject, customer_id, data, trace, occurred_at)
        SELECT {_id(ENTRY, 'n')}, 1800000000, (n + 1000)::text::xid8, 'installment.updated', {uuid_of(ORDER, 'n / 12')}, {_id(CUSTOMER, 'n / 60')}, {_EVENT},
               '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', timestamptz '2027-01-04'
        FROM generate_series(0, :rows - 1) AS n"""),
    Table("invoice", f"""
        INSERT INTO invoice
        SELECT {_id(ENTRY, 'n')}, 'FV', n + 1, {_id(ORDER, 'n')}, {_id(CUSTOMER, 'n / 5')}, 'USD', 943996, 'open', date '2027-01-04', timestamptz '2027-01-04', NULL
        FROM generate_series(0, :rows - 1) AS n"""),
    Table("webhook_event", f"""
        INSERT INTO webhook_event
        SELECT {_id(ENTRY, 'n')}, 'stripe', 'evt_' || n, 'payment_intent.succeeded', repeat('{{"id": "pi_", "object": "payment_intent", "amount": 78667}} ', 20),
               't=1800000000,v1=' || repeat('0123456789abcdef', 4), timestamptz '2027-01-04', 'applied', timestamptz '2027-01-04'
        FROM generate_series(0, :rows - 1) AS n"""),
])
STORED = {"schedules": _SCHEDULES, "trail": _TRAIL}
STORED_ROWS = 100_000

SUBJECTS = {"products": _PRODUCTS, "orders": _ORDERS, "ledger": _LEDGER, "payments": _PAYMENTS, "receivables": _RECEIVABLES, "timeline": _TIMELINE,
            "notices": _NOTICES, "cases": _CASES}
ALL = {**SUBJECTS, **STORED}

# What a table has besides its columns, as statements that take it away and bring it back; kind: f(oreign key), k(ey), i(ndex).
_DEFINITIONS = """
    SELECT CASE c.contype WHEN 'f' THEN 'f' ELSE 'k' END AS kind, r.relname, format('ALTER TABLE %I DROP CONSTRAINT %I', r.relname, c.conname),
           format('ALTER TABLE %I ADD CONSTRAINT %I %s', r.relname, c.conname, pg_get_constraintdef(c.oid)) || CASE c.contype WHEN 'f' THEN ' NOT VALID' ELSE '' END
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid WHERE r.relnamespace = 'public'::regnamespace AND c.contype IN ('p', 'u', 'f')
    UNION ALL
    SELECT 'i', t.relname, format('DROP INDEX %I', i.relname), pg_get_indexdef(i.oid)
    FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
    WHERE t.relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid)
    ORDER BY kind
"""
PARALLEL = 2


class Filling:
    """Of one database: take_away(), then rows(), then bring_back(). Two tables, or two indexes, at a time."""

    def __init__(self, postgres, database, subject, rows):
        self._postgres, self._database, self._subject, self._rows = postgres, database, subject, rows
        self._taken = []

    def take_away(self):
        self._postgres.sql(f"CREATE DATABASE {self._database} TEMPLATE cuotas_{self._subject.service}")
        names = {table.name for table in self._subject.tables}
        all_there = [line.split("\t") for line in self._sql(_DEFINITIONS).splitlines()]
        self._taken = [line for line in all_there if line[0] == "f" or line[1] in names]
        self._sql(";\n".join(line[2] for line in self._taken))
        if self._subject is _PRODUCTS:
            self._sql(_demo())

    def rows(self):
        # In the transaction that empties it, a table is not written to the log as well (wal_level=minimal).
        self._each([f"BEGIN; SET session_replication_role = replica; TRUNCATE {table.name}; {table.insert}; COMMIT".replace(":rows", f"{self._rows}::bigint")
                    for table in self._subject.tables])

    def bring_back(self):
        self._each([line[3] for line in self._taken if line[0] == "i"])
        keys = {}
        for kind, table, _, text in self._taken:
            if kind == "k":
                keys.setdefault(table, []).append(text)
        self._each([";\n".join(texts) for texts in keys.values()])
        self._sql(";\n".join(line[3] for line in self._taken if line[0] == "f"))
        self._each([f"VACUUM ANALYZE {table.name}" for table in self._subject.tables])

    def _each(self, texts):
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            list(pool.map(self._sql, texts))

    def _sql(self, text):
        return self._postgres.sql(text, self._database)


def fill(postgres, database, subject, rows):
    """The database, from the service's migrated one as its template."""
    filling = Filling(postgres, database, subject, rows)
    filling.take_away()
    filling.rows()
    filling.bring_back()


# While filling: nothing here has to survive a crash.
FILLING = {"wal_level": "minimal", "max_wal_senders": "0", "fsync": "off", "full_page_writes": "off", "autovacuum": "off", "max_wal_size": "16GB",
           "checkpoint_timeout": "1h", "maintenance_work_mem": "1GB", "work_mem": "256MB"}
