"""What the jobs share: the world, the references, and names for groups of processes."""

import itertools
import os

from . import load
from .contenders import READ_CONNECTIONS, Http, Pgbench
from .floor import pgbench
from .statements import PICK, Statement, picked

IDS = 1024               # requests prepared for a read; they are repeated
ARGUMENTS = 32           # of a statement in pgbench
PGBENCH = "pgbench -c 8"


class Bench:
    """on_end: an ExitStack for what a job starts and must stop."""

    def __init__(self, world, nginx, on_end):
        self.world = world
        self.nginx = nginx
        self.on_end = on_end
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

    def repeated(self, name, requests, port, pids, connections=READ_CONNECTIONS):
        path = self.path()
        load.write_requests(path, requests)
        return Http(name, pids, path, port, connections)

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
        return self.repeated(f"nginx, static {size:,} bytes", [request], port, lambda: {"nginx": [self.nginx.pid]}, connections)

    def pgbench_read(self, service, statement, arguments, name=PGBENCH, absent=(), rename=None):
        """The service's statement, with one of these arguments (a list of dicts) each time. absent: parameters that are NULL, which the
        planner does not know either. rename: as Statement.script()."""
        values, variables = picked(arguments)
        values |= {parameter: "nullif(:none, '-')" for parameter in absent}
        variables |= {"none": "-"} if absent else {}
        script = PICK.format(len(arguments)) + Statement(self.world.generated, service, statement).script(values, rename)
        return Pgbench(name, self.postgres, lambda seconds: pgbench(self.world, f"cuotas_{service}", script, variables, seconds))

    def postgres(self):
        return {"postgres": [self.world.stack.postgres.pid]}


def spread(values, count):
    """That many of them, evenly."""
    return [values[place * len(values) // count] for place in range(min(count, len(values)))]
