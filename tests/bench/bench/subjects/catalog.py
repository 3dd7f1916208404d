"""Reads of the catalog: one product, pages by name, pages by relevance."""

import base64
import collections
import itertools
import re
import urllib.parse

from .. import load
from ..contenders import Http
from ..job import Job, at_least, ratio
from ..kept import SHARE, kept
from ..load import Request
from ..own import gateway_by_socket
from ..shared import ARGUMENTS, IDS, PGBENCH, spread
from ..world import CATALOG_TIMES

PAGE_TARGETS = {"direct": at_least(0.95), "through the gateway": at_least(0.80)}
BY_SOCKET = "through the gateway, by a unix socket"
BUILT = "pgbench -c 8, document built"
# What the import keeps as a product's `doc`, as a page would have to make it of each row without that.
BUILD = ("rtrim(json_build_object('id', p.id, 'sku', p.sku, 'name', p.name, 'kind', p.kind, 'category', p.category, 'subcategory', p.subcategory, "
         "'price', p.price, 'currency', p.currency, 'status', p.status)::text, '}') AS doc")
COMMON_MIN = 30          # products a word names, of those the demo has once
PAIR_MIN, PAIR_MAX = 5, 60
TOO_SHORT = 4


def _by_socket(bench, requests):
    """Through a gateway beside the catalog, with a unix socket between them instead of TCP over the loopback."""
    gateway, catalog = gateway_by_socket(bench, "catalog")
    path = bench.path()
    load.write_requests(path, requests)
    return Http(BY_SOCKET, lambda: {**bench.groups("catalog")(), "gateway": [gateway.pid], "service": [catalog.pid]}, path, gateway.port.number)


def product_by_id(bench):
    world = bench.world

    def requests(headers):
        return [Request("GET", f"/v1/products/{product}", headers=headers) for product in spread(world.products, IDS)]
    return Job("product by id", [
        *bench.served("catalog", requests), _by_socket(bench, requests(world.token_header())), *kept(bench, "catalog", requests),
        bench.nginx_proxy("catalog", requests(world.token_header())),
        bench.pgbench_read("catalog", "get_product", [{"id": each} for each in spread(world.products, ARGUMENTS)])],
        PGBENCH, {"direct": at_least(0.78), "through the gateway": at_least(0.55), BY_SOCKET: at_least(0.55)}, [SHARE])


def product_page(bench):
    """What storing the document gains is told by the same statement that builds it of the columns."""
    cursors = spread(bench.world.cursors, ARGUMENTS)

    def requests(headers):
        return [Request("GET", f"/v1/products?limit=20&cursor={cursor}", headers=headers) for cursor in cursors]

    def decoded(cursor):
        after_id, after_name = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|", 1)
        return {"after_id": after_id, "after_name": after_name, "limit": 20}
    arguments = [decoded(cursor) for cursor in cursors]
    return Job("product page of 20", [
        *bench.served("catalog", requests), *kept(bench, "catalog", requests),
        bench.pgbench_read("catalog", "list_products", arguments),
        bench.pgbench_read("catalog", "list_products", arguments, BUILT, rename={r"p\.doc": BUILD})],
        PGBENCH, PAGE_TARGETS, [
            SHARE,
            ratio("stored document, to building it", PGBENCH, BUILT, lambda sample: sample.rate, at_least(1.3)),
            ratio("direct, to pgbench building it", "direct", BUILT, lambda sample: sample.rate)])


def _search(bench, name, texts):
    def requests(headers):
        return [Request("GET", f"/v1/products?limit=20&q={urllib.parse.quote(text)}", headers=headers) for text in texts]
    return Job(f"search page of 20, {name}", [
        *bench.served("catalog", requests),
        bench.pgbench_read("catalog", "search_products", [{"q": text, "limit": 20} for text in texts],
                           absent=("category", "subcategory", "after_rank", "after_id"))],
        PGBENCH, PAGE_TARGETS)


def _words(world):
    """The set of words of each product's name, once for each product of the demo."""
    return [{word for word in re.findall(r"[a-z]+", name.lower()) if len(word) >= TOO_SHORT} for name in world.names[::CATALOG_TIMES]]


def search_one_word(bench):
    """Words that name hundreds of products: what ranking costs."""
    counted = collections.Counter(itertools.chain.from_iterable(_words(bench.world)))
    return _search(bench, "one word", spread(sorted(word for word, count in counted.items() if count >= COMMON_MIN), ARGUMENTS))


def search_two_words(bench):
    """Pairs that name tens of products."""
    counted = collections.Counter(pair for words in _words(bench.world) for pair in itertools.combinations(sorted(words), 2))
    return _search(bench, "two words", spread(sorted(" ".join(pair) for pair, count in counted.items() if PAIR_MIN <= count <= PAIR_MAX), ARGUMENTS))
