"""Orders a person decides on are decided once, and nothing was sold or owed that was not approved."""

from . import checker


@checker
def reviews_are_decided_once(evidence):
    """A review is what its votes say, each of somebody else, and its order is what the review says."""
    yield from (f"review of {row[0]} is {row[1]}, needs {row[2]}, has {row[3]} approvals and {row[4]} that decline; the order is {row[5]} {row[6]}" for row in evidence.rows("orders", """
        SELECT r.order_id, r.status, r.approvals_needed, v.approved, v.declined, o.status, o.cancel_reason
        FROM credit_review r
        JOIN sales_order o ON o.id = r.order_id
        CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE decision = 'approve') AS approved, count(*) FILTER (WHERE decision = 'decline') AS declined
                            FROM credit_vote WHERE order_id = r.order_id) AS v
        WHERE (CASE r.status WHEN 'approved' THEN v.approved = r.approvals_needed AND v.declined = 0 AND o.status <> 'draft' AND o.cancel_reason IS NULL
                             WHEN 'declined' THEN v.declined = 1 AND o.cancel_reason = 'credit_declined'
                             WHEN 'expired' THEN v.declined = 0 AND v.approved < r.approvals_needed AND o.cancel_reason = 'credit_review_expired'
                             ELSE o.status = 'draft' END) IS NOT TRUE"""))
    accounts = {order for order, in evidence.rows("billing", "SELECT order_id::text FROM order_account")}
    for order, in evidence.rows("orders", "SELECT id::text FROM sales_order WHERE cancel_reason IS NOT NULL"):
        if order in accounts:
            yield f"order {order} was never approved, and billing has an account of it"


@checker
def votes_are_kept(evidence):
    """Who was told of a vote finds it."""
    votes = {row[:2] for row in evidence.rows("orders", "SELECT order_id::text, decision FROM credit_vote")}
    for call in evidence.record.named("review_credit"):
        if call.outcome == "ok" and (call.path.split("/")[3], call.body["decision"]) not in votes:
            yield f"{call}: there is no such vote"
