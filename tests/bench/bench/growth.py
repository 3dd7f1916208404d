"""What the lists, the statement of account and the day's close cost when the tables grow: the services' statements on databases of
several sizes (growth_fill.py), in a PostgreSQL of their own.

A statement is run by one client, prepared, in a session set as a service's (libcommon/db/connect.c), and asks for another customer, order or page each time: some 2,000 different ones, spread over the whole table, whatever its size, after a
second in the same session that does not count. So what is asked for is in memory, as an active customer's rows are, and it is seen what the
others beside them cost. What is not given is a parameter all the same, so that no plan knows more than the services' do. Beside the time: the pages of shared memory it touches,
which no noise can change."""

import dataclasses
import glob
import json
import os
import random
import re
import statistics
import subprocess
import time

from deploy.stack import Stack
from deploy.stack.postgres import SETTINGS

from . import growth_fill as fill
from .growth_fill import CASE, CUSTOMER, NOTICE, ORDER, PRODUCT, uuid_of
from .measure import Failed, Sample
from .statements import Statement, literal

ASKED = 2000
WARM_UP_S = 1
LOOKS = 24                # executions whose pages are counted
PREPARING = 8             # executions before them: the plan is chosen by then
PREPARED_ONCE = "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off"
SLOW = "-c enable_seqscan=off -c jit=off"      # of the statements with `-- pool: slow`
NONE = "nullif(:none, '-')"
ZERO_UUID = "'00000000-0000-0000-0000-000000000000'"


