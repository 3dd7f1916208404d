"""How far it goes, and what breaks first: arithmetic over what was measured, for deploy/SCALING.md. Every figure says whether it was
measured here, computed from that, or assumed.

    python3 -m bench.scale                                        the page's tables, from tests/bench/scale.json, into the page
    python3 -m bench.scale --bench bench.json --growth growth.json    takes what those runs measured into scale.json first"""

import argparse
import json
import math
import os

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INPUTS = os.path.join(HERE, "scale.json")
PAGE = os.path.join(os.path.dirname(os.path.dirname(HERE)), "deploy", "SCALING.md")
BEGIN, END = "<!-- computed by python3 -m bench.scale: begin -->", "<!-- computed: end -->"

# Rows that one order of twelve installments leaves behind in its life: a deposit-free plan, paid in time by autopay.
INSTALLMENTS = 12
ROWS_A_LIFE = {
    "orders.sales_order": 1, "orders.contract": 1, "orders.order_line": 2, "orders.installment": INSTALLMENTS,
    "billing.order_account": 1, "billing.installment": INSTALLMENTS, "billing.payment": INSTALLMENTS, "billing.invoice": 1,
    "billing.posting": 2 + 2 * INSTALLMENTS, "billing.webhook_event": INSTALLMENTS,
    "crm.timeline_entry": 2 + 2 * INSTALLMENTS, "notifications.notification": 2 + 2 * INSTALLMENTS,
}
EVENTS_A_PURCHASE = 6        # order.placed, order.confirmed, payment.succeeded, installment.updated, invoice.issued, notification.sent
EVENTS_A_RECEIVABLE = 6      # due_soon, updated (due), payment.succeeded, updated (paid), notification.sent twice
CONSUMED_A_PURCHASE = 5      # by crm, who reads the most
MAILS_A_RECEIVABLE = 2       # reminder, receipt

# What no bench can know.
ASSUMED = {
    "loose": 1.3,                # pages that work leaves a third emptier than a fresh fill
    "usable": 0.6,               # of a CPU: beyond, queues grow faster than throughput
    "server_cores": 64,
    "pay_day": 5,                # so many times the average falls due on the worst day of a month
    "provider_s": 0.6, "mail_s": 0.15,
    "commit_s": 0.0008,          # how long a row lock is held from its statement to the end of its commit
    "disk_mb_s": 500,            # of WAL, sustained
    "outbox_days": 30,
}
JOBS_RUNNING, MAILS_RUNNING, LANES, POOL = 40, 3, 16, 4 + 8 + 2   # libcommon/base/limits.h; connections a process
MAX_CONNECTIONS = 250
CUSTOMERS, OPEN, PEAK = 10_000_000, 100_000_000, 2_000
PROCESSES = ("gateway", "catalog", "orders", "billing", "crm", "notifications", "collections")


def erlang_c(offered, servers):
    """The share of arrivals that wait, with so many servers and that load (arrivals x service time); Erlang's delay formula."""
    if offered >= servers:
        return 1.0
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked / (1 - offered / servers * (1 - blocked))


