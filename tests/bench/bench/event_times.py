"""When an order.placed was committed, and when what its consumers made of it was: read from PostgreSQL, which notes the time of every
commit here (track_commit_timestamp). So nothing of ours is asked, and nothing is in the way.

Both times are taken as a commit begins to be made durable: one wait for the disk lies between them. Of the four that listen to orders
two do something about an order.placed: billing opens the order's account, crm writes a line into the customer's timeline."""

import statistics

from .measure import Failed

COMMITTED = "(extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint"
# (what tells the event, in the outbox, which rows it became, what tells it there)
EFFECTS = {"billing": ("subject", "order_account", "order_id"), "crm": ("event_id", "timeline_entry", "id")}


class EventTimes:
    def __init__(self, postgres):
        self._postgres = postgres

    def _rows(self, service, sql):
        return [line.split("\t") for line in self._postgres.sql(sql, f"cuotas_{service}").splitlines()]

    def last(self):
        """The id of the newest event of orders."""
        return int(self._rows("orders", "SELECT coalesce(max(id), 0) FROM outbox")[0][0])

    def applied(self):
        """How many events were applied where it shows, in each consumer."""
        return {service: int(self._rows(service, f"SELECT count(*) FROM {table}")[0][0]) for service, (_, table, _) in EFFECTS.items()}

    def delays(self, after):
        """Of every order.placed behind that one: {consumer: [(committed, applied), ...]}, in microseconds of the wall clock, in order.
        Failed when one was not applied."""
        found = {}
        for service, (key_there, table, key_here) in EFFECTS.items():
            placed = self._rows("orders", f"SELECT {key_there}, {COMMITTED} FROM outbox WHERE id > {after} AND type = 'order.placed'")
            applied = {key: int(at) for key, at in self._rows(service, f"SELECT {key_here}, {COMMITTED} FROM {table}")}
            lost = [key for key, _ in placed if key not in applied]
            if lost:
                raise Failed(f"{service} has not applied the event of {lost[0]}, and {len(lost) - 1} others")
            found[service] = sorted((int(committed), applied[key]) for key, committed in placed)
        return found

    def ended_us(self, after):
        """When the events behind that one were committed, which happened in one transaction; and when the last of them was applied."""
        delays = [each for of_consumer in self.delays(after).values() for each in of_consumer]
        begun = {committed for committed, _ in delays}
        if len(begun) != 1:
            raise Failed("the events were to be committed together")
        return begun.pop(), max(applied for _, applied in delays)


def spread(delays):
    """p50_us and p99_us of [(committed, applied), ...]."""
    ordered = sorted(applied - committed for committed, applied in delays)
    return {"p50_us": ordered[len(ordered) // 2], "p99_us": ordered[len(ordered) * 99 // 100]}


def median_within(delays, since, until):
    """The median delay of the events committed in that part of the time (0..1)."""
    first, last = delays[0][0], delays[-1][0]
    return statistics.median(applied - committed for committed, applied in delays
                             if since <= (committed - first) / max(1, last - first) <= until)


def unapplied_at_end(delays):
    """How many were not applied yet as the last one was committed."""
    return sum(1 for _, applied in delays if applied > delays[-1][0])
