"""Events: from the commit to being applied in the consumers, one at a time; how many a second when there are many; whether a load of
orders leaves the consumers behind."""

import http.client
import json
import os
import random
import subprocess
import time

from .. import event_times, load
from ..contenders import WRITE_CONNECTIONS, Contender
from ..event_times import EFFECTS, EventTimes
from ..job import Job, Figure, at_least, at_most, reading
from ..measure import Failed, Sample
from ..world import CUSTOMERS
from .orders import Orders

ALONE_PER_SECOND = 40     # of a sample's seconds: single events
IDLE_S = (0.02, 0.04)     # between two of them
BACKLOG = 2000            # events that appear at once
BACKLOG_BOUND_S = 60
LONG_S = 10
CONSUMERS = ("billing", "catalog", "crm", "notifications")
WAKEUP = "wakeup"


class Alone(Contender):
    """Orders that are placed one at a time, with idle waits between."""

    has_rate = False

    def __init__(self, name, world):
        super().__init__(name)
        self._world, self._times = world, EventTimes(world.stack.postgres)
        self._after = 0

    def run(self, seconds):
        world = self._world
        headers = [world.customer_identity(customer) for customer in range(CUSTOMERS)]
        carts = world.new_carts(ALONE_PER_SECOND * seconds)
        world.drain()
        self._after = self._times.last()
        connection = http.client.HTTPConnection("127.0.0.1", world.stack.ports["orders"].number, timeout=10)
        for cart, customer in carts:
            time.sleep(random.uniform(*IDLE_S))
            request = world.order_request(cart, headers[customer])
            connection.request(request.method, request.path, request.body, request.headers)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status != 201:
                raise Failed(f"an order was answered {reply.status}: {body[:300]}")
        connection.close()
        return Sample(count=len(carts), seconds=seconds)

    def finish(self, sample):
        self._world.drain()
        for service, delays in self._times.delays(self._after).items():
            sample.readings[service] = event_times.spread(delays)


class RedisAlone(Contender):
    """wakeup.c: a row inserted and committed, a message published, a subscriber has it."""

    has_rate = False

    def __init__(self, name, world):
        super().__init__(name)
        self._stack = world.stack
        self._program = os.path.join(world.binaries, "tests", "bench", "wakeup")

    def run(self, seconds):
        count = ALONE_PER_SECOND * seconds
        argv = ["setpriv", "--pdeathsig", "KILL", "--", self._program, self._stack.postgres.superuser_url(), self._stack.redis.socket, str(count)]
        try:
            done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        except FileNotFoundError:
            raise Failed(f"{self._program} is not there; `make bench-build` makes it") from None
        if done.returncode != 0:
            raise Failed(f"wakeup failed ({done.returncode}): {done.stderr[-500:]}")
        return Sample(count=count, seconds=seconds, readings=json.loads(done.stdout))


class Backlog(Contender):
    """Copies of real events, of other orders and customers, that appear in one commit: how fast they are applied."""

    def __init__(self, name, world):
        stack = world.stack
        super().__init__(name, lambda: {"service": [stack.server("orders").pid], "postgres": [stack.postgres.pid],
                                        "other services": [stack.server(service).pid for service in (*CONSUMERS, "redis")]})
        self._world, self._times = world, EventTimes(stack.postgres)
        self._after, self._before = 0, {}

    def prepare(self, seconds):
        self._world.drain()
        self._after, self._before = self._times.last(), self._times.applied()

    def run(self, seconds):
        self._world.stack.postgres.sql(copy_events_sql(BACKLOG), "cuotas_orders")
        self._wait_applied()
        self._world.drain()
        begun, ended = self._times.ended_us(self._after)
        return Sample(count=BACKLOG, seconds=(ended - begun) / 1e6)


    def _wait_applied(self):
        """Looks seldom: looking costs those who apply. When it was, the commits tell."""
        deadline = time.monotonic() + BACKLOG_BOUND_S
        while any(count < self._before[service] + BACKLOG for service, count in self._times.applied().items()):
            if time.monotonic() > deadline:
                raise Failed(f"{BACKLOG} events were not applied within {BACKLOG_BOUND_S} s")
            time.sleep(0.5)


class Behind(Orders):
    """Orders as fast as they can be placed, and how far behind the consumers are meanwhile."""

    has_rate = False
    once = True

    def __init__(self, name, bench):
        world = bench.world
        super().__init__(name, dict, world, bench.path(), world.stack.ports["orders"].number, world.customer_identity)
        self._times = EventTimes(world.stack.postgres)
        self._after = 0

    def prepare(self, seconds):
        super().prepare(LONG_S)
        self._after = self._times.last()

    def run(self, seconds):
        return super().run(LONG_S)

    def finish(self, sample):
        super().finish(sample)
        sample.readings["settled_s"] = self.settling_s[-1]
        for service, delays in self._times.delays(self._after).items():
            sample.readings[service] = {**event_times.spread(delays), "early_us": event_times.median_within(delays, 0.2, 0.4),
                                        "late_us": event_times.median_within(delays, 0.8, 1), "left": event_times.unapplied_at_end(delays)}


def copy_events_sql(count):
    """In orders' database. The customers are spread over all lanes."""
    return f"""
        INSERT INTO outbox (type, subject, customer_id, data, trace, occurred_at)
        SELECT e.type, n.order_id::text, n.customer_id,
               e.data || jsonb_build_object('order_id', n.order_id, 'contract_id', gen_random_uuid(), 'customer_id', n.customer_id),
               e.trace, e.occurred_at
        FROM (SELECT number, gen_random_uuid() AS order_id, gen_random_uuid() AS customer_id FROM generate_series(0, {count - 1}) AS number) AS n
        JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS times
              FROM (SELECT * FROM outbox WHERE type = 'order.placed' ORDER BY id DESC LIMIT 64) AS latest) AS e ON e.place = n.number % e.times"""


def _of(key, *path):
    def value(sample):
        found = sample.readings[key]
        for each in path:
            found = found[each]
        return found / 1000
    return value


def events(bench):
    world = bench.world
    alone, wakeup, long = "one at a time", "Redis alone", f"behind, {LONG_S} s of orders"
    placed, backlog = "place order, direct", f"{BACKLOG:,} events at once"

    def times(name, contender, key, targets=(None, None)):
        return [Figure(f"{name}, {which}", (contender,), _of(key, f"{which}_us"), "ms", target)
                for which, target in zip(("p50", "p99"), targets)]

    def late(service):
        return [Figure(f"{long}: {service}, {name}", (long,), _of(service, key), "ms")
                for name, key in (("p50", "p50_us"), ("p99", "p99_us"), ("p50 of the second fifth", "early_us"), ("p50 of the last fifth", "late_us"))]

    return Job("events, commit to applied", [
        Orders(placed, bench.groups("orders"), world, bench.path(), world.stack.ports["orders"].number, world.customer_identity),
        Backlog(backlog, world), Alone(alone, world), RedisAlone(wakeup, world), Behind(long, bench)],
        placed, {backlog: at_least(1)},
        [each for service in EFFECTS for each in times(f"one at a time, {service}", alone, service, (at_most(2), at_most(5)))]
        + times("Redis alone: insert, commit, PUBLISH, received", wakeup, "insert_commit_publish")
        + times("Redis alone: PUBLISH, received", wakeup, "publish")
        + [each for service in EFFECTS for each in late(service)]
        + [Figure(f"{long}: {service}, not applied at the end", (long,), lambda sample, service=service: sample.readings[service]["left"], "events", digits=0)
           for service in EFFECTS]
        + [reading(f"{long}: all applied after", long, "settled_s", "s")])
