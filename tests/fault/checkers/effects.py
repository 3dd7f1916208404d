"""Every acknowledged thing exists exactly once, as acknowledged; nothing exists that nobody asked for; one key has one effect."""

import collections
import json

from . import checker

# What an operation makes: where its rows are, which of them only clients make, and the columns its answer must agree with.
# A later operation that makes something adds a line.
MADE = [
    (("place_order",), "orders", "sales_order", "true", ("customer_id", "contract_id", "cart_id", "currency", "goods_total", "total_payable")),
    (("create_cart",), "orders", "cart", "true", ("customer_id",)),
    (("create_payment", "pay_payment_link"), "billing", "payment", "source <> 'autopay'", ("customer_id", "order_id", "amount", "currency", "source")),
    (("create_payment_method",), "billing", "payment_method", "id NOT IN (SELECT id FROM payment)", ("customer_id", "provider")),
    (("register_customer",), "crm", "customer", "true", ("email", "full_name", "locale")),
]
# Methods kept with a payment are rows nobody's POST /v1/payment-methods made.
NOT_ONLY_BY_CLIENTS = ("payment_method",)


def remembered(evidence, service, operations):
    return evidence.rows(service, "SELECT operation, key, status, body FROM idempotency WHERE operation = ANY(%s)", (list(operations),))


@checker
def acknowledged_exists_once(evidence):
    for operations, service, table, mine, columns in MADE:
        rows = collections.defaultdict(list)
        for row in evidence.rows(service, f"SELECT id::text, {', '.join(columns)} FROM {table}"):
            rows[row[0]].append(dict(zip(columns, row[1:])))
        for call in evidence.record.named(*operations):
            if call.outcome != "ok":
                continue
            found = rows.get(call.reply["id"], [])
            if len(found) != 1:
                yield f"{call}: acknowledged {table} {call.reply['id']} exists {len(found)} times"
                continue
            wrong = {name: (call.reply[name], value) for name, value in found[0].items() if str(value) != str(call.reply[name])}
            if wrong:
                yield f"{call}: acknowledged {table} {call.reply['id']} differs (told, kept): {wrong}"


@checker
def nothing_nobody_asked_for(evidence):
    for operations, service, table, mine, _ in MADE:
        asked = {call.key for call in evidence.record.named(*operations)}
        kept = collections.defaultdict(list)
        for _, key, status, body in remembered(evidence, service, operations):
            if key not in asked:
                yield f"{service} remembers a key of {operations} nobody sent: {key}"
            elif status == 201:
                kept[json.loads(body)["id"]].append(key)
        for number, in evidence.rows(service, f"SELECT id::text FROM {table} WHERE {mine}"):
            if len(kept[number]) != 1 and not (table in NOT_ONLY_BY_CLIENTS and not kept[number]):
                yield f"{table} {number} was made under {len(kept[number])} keys: {kept[number]}"


@checker
def one_effect_a_key(evidence):
    """What was remembered for a key is what every client was told; and what was told was remembered."""
    for operations, service, table, _, _ in MADE:
        kept = collections.defaultdict(list)
        for _, key, status, body in remembered(evidence, service, operations):
            kept[key].append((status, json.loads(body)))
        for call in evidence.record.named(*operations):
            known = kept.get(call.key, [])
            if len(known) > 1:
                yield f"{call}: {len(known)} replies are remembered under its key"
            elif call.outcome == "ok" and (not known or (call.answer.status, call.reply) != known[0]):
                yield f"{call}: told {str(call.reply)[:200]}, remembered {str(known)[:200]}"


@checker
def orders_have_their_lines(evidence):
    """What an order says it sold is what the answer said and what it adds up to; contract, lines and schedule are all there."""
    lines = collections.defaultdict(list)
    for order, number, product, quantity, price, total in evidence.rows(
            "orders", "SELECT order_id::text, number, product_id::text, quantity, unit_price, line_total FROM order_line ORDER BY order_id, number"):
        lines[order].append((product, quantity, price, total))
    for call in evidence.record.named("place_order"):
        if call.outcome == "ok":
            told = [(line["product_id"], line["quantity"], line["unit_price"], line["line_total"]) for line in call.reply["lines"]]
            if told != lines.get(call.reply["id"]):
                yield f"{call}: told lines {told}, kept {lines.get(call.reply['id'])}"
    yield from (f"order {row[0]}: goods, payable, lines, schedule do not agree: {row[1:]}" for row in evidence.rows("orders", """
        SELECT o.id, o.goods_total, l.total, o.total_payable, c.total_payable, i.total, c.amount_financed + c.deposit, i.principal
        FROM sales_order o
        LEFT JOIN contract c ON c.id = o.contract_id AND c.order_id = o.id
        LEFT JOIN LATERAL (SELECT sum(line_total) AS total FROM order_line WHERE order_id = o.id) AS l ON true
        LEFT JOIN LATERAL (SELECT sum(total) AS total, sum(principal) AS principal FROM installment WHERE contract_id = c.id AND version = c.schedule_version) AS i ON true
        WHERE (o.goods_total = l.total AND o.total_payable = c.total_payable AND i.total = o.total_payable
               AND c.amount_financed + c.deposit = o.goods_total AND i.principal = o.goods_total) IS NOT TRUE"""))


@checker
def carts_hold_what_was_added(evidence):
    """Each line added once: at least what was acknowledged, at most that and what was never answered."""
    sure, maybe = collections.Counter(), collections.Counter()
    for call in evidence.record.named("add_cart_line"):
        place = call.path.split("/")[3], call.body["product_id"]
        maybe[place] += call.body["quantity"] if call.outcome == "unknown" else 0
        sure[place] += call.body["quantity"] if call.outcome == "ok" else 0
    kept = collections.Counter({(cart, product): quantity for cart, product, quantity in evidence.rows(
        "orders", "SELECT c.id::text, l ->> 'product_id', (l ->> 'quantity')::bigint FROM cart c, jsonb_array_elements(c.lines) AS l")})
    for place in sure.keys() | kept.keys():
        if not sure[place] <= kept[place] <= sure[place] + maybe[place]:
            yield f"cart {place[0]}, product {place[1]}: {kept[place]} kept, {sure[place]} acknowledged, {maybe[place]} never answered"
