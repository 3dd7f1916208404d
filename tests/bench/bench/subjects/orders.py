"""Orders: each of a cart of its own, with an Idempotency-Key and a stock hold."""

import os

from .. import load
from ..contenders import WRITE_CONNECTIONS, Contender, Pgbench
from ..job import Job, at_least, ratio
from ..measure import Failed, Supply
from ..orders_floor import OrdersFloor
from ..shared import PGBENCH
from ..world import CUSTOMERS

WITH_EVENTS = f"{PGBENCH}, all services"
WITHOUT_EVENTS = f"{PGBENCH}, without the events"


class Orders(Contender):
    """Orders, each of a cart of its own."""

    def __init__(self, name, pids, world, path, port, header_of):
        super().__init__(name, pids)
        self._world, self._path, self._port = world, path, port
        self._headers = [header_of(customer) for customer in range(CUSTOMERS)]
        self._supply = Supply()
        self._before = 0

    def prepare(self, seconds):
        carts = self._world.new_carts(self._supply.for_seconds(seconds))
        load.write_requests(self._path, [self._world.order_request(cart, self._headers[customer]) for cart, customer in carts])
        self._before = self._world.count("cuotas_orders", "sales_order")

    def run(self, seconds):
        return load.run(self._path, self._port, seconds, WRITE_CONNECTIONS, once=True)

    def finish(self, sample):
        self._supply.learn(sample.rate)
        os.remove(self._path)
        made = self._world.count("cuotas_orders", "sales_order") - self._before
        if made < sample.count:
            raise Failed(f"{sample.count} requests made {made} orders")
        self.settling_s.append(self._world.drain())


def place_order(bench):
    world, ports = bench.world, bench.world.stack.ports
    reference = OrdersFloor(world)
    reference.set_up()
    (cart, customer), = world.new_carts(1)
    return Job("place order", [
        Orders("direct", bench.groups("orders"), world, bench.path(), ports["orders"].number, world.customer_identity),
        Orders("through the gateway", bench.groups("orders", gateway=True), world, bench.path(), ports["gateway"].number, world.token_header),
        Pgbench(WITH_EVENTS, bench.postgres, reference.run_with_events, reference.prepare_with_events, reference.finish_with_events),
        Pgbench(WITHOUT_EVENTS, bench.postgres, reference.run, reference.prepare, reference.finish),
        bench.nginx_static("order", world.order_request(cart, world.customer_identity(customer)), "orders", WRITE_CONNECTIONS)],
        WITH_EVENTS, {"direct": at_least(0.90)},
        [ratio(f"{name}, to pgbench without the events", name, WITHOUT_EVENTS, lambda sample: sample.rate) for name in ("direct", "through the gateway")])
