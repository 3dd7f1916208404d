"""pgbench's place order: every statement one order takes, of orders and of catalog, with the values of orders that were really
placed, on copies of both databases' tables.

The copies are in one database, since pgbench knows one only: orders' in schema public, catalog's in schema catalog. What it does not
do is what happens behind the reply: telling and applying the events."""

import json

from .floor import PGBENCH_CLIENTS, pgbench
from .load import check
from .measure import Failed, Supply
from .statements import PICK, Statement, literal, picked
from .world import PATTERNS, copy_carts_sql

DATABASE = "cuotas_bench"
FIRST_CART = 1_000_000     # behind those copied with the database
# Ids of the copies, made of a number: pgbench computes with numbers only.
PREFIX = {name: f"0198c0de-0000-7000-8{place:03d}-" for place, name in enumerate(("cart_id", "order_id", "contract_id", "reservation_id"))}
CUSTOMER = "0198c0de-0000-7000-9000-"


class OrdersFloor:
    def __init__(self, world):
        self._world = world
        self._values = []     # of an order of each pattern, by parameter
        self._supply = Supply()
        self._base, self._stride, self._before = FIRST_CART, 0, None

    def set_up(self):
        """Orders one cart of every pattern through the service, then copies the databases."""
        world = self._world
        port = world.stack.ports["orders"].number
        for cart, customer in world.new_carts(PATTERNS):
            check(world.order_request(cart, world.customer_identity(customer)), port)
            self._values.append(self._values_of(cart))
        world.drain()
        self._copy_databases()

    def _values_of(self, cart):
        """The parameters an order was placed with, read back from what became of it."""
        lines = self._world.stack.postgres.sql(f"SELECT lines::text FROM reservation WHERE reference LIKE 'cart:{cart}:%'", "cuotas_catalog")
        row = json.loads(self._world.stack.postgres.sql(f"""
            SELECT json_build_object(
                'cart_version', k.version, 'currency', o.currency, 'goods_total', o.goods_total, 'total_payable', o.total_payable,
                'plan_id', c.plan_id, 'plan_terms', c.plan_terms::text, 'deposit', c.deposit, 'amount_financed', c.amount_financed,
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

    def _copy_databases(self):
        world = self._world
        world.run_postgres("createdb", DATABASE, database="postgres")
        for service, after in (("catalog", "ALTER SCHEMA public RENAME TO catalog; CREATE SCHEMA public;"),
                               ("orders", f"ALTER DATABASE {DATABASE} SET search_path = public, catalog; ALTER DATABASE {DATABASE} SET timezone = 'UTC';")):
            dump = world.run_postgres("pg_dump", f"cuotas_{service}", database="postgres")
            # The copy's public schema is there already when the dump wants to describe it.
            world.run_postgres("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", database=DATABASE, stdin=dump)
            world.run_postgres("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", after, database=DATABASE)
        world.run_postgres("psql", "-X", "-q", "-c", "VACUUM ANALYZE", database=DATABASE)

    # ---- the script

    def _script(self):
        """Everything one order takes, in the service's order; and its variables. All orders are alike but for the products whose stock
        is held: those must differ, or every client would wait for the same rows."""
        given, variables = picked([{**self._values[0], "asked": values["asked"]} for values in self._values])
        number = {name: f"'{prefix}' || :n" for name, prefix in PREFIX.items()}
        owner = f"'{CUSTOMER}' || (100000000000 + :client_id)"
        common = {"owner": owner, "now": given["now"], "today": given["today"], "trace": ":trace", "idem_operation": ":operation",
                  "idem_subject": owner, "idem_key": number["cart_id"], "idem_hash": ":hash"}
        checkout = {**common, **given, "cart_id": number["cart_id"], "offer_id": given["plan_id"]}
        hold = {"lines": given["asked"], "id": number["reservation_id"], "reference": f"{literal('cart:' + PREFIX['cart_id'])} || :n",
                "expires_at": given["expires_at"], "now": given["now"], "trace": ":trace"}
        return variables, (
            PICK.format(len(self._values)) + "\\set i :i + 1\n\\set n 100000000000 + :base + :client_id * :stride + :i\n"
            + self._statement("common", "idempotency_find").script(common)
            + self._statement("orders", "get_checkout").script(checkout)
            + self._statement("catalog", "hold_stock").script(hold, {"INSERT INTO job": "INSERT INTO catalog.job"})
            + self._statement("orders", "place_order").script({**given, **common, **number}))

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

    def run(self, seconds):
        variables, script = self._script()
        variables |= {"i": -1, "base": self._base, "stride": self._stride, "operation": "place_order", "hash": "0" * 64,
                      "trace": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
        return pgbench(self._world, DATABASE, script, variables, seconds)

    def finish(self, sample):
        self._supply.learn(sample.rate)
        made = self._world.count(DATABASE, "sales_order") - self._before
        if made != sample.count:
            raise Failed(f"{sample.count} transactions of pgbench made {made} orders")
