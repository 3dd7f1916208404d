"""Reads of the catalog."""

import base64

from ..job import Job, at_least
from ..load import Request
from ..shared import ARGUMENTS, IDS, PGBENCH, spread

PAGE_TARGETS = {"direct": at_least(0.95), "through the gateway": at_least(0.80)}


def product_by_id(bench):
    world = bench.world

    def requests(headers):
        return [Request("GET", f"/v1/products/{product}", headers=headers) for product in spread(world.products, IDS)]
    return Job("product by id", [
        *bench.served("catalog", requests),
        bench.nginx_proxy("catalog", requests(world.token_header())),
        bench.pgbench_read("catalog", "get_product", [{"id": each} for each in spread(world.products, ARGUMENTS)]),
        bench.nginx_static("product", requests(world.customer_identity())[0], "catalog")],
        PGBENCH, {"direct": at_least(0.78), "through the gateway": at_least(0.55)})


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
        bench.nginx_static("page", requests(bench.world.customer_identity())[0], "catalog")],
        PGBENCH, PAGE_TARGETS)
