"""Programs of ours beside the stack's: a server that only answers (static.c), a second gateway with another neighbour behind it."""

import os
import shutil

from deploy.stack import services
from deploy.stack.network import Port, http_status
from deploy.stack.process import Process, wait_until

from .measure import Failed

READY_S = 10


def pinned(cpu):
    """Words before a command that keep it on one CPU."""
    return (shutil.which("taskset"), "-c", str(cpu))


class Server:
    """One process with the stack's secrets, its log among the stack's. start() when wanted; bench.on_end stops it."""

    def __init__(self, bench, name, program, environment, before=()):
        stack = bench.world.stack
        self.port = Port()
        self._process = Process(name, [*before, program], os.path.join(stack.log_dir, f"{name}.log"),
                                env={**environment, "LISTEN": self.port.listen})
        bench.on_end.callback(self.port.close)
        bench.on_end.callback(self._process.stop)
        self._process.start()
        wait_until(self._ready, READY_S, f"/readyz of {name}")

    @property
    def pid(self):
        return self._process.pid

    def _ready(self):
        if not self._process.running():
            raise Failed(f"{self._process.name} did not start:\n{self._process.log_tail()}")
        return http_status(self.port.url + "/readyz") == 200


def static_server(bench, size):
    """The services' HTTP server with a reply of that many bytes."""
    program = os.path.join(bench.world.binaries, "tests", "bench", "static")
    if not os.path.exists(program):
        raise Failed(f"{program} is not built; `make bench-build` builds it")
    return Server(bench, "static", program, {"PATH": "/usr/bin:/bin", "IDENTITY_SECRET": bench.world.stack.credentials["identity"],
                                             "STATIC_BYTES": str(size)})


def second_gateway(bench, peers, before):
    """A gateway like the stack's, that finds these peers ({name: URL}) elsewhere."""
    stack = bench.world.stack
    environment = services.service_environment(stack, services.GATEWAY)
    environment.update({f"{peer.upper()}_URL": url for peer, url in peers.items()})
    return Server(bench, "gateway-pinned", os.path.join(stack.binaries, services.GATEWAY), environment, before)
