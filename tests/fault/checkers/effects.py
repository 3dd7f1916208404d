"""Every acknowledged thing exists exactly once, as acknowledged; nothing exists that nobody asked for; one key has one effect."""

import collections
import datetime
import json

from . import checker

# What an operation makes: where its rows are, which of them only clients make, and the columns its answer must agree with.
# A later operation that makes something adds a line.
MADE = [
    (("place_order", "accept_quote"), "orders", "sales_order", "true", ("customer_id", "contract_id", "cart_id", "currency", "goods_total", "total_payable")),
    (("create_shipment",), "orders", "shipment", "true", ("order_id", "kind")),
    (("create_cart",), "orders", "cart", "customer_id IS NOT NULL AND quote_version IS NULL", ("customer_id",)),
    (("create_quote",), "orders", "quote", "true", ("customer_id", "created_by")),
    (("create_plan",), "orders", "plan_definition", "updated_by IS NOT NULL", ("code",)),
    (("create_legal_rate",), "orders", "legal_rate", "created_by IS NOT NULL", ("country", "kind", "valid_from")),
    (("create_closure",), "orders", "closure", "true", ("calendar", "reason", "created_by")),
    (("create_staff",), "crm", "staff_user", "email IS NOT NULL", ("username", "email", "locale")),
    (("create_promotion",), "catalog", "promotion", "true", ("code", "created_by")),
    (("compute_change",), "orders", "contract_change", "requested_as <> 'system'", ("contract_id", "order_id", "kind", "as_of", "requested_as")),
    (("create_payment", "pay_payment_link", "apply_credit"), "billing", "payment", "source NOT IN ('autopay', 'manual')", ("customer_id", "order_id", "amount", "currency", "source")),
    (("create_refund", "refund_credit"), "billing", "refund", "reason IN ('requested', 'credit')", ("payment_id", "order_id", "customer_id", "amount", "currency")),
    (("create_manual_payment",), "billing", "manual_payment", "source IS NULL", ("amount", "currency", "method", "reference", "received_on", "recorded_by")),
    (("create_sepa_mandate",), "billing", "sepa_mandate", "true", ("customer_id", "reference", "scheme", "debtor_name", "signed_on")),
    (("create_direct_debit_batch",), "billing", "direct_debit_batch", "true", ("created_by",)),
    (("create_waiver",), "billing", "waiver", "true", ("order_id", "number", "part", "amount", "asked_by")),
    (("create_payment_method",), "billing", "payment_method", "id NOT IN (SELECT id FROM payment)", ("customer_id", "provider")),
    (("register_customer",), "crm", "customer", "true", ("email", "full_name", "locale")),
]
# What nobody can use any more is dropped so many days after it has expired: carts, and changes that nobody confirmed.
KEPT_DAYS = {"cart": 30, "contract_change": 1}
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
            if not found and table in KEPT_DAYS and ended(evidence, table, call.reply):
                continue
            if len(found) != 1:
                yield f"{call}: acknowledged {table} {call.reply['id']} exists {len(found)} times"
                continue
            wrong = {name: (call.reply[name], value) for name, value in found[0].items() if str(value) != str(call.reply[name])}
            if wrong:
                yield f"{call}: acknowledged {table} {call.reply['id']} differs (told, kept): {wrong}"


def ended(evidence, table, made):
    """Whether it may have been dropped by now. A change that was confirmed, or may have been, is kept for ever."""
    if table == "contract_change" and any(call.path.split("/")[-2] == made["id"] and call.outcome != "refused" for call in evidence.record.named("confirm_change")):
        return False
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=evidence.offsets_s["orders"])
    return datetime.datetime.fromisoformat(made["expires_at"].replace("Z", "+00:00")) + datetime.timedelta(days=KEPT_DAYS[table]) < now


@checker
def nothing_nobody_asked_for(evidence):
    guests = {call.reply["cart"]["id"] for call in evidence.record.named("create_guest_cart") if call.outcome == "ok"}   # carts.guest_carts_are_taken_over_once
    for operations, service, table, mine, _ in MADE:
        asked = {call.key for call in evidence.record.named(*operations)}
        kept = collections.defaultdict(list)
        for _, key, status, body in remembered(evidence, service, operations):
            if key not in asked:
                yield f"{service} remembers a key of {operations} nobody sent: {key}"
            elif status == 201:
                kept[json.loads(body)["id"]].append(key)
        for number, in evidence.rows(service, f"SELECT id::text FROM {table} WHERE {mine}"):
            if table == "cart" and number in guests:
                continue
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
    """What an order says it sold is what the answer said and what it adds up to; contract, lines and the schedule that was agreed are all there."""
    lines = collections.defaultdict(list)
    for order, number, product, quantity, price, total in evidence.rows(
            "orders", "SELECT order_id::text, number, product_id::text, quantity, unit_price, line_total FROM order_line ORDER BY order_id, number"):
        lines[order].append((product, quantity, price, total))
    for call in evidence.record.named("place_order", "accept_quote"):
        if call.outcome == "ok":
            told = [(line["product_id"], line["quantity"], line["unit_price"], line["line_total"]) for line in call.reply["lines"]]
            if told != lines.get(call.reply["id"]):
                yield f"{call}: told lines {told}, kept {lines.get(call.reply['id'])}"
    yield from (f"order {row[0]}: goods, payable, lines, schedule do not agree: {row[1:]}" for row in evidence.rows("orders", """
        SELECT o.id, o.goods_total, l.total, o.total_payable, c.total_payable, i.total, c.amount_financed + c.deposit, i.principal
        FROM sales_order o
        LEFT JOIN contract c ON c.id = o.contract_id AND c.order_id = o.id
        LEFT JOIN LATERAL (SELECT sum(line_total) AS total FROM order_line WHERE order_id = o.id) AS l ON true
        LEFT JOIN LATERAL (SELECT sum(total) AS total, sum(principal) AS principal FROM installment WHERE contract_id = c.id AND version = 1) AS i ON true
        WHERE (o.goods_total = l.total AND o.total_payable = c.total_payable AND i.total = o.total_payable
               AND c.amount_financed + c.deposit = o.goods_total AND i.principal = o.goods_total) IS NOT TRUE"""))