@dataclasses.dataclass(frozen=True)
class Case:
    """population(rows): :n is picked from 1 to that. values: of the statement's parameters, SQL with :n and :pick (of `picks`) in it."""

    name: str
    subject: str
    statement: str
    values: dict
    population: object
    picks: int = 1
    target: bool = True      # one of those the project promises something about

    def _spread(self, rows):
        """How many different :n, and how far apart."""
        population = max(1, int(self.population(rows)))
        count = min(population, max(1, ASKED // self.picks))
        return count, population // count

    def script(self, generated, rows):
        count, apart = self._spread(rows)
        return (f"\\set n 1 + {apart} * random(0, {count - 1})\n\\set pick random(1, {self.picks})\n"
                + self._statement(generated).script(self._values(generated)))

    def executions(self, generated, rows, count):
        """SQL that prepares it as `q`, and that many EXECUTEs."""
        statement, chance = self._statement(generated), random.Random(7)
        different, apart = self._spread(rows)
        values = self._values(generated)
        types = ", ".join("text" for _ in statement.parameters)
        calls = []
        for _ in range(count):
            known = {"n": 1 + apart * chance.randrange(different), "pick": chance.randint(1, self.picks), "none": "'-'"}
            given = ", ".join(f"({values[name]})::text" for name in statement.parameters)
            known_there = lambda found: str(known[found[1]])
            calls.append("EXECUTE q(" + re.sub(r"(?<!:):(n|pick|none)\b", known_there, given) + ");")
        return f"PREPARE q({types}) AS {statement.text};", calls

    @property
    def session(self):
        return SLOW if self.statement == "search_products" else PREPARED_ONCE

    def _statement(self, generated):
        return Statement(generated, fill.SUBJECTS[self.subject].service, self.statement)

    def _values(self, generated):
        strange = self.values.keys() - set(self._statement(generated).parameters)
        if strange:
            raise Failed(f"{self.statement} has no {', '.join(strange)}")
        return {name: self.values.get(name, NONE) for name in self._statement(generated).parameters}


def _words():
    """Two words of a name, of names evenly chosen."""
    names = [row["name"] for row in fill.demo_rows()]
    found = []
    for name in names[::29]:
        words = [word for word in re.findall(r"[A-Za-z]{4,}", name)]
        if len(words) >= 2:
            found.append(f"{words[0]} {words[-1]}")
    return found[:48]


def _picked(texts):
    return f"(ARRAY[{', '.join(map(literal, texts))}])[:pick]"


_NAMES = [row["name"] for row in fill.demo_rows()][::39][:48]
_CATEGORIES = [row["category"] for row in fill.demo_rows()][::39][:48]
_SUBCATEGORIES = [row["subcategory"] for row in fill.demo_rows()][::39][:48]
_DEEP = {"limit": "20", "after_id": ZERO_UUID, "after_name": f"{_picked(_NAMES)} || ' ' || :n"}
_WORDS = _words()
_ALL = lambda rows: rows

CASES = [
    Case("order list, staff's, any page", "orders", "list_orders", {"limit": "20", "after": uuid_of(ORDER, ":n")}, _ALL),
    Case("order list, a customer's", "orders", "list_orders_customer",
         {"limit": "20", "customer_id": uuid_of(CUSTOMER, ":n"), "owner": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 5 - 1),
    Case("product list, any page", "products", "list_products", _DEEP, _ALL, 48),
    Case("product list of a category, any page", "products", "list_category", {**_DEEP, "category": _picked(_CATEGORIES)}, _ALL, 48),
    Case("product list, search for two words", "products", "search_products", {"limit": "20", "q": _picked(_WORDS)}, _ALL, len(_WORDS), target=False),
    Case("statement of account", "ledger", "get_statement", {"limit": "20", "customer_id": uuid_of(CUSTOMER, ":n")},
         lambda rows: rows / fill.LEDGER_PER_CUSTOMER * 0.95),
    Case("payments of an order", "payments", "list_payments", {"limit": "20", "order_id": uuid_of(ORDER, ":n")}, lambda rows: rows / 6 - 1),
    # Nothing is promised about these, and they should not grow either.
    Case("order list in a state, any page", "orders", "list_orders_status", {"limit": "20", "status": "'confirmed'", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list in a rare state, any page", "orders", "list_orders_status", {"limit": "20", "status": "'pending_payment'", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list, a customer's in a state", "orders", "list_orders_customer_status",
         {"limit": "20", "status": "'confirmed'", "customer_id": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 5 - 1, target=False),
    Case("order list of some days", "orders", "list_orders",
         {"limit": "20", "from_id": uuid_of(ORDER, ":n"), "below_id": uuid_of(ORDER, ":n + 50")}, _ALL, target=False),
    Case("order list by progress, any page", "orders", "list_orders_fulfilment",
         {"limit": "20", "fulfilment_status": "'unfulfilled'", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list by a rare progress, any page", "orders", "list_orders_fulfilment",
         {"limit": "20", "fulfilment_status": "'awaiting_release'", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list past due, any page", "orders", "list_orders_overdue",
         {"limit": "20", "today": "'2026-11-22'", "after_since": ":n % 9000", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list past due in a state, any page", "orders", "list_orders_overdue_progress",
         {"limit": "20", "status": "'confirmed'", "today": "'2026-11-22'", "after_since": ":n % 9000", "after": uuid_of(ORDER, ":n")}, _ALL, target=False),
    Case("order list, a customer's past due", "orders", "list_orders_customer_overdue",
         {"limit": "20", "today": "'2026-11-22'", "customer_id": uuid_of(CUSTOMER, ":n"), "owner": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 5 - 1, target=False),
    Case("product list of a subcategory, any page", "products", "list_subcategory", {**_DEEP, "subcategory": _picked(_SUBCATEGORIES)}, _ALL, 48, target=False),
    Case("product list, search for one word", "products", "search_products",
         {"limit": "20", "q": _picked([words.split()[1] for words in _WORDS])}, _ALL, len(_WORDS), target=False),
    Case("timeline", "timeline", "get_timeline", {"limit": "20", "id": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 40 - 1, target=False),
    Case("notifications, staff's, any page", "notices", "list_notifications", {"limit": "20", "after_id": uuid_of(NOTICE, ":n")}, _ALL, target=False),
    Case("notifications, a customer's", "notices", "list_notifications_customer",
         {"limit": "20", "customer_id": uuid_of(CUSTOMER, ":n"), "owner": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 20 - 1, target=False),
    Case("notifications of a rare template", "notices", "list_notifications_template", {"limit": "20", "template": "'payment_returned'"}, _ALL, target=False),
    Case("cases, staff's, any page", "cases", "list_cases", {"limit": "20", "after_id": uuid_of(CASE, ":n")}, _ALL, target=False),
    Case("cases in a state, any page", "cases", "list_cases_status", {"limit": "20", "status": "'open'", "after_id": uuid_of(CASE, ":n")}, _ALL, target=False),
    Case("cases of a customer", "cases", "list_cases_customer", {"limit": "20", "customer_id": uuid_of(CUSTOMER, ":n")}, lambda rows: rows / 4 - 1, target=False),
    Case("cases of an order", "cases", "list_cases_order", {"limit": "20", "order_id": uuid_of(ORDER, ":n")}, _ALL, target=False),
]


class DayClose:
    """The close of billing's day: its steps, a page each, as one transaction of one day. Each time it is the next day of the window that
    growth_fill laid out, with the same number of receivables falling due, whatever the size."""

    session = PREPARED_ONCE
    name, subject, target = "day close, per receivable due", "receivables", True
    STEPS = ("day_close_status", "day_close_interest", "day_close_remind", "day_close_autopay")
    VALUES = {"after_date": "'-infinity'", "after_order": ZERO_UUID, "after_number": "'-1'", "limit": "2000", "trace": "'00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'"}

    def script(self, generated, day):
        date = f"(date '{fill.FIRST_DAY}' + {day})"
        values = {**self.VALUES, "date": date, "now": f"{date} + time '06:00'"}
        steps = [Statement(generated, "billing", name) for name in self.STEPS]
        return "".join(step.script({**values, "half": half}) for half in ("'0'", "'1'") for step in steps)


DAY_CLOSE = DayClose()


class Books:
    """The databases. directory: where they are, and stay when it is kept: what is there is not filled again."""

    def __init__(self, directory, binaries, generated, say):
        self.generated, self.say = generated, say
        self._directory = directory
        self._stack = Stack(os.path.join(directory, "books"), binaries=os.path.join(binaries, "bin"))
        self._days = {}

    def start(self, sizes, subjects):
        """sizes: of each of growth_fill.SUBJECTS; the others have one size."""
        self._stack.start_servers_only()
        self._postgres = self._stack.postgres
        self._stack.migrate()
        wanted = [(subject, rows) for subject in subjects for rows in (sizes if subject in fill.SUBJECTS else [fill.STORED_ROWS])]
        missing = [each for each in wanted if not self._filled(*each)]
        if missing:
            self._restart(fill.FILLING)
            for subject, rows in missing:
                self._fill(subject, rows)
        self._restart({})

    def stop(self):
        self._stack.stop()

    def _restart(self, settings):
        """With a fourth of the memory, as one gives PostgreSQL a machine of its own."""
        self._postgres.stop()
        self._postgres.settings = {**SETTINGS, "shared_buffers": f"{_memory_mb() // 4}MB", **settings}
        self._postgres.start()

    def _filled(self, subject, rows):
        return bool(self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{database(subject, rows)}'"))

    def _fill(self, subject, rows):
        started, name = time.monotonic(), database(subject, rows)
        self.sql("DROP DATABASE IF EXISTS growth_unfinished")
        fill.fill(self._postgres, "growth_unfinished", fill.ALL[subject], rows)
        self.sql(f"ALTER DATABASE growth_unfinished RENAME TO {name}")
        self.say(f"{subject}, {rows:,} rows: {time.monotonic() - started:.0f} s")

    def sql(self, text, name="postgres"):
        return self._postgres.sql(text, name)

    def warm(self, subject, rows):
        """As much into shared memory as has room there, as after a day's work."""
        name = database(subject, rows)
        self.sql("CREATE EXTENSION IF NOT EXISTS pg_prewarm", name)
        self.sql("SELECT pg_prewarm(oid::regclass) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')", name)

    def bytes_a_row(self, subject, rows):
        """{"service.table": bytes of a row with its indexes and all}"""
        given = fill.ALL[subject]
        sizes = self.sql("\n".join(f"SELECT pg_total_relation_size('{table.name}')::float8 / count(*) FROM {table.name};" for table in given.tables), database(subject, rows))
        return {f"{given.service}.{table.name}": float(size) for table, size in zip(given.tables, sizes.split())}

    # ---- measuring

    def sample(self, case, rows, seconds):
        """Sample with p50 and p99 of one client."""
        return self._pgbench(database(case.subject, rows), case, case.script(self.generated, rows), ["-T", str(seconds + WARM_UP_S)], WARM_UP_S)

    def close_a_day(self, rows):
        """p50_us is the time of one receivable. On a copy, since it changes things."""
        name = database("day", rows)
        if rows not in self._days:
            self.sql(f"DROP DATABASE IF EXISTS {name}")
            self.sql(f"CREATE DATABASE {name} TEMPLATE {database('receivables', rows)} STRATEGY file_copy")
        day = self._days[rows] = self._days.get(rows, -1) + 1
        due = int(self.sql(f"SELECT count(*) FROM installment WHERE due_date = date '{fill.FIRST_DAY}' + {day} AND status = 'scheduled'", name))
        if due != fill.DUE_A_DAY:
            raise Failed(f"{due} receivables are due on day {day} of {name}, not {fill.DUE_A_DAY}")
        sample = self._pgbench(name, DAY_CLOSE, DAY_CLOSE.script(self.generated, day), ["-t", "1"])
        closed = self.sql(f"SELECT count(*) FROM installment WHERE due_date = date '{fill.FIRST_DAY}' + {day} AND status = 'due'", name)
        if int(closed) != due:
            raise Failed(f"of {due} receivables {closed} became due")
        return Sample(1, sample.seconds, sample.p50_us / due, sample.p50_us / due)

    def pages(self, case, rows):
        """(pages of shared memory an execution touches, on average; whether it runs by its generic plan)"""
        prepare, calls = case.executions(self.generated, rows, PREPARING + LOOKS)
        text = [*(f"SET {each.replace('=', ' = ')};" for each in case.session.split("-c ")[1:]),
                prepare, "\\o /dev/null", *calls[:PREPARING], "\\o",
                *(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {call}" for call in calls[PREPARING:]),
                "SELECT generic_plans > 0 FROM pg_prepared_statements WHERE name = 'q';"]
        out = self.sql("\n".join(text), database(case.subject, rows))
        plans, generic = out.rstrip().rsplit("\n", 1)
        decoder, counts, at = json.JSONDecoder(), [], 0
        while at < len(plans):
            plan, end = decoder.raw_decode(plans, at)
            counts.append(plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"])
            at = end + len(plans[end:]) - len(plans[end:].lstrip())
        return statistics.mean(counts), generic == "t"

    def _pgbench(self, name, case, script, how_long, skip_s=0):
        path = os.path.join(self._directory, "growth.sql")
        with open(path, "w") as file:
            file.write(script)
        prefix = os.path.join(self._directory, "growth-log")
        for torn in glob.glob(prefix + ".*"):     # of a run that was cut off, in a directory that is kept
            os.remove(torn)
        argv = ["setpriv", "--pdeathsig", "KILL", "--", "pgbench", "-n", "-M", "prepared", "-c", "1", "-l", "--log-prefix", prefix, "-D", "none=-",
                *how_long, "-f", path]
        done = subprocess.run(argv, env={**self._postgres.environment(name), "PGOPTIONS": case.session}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
        ended = []               # (when, how long it took), in microseconds
        for log in glob.glob(prefix + ".*"):
            with open(log) as file:
                ended += [(int(at_s) * 1_000_000 + int(at_us), int(took)) for _, _, took, _, at_s, at_us in map(str.split, file)]
            os.remove(log)
        if done.returncode != 0 or not ended:
            raise Failed(f"pgbench failed ({done.returncode}): {(done.stderr or done.stdout)[-800:]}")
        times = sorted(took for at, took in ended if at - ended[0][0] >= skip_s * 1_000_000)
        return Sample(len(times), sum(times) / 1e6, times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)])


def database(subject, rows):
    return f"growth_{subject}_{rows}"


def _memory_mb():
    with open("/proc/meminfo") as file:
        return int(file.readline().split()[1]) // 1024
