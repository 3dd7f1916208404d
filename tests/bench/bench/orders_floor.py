"""pgbench's place order: every statement one order takes, of orders and of catalog, with the values of orders that were really
placed, on copies of the databases' tables. And the same with what happens behind the reply: its event is read from the outbox, billing
and crm apply it, and all four consumers move their cursors, in units of BATCH events.

The copies are in one database, since pgbench knows one only: orders' in schema public, the others' in schemas of their names. Each client
places the orders of one customer, whose events have a lane to themselves; it applies them itself, when BATCH of them are there. A page is
read once, though there are four consumers."""

import json

from .floor import PGBENCH_CLIENTS, pgbench
from .load import check
from .measure import Failed, Supply
from .statements import PICK, Statement, literal, picked
from .world import PATTERNS, copy_carts_sql

DATABASE = "cuotas_bench"
FIRST_CART = 1_000_000     # behind those copied with the database
# Ids of the copies, made of a number: pgbench computes with numbers only.
PREFIX = {name: f"0198c0de-0000-7000-8{place:03d}-" for place, name in enumerate(("cart_id", "order_id", "contract_id", "reservation_id", "event_id"))}
CUSTOMER = "0198c0de-0000-7000-9000-"
BATCH = 8
EVENTS_AT_LEAST_S = 3      # forty statements are to be planned first, in each client
CONSUMERS = {"billing": "on_order_placed", "crm": "on_timeline", "catalog": None, "notifications": None}   # the statement for an order.placed
APPLIED = ("billing.order_account", "crm.timeline_entry")
# Tables that several services have by the same name; orders' is meant otherwise.
COUNTRY = "CO"             # MERCHANT_COUNTRY is not set
OWN = {"billing": {"INSERT INTO installment": "INSERT INTO billing.installment"}}
# Consumers who have seen every event there is.
CAUGHT_UP = f"""
    INSERT INTO event_cursor AS c (producer, lane, epoch, xid, id)
    SELECT p.producer, l.lane, coalesce(o.epoch, 0), coalesce(o.xid, '0'), coalesce(o.id, 0)
    FROM (SELECT 'orders to ' || unnest(ARRAY['{"', '".join(CONSUMERS)}'])) AS p(producer) CROSS JOIN generate_series(0, {PGBENCH_CLIENTS - 1}) AS l(lane)
    LEFT JOIN LATERAL (SELECT epoch, xid, id FROM outbox WHERE outbox.lane = l.lane ORDER BY epoch DESC, xid DESC, id DESC LIMIT 1) AS o ON true
    ON CONFLICT (producer, lane) DO UPDATE SET epoch = excluded.epoch, xid = excluded.xid, id = excluded.id"""


