"""From the start of a process to its first 200 of /readyz, on a migrated database. The processes are second instances beside the stack's
own, each with its database, Redis and peers; the seven together know each other only, as after a power cut."""

from deploy.stack import services
from deploy.stack.network import Port

from ..contenders import Contender
from ..job import Job, at_most, reading
from ..measure import Sample
from ..own import second

SEVEN = (*services.SERVICES, services.GATEWAY)
TOGETHER = "all seven"


class Started(Contender):
    has_rate = False

    def __init__(self, bench):
        super().__init__("start")
        self._bench = bench

    def run(self, seconds):
        readings = {name: 1000 * self._started([second(self._bench, name)]) for name in SEVEN}
        ports = {name: Port() for name in SEVEN}
        peers = {name: port.url for name, port in ports.items()}
        readings[TOGETHER] = 1000 * self._started([second(self._bench, name, peers, port=ports[name]) for name in SEVEN])
        return Sample(readings=readings)

    @staticmethod
    def _started(servers):
        """Seconds until the last of them was ready."""
        try:
            for server in servers:
                server.spawn()
            return max(server.wait_ready() for server in servers)
        finally:
            for server in servers:
                server.stop()


def start(bench):
    return Job("start of a process to its first 200 of /readyz", [Started(bench)], figures=[
        *(reading(name, "start", name, "ms", at_most(100), 0) for name in SEVEN),
        reading(TOGETHER, "start", TOGETHER, "ms", at_most(1000), 0)])
