"""The same reads through a gateway that keeps answers (services/gateway/cache.h), apart from those where it asks for each.

The requests of a job are repeated, 1,024 products or 32 pages: of each the gateway asks about once a second."""

import re

from deploy.stack import api

from . import load
from .contenders import Http
from .job import reading
from .own import keeping_gateway

KEPT = "through the gateway, kept"
KNOWN = "... and If-None-Match"


class Kept(Http):
    """Says what share of its answers came from memory."""

    def __init__(self, name, pids, path, gateway):
        super().__init__(name, pids, path, gateway.port.number)
        self._gateway, self._before = gateway, None

    def _answers(self):
        text = api.request(self._gateway.port.url, "GET", "/metrics")[1].decode()
        found = dict(re.findall(r'^cuotas_cache_requests_total\{answer="([^"]+)"\} (\d+)$', text, re.M))
        return sum(map(int, found.values())), int(found.get("asked", 0))

    def prepare(self, seconds):
        self._before = self._answers()

    def finish(self, sample):
        answers, asked = (after - before for before, after in zip(self._before, self._answers()))
        sample.readings["kept"] = 1 - asked / answers


def kept(bench, service, make_requests):
    """Two contenders, the second with a condition that holds each time: 304, and no body."""
    gateway = keeping_gateway(bench)

    def contender(name, headers):
        path = bench.path()
        load.write_requests(path, make_requests({**bench.world.token_header(), **headers}))
        return Kept(name, lambda: {**bench.groups(service)(), "gateway": [gateway.pid]}, path, gateway)
    return [contender(KEPT, {}), contender(KNOWN, {"If-None-Match": "*"})]


SHARE = reading("share of the answers from memory", KEPT, "kept")
