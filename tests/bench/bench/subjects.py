"""What is measured. A job is a thing users do; its contenders do it side by side: the service, the gateway before it, the references.

To measure another: a function here that returns its Job, listed in JOBS."""

import base64
import dataclasses
import itertools
import os

from . import load
from .floor import pgbench
from .load import Request
from .measure import Failed, Supply, metered
from .orders_floor import OrdersFloor
from .statements import PICK, Statement, picked
from .world import CUSTOMERS

READ_CONNECTIONS = 64
WRITE_CONNECTIONS = 32
IDS = 1024               # requests prepared for a read; they are repeated
ARGUMENTS = 32           # of a statement in pgbench


@dataclasses.dataclass
class Job:
    name: str
    contenders: list


class Contender:
    """floor: "pgbench" or "nginx" for what the others are held against."""

    floor = None

    def __init__(self, name, pids):
        """pids: called when the time comes: {group: [pid, ...]} of whose CPU time counts."""
        self.name = name
        self._pids = pids
        self.settling_s = []     # how long what it left behind took, each time

    def sample(self, seconds):
        self.prepare(seconds)
        sample = metered(self._pids(), lambda: self.run(seconds))
        self.finish(sample)
        return sample

    def prepare(self, seconds):
        """Not measured; like finish()."""

    def run(self, seconds):
        raise NotImplementedError

    def finish(self, sample):
        pass


class Http(Contender):
    """The same requests over and over."""

    def __init__(self, name, pids, path, port, connections=READ_CONNECTIONS, floor=None):
        super().__init__(name, pids)
        self.floor = floor
        self._path, self._port, self._connections = path, port, connections

    def run(self, seconds):
        return load.run(self._path, self._port, seconds, self._connections, once=False)


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


class Pgbench(Contender):
    floor = "pgbench"

    def __init__(self, name, pids, run, prepare=None, finish=None):
        super().__init__(name, pids)
        self.run = run
        self.prepare = prepare or self.prepare
        self.finish = finish or self.finish


class Bench:
    """What the jobs below share: the world, the references, and names for groups of processes."""

    def __init__(self, world, nginx):
        self.world = world
        self.nginx = nginx
        self._files = itertools.count()

    def groups(self, service, gateway=False, nginx=False):
        """A function, for Contender."""
        stack = self.world.stack
        others = [name for name in stack.service_urls if name not in ("gateway", service)]
        return lambda: {"service": [stack.server(service).pid], "postgres": [stack.postgres.pid],
                        "other services": [stack.server(name).pid for name in (*others, "redis")],
                        "gateway": [stack.server("gateway").pid] if gateway else [], "nginx": [self.nginx.pid] if nginx else []}

    def path(self):
        return os.path.join(self.world.directory, f"requests-{next(self._files)}")

    def repeated(self, name, requests, port, pids, connections=READ_CONNECTIONS, floor=None):
        path = self.path()
        load.write_requests(path, requests)
        return Http(name, pids, path, port, connections, floor)

    def served(self, service, make_requests):
        """The service itself and the gateway before it. make_requests(headers of the caller): a list of Request."""
        ports = self.world.stack.ports
        direct, through = make_requests(self.world.customer_identity()), make_requests(self.world.token_header())
        load.check(direct[0], ports[service].number)
        load.check(through[0], ports["gateway"].number)
        return [self.repeated("direct", direct, ports[service].number, self.groups(service)),
                self.repeated("through the gateway", through, ports["gateway"].number, self.groups(service, gateway=True))]

    def nginx_proxy(self, service, requests):
        """nginx where the gateway is: it passes on with an identity made once, checks no token and limits nothing."""
        port = self.nginx.add_proxy(service, self.world.stack.ports[service].number, self.world.customer_identity())
        return self.repeated("through nginx instead", requests, port, self.groups(service, nginx=True))

    def nginx_static(self, name, request, service, connections=READ_CONNECTIONS):
        """nginx answering this request with a reply of the size the service gives."""
        size = load.check(request, self.world.stack.ports[service].number)
        port = self.nginx.add_static(name, size)
        return self.repeated(f"nginx, static {size:,} bytes", [request], port, lambda: {"nginx": [self.nginx.pid]}, connections, "nginx")

    def pgbench_read(self, service, statement, arguments):
        """The service's statement, with one of these arguments (a list of dicts) each time."""
        values, variables = picked(arguments)
        script = PICK.format(len(arguments)) + Statement(self.world.generated, service, statement).script(values)
        return Pgbench("pgbench -c 8", self.postgres, lambda seconds: pgbench(self.world, f"cuotas_{service}", script, variables, seconds))

    def postgres(self):
        return {"postgres": [self.world.stack.postgres.pid]}


def spread(values, count):
    """That many of them, evenly."""
    return [values[place * len(values) // count] for place in range(min(count, len(values)))]


# ---- the jobs

def product_by_id(bench):
    world = bench.world

    def requests(headers):
        return [Request("GET", f"/v1/products/{product}", headers=headers) for product in spread(world.products, IDS)]
    return Job("product by id", [
        *bench.served("catalog", requests),
        bench.nginx_proxy("catalog", requests(world.token_header())),
        bench.pgbench_read("catalog", "get_product", [{"id": each} for each in spread(world.products, ARGUMENTS)]),
        bench.nginx_static("product", requests(world.customer_identity())[0], "catalog")])


def product_page(bench):
    cursors = spread(bench.world.cursors, ARGUMENTS)

    def requests(headers):
        return [Request("GET", f"/v1/products?limit=20&cursor={cursor}", headers=headers) for cursor in cursors]

    def arguments(cursor):
        after_id, after_name = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|", 1)
        return {"after_id": after_id, "after_name": after_name, "limit": 20}
    return Job("product page of 20", [
        *bench.served("catalog", requests),
        bench.pgbench_read("catalog", "list_products", [arguments(cursor) for cursor in cursors]),
        bench.nginx_static("page", requests(bench.world.customer_identity())[0], "catalog")])


def simulation(bench):
    def requests(headers):
        return [Request("POST", "/v1/simulations", {"method": "annuity", "principal": 1_000_000 + 1000 * number, "installments": 12,
                                                    "annual_rate": "0.24", "currency": "USD"}, headers) for number in range(64)]
    return Job("simulation of 12 installments", [
        *bench.served("orders", requests),
        bench.nginx_static("simulation", requests(bench.world.customer_identity())[0], "orders")])


def place_order(bench):
    world, ports = bench.world, bench.world.stack.ports
    reference = OrdersFloor(world)
    reference.set_up()
    (cart, customer), = world.new_carts(1)
    return Job("place order", [
        Orders("direct", bench.groups("orders"), world, bench.path(), ports["orders"].number, world.customer_identity),
        Orders("through the gateway", bench.groups("orders", gateway=True), world, bench.path(), ports["gateway"].number, world.token_header),
        Pgbench("pgbench -c 8", bench.postgres, reference.run, reference.prepare, reference.finish),
        bench.nginx_static("order", world.order_request(cart, world.customer_identity(customer)), "orders", WRITE_CONNECTIONS)])


JOBS = {"product": product_by_id, "page": product_page, "simulation": simulation, "order": place_order}
