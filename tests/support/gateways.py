"""Gateways of a test's own: other settings, or others behind it, beside the stack's."""

import contextlib
import os

from deploy.stack import services
from deploy.stack.network import Port, http_status
from deploy.stack.process import Process


@contextlib.contextmanager
def gateways(stack, directory, wait_until, end=Process.kill):
    """start(NAME=value, ...) -> (Process, base URL), ready before the stack's services; each is ended with the block. ready: the path that must answer 200,
    None not to wait. before: a command that starts it, as ("/usr/bin/prlimit", ..., "--")."""
    with contextlib.ExitStack() as ends:
        def start(ready="/readyz", before=(), **settings):
            port = Port()
            ends.callback(port.close)
            environment = {**services.service_environment(stack, "gateway"), "LISTEN": port.listen, **settings}
            process = Process("gateway", [*before, os.path.join(stack.binaries, "gateway")], os.path.join(directory, f"gateway-{port.number}.log"), env=environment)
            process.start()
            ends.callback(end, process)
            if ready:
                wait_until(lambda: http_status(port.url + ready, 10) == 200, 20, "a gateway of its own")
            return process, port.url
        yield start
