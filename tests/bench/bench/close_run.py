"""make bench-close: billing closes two days for so many receivables that all fall due on the first of them. By the service itself, on a stack of its own, with the relay
of its events at work: what becomes due and earns its interest on the first day is overdue on the second and begins to cost late interest.

    make bench-close ROWS=100000"""

import argparse
import datetime
import json
import os
import sys
import time

from deploy.stack import Stack

from .command import run_in_directory
from . import growth_fill as fill
from .growth_fill import CONTRACT, CUSTOMER, ORDER, Subject, Table, _id
from .machine import binaries_option, hardware, say
from .measure import Failed
from .processes import cpu_us, rss_peak_kb

BOUND_S = 1800
LOOK_S = 0.05
TARGET_S = 60
# Money of a day may come in any time: as much memory as one gives PostgreSQL on a machine it shares with the services, and checkpoints as for such a load.
SETTINGS = {"shared_buffers": "4GB", "max_wal_size": "8GB"}
LATE = {"annual_rate": "0.24", "day_count": "actual_365", "basis": "overdue_principal", "grace_days": 0, "fees": []}


def subject(due):
    """Two orders a customer, of one installment that falls due and another a month later."""
    return Subject("billing", [
        Table("order_account", f"""
            INSERT INTO order_account (order_id, contract_id, customer_id, currency, total, paid, status, placed_at)
            SELECT {_id(ORDER, 'o')}, {_id(CONTRACT, 'o')}, {_id(CUSTOMER, 'o / 2')}, 'USD', 20000, 0, 'active', timestamptz '{due}' - interval '30 days'
            FROM generate_series(1, :rows) AS o"""),
        Table("installment", f"""
            INSERT INTO installment (order_id, number, customer_id, due_date, principal, interest, fees, tax, total, paid, status, reminded)
            SELECT {_id(ORDER, 'o')}, k, {_id(CUSTOMER, 'o / 2')}, date '{due}' + 31 * (k - 1), 9500, 500, 0, 0, 10000, 0, 'scheduled', true
            FROM generate_series(1, :rows) AS o, generate_series(1, 2) AS k"""),
    ])


def prepare(stack, rows, due):
    """The rows, the late policy, and the day before as the last that was closed."""
    for name in ("gateway", "orders", "crm", "catalog", "notifications", "collections", "sandbox", "billing"):
        stack.stop_one(name)
    settings = stack.postgres.settings
    restart(stack, {**settings, **fill.FILLING})
    fill.fill(stack.postgres, "filled", subject(due), rows)
    stack.postgres.sql("DROP DATABASE cuotas_billing")
    stack.postgres.sql("ALTER DATABASE filled RENAME TO cuotas_billing")
    body = json.dumps({"late": LATE})
    stack.postgres.sql(f"""UPDATE receivables_policy SET body = body || '{body}' WHERE version = (SELECT max(version) FROM receivables_policy);
                           DELETE FROM job; UPDATE clock SET closed_on = date '{due}' - 1""", "cuotas_billing")
    restart(stack, {**settings, **SETTINGS})


def restart(stack, settings):
    stack.postgres.stop()
    stack.postgres.settings = settings
    stack.postgres.start()


def logged(stack, since):
    """What billing has logged from that place of its log on."""
    with open(log_of(stack)) as log:
        log.seek(since)
        return [json.loads(line) for line in log.read().splitlines(True) if line.startswith("{") and line.endswith("\n")]


def log_of(stack):
    return os.path.join(stack.log_dir, "billing.log")


def close(stack, since, until):
    """From the start of billing until that day is closed, a day each: [(day, seconds, CPU seconds of PostgreSQL)]. Looks at the log only: to ask PostgreSQL would take of what is measured."""
    postgres = stack.postgres.pid
    taken, began, used = [], time.monotonic(), cpu_us(postgres)
    stack.start_one("billing")
    while not taken or taken[-1][0] < until:
        if time.monotonic() - began > BOUND_S:
            raise Failed(f"{until} was not closed within {BOUND_S} s")
        time.sleep(LOOK_S)
        days = [entry["date"] for entry in logged(stack, since) if entry["msg"] == "day closed"]
        if len(days) > len(taken):
            taken.append((datetime.date.fromisoformat(days[len(taken)]), time.monotonic() - began, (cpu_us(postgres) - used) / 1e6))
            began, used = time.monotonic(), cpu_us(postgres)
    return taken


def steps(stack, since):
    """Of the service's log: {(day, step): (seconds of the slower half, rows)}."""
    ends, begins, rows = {}, {}, {}
    for entry in logged(stack, since):
        at = datetime.datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()
        begins = begins or {None: at}
        if entry["msg"] in ("day close step", "ledger folded", "day closed"):
            half, name = entry.get("half"), entry.get("step", entry["msg"])
            key = (entry.get("date", ""), name)
            began = max(begins.values()) if half is None else begins.get(half, begins[None])
            ends[key] = max(ends.get(key, 0), at - began)
            rows[key] = rows.get(key, 0) + entry.get("changed", entry.get("postings", 0))
            begins[half] = at
            if half is None:
                begins = {None: at}
    return {key: (seconds, rows[key]) for key, seconds in ends.items()}


def run(directory, options):
    stack = Stack(directory, binaries=os.path.join(options.binaries, "bin"), report=lambda text: None)
    try:
        stack.start()
        today = datetime.date.fromisoformat(stack.postgres.sql("SELECT (now() AT TIME ZONE 'America/Bogota')::date").strip())
        due = today - datetime.timedelta(days=1)
        prepare(stack, options.rows, due)
        say(f"{options.rows:,} receivables fall due on {due}")
        since = os.path.getsize(log_of(stack))
        taken = close(stack, since, today)
        pid = stack.server("billing").pid
        print(f"{hardware()}; {options.rows:,} receivables")
        for (day, seconds, cpu), what in zip(taken, ("due, interest earned", "overdue, late interest")):
            reached = "" if options.rows != 1_000_000 else f"   < {TARGET_S} {'ok' if seconds < TARGET_S else 'NO'}"
            print(f"{day}  {what:24} {seconds:7.1f} s, PostgreSQL's CPU {cpu:.1f} s{reached}")
        for (day, name), (seconds, rows) in steps(stack, since).items():
            print(f"    {day:10}  {name:16} {seconds:7.1f} s  {rows:>10,}")
        print(f"billing: peak {rss_peak_kb(pid) / 1024:.1f} MB, CPU {cpu_us(pid) / 1e6:.1f} s")
    finally:
        stack.stop()


def main():
    parser = argparse.ArgumentParser(prog="make bench-close", description="how long billing's close of a day takes")
    parser.add_argument("--rows", type=int, default=1_000_000)
    binaries_option(parser)
    options = parser.parse_args()
    return run_in_directory("make bench-close", lambda directory: run(directory, options))


if __name__ == "__main__":
    sys.exit(main())
