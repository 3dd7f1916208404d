"""Recording a payment: the provider's signed event comes in, is kept, and its job completes the payment: allocation to the oldest installment,
postings, events. The unit is the payment completed, not the event received: a sample lasts until the last job is done."""

import signal
import time

from .. import load
from ..contenders import WRITE_CONNECTIONS, Contender, Pgbench
from ..job import Job, at_least
from ..measure import Failed
from ..payments import Payments, PaymentsFloor, PaymentSupply
from ..shared import PGBENCH

CONSUMERS = ("orders", "crm", "notifications", "collections")
# Events come in faster than they are acted on. When they run out early there is nothing wrong as long as a backlog is left.
BACKLOG_MIN_S = 0.1
# Returns when no event is left to act on.
ACTED_ON = """DO $$ BEGIN
    WHILE EXISTS (SELECT FROM job WHERE kind = 'process_webhook' AND state = 'ready') LOOP PERFORM pg_sleep(0.01); COMMIT; END LOOP;
END $$"""


class Recorded(Contender):
    """alone: the services that apply the payments' events are stopped meanwhile, and do it afterwards."""

    def __init__(self, name, bench, payments, alone):
        super().__init__(name, bench.groups("billing"))
        self._world, self._payments, self._alone = bench.world, payments, alone
        self._path, self._supply, self._before = bench.path(), PaymentSupply(), 0

    def _completed(self):
        return int(self._world.stack.postgres.sql("SELECT count(*) FROM payment WHERE status = 'succeeded'", "cuotas_billing"))

    def prepare(self, seconds):
        count = self._supply.for_seconds(seconds)
        first = self._payments.new(count)
        nobody = self._world.identity_header("none", "", "")   # as the gateway says of a caller without a token
        load.write_requests(self._path, [self._payments.webhook(number, nobody) for number in range(first, first + count)])
        self._before = self._completed()
        self._signal(signal.SIGSTOP)

    def run(self, seconds):
        sample = load.run(self._path, self._world.stack.ports["billing"].number, seconds, WRITE_CONNECTIONS, once=True, may_run_out=True)
        received, began = sample.count, time.monotonic()
        self._supply.learn(sample.rate)   # events come in faster than they are acted on
        self._world.stack.postgres.sql(ACTED_ON, "cuotas_billing")
        waited_s = time.monotonic() - began
        if sample.readings.pop("ran_out") and waited_s < BACKLOG_MIN_S:
            raise Failed("the events ran out, and were acted on before the load ended: prepare more")
        sample.seconds += waited_s
        sample.count = self._completed() - self._before
        if sample.count < received:
            raise Failed(f"{received} events completed {sample.count} payments")
        return sample

    def finish(self, sample):
        self._signal(signal.SIGCONT)
        self.settling_s.append(self._world.drain())

    def _signal(self, number):
        for name in CONSUMERS if self._alone else ():
            self._world.stack.server(name).send(number)


def record_payment(bench):
    payments = Payments(bench.world)
    payments.set_up()
    reference = PaymentsFloor(bench.world, payments)
    reference.set_up()
    return Job("record payment", [
        Recorded("direct", bench, payments, alone=True),
        Recorded("direct, events applied too", bench, payments, alone=False),
        Pgbench(PGBENCH, bench.postgres, reference.run, reference.prepare, reference.finish)],
        PGBENCH, {"direct": at_least(0.90)})
