"""Nothing is stuck: every story that was begun has an end, and no work is left."""

from . import checker
from deploy.stack.services import SERVICES, WITH_DATABASE


@checker
def the_run_came_to_rest(evidence):
    if "rest" not in evidence.record.marks:
        yield "the services did not come to rest after the faults were healed"


@checker
def sagas_ended(evidence):
    """The clock has passed every deadline of the run: orders, payments, refunds, set-ups, holds, messages and events of the provider are decided."""
    for service, what, sql in (
            ("orders", "order past its time", "SELECT id, status, expires_at FROM sales_order WHERE status IN ('draft', 'pending_payment')"),
            ("orders", "contract", """SELECT c.id, c.status, o.status FROM contract c JOIN sales_order o ON o.contract_id = c.id
                WHERE (o.status = 'confirmed') <> (c.status IN ('active', 'settled', 'defaulted')) OR (o.status = 'expired') <> (c.status = 'terminated')"""),
            ("orders", "ordered cart", "SELECT c.id, c.order_id FROM cart c LEFT JOIN sales_order o ON o.id = c.order_id WHERE c.status = 'ordered' AND o.id IS NULL"),
            ("billing", "payment", "SELECT id, status, source, created_at FROM payment WHERE status IN ('processing', 'unknown')"),
            ("billing", "payment of an order given up",
             "SELECT p.id, p.status FROM payment p JOIN order_account a USING (order_id) WHERE p.status = 'requires_action' AND a.status = 'closed'"),
            ("billing", "account in flight", "SELECT order_id, in_flight FROM order_account WHERE in_flight IS NOT NULL"),
            ("billing", "account waiting", "SELECT order_id, status FROM order_account WHERE status = 'pending'"),
            ("billing", "refund", "SELECT id, status, failure_code FROM refund WHERE status <> 'succeeded'"),
            ("billing", "payment method", "SELECT id, status FROM payment_method WHERE status = 'processing'"),
            ("billing", "provider's event", "SELECT event_id, type FROM webhook_event WHERE verdict IS NULL"),
            ("billing", "refused event of the provider", "SELECT event_id, type FROM webhook_event WHERE verdict = 'refused'"),
            ("catalog", "hold", "SELECT id, status, expires_at FROM reservation WHERE status IN ('held', 'extended')"),
            ("notifications", "message", "SELECT id, template, status FROM notification WHERE status <> 'sent'")):
        for row in evidence.rows(service, sql):
            yield f"{service}: {what} {' '.join(map(str, row))}"


@checker
def no_job_is_left(evidence):
    """None due, none given up. Later ones belong to later days."""
    for service in WITH_DATABASE:
        for row in evidence.rows(service, """
                SELECT kind, key, state, attempts, run_at, last_error FROM job
                WHERE state = 'dead' OR run_at <= clock_timestamp() + make_interval(secs => %s)""", (evidence.offsets_s[service],)):
            yield f"{service}: job {' '.join(map(str, row))}"


@checker
def days_were_closed(evidence):
    """Every service that closes days has closed them up to the same one."""
    closed = {}
    for service in ("billing", "collections"):
        closed[service] = evidence.value(service, "SELECT closed_on FROM clock")
    if len(set(closed.values())) != 1 or None in closed.values():
        yield f"the last closed days differ: {closed}"
    for service in SERVICES:   # the sandbox keeps real time
        stored = evidence.value(service, "SELECT offset_s FROM clock")
        if not stored == evidence.offsets_s[service] == evidence.offsets_s["billing"]:
            yield f"{service}'s clock is {evidence.offsets_s[service]} s ahead, stored {stored}; billing's {evidence.offsets_s['billing']}"