class OrdersFloor:
    def __init__(self, world):
        self._world = world
        self._values = []     # of an order of each pattern, by parameter
        self._event = None    # of the first of these
        self._supply = Supply()
        self._base, self._stride = FIRST_CART, 0
        self._before, self._applied = None, {}   # rows there were before a sample

    def set_up(self):
        """Orders one cart of every pattern through the service, then copies the databases."""
        world = self._world
        port = world.stack.ports["orders"].number
        for cart, customer in world.new_carts(PATTERNS):
            check(world.order_request(cart, world.customer_identity(customer)), port)
            self._values.append(self._values_of(cart))
            self._event = self._event or self._event_of(cart)
        world.drain()
        self._copy_databases()

    def _values_of(self, cart):
        """The parameters an order was placed with, read back from what became of it."""
        lines = self._world.stack.postgres.sql(f"SELECT lines::text FROM reservation WHERE reference LIKE 'cart:{cart}:%'", "cuotas_catalog")
        row = json.loads(self._world.stack.postgres.sql(f"""
            SELECT json_build_object(
                'cart_version', k.version, 'currency', o.currency, 'goods_total', o.goods_total, 'total_payable', o.total_payable,
                'plan_id', c.plan_id, 'plan_version', c.plan_version, 'offer_id', c.offer_id, 'release', o.release::text,
                'credit_policy', (SELECT max(version) FROM credit_policy), 'on_credit', o.total_payable - c.deposit,
                'plan_terms', c.plan_terms::text, 'deposit', c.deposit, 'amount_financed', c.amount_financed,
                'apr_nominal', c.apr_nominal::text, 'effective_annual_rate', c.effective_annual_rate::text,
                'terms_version', c.terms_version, 'locale', c.terms_locale, 'terms_sha256', c.terms_sha256, 'client_ip', c.accepted_from,
                'now', o.created_at, 'today', o.created_at::date, 'expires_at', o.expires_at,
                'installments', (SELECT json_agg(json_build_object(
                        'number', number, 'due_date', due_date, 'days', days, 'opening_balance', opening_balance, 'principal', principal,
                        'interest', interest, 'fees', fees, 'tax', tax, 'total', total, 'closing_balance', closing_balance) ORDER BY number)::text
                    FROM installment i WHERE i.contract_id = c.id AND i.version = 1))
            FROM sales_order o JOIN contract c ON c.order_id = o.id JOIN cart k ON k.id = o.cart_id WHERE o.cart_id = '{cart}'""",
            "cuotas_orders"))
        asked = [{"product_id": line["product_id"], "quantity": line["quantity"]} for line in json.loads(lines)]
        return {**row, "lines": lines.strip(), "asked": json.dumps(asked)}

    def _event_of(self, cart):
        """(its order.placed, order id, contract id)"""
        row = self._world.stack.postgres.sql(f"""
            SELECT e.data, o.id, o.contract_id FROM sales_order o JOIN outbox e ON e.type = 'order.placed' AND e.subject = o.id::text
            WHERE o.cart_id = '{cart}'""", "cuotas_orders")
        return row.rstrip("\n").split("\t")

    def _copy_databases(self):
        world = self._world
        world.run_postgres("createdb", DATABASE, database="postgres")
        others = ("catalog", "billing", "crm")
        for service, after in (*((each, f"ALTER SCHEMA public RENAME TO {each}; CREATE SCHEMA public;") for each in others),
                               ("orders", f"ALTER DATABASE {DATABASE} SET search_path = public, {', '.join(others)}; "
                                f"ALTER DATABASE {DATABASE} SET timezone = 'UTC';")):
            dump = world.run_postgres("pg_dump", f"cuotas_{service}", database="postgres")
            # The copy's public schema is there already when the dump wants to describe it.
            world.run_postgres("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", database=DATABASE, stdin=dump)
            world.run_postgres("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", after, database=DATABASE)
        world.run_postgres("psql", "-X", "-q", "-c", "VACUUM ANALYZE", database=DATABASE)

    # ---- the script

    def _script(self, with_events):
        """Everything one order takes, in the service's order; and its variables. All orders are alike but for the products whose stock
        is held: those must differ, or every client would wait for the same rows."""
        given, variables = picked([{**self._values[0], "asked": values["asked"]} for values in self._values])
        number = {name: f"'{prefix}' || :n" for name, prefix in PREFIX.items()}
        owner = f"'{CUSTOMER}' || (100000000000 + :client_id)"
        common = {"owner": owner, "now": given["now"], "today": given["today"], "trace": ":trace", "idem_operation": ":operation",
                  "idem_subject": owner, "idem_key": number["cart_id"], "idem_hash": ":hash"}
        unsaid = {"contract_text": "NULL", "contract_sha256": "NULL", "promotion_code": "NULL", "customer_id": "NULL"}
        checkout = {**common, **given, "cart_id": number["cart_id"], "country": literal(COUNTRY)}
        hold = {**unsaid, "lines": given["asked"], "id": number["reservation_id"], "reference": f"{literal('cart:' + PREFIX['cart_id'])} || :n",
                "expires_at": given["expires_at"], "now": given["now"], "trace": ":trace"}
        return variables, (
            PICK.format(len(self._values)) + "\\set i :i + 1\n\\set n 100000000000 + :base + :client_id * :stride + :i\n"
            + self._statement("common", "idempotency_find").script(common)
            + self._statement("orders", "get_checkout").script(checkout)
            + self._statement("catalog", "hold_stock").script(hold, {"INSERT INTO job": "INSERT INTO catalog.job"})
            + self._statement("orders", "place_order").script({**unsaid, **given, **common, **number})
            + (self._events({**given, **common}) if with_events else ""))

    def _events(self, common):
        """What the consumers do with the last BATCH orders of this client."""
        def place(member, consumer):
            return f"(SELECT '{{' || {member} || '}}' FROM event_cursor WHERE producer = 'orders to {consumer}' AND lane = :client_id::smallint)"

        def last(member):
            return (f"(SELECT '{{' || {member} || '}}' FROM outbox WHERE lane = :client_id::smallint"
                    " ORDER BY epoch DESC, xid DESC, id DESC LIMIT 1)")
        lanes = "'{' || :client_id || '}'"
        page = {"lanes": lanes, **{f"{member}s": place(member, "billing") for member in ("epoch", "xid", "id")}, "service": "'orders'",
                "limit": "'256'", "bytes": "'524288'", "types": "'{order.placed,order.confirmed,order.expired,contract.settled}'"}
        script = f"\\if :i % {BATCH} = {BATCH - 1}\n" + self._statement("common", "bus_read_outbox").script(page)
        for consumer, statement in CONSUMERS.items():
            move = {"producer": f"'orders to {consumer}'", "lanes": lanes, **{f"from_{member}s": place(member, consumer) for member in ("epoch", "xid", "id")},
                    **{f"to_{member}s": last(member) for member in ("epoch", "xid", "id")}}
            script += "BEGIN;\n" + self._statement("common", "bus_move_cursors").script(move)
            for back in reversed(range(BATCH) if statement else ()):
                script += self._statement(consumer, statement).script({**common, **self._event_values(common, back)}, OWN.get(consumer))
            script += "END;\n"
        return script + "\\endif\n"

    def _event_values(self, common, back):
        """Of the event of the order so many before the latest one."""
        def number(name):
            return f"'{PREFIX[name]}' || (:n::bigint - {back})"
        _, order, contract = self._event
        return {"data": f"replace(replace(:event, '{order}', {number('order_id')}), '{contract}', {number('contract_id')})",
                "event_id": number("event_id"), "event_type": "'order.placed'", "subject": number("order_id"), "customer_id": common["owner"],
                "occurred_at": common["now"]}

    def _statement(self, service, name):
        return Statement(self._world.generated, service, name)

    # ---- one sample

    def prepare(self, seconds):
        """Open carts enough, a stretch of numbers for each client."""
        self._base += self._stride * PGBENCH_CLIENTS
        self._stride = self._supply.for_seconds(seconds) // PGBENCH_CLIENTS
        self._world.stack.postgres.sql(
            copy_carts_sql(self._base, self._stride * PGBENCH_CLIENTS, [cart for cart, _ in self._world.patterns],
                           f"'{CUSTOMER}' || (100000000000 + (n - {self._base}) / {self._stride})"), DATABASE)
        self._before = self._world.count(DATABASE, "sales_order")
        self._applied = {table: self._world.count(DATABASE, table) for table in APPLIED}

    def prepare_with_events(self, seconds):
        self.prepare(max(seconds, EVENTS_AT_LEAST_S))
        self._world.stack.postgres.sql(CAUGHT_UP, DATABASE)

    def run(self, seconds):
        return self._run(seconds, False)

    def run_with_events(self, seconds):
        return self._run(max(seconds, EVENTS_AT_LEAST_S), True)

    def _run(self, seconds, with_events):
        variables, script = self._script(with_events)
        variables |= {"event": self._event[0]} if with_events else {}
        variables |= {"i": -1, "base": self._base, "stride": self._stride, "operation": "place_order", "hash": "0" * 64,
                      "trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        return pgbench(self._world, DATABASE, script, variables, seconds)

    def finish(self, sample):
        self._supply.learn(sample.rate)
        made = self._world.count(DATABASE, "sales_order") - self._before
        if made != sample.count:
            raise Failed(f"{sample.count} transactions of pgbench made {made} orders")

    def finish_with_events(self, sample):
        self.finish(sample)
        for table in APPLIED:
            applied = self._world.count(DATABASE, table) - self._applied[table]
            if not sample.count - PGBENCH_CLIENTS * (BATCH - 1) <= applied <= sample.count:
                raise Failed(f"of {sample.count} orders' events {applied} were applied to {table}")
