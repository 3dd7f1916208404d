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
                WHERE (o.status IN ('confirmed', 'completed')) <> (c.status IN ('active', 'settled', 'defaulted', 'written_off')) OR (o.status IN ('expired', 'canceled')) <> (c.status = 'terminated')"""),
            ("orders", "change", "SELECT id, kind, status FROM contract_change WHERE status = 'confirming'"),
            ("orders", "quote past its time", """SELECT q.id, q.version, v.expires_at FROM quote q JOIN quote_version v ON v.quote_id = q.id AND v.version = q.version
                JOIN cart c ON c.id = q.id WHERE q.status = 'approved' AND c.status = 'open' AND v.expires_at < (SELECT clock_timestamp() + make_interval(secs => offset_s) FROM clock)"""),
            ("orders", "ordered cart", "SELECT c.id, c.order_id FROM cart c LEFT JOIN sales_order o ON o.id = c.order_id WHERE c.status = 'ordered' AND o.id IS NULL"),
            ("billing", "payment", "SELECT id, status, source, created_at FROM payment WHERE status IN ('processing', 'unknown')"),
            ("billing", "payment of an order given up",
             "SELECT p.id, p.status FROM payment p JOIN order_account a USING (order_id) WHERE p.status = 'requires_action' AND a.status = 'closed'"),
            ("billing", "account in flight", "SELECT order_id, in_flight FROM order_account WHERE in_flight IS NOT NULL"),
            ("billing", "account waiting", "SELECT order_id, status FROM order_account WHERE status = 'pending'"),
            ("billing", "refund", "SELECT id, status, failure_code FROM refund "
                                   "WHERE status NOT IN ('succeeded', 'canceled') AND NOT (status = 'failed' AND failure_code = 'by_hand') AND NOT (status = 'failed' AND payment_id IN (SELECT payment_id FROM dispute UNION SELECT payment_id FROM refund WHERE reason = 'credit'))"),
            ("billing", "payment method", "SELECT id, status FROM payment_method WHERE status = 'processing'"),
            ("billing", "provider's event", "SELECT event_id, type FROM webhook_event WHERE verdict IS NULL"),
            ("billing", "refused event of the provider", "SELECT event_id, type FROM webhook_event WHERE verdict = 'refused'"),
            ("catalog", "hold", "SELECT id, status, expires_at FROM reservation WHERE status IN ('held', 'extended')"),
            # Without a consent it ends unsent; outside the hours for it, it waits for a later day.
            ("notifications", "message", """SELECT n.id, n.template, n.status FROM notification n LEFT JOIN template t ON t.code = n.template AND t.language = 'es'
                WHERE n.status <> 'sent' AND (t.purpose IS NULL OR n.status <> 'suppressed'
                      AND NOT (n.status = 'queued' AND EXISTS (SELECT FROM job j WHERE j.kind IN ('send_mail', 'send_wanted_mail') AND j.payload ->> 'notification_id' = n.id::text)))""")):
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
