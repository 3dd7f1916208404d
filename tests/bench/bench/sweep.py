"""Requests a second for 1, 2, 4 ... connections: a product, direct and through the gateway, a page of products, nginx's static reply, and
the same statement by pgbench. As JSON, for plots.py.

    tests/bench/plots.sh runs this, growth.sh and plots.py in turn"""

import argparse
import contextlib
import json
import os
import statistics
import sys

from . import load
from .command import run_in_directory
from .floor import Nginx, pgbench
from .load import Request
from .machine import binaries_option, generated_dir, hardware, say
from .shared import ARGUMENTS, IDS, Bench, spread
from .statements import PICK, Statement, picked
from .world import World

CONNECTIONS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
PGBENCH_MAX = 128        # PostgreSQL has a process for each


def series(bench):
    """{name: function(connections, seconds) of a Sample, or None where it is not asked}."""
    world, ports = bench.world, bench.world.stack.ports
    product = lambda headers: [Request("GET", f"/v1/products/{each}", headers=headers) for each in spread(world.products, IDS)]
    page = lambda headers: [Request("GET", f"/v1/products?limit=20&cursor={each}", headers=headers) for each in spread(world.cursors, ARGUMENTS)]
    direct, through = world.customer_identity(), world.token_header()

    def http(requests, port):
        path = bench.path()
        load.write_requests(path, requests)
        return lambda connections, seconds: load.run(path, port, seconds, connections, once=False)
    arguments = [{"id": each} for each in spread(world.products, ARGUMENTS)]
    values, variables = picked(arguments)
    script = PICK.format(len(arguments)) + Statement(world.generated, "catalog", "get_product").script(values)

    def by_pgbench(connections, seconds):
        """Its time includes connecting, one client after the other, each with a password to check; its rate does not."""
        return pgbench(world, "cuotas_catalog", script, variables, seconds + connections // 16, connections) if connections <= PGBENCH_MAX else None
    size = load.check(product(direct)[0], ports["catalog"].number)
    return {
        "nginx, static reply": http(product(direct)[:1], bench.nginx.add_static("sweep", size)),
        "pgbench, product": by_pgbench,
        "product, direct": http(product(direct), ports["catalog"].number),
        "product, gateway": http(product(through), ports["gateway"].number),
        "page of 20, direct": http(page(direct), ports["catalog"].number),
        "page of 20, gateway": http(page(through), ports["gateway"].number),
    }


def measure(directory, options):
    world = World(directory, options.binaries, generated_dir(options.binaries), say)
    nginx = Nginx(os.path.join(directory, "nginx"))
    with contextlib.ExitStack() as on_end:
        on_end.callback(world.stop)
        on_end.callback(nginx.stop)
        world.start()
        asked = series(Bench(world, nginx, on_end))
        nginx.start()
        world.drain()
        taken = {name: {} for name in asked}
        for number in range(options.rounds + 1):
            say(f"round {number} of {options.rounds}" if number else "warming up")
            for connections in CONNECTIONS if number else (64,):
                for name, run in asked.items():
                    sample = run(connections, options.seconds)
                    world.forget_logs()
                    if sample and number:
                        taken[name].setdefault(connections, []).append(sample)
    return {name: [{"connections": connections, "rate": statistics.median(each.rate for each in samples),
                    "p50_us": statistics.median(each.p50_us for each in samples),
                    "p99_us": None if samples[0].p99_us is None else statistics.median(each.p99_us for each in samples)}
                   for connections, samples in by.items()] for name, by in taken.items()}


def write(directory, options):
    told = measure(directory, options)
    with open(options.json, "w") as file:
        json.dump({"hardware": hardware(), "rounds": options.rounds, "seconds": options.seconds, "sweep": told}, file, indent=1)


def main():
    parser = argparse.ArgumentParser(prog="python3 -m bench.sweep", description="requests a second for a growing number of connections")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=1, help="of each sample")
    parser.add_argument("--json", metavar="FILE", required=True)
    binaries_option(parser)
    options = parser.parse_args()
    return run_in_directory("sweep", lambda directory: write(directory, options))


if __name__ == "__main__":
    sys.exit(main())
