"""Resident memory: two seconds after the load, with a thousand connections that were used and are idle, and the most it takes while a thousand are
busy. Taken once, at the end: after everything the other jobs did to the service, and a load of reads of its own."""

import resource
import socket
import time

from deploy.stack import services

from .. import load
from ..contenders import READ_CONNECTIONS, Contender
from ..job import Job, at_most, reading
from ..load import Request
from ..measure import Failed, Sample
from ..processes import forget_peak, rss_kb, rss_peak_kb

CONNECTIONS = 1000
SEVEN = (*services.SERVICES, services.GATEWAY)
LOAD_S = 2
IDLE_S = 0.5
CALM_S = 2      # a service gives memory back when it is calm again (service/spare.c)
STAGES = {"after the load": at_most(12), f"{CONNECTIONS:,} idle": at_most(48), f"{CONNECTIONS:,} busy": at_most(48)}


def _reads(world):
    """A read of each service, with who asks."""
    customer, who = world.customers[0][0], world.customer_identity()
    page = f"/v1/products?limit=20&cursor={world.cursors[0]}"
    staff = world.identity_header("staff", customer, "collections.read")
    return {"catalog": (page, who), "orders": ("/v1/orders", who), "billing": (f"/v1/customers/{customer}/statement", who),
            "crm": (f"/v1/customers/{customer}", who), "notifications": ("/v1/notifications", who),
            "collections": ("/v1/collections/cases", staff), "gateway": (page, world.token_header())}


class IdleConnections:
    """Each has had an answer."""

    def __init__(self, port, request):
        self._sockets = []
        try:
            for _ in range(CONNECTIONS):
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                self._sockets.append(connection)
                connection.sendall(request.bytes())
                reply = connection.recv(65536)
                if not reply.startswith(b"HTTP/1.1 200"):
                    raise Failed(f"one of many connections was answered {reply[:100]!r}")
        except BaseException:
            self.close()
            raise

    def close(self):
        for connection in self._sockets:
            connection.close()


class Resident(Contender):
    has_rate = False
    once = True

    def __init__(self, bench):
        super().__init__("memory")
        self._world, self._path = bench.world, bench.path()

    def run(self, seconds):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4 * CONNECTIONS)), hard))
        readings = {}
        for name, (path, headers) in _reads(self._world).items():
            kb = self._of(name, Request("GET", path, headers=headers))
            readings |= {f"{name} {stage}": each / 1024 for stage, each in zip(STAGES, kb)}
        return Sample(readings=readings)

    def _of(self, name, request):
        stack = self._world.stack
        pid, port = stack.server(name).pid, stack.ports[name].number
        load.check(request, port)
        load.write_requests(self._path, [request])
        load.run(self._path, port, LOAD_S, READ_CONNECTIONS, once=False)
        time.sleep(CALM_S)
        after = rss_kb(pid)
        connections = IdleConnections(port, request)
        time.sleep(IDLE_S)
        idle = rss_kb(pid)
        connections.close()
        forget_peak(pid)
        # More than it takes on at once: the rest is told so, and counts as an answer here.
        load.run(self._path, port, LOAD_S, CONNECTIONS, once=False, refusals=True)
        return after, idle, rss_peak_kb(pid)


def memory(bench):
    return Job("resident memory", [Resident(bench)], figures=[
        reading(f"{name}, {stage}", "memory", f"{name} {stage}", "MB", target, 1) for stage, target in STAGES.items() for name in SEVEN])
