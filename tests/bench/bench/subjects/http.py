"""What HTTP costs by itself: a static reply of a service, and the gateway before a backend that costs next to nothing. As one measures
servers: the one measured alone on the first CPU, wrk (and the backend) on the last one."""

import os

from .. import load
from ..contenders import READ_CONNECTIONS, Http
from ..floor import Nginx
from ..job import Job, at_least, at_most, ratio
from ..load import Request
from ..own import pinned, second_gateway

BACKEND_BYTES = 200
GATEWAY = "our gateway"
NGINX_PROXY = "nginx proxy_pass"
NGINX_STATIC = "nginx return 200"


def _cpus():
    """(of the server, of everything else)"""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


def _nginx(bench, name, cpu):
    """One of its own; to be started when its servers are added."""
    nginx = Nginx(os.path.join(bench.world.directory, name), pinned(cpu))
    bench.on_end.callback(nginx.stop)
    return nginx


class OnCpu(Http):
    """A server that others use as well, kept on one CPU while it is measured."""

    def __init__(self, *arguments, pid, cpu, **named):
        super().__init__(*arguments, **named)
        self._pid, self._cpu, self._before = pid, cpu, None

    def prepare(self, seconds):
        self._before = os.sched_getaffinity(self._pid())
        self._pin({self._cpu})

    def finish(self, sample):
        self._pin(self._before)

    def _pin(self, cpus):
        for thread in os.listdir(f"/proc/{self._pid()}/task"):
            os.sched_setaffinity(int(thread), cpus)


def static_reply(bench):
    """/livez of the catalog, with a signed identity: what every request of a service takes (head, route, identity, request id, access
    log, metrics, admission), and nothing else."""
    world = bench.world
    server_cpu, client_cpu = _cpus()
    request = Request("GET", "/livez", headers=world.customer_identity())
    port = world.stack.ports["catalog"].number
    nginx = _nginx(bench, "nginx-static", server_cpu)
    nginx_port = nginx.add_static("livez", load.check(request, port))
    nginx.start()
    path = bench.path()
    load.write_requests(path, [request])

    def pid():
        return world.stack.server("catalog").pid
    return Job("static reply of a service (/livez)", [
        OnCpu("direct", lambda: {"service": [pid()]}, path, port, client=pinned(client_cpu), pid=pid, cpu=server_cpu),
        Http(NGINX_STATIC, lambda: {"nginx": [nginx.pid]}, path, nginx_port, client=pinned(client_cpu))],
        NGINX_STATIC, {"direct": at_least(1.0)})


def gateway_proxy(bench):
    """A product, by a customer's token. Behind both: nginx with a fixed reply, which the gateway takes for the catalog."""
    world = bench.world
    server_cpu, client_cpu = _cpus()
    backend, proxy = _nginx(bench, "nginx-backend", client_cpu), _nginx(bench, "nginx-proxy", server_cpu)
    backend_port = backend.add_static("backend", BACKEND_BYTES)
    proxy_port = proxy.add_proxy("backend", backend_port, {"X-Request-Id": "$request_id"})
    backend.start()
    proxy.start()
    gateway = second_gateway(bench, {"catalog": f"http://127.0.0.1:{backend_port}"}, pinned(server_cpu))
    request = Request("GET", f"/v1/products/{world.products[0]}", headers=world.token_header())
    load.check(request, gateway.port.number)
    path = bench.path()
    load.write_requests(path, [request])

    def sent_to(name, port, **pids):
        groups = {"other services": [backend.pid], **pids}
        return Http(name, lambda: groups, path, port, READ_CONNECTIONS, client=pinned(client_cpu))
    return Job(f"gateway before a reply of {BACKEND_BYTES} bytes", [
        sent_to(GATEWAY, gateway.port.number, gateway=[gateway.pid]), sent_to(NGINX_PROXY, proxy_port, nginx=[proxy.pid]),
        sent_to("nobody before it", backend_port)],
        NGINX_PROXY, {GATEWAY: at_least(1.05)}, _gateway_figures())


def _gateway_figures():
    def cpu_us(sample):
        return sample.cost_us("gateway") or sample.cost_us("nginx")
    return [ratio("CPU per request, to nginx's", GATEWAY, NGINX_PROXY, cpu_us, at_most(0.85)),
            ratio("p50, to nginx's", GATEWAY, NGINX_PROXY, lambda sample: sample.p50_us),
            ratio("p99, to nginx's", GATEWAY, NGINX_PROXY, lambda sample: sample.p99_us, at_most(0.9))]
