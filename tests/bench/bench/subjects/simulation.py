"""The simulation of a plan: no database, only arithmetic and JSON."""

from ..job import Job
from ..load import Request


def simulation(bench):
    def requests(headers):
        return [Request("POST", "/v1/simulations", {"method": "annuity", "principal": 1_000_000 + 1000 * number, "installments": 12,
                                                    "annual_rate": "0.24", "currency": "USD"}, headers) for number in range(64)]
    return Job("simulation of 12 installments", [
        *bench.served("orders", requests),
        bench.nginx_static("simulation", requests(bench.world.customer_identity())[0], "orders")])
