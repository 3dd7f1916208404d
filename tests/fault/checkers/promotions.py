"""Prices of their own: a promotion is used as often as holds have it, and never more often than it may be; a quote is ordered once, as it was approved."""

import collections

from . import checker


@checker
def promotions_are_used_by_what_was_sold(evidence):
    """In the catalog by holds and by customer; and each use is an order's that was sold cheaper, and the other way round. Only a sale that came after its hold
    had ended may be beyond the limit, and only while there is no room."""
    yield from (f"promotion {row[0]}: used {row[1]} and {row[5]}, by customers {row[2]}, at most {row[3]}, held {row[4]} times" for row in evidence.rows("catalog", """
        SELECT p.code, p.used, coalesce(c.used, 0)::bigint, p.max_uses, coalesce(r.held, 0), p.uncounted
        FROM promotion p
        LEFT JOIN (SELECT promotion_id, sum(used + uncounted) AS used FROM promotion_customer GROUP BY 1) AS c ON c.promotion_id = p.id
        LEFT JOIN (SELECT promotion_id, count(*) AS held FROM reservation WHERE status NOT IN ('released', 'expired') GROUP BY 1) AS r ON r.promotion_id = p.id
        WHERE p.used + p.uncounted <> coalesce(r.held, 0) OR p.used + p.uncounted <> coalesce(c.used, 0) OR p.used > p.max_uses
           OR p.uncounted > 0 AND p.used IS DISTINCT FROM p.max_uses"""))
    yield from (f"promotion {row[0]} was used {row[2]} times by {row[1]}, who has {row[3]} holds with it" for row in evidence.rows("catalog", """
        SELECT c.promotion_id, c.customer_id, c.used + c.uncounted, count(r.id) FROM promotion_customer c
        LEFT JOIN reservation r ON r.promotion_id = c.promotion_id AND r.customer_id = c.customer_id AND r.status NOT IN ('released', 'expired')
        GROUP BY 1, 2, c.used, c.uncounted, c.max_uses HAVING c.used + c.uncounted <> count(r.id) OR c.used > c.max_uses
            OR c.uncounted > 0 AND c.used IS DISTINCT FROM c.max_uses"""))
    holds = {reservation for reservation, in evidence.rows("catalog", "SELECT id::text FROM reservation WHERE promotion_id IS NOT NULL AND status NOT IN ('released', 'expired')")}
    undone = "('expired', 'canceled')"
    cheaper = {row[0]: row[1] for row in evidence.rows("orders", f"""
        SELECT o.reservation_id::text, o.id::text FROM sales_order o
        WHERE o.status NOT IN {undone} AND EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id AND l.discount > 0)""")}
    for reservation in cheaper.keys() - holds:
        yield f"order {cheaper[reservation]} was sold cheaper by no promotion"
    living = {reservation for reservation, in evidence.rows("orders", f"SELECT reservation_id::text FROM sales_order WHERE status NOT IN {undone}")}
    for reservation in (holds & living) - cheaper.keys():
        yield f"reservation {reservation} has a use of a promotion, and its order was not sold cheaper"


def accepted_quotes(evidence):
    """{order: version}"""
    return {call.reply["id"]: call.body["version"] for call in evidence.record.named("accept_quote") if call.outcome == "ok"}


@checker
def promotions_are_as_last_changed(evidence):
    """Each version is one acknowledged change, and no other; the last is what is kept. What was never answered may or may not have happened."""
    kept = {row[0]: row[1:] for row in evidence.rows("catalog", "SELECT id::text, version, name, active, max_uses, max_uses_per_customer FROM promotion")}
    told, unknown = collections.defaultdict(dict), collections.Counter()
    for call in evidence.record.named("change_promotion"):
        number = call.path.rsplit("/", 1)[1]
        # Sent again without an answer, it may have found its own version.
        unknown[number] += any(attempt.outcome == "unknown" for attempt in call.attempts)
        if call.outcome == "ok":
            if call.reply["version"] in told[number]:
                yield f"{call}: version {call.reply['version']} was told of twice"
            told[number][call.reply["version"]] = tuple(call.reply[name] for name in ("version", "name", "active", "max_uses", "max_uses_per_customer"))
    for number, row in kept.items():
        missing = row[0] - 1 - len(told[number])
        if not 0 <= missing <= unknown[number]:
            yield f"promotion {number} is at version {row[0]}, {len(told[number])} changes were acknowledged, {unknown[number]} not answered"
        if row[0] in told[number] and told[number][row[0]] != row:
            yield f"promotion {number} is {row}, told was {told[number][row[0]]}"


@checker
def ended_promotions_are_not_sold(evidence):
    """No order that somebody began to place after an end was told is cheaper by that code; holds of before keep their price, so only the first try of a cart counts."""
    codes = {call.reply["id"]: call.reply["code"] for call in evidence.record.named("create_promotion") if call.outcome == "ok"}
    ended = {}
    for call in evidence.record.named("change_promotion"):
        if call.outcome == "ok" and not call.reply["active"]:
            code = codes.get(call.path.rsplit("/", 1)[1])
            ended[code] = min(call.answer.returned, ended.get(code, call.answer.returned))
    shown = {}
    for call in evidence.record.named("set_cart_promotion"):
        shown[call.path.split("/")[3]] = (call.body or {}).get("code")
    tried = set()
    for call in evidence.record.named("place_order"):
        cart, began = call.body["cart_id"], call.attempts[0].invoked
        cheaper = call.outcome == "ok" and any(line.get("discount") for line in call.reply["lines"])
        if cheaper and cart not in tried and began > ended.get(shown.get(cart), began):
            yield f"{call}: cheaper by {shown[cart]}, {began - ended[shown[cart]]:.2f} s after it was ended"
        tried.add(cart)


@checker
def quotes_are_ordered_as_approved(evidence):
    """The order of a quote has the lines and the terms of the version its customer accepted, and that was approved; of one that was taken back there is none."""
    accepted = accepted_quotes(evidence)
    for quote, order, status, approved, version, wanted, sold in evidence.rows("orders", """
            SELECT q.id::text, o.id::text, q.status, q.approved_version, c.quote_version, cart_total(v.lines)::bigint, o.goods_total
            FROM quote q JOIN sales_order o ON o.cart_id = q.id JOIN cart c ON c.id = q.id JOIN quote_version v ON v.quote_id = q.id AND v.version = c.quote_version"""):
        if status != "approved" or approved != version or accepted.get(order, version) != version:
            yield f"order {order} is of version {version} of quote {quote}, which is {status}, approved {approved}, accepted {accepted.get(order)}"
        if wanted != sold:
            yield f"order {order} sold for {sold} what quote {quote} offered for {wanted}"


@checker
def accepted_quotes_are_ordered(evidence):
    ordered = {order for order, in evidence.rows("orders", "SELECT o.id::text FROM sales_order o JOIN quote q ON q.id = o.cart_id")}
    for order in accepted_quotes(evidence).keys() - ordered:
        yield f"order {order} was told of an accepted quote, and is of none"
