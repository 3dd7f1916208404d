"""The simulation of a plan: no database, only arithmetic and JSON."""

from .. import load
from ..job import Job, at_least
from ..load import Request
from ..own import static_server

REQUESTS = 64
INSTALLMENTS = 12
STATIC = "static reply, same server"


def simulation(bench):
    """Held against the same server with a reply of that size made beforehand, which is sent the same requests."""
    def requests(headers):
        return [Request("POST", "/v1/simulations", {"method": "annuity", "principal": 1_000_000 + 1000 * number, "installments": INSTALLMENTS,
                                                    "annual_rate": "0.24", "currency": "USD"}, headers) for number in range(REQUESTS)]
    direct = requests(bench.world.customer_identity())
    static = static_server(bench, load.check(direct[0], bench.world.stack.ports["orders"].number))
    return Job(f"simulation of {INSTALLMENTS} installments", [
        *bench.served("orders", requests),
        bench.repeated(STATIC, direct, static.port.number, lambda: {"service": [static.pid]})],
        STATIC, {"direct": at_least(0.70)})
