"""A process that is taken for dead, replaced, and wakes up again: what fences and cursors are for.

It stands still for longer than its leases, while a second one of the same service takes over its callers, its events and its jobs. Then it wakes up in the
middle of whatever it did and works beside the other for a while, until one of the two is ended."""

import time

from deploy.stack.network import http_status
from deploy.stack.process import StartError, wait_until

from ..evidence import internal
from .base import Fault, seconds
from .processes import LEASE_S


class Zombie(Fault):
    name, family = "zombie", "zombie"

    def draw(self, rng, world):
        return [(0, rng.choice(world.databases), seconds(rng, LEASE_S + 2, LEASE_S + 5), {"beside_s": seconds(rng, 1, 3)})]

    def holds(self, target):
        return {f"process:{target}"}

    def inject(self, nemesis, step):
        second, port = nemesis.cluster.second(step.target)
        nemesis.stack.pause(step.target)
        try:
            second.start()
            wait_until(lambda: second.running() and http_status(port.url + "/readyz") == 200, 10, f"a second {step.target}")
            for link in nemesis.cluster.links_to(step.target):
                link.lead_to(port.listen)
                link.reset()
        except BaseException:
            self._end(nemesis, step, second, port)
            raise
        return second, port

    def heal(self, nemesis, step, undo):
        second, port = undo
        nemesis.stack.resume(step.target)
        if second.running():
            # The test clock knows one process of each service only; production has none.
            internal(nemesis.stack, step.target, "/internal/test-clock", 5, json={"offset_s": 0})   # it takes the later one, from the database
            time.sleep(step.detail["beside_s"])
        elif second.exit_status is not None:
            nemesis.surprise(f"second {step.target}", f"ended with status {second.exit_status}")
        self._end(nemesis, step, second, port)

    @staticmethod
    def _end(nemesis, step, second, port):
        for link in nemesis.cluster.links_to(step.target):
            link.lead_to(link.target)
            link.reset()
        if second.running() and not second.stop(bound_s=20):
            nemesis.surprise(f"second {step.target}", "did not end within 20 s of SIGTERM and was killed")
        port.close()
        nemesis.stack.resume(step.target)


FAULTS = [Zombie()]