class Model:
    def __init__(self, inputs):
        self.cpu_us = inputs["cpu_us_a_purchase"]
        self.wal = inputs["wal_bytes_a_purchase"]
        self.bytes_a_row = inputs["bytes_a_row"]
        self.day_close_us = inputs["day_close_us_a_receivable"]
        self.events_per_s = inputs.get("events_applied_per_s")

    def postgres_us(self):
        return sum(spent for name, spent in self.cpu_us.items() if name.startswith("PostgreSQL"))

    def all_us(self):
        """Without the sandbox, the mail sink and the client, which are the world's."""
        return sum(spent for name, spent in self.cpu_us.items() if name in PROCESSES or name == "redis" or name.startswith("PostgreSQL"))

    def bytes_a_life(self, database=None):
        return sum(self.bytes_a_row[table] * rows for table, rows in ROWS_A_LIFE.items() if database in (None, table.split(".")[0])) * ASSUMED["loose"]

    def per_process(self, service):
        """Purchases a second of one process."""
        return 1e6 * ASSUMED["usable"] / self.cpu_us[service]

    def server(self, spent_us):
        return 1e6 * ASSUMED["usable"] * ASSUMED["server_cores"] / spent_us

    # ---- the ladder: (purchases a second it carries, what, how known, what then)

    def limits(self):
        biggest = max((name for name in self.cpu_us if name.startswith("PostgreSQL, ")), key=self.cpu_us.get)
        rungs = [
            (2e6 / self.all_us(), "the bench's machine, two CPUs for everything", "measured CPU", "a bigger machine; nothing to change"),
            (min(map(self.per_process, PROCESSES)), f"one process of {min(PROCESSES, key=self.per_process)}", "measured CPU", "WORKERS, replicas"),
            (1 / ASSUMED["commit_s"], "the one series of invoice numbers, locked until each commit; also the stock of one product in a flash sale", "assumed commit", "a series a shop or a lane; stock in shares"),
            (self.server(self.postgres_us()), f"one PostgreSQL of {ASSUMED['server_cores']} cores for all databases", "measured CPU", "a server for each service's database"),
            (MAX_CONNECTIONS / POOL / len(PROCESSES[1:]) * min(map(self.per_process, PROCESSES[1:])), f"{MAX_CONNECTIONS} connections, {POOL} a process", "computed",
             "a higher max_connections, smaller pools, a server a service"),
            (self.server(self.cpu_us[biggest]), f"one PostgreSQL of {ASSUMED['server_cores']} cores for {biggest.removeprefix('PostgreSQL, ')} alone", "measured CPU", "partitions by customer on several servers"),
            (ASSUMED["disk_mb_s"] * 1e6 / self.wal, f"WAL at {ASSUMED['disk_mb_s']} MB/s on one disk", "measured WAL", "a server a service, then partitions"),
            (LANES / ASSUMED["commit_s"] / 2, "the sixteen chains of the ledger, two entries a purchase", "assumed commit", "more chains: a number kept in ledger_head"),
        ]
        if self.events_per_s:
            rungs.append((self.events_per_s / CONSUMED_A_PURCHASE, "what one process applies of one producer's events (crm, of all others)", "measured rate",
                          "share the lanes out among processes"))
        return sorted(rungs)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.0f}"


def size(value):
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if value >= unit:
            return f"{value / unit:.3g} {name}"
    return f"{value:.0f} B"


