"""make bench-autopay: billing charges so many receivables by itself on the day they are due, at the sandbox, on a stack of its own: the close of the day makes the payments, jobs charge
them, and the provider's signed events complete them, through the gateway. All of it, the provider and PostgreSQL included, is on this machine.

    make bench-autopay ROWS=10000 LIMIT=100"""

import argparse
import os
import sys
import time

from deploy.stack import Stack
from deploy.stack.api import call, log_in

from .command import run_in_directory
from .growth_fill import CONTRACT, CUSTOMER, ENTRY, METHOD, ORDER, _id
from .machine import binaries_option, hardware, say
from .measure import Failed
from .processes import cpu_us

BOUND_S = 1800
LOOK_S = 0.5
TARGET = 500
OTHERS = ("orders", "crm", "catalog", "notifications", "collections")
COMPLETED = "SELECT count(*) FILTER (WHERE status = 'succeeded') FROM payment WHERE autopay_on IS NOT NULL"
AT_PROVIDER = "SELECT count(*) FROM charge WHERE metadata ->> 'payment_id' <> ''"


def save_a_card(stack):
    """(customer of the provider, its card) as the sandbox keeps them."""
    body = {"email": "bench@example.com", "password": "una clave larga", "full_name": "Ana Cliente", "locale": "es-CO"}
    call(stack.gateway_url, "POST", "/v1/customers", body)
    token = log_in(stack.gateway_url, body["email"], body["password"])
    call(stack.gateway_url, "POST", "/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, token=token, key="bench-card-1")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        row = stack.postgres.sql("SELECT provider_customer || ' ' || token FROM payment_method WHERE status = 'active'", "cuotas_billing").split()
        if row:
            return row
        time.sleep(LOOK_S)
    raise Failed("the card was not saved")


def fill(stack, rows, customer, card):
    """As many customers, each with a card and an order of which an installment is due today and the deposit is paid."""
    # Ids as long as the provider's own; the card is copied with all it says.
    stack.postgres.sql(f"""
        INSERT INTO object (id, kind, customer, version, body, created_at)
        SELECT 'pm_bench' || n, o.kind, o.customer, o.version, jsonb_set(o.body, '{{id}}', to_jsonb('pm_bench' || n)), o.created_at
        FROM object o, generate_series(1, {rows}) AS n WHERE o.id = '{card}'; ANALYZE object""", "cuotas_sandbox")
    stack.postgres.sql(f"""
        INSERT INTO payment_method (id, customer_id, provider, provider_customer, token, brand, last4, exp_month, exp_year, status, created_at, saved_at)
        SELECT {_id(METHOD, 'n')}, {_id(CUSTOMER, 'n')}, 'stripe', '{customer}', 'pm_bench' || n, 'visa', '4242', 12, 2040, 'active', now(), now() FROM generate_series(1, {rows}) AS n;
        INSERT INTO order_account (order_id, contract_id, customer_id, currency, total, paid, status, placed_at)
        SELECT {_id(ORDER, 'n')}, {_id(CONTRACT, 'n')}, {_id(CUSTOMER, 'n')}, 'USD', 30000, 10000, 'active', now() - interval '30 days' FROM generate_series(1, {rows}) AS n;
        INSERT INTO installment (order_id, number, customer_id, due_date, principal, interest, fees, tax, total, paid, paid_principal, status, accrued, reminded, next_attempt_on)
        SELECT {_id(ORDER, 'n')}, k, {_id(CUSTOMER, 'n')}, c.closed_on + 1 + 31 * (k - 1), 10000, 0, 0, 0, 10000, CASE k WHEN 0 THEN 10000 ELSE 0 END, CASE k WHEN 0 THEN 10000 ELSE 0 END,
               CASE k WHEN 0 THEN 'paid' ELSE 'scheduled' END, true, true, CASE k WHEN 0 THEN NULL ELSE c.closed_on + 1 + 31 * (k - 1) END
        FROM generate_series(1, {rows}) AS n, generate_series(0, 2) AS k, clock c;
        INSERT INTO invoice (id, series, number, order_id, customer_id, currency, total, status, issued_on, issued_at)
        SELECT {_id(ENTRY, 'n')}, 'FV', n, {_id(ORDER, 'n')}, {_id(CUSTOMER, 'n')}, 'USD', 30000, 'open', c.closed_on - 30, now() - interval '30 days' FROM generate_series(1, {rows}) AS n, clock c;
        UPDATE invoice_series SET next_number = {rows} + 1 WHERE series = 'FV';
        DELETE FROM job; ANALYZE""", "cuotas_billing")


def count(stack, service, sql):
    return int(stack.postgres.sql(sql, f"cuotas_{service}").strip() or 0)


def follow(stack, rows):
    """From the first charge at the provider: [(seconds, charged, completed)]."""
    began, seen, until = None, [], time.monotonic() + BOUND_S
    while not seen or seen[-1][2] < rows:
        if time.monotonic() > until:
            raise Failed(f"not all of {rows} payments were completed within {BOUND_S} s")
        time.sleep(LOOK_S)
        now, charged, completed = time.monotonic(), count(stack, "sandbox", AT_PROVIDER), count(stack, "billing", COMPLETED)
        if charged and began is None:
            began = now
        if began is not None:
            seen.append((now - began, charged, completed))
    return seen


def rate(seen, place, rows):
    """A second, between the tenth part and the last tenth part of all: neither how it begins nor how it ends."""
    middle = [each for each in seen if 0.1 * rows <= each[place] <= 0.9 * rows]
    if len(middle) < 2:
        raise Failed("too few rows to tell")
    return (middle[-1][place] - middle[0][place]) / (middle[-1][0] - middle[0][0])


def run(directory, options):
    stack = Stack(directory, binaries=os.path.join(options.binaries, "bin"), report=lambda text: None,
                  own_environment={"billing": {"STRIPE_AUTOPAY_PER_SECOND": str(options.limit or 0)}})
    try:
        stack.start()
        customer, card = save_a_card(stack)
        for name in (*OTHERS, "billing"):
            stack.stop_one(name)
        fill(stack, options.rows, customer, card)
        stack.postgres.sql("UPDATE clock SET closed_on = closed_on - 1; UPDATE installment SET due_date = due_date - 1, next_attempt_on = next_attempt_on - 1", "cuotas_billing")
        say(f"{options.rows:,} receivables are due")
        used = {"PostgreSQL": cpu_us(stack.postgres.pid), **{name: cpu_us(stack.server(name).pid) for name in ("sandbox", "gateway")}}
        stack.start_one("billing")
        seen = follow(stack, options.rows)
        now = {"PostgreSQL": cpu_us(stack.postgres.pid), **{name: cpu_us(stack.server(name).pid) for name in ("sandbox", "gateway", "billing")}}
        twice = count(stack, "sandbox", "SELECT count(*) - count(DISTINCT metadata ->> 'payment_id') FROM charge")
        charged = rate(seen, 1, options.rows)
        reached = "" if options.limit else f"   >= {TARGET} {'ok' if charged >= TARGET else 'NO'}"
        print(f"{hardware()}; {options.rows:,} receivables" + (f", at most {options.limit} charges a second" if options.limit else ""))
        print(f"charged    {charged:8.1f} a second{reached}")
        print(f"completed  {rate(seen, 2, options.rows):8.1f} a second; all after {seen[-1][0]:.1f} s; charged twice: {twice}")
        print("CPU us a charge: " + ", ".join(f"{name} {(now[name] - used.get(name, 0)) / options.rows:.0f}" for name in now))
    finally:
        stack.stop()


def main():
    parser = argparse.ArgumentParser(prog="make bench-autopay", description="how many receivables billing charges by itself a second")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--limit", type=int, help="STRIPE_AUTOPAY_PER_SECOND of billing")
    binaries_option(parser)
    options = parser.parse_args()
    return run_in_directory("make bench-autopay", lambda directory: run(directory, options))


if __name__ == "__main__":
    sys.exit(main())
