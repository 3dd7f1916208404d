"""Programs of ours beside the stack's: a server that only answers (static.c), a second gateway with another neighbour behind it, second
instances of the services."""

import functools
import os
import shutil
import socket
import time

from deploy.stack import services
from deploy.stack.network import Port
from deploy.stack.process import Process, wait_until

from .measure import Failed
from .world import UNCACHED

READY_S = 10
POLL_S = 0.001


def pinned(cpu):
    """Words before a command that keep it on one CPU."""
    return (shutil.which("taskset"), "-c", str(cpu))


class SocketFile:
    """A place to listen at, as network.Port is one, that only processes of this machine reach."""

    def __init__(self, path):
        self.number, self.listen, self.url = path, path, f"unix:{path}"

    def close(self):
        pass


def _connection(port):
    if isinstance(port, int):
        return socket.create_connection(("127.0.0.1", port), timeout=2)
    made = socket.socket(socket.AF_UNIX)
    made.settimeout(2)
    made.connect(port)
    return made


def answers_200(port, path):
    """Quick either way, for asking often. port: a number, or a SocketFile's path."""
    try:
        with _connection(port) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


class Server:
    """One process with an environment as the stack's services have it, its log among theirs."""

    def __init__(self, bench, name, program, environment, before=(), port=None):
        self.name = name
        self.port = port or Port()
        self._process = Process(name, [*before, program], os.path.join(bench.world.stack.log_dir, f"bench-{name}.log"),
                                env={**environment, "LISTEN": self.port.listen})
        self._began = 0

    @property
    def pid(self):
        return self._process.pid

    def spawn(self):
        self._began = time.monotonic()
        self._process.start()

    def wait_ready(self):
        """Seconds from spawn() to the first 200 of /readyz."""
        wait_until(self.ready, READY_S, f"/readyz of {self.name}", POLL_S)
        return time.monotonic() - self._began

    def ready(self):
        if not self._process.running():
            raise Failed(f"{self.name} did not start:\n{self._process.log_tail()}")
        return answers_200(self.port.number, "/readyz")

    def stop(self):
        self._process.stop()
        self.port.close()


def _running(bench, server):
    bench.on_end.callback(server.stop)
    server.spawn()
    server.wait_ready()
    return server


def static_server(bench, size):
    """The services' HTTP server with a reply of that many bytes."""
    program = os.path.join(bench.world.binaries, "tests", "bench", "static")
    if not os.path.exists(program):
        raise Failed(f"{program} is not built; `make bench-build` builds it")
    return _running(bench, Server(bench, "static", program, {
        "PATH": "/usr/bin:/bin", "IDENTITY_SECRET": bench.world.stack.credentials["identity"], "STATIC_BYTES": str(size)}))


@functools.lru_cache(maxsize=1)
def keeping_gateway(bench):
    """A gateway like the stack's, that keeps answers as one does by default."""
    environment = services.service_environment(bench.world.stack, services.GATEWAY)
    for name in UNCACHED:
        del environment[name]
    return _running(bench, Server(bench, "gateway-keeping", os.path.join(bench.world.stack.binaries, services.GATEWAY), environment))


def gateway_by_socket(bench, service):
    """(gateway, service): second instances of both, with a unix socket between them, as where they share a machine."""
    file = SocketFile(os.path.join(bench.world.directory, f"{service}.sock"))
    behind = _running(bench, second(bench, service, port=file))
    return second_gateway(bench, {service: file.url}), behind


def second_gateway(bench, peers, before=()):
    """A gateway like the stack's, that finds these peers ({name: URL}) elsewhere."""
    return _running(bench, second(bench, services.GATEWAY, peers, before))


def second(bench, name, peers=None, before=(), port=None):
    """Another instance of a service, on the same database; not started. peers: {name: URL} of those it finds elsewhere."""
    stack = bench.world.stack
    environment = services.service_environment(stack, name)
    environment.update({f"{peer.upper()}_URL": url for peer, url in (peers or {}).items()})
    return Server(bench, name, os.path.join(stack.binaries, name), environment, before, port)