def table(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def storage(model):
    lives = OPEN / INSTALLMENTS
    rows = [[f"`{name}`", ROWS_A_LIFE[name], number(model.bytes_a_row[name]), size(model.bytes_a_row[name] * ROWS_A_LIFE[name] * ASSUMED["loose"])] for name in ROWS_A_LIFE]
    by_database = ", ".join(f"{name} {size(model.bytes_a_life(name) * lives)}" for name in ("orders", "billing", "crm", "notifications"))
    outbox = OPEN / 365 * EVENTS_A_RECEIVABLE * ASSUMED["outbox_days"] * model.bytes_a_row["billing.outbox"]
    return "\n\n".join([
        table(["table", "rows an order's life", "bytes a row with its indexes (measured)", f"an order's life, × {ASSUMED['loose']} (computed)"], rows),
        f"An order's life takes {size(model.bytes_a_life())} (computed). {OPEN / 1e6:.0f} million installments are {lives / 1e6:.1f} million orders: "
        f"**{size(model.bytes_a_life() * lives)}** ({by_database}; computed). The outboxes keep {ASSUMED['outbox_days']} days: {size(outbox)} (computed, "
        f"{number(model.bytes_a_row['billing.outbox'])} bytes an event measured)."])


def purchase(model):
    rows = []
    for name, spent in sorted(model.cpu_us.items(), key=lambda each: -each[1]):
        if name in PROCESSES or name == "redis" or name.startswith("PostgreSQL"):
            rows.append([name, number(spent), f"{PEAK * spent / 1e6 / ASSUMED['usable']:.1f}"])
    rows.append(["**together**", f"**{number(model.all_us())}**", f"**{PEAK * model.all_us() / 1e6 / ASSUMED['usable']:.0f}**"])
    events = PEAK * EVENTS_A_PURCHASE
    return "\n\n".join([
        table(["who", "CPU µs a purchase (measured)", f"CPUs for {PEAK:,} a second, {ASSUMED['usable']:.0%} busy (computed)"], rows),
        f"{PEAK:,} purchases a second also are {size(PEAK * model.wal)}/s of WAL ({size(model.wal)} each, measured), {events:,} events/s, "
        f"of which crm applies {PEAK * CONSUMED_A_PURCHASE:,}, and {PEAK * 2:,} mails/s (computed): an hour of it is "
        f"{size(PEAK * 3600 * model.wal)} of WAL and {PEAK * 3600 * 2 / 1e6:.1f} million mails, which may leave later than they are written."])


def day(model):
    rows = []
    for name, due in (("an even day", OPEN / 365), ("the worst pay day", OPEN / 365 * ASSUMED["pay_day"])):
        close_s = due * model.day_close_us / 1e6
        one_process = JOBS_RUNNING / ASSUMED["provider_s"]
        mails, mail_rate = due * MAILS_A_RECEIVABLE, MAILS_RUNNING / ASSUMED["mail_s"]
        rows.append([name, number(due), f"{close_s / 60:.1f} min", f"{due * EVENTS_A_RECEIVABLE / 1e6:.1f} M" + (f", {number(due * EVENTS_A_RECEIVABLE / model.events_per_s / 60)} min" if model.events_per_s else ""),
                     f"{due / one_process / 3600:.1f} h, or {math.ceil(due / one_process / 7200)} for two hours",
                     f"{number(mails)}; {mails / mail_rate / 3600:.1f} h, or {math.ceil(mails / mail_rate / 7200)} for two hours"])
    steady = OPEN / 365 / 86400
    places = next(count for count in range(1, 1000) if erlang_c(steady * ASSUMED["provider_s"], count) < 0.01)
    return "\n\n".join([
        table(["", "receivables due", f"close, {number(model.day_close_us)} µs each (measured), one connection", "events" + (", and one consumer's time for them" if model.events_per_s else ""),
               f"charges at {ASSUMED['provider_s']} s: one process of {JOBS_RUNNING} places, or processes", f"mails at {ASSUMED['mail_s']} s: one process of {MAILS_RUNNING}, or processes"], rows),
        f"Spread evenly over the day the charges are {steady:.1f} a second, and {places} places would keep all but one of a hundred from waiting (Erlang C, computed); "
        "they are not: all of them fall due at one midnight, so the number of places only says when the last one has been asked."])


def ladder(model):
    rows = [[place, number(rate), f"{rate * 86400 / 1e6:.3g} M", what, known, then] for place, (rate, what, known, then) in enumerate(model.limits(), 1)]
    return table(["", "purchases a second", "a day", "what ends there", "from", "what then"], rows)


def page(model, inputs):
    mean = OPEN / INSTALLMENTS / 365 / 86400
    return "\n\n".join([
        f"Measured on: {inputs['hardware']}. {CUSTOMERS / 1e6:.0f} million customers with {OPEN / 1e6:.0f} million installments are {OPEN / INSTALLMENTS / 1e6:.1f} million orders of "
        f"{INSTALLMENTS} a year: {mean:.2f} orders a second on average, so {PEAK:,} a second is {number(PEAK / mean)} times the average: a sale's first hour, not a day (computed).",
        "### Where it ends, step by step", ladder(model), f"### {PEAK:,} purchases a second", purchase(model),
        f"### The day's close over {OPEN / 1e6:.0f} million installments", day(model), "### Storage", storage(model)])


# ---- inputs

def take_bench(inputs, told):
    for job in told["jobs"]:
        figures = {row["figure"]: row["value"] for row in job["figures"] if row["value"] is not None}
        spent = {name.removeprefix("CPU of "): value for name, value in figures.items() if name.startswith("CPU of ")}
        if spent:
            inputs["cpu_us_a_purchase"] = {name: value for name, value in spent.items() if name not in ("client", "mail", "sandbox", "PostgreSQL, sandbox")}
            inputs["wal_bytes_a_purchase"] = figures["WAL in all"]
        for row in job["rates"]:
            if "events at once" in row["contender"]:
                inputs["events_applied_per_s"] = row["rate"]
    inputs["hardware"] = told["hardware"]


def take_growth(inputs, told):
    inputs.setdefault("bytes_a_row", {}).update(told["bytes_a_row"])
    for row in told["growth"]:
        if row["subject"] == "receivables":
            inputs["day_close_us_a_receivable"] = row["p50_us"][-1]
    inputs["hardware"] = told["hardware"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bench", metavar="FILE", help="of tests/bench/run.sh --json, with the jobs purchase and events")
    parser.add_argument("--growth", metavar="FILE", help="of tests/bench/growth.sh --json")
    options = parser.parse_args()
    inputs = {}
    if os.path.exists(INPUTS):
        with open(INPUTS) as file:
            inputs = json.load(file)
    for source, take in ((options.bench, take_bench), (options.growth, take_growth)):
        if source:
            with open(source) as file:
                take(inputs, json.load(file))
    with open(INPUTS, "w") as file:
        json.dump(inputs, file, indent=1, sort_keys=True)
        file.write("\n")
    with open(PAGE) as file:
        text = file.read()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    with open(PAGE, "w") as file:
        file.write(f"{before}{BEGIN}\n{page(Model(inputs), inputs)}\n{END}{after}")


if __name__ == "__main__":
    main()
