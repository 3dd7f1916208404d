"""One short fault run with a fixed seed, and the proof that each checker can fail: what the run left is doctored, one thing at a time (in a transaction that
is rolled back, or in a copy of the history), and the checker that is there for it must say so."""

import copy
import glob
import json
import os
import re
import shutil
import tempfile
import uuid

import pytest

from deploy.stack.services import ALL
from fault.checkers import CHECKERS, judge
from fault.history import Record
from fault.run import Run

SEED = 3
SECONDS = 60   # a minute has every family of faults
SLOW = float(os.environ.get("CUOTAS_SLOW", "1"))


@pytest.fixture(scope="module")
def run(scratch):
    binaries = os.environ.get("CUOTAS_BIN")
    openapi = os.path.join(os.path.dirname(binaries), "gen", "openapi.json") if binaries else None
    run = Run(os.path.join(scratch, "fault"), SEED, SECONDS, binaries=binaries, openapi=openapi, slow=SLOW)
    try:
        run.play()
        for name in ALL:   # what follows looks at what is left, and changes it
            run.stack.kill(name)
        yield run
    finally:
        run.stop()


@pytest.fixture(scope="module")
def judged(run):
    """What the checkers said of the run itself."""
    findings = run.judge()
    run.report()
    run.verdict()
    return findings


def test_nothing_is_lost_and_nothing_happens_twice(run, judged):
    assert judged == {}, f"again: make fault SEED={SEED} SECONDS={SECONDS}"


# Operations of the API without a line in the workload, and why.
LEFT_OUT = {"create_token": "log_in, of every client", "receive_webhook": "the provider's", "get_jwks": "the gateway's", "get_test_clock": "shows what an advance answers",
            "get_openapi": "a text", "get_mandate": "evidence, kept with the method", "get_docs": "a text", "export_ledger": "lines; the whole ledger is verified at the end",
            "get_payment_slip": "a calculation", "get_payment_slip_pdf": "a document"}


def test_every_operation_is_in_the_load(run):
    """A later operation joins by a line, and is missed until then."""
    with open(run.evidence.openapi_path, encoding="utf-8") as file:
        published = {operation["operationId"] for path in json.load(file)["paths"].values() for operation in path.values() if "operationId" in operation}
    here = os.path.dirname(os.path.abspath(__file__))
    asked = set()
    for path in glob.glob(os.path.join(here, "*.py")):
        if os.path.basename(path).startswith("test_"):
            continue
        with open(path, encoding="utf-8") as file:
            asked |= set(re.findall(r'"(\w+)", (?:"POST", )?f?"(?:/v1/|\{path\})|"(\w+)", path', file.read()))
    asked = {name for pair in asked for name in pair if name}
    assert published - asked == set(LEFT_OUT), "a line in workload.py, or in LEFT_OUT"


def test_the_run_was_worth_judging(run):
    """Enough happened for the verdict to mean something."""
    assert len(run.evidence.record.calls) > 200
    assert run.evidence.value("billing", "SELECT count(*) FROM payment WHERE status = 'succeeded'") > 10
    assert run.evidence.value("orders", "SELECT count(*) FROM sales_order WHERE status = 'confirmed'") > 10
    assert run.evidence.offsets_s["billing"] >= 5 * 86400


# ---- each checker can fail

def sql(service, *statements):
    def doctor(evidence):
        with evidence.connections[service].cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")   # no triggers, no foreign keys
            for statement in statements:
                cursor.execute(statement)
                assert cursor.rowcount != 0, f"there was nothing to doctor: {statement}"
    return doctor


def both(*doctors):
    def doctor(evidence):
        for each in doctors:
            each(evidence)
    return doctor


def one(table, condition="true", key="id"):
    return f"{key} = (SELECT {key} FROM {table} WHERE {condition} ORDER BY {key} LIMIT 1)"


def copied(table, evidence_columns, condition="true"):
    """INSERT of a copy of one row with some columns replaced."""
    return f"""INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table}, to_jsonb(t) || jsonb_build_object({evidence_columns}))).*
               FROM (SELECT * FROM {table} WHERE {condition} LIMIT 1) AS t"""


def history(change):
    """change(record): alters one thing and returns true."""
    def doctor(evidence):
        assert change(evidence.record), "there was nothing to doctor"
    doctor.needs_record = True
    return doctor


def first(record, condition):
    return next((attempt for attempt in record.attempts() if condition(attempt)), None)


def set_attempt(condition, **members):
    def change(record):
        attempt = first(record, condition)
        for name, value in members.items():
            setattr(attempt, name, value(attempt) if callable(value) else value)
        return attempt is not None
    return history(change)


def with_member(path, value):
    """A body with one member changed, deep copied."""
    def changed(attempt):
        body = copy.deepcopy(attempt.body)
        inner = body
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = value(inner[path[-1]]) if callable(value) else value
        return body
    return changed


def another_answer(record):
    attempt = first(record, lambda each: each.repeat and each.outcome == "ok")
    attempt.body = {**attempt.body, "id": "another"}
    return True


def an_effect_run_again(record):
    first(record, lambda each: each.repeat and each.outcome == "ok").replayed = False
    return True


def an_older_state(record):
    """The last read of all shows how a payment that had succeeded began."""
    shown = first(record, lambda each: each.call.op == "get_payment" and each.outcome == "ok" and each.body["status"] == "succeeded")
    last = [each for each in record.attempts() if each.call.op == "final_statement" and each.outcome == "ok"][-1]
    last.call.op, last.body = "get_payment", {**shown.body, "status": "processing"}
    return last.invoked > shown.returned


def forgotten(record):
    placed = first(record, lambda each: each.call.op == "place_order" and each.outcome == "ok" and not each.repeat)
    read = first(record, lambda each: each.call.op == "get_statement" and each.invoked > placed.returned)
    read.call.op, read.call.path, read.status = "get_order", f"/v1/orders/{placed.body['id']}", 404
    return True


def unauthorized(record):
    """... in a run whose clocks were right."""
    record.faults.clear()
    attempt = first(record, lambda each: each.call.op == "get_payment" and each.outcome == "ok")
    attempt.outcome, attempt.status, attempt.body = "refused", 401, {"code": "invalid_token"}
    return True


def told_of_a_batch(record):
    call = first(record, lambda each: each.call.op == "get_payment" and each.outcome == "ok").call
    call.op, call.path = "send_direct_debit_batch", f"/v1/direct-debit-batches/{uuid.uuid4()}/send"
    return True


def told_of_a_reversal(record):
    call = first(record, lambda each: each.call.op == "get_payment" and each.outcome == "ok").call
    call.op, call.path = "reverse_manual_payment", f"/v1/manual-payments/{uuid.uuid4()}/reverse"
    return True


A_DEBIT = """INSERT INTO direct_debit (id, batch_id, mandate_id, order_id, number, customer_id, amount, sequence, collect_on, status, payment_id)
             VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 1, gen_random_uuid(), 5, 'RCUR', '2026-01-01', 'collected', gen_random_uuid())"""


def statement_line(record):
    attempt = first(record, lambda each: each.call.op == "final_statement" and each.outcome == "ok" and each.body["data"])
    attempt.body = with_member(("data", 0, "amount"), lambda amount: amount + 1)(attempt)
    return True


def ended_before(record):
    """The end of a code is one that was told before somebody ordered with it."""
    placed = first(record, lambda each: each.call.op == "place_order" and each.outcome == "ok" and any(line.get("discount") for line in each.body["lines"]))
    shown = [each for each in record.attempts() if each.call.op == "set_cart_promotion" and each.call.path.split("/")[3] == placed.call.body["cart_id"]][-1]
    made = first(record, lambda each: each.call.op == "create_promotion" and each.outcome == "ok" and each.body["code"] == shown.call.body["code"])
    change = first(record, lambda each: each.call.op == "change_promotion" and each.outcome == "ok")
    change.call.path, change.body, change.returned = f"/v1/promotions/{made.body['id']}", {**change.body, "active": False}, 0
    return True


def charges(change):
    def doctor(evidence):
        evidence.charges = [dict(charge) for charge in evidence.charges]
        change(evidence.charges)
    return doctor


def other_traffic(evidence):
    path = evidence.traffic_path + ".doctored"
    with open(evidence.traffic_path, encoding="utf-8") as given, open(path, "w", encoding="utf-8") as made:
        exchange = next(each for each in map(json.loads, given) if each["target"].startswith("/v1/orders/") and each["status"] == 200 and '"currency"' in each["response"]["text"])
        exchange["response"]["text"] = exchange["response"]["text"].replace('"currency"', '"money"', 1)
        made.write(json.dumps(exchange) + "\n")
    evidence.traffic_path = path


def setting(name, value):
    return lambda evidence: setattr(evidence, name, value(getattr(evidence, name)))


def a_password_written_down(evidence):
    """In a log of its own, beside nothing else, and gone afterwards: the whole run's logs are searched, too."""
    evidence.logs_below = tempfile.mkdtemp()
    with open(evidence.traffic_path, encoding="utf-8") as given, open(os.path.join(evidence.logs_below, "x.log"), "w", encoding="utf-8") as log:
        body = next(json.loads(each["request"]["text"]) for each in map(json.loads, given) if each["target"] == "/v1/customers" and each["status"] == 201)
        log.write(f"LOG:  parameter $3 = '{body['password']}'\n")


PAID = "status = 'succeeded' AND source = 'checkout'"
A_SALE = one("stock_movement", "reason = 'sale'")
AN_ENDED_HOLD = one("reservation", "status <> 'held'")
def broken_in(record):
    attempt = first(record, lambda each: each.call.op == "final_verification" and each.outcome == "ok")
    attempt.body = with_member(("broken",), lambda _: [{"lane": 3, "position": 7, "what": "changed"}])(attempt)
    return True


def another_balance(record):
    attempt = first(record, lambda each: each.call.op == "final_balance" and each.outcome == "ok")
    attempt.body = with_member(("data", 0, "debit"), lambda debit: debit + 1)(attempt)
    return True


AN_ACCOUNT = one("order_account", "status = 'active'", "order_id")
STANDS = "status IN ('active', 'settled')"
A_POSTING = one("posting", "kind = 'payment'")
AN_ENTRY = one("timeline_entry", "type = 'order.placed'")
CASES = [
    # what clients were told
    ("nothing_broke", "a 500", set_attempt(lambda each: each.status == 200, status=500)),
    ("nobody_died_by_itself", "a crash", history(lambda record: record.faults.append((1.0, "unexpected", "billing: signal 11")) is None)),
    ("answered_without_faults", "no answer in quiet times", set_attempt(
        lambda each: each.call.op == "final_statement", outcome="unknown", status=503, invoked=lambda each: each.invoked + 60)),
    ("refusals_are_explained", "a stranger's refusal", set_attempt(
        lambda each: each.call.op == "get_timeline" and each.outcome == "ok", outcome="refused", status=403, body={"code": "forbidden"})),
    ("refusals_are_explained", "a token not taken", history(unauthorized)),
    ("retries_got_equal_answers", "another answer to a retry", history(another_answer)),
    ("retries_got_equal_answers", "an effect run again", history(an_effect_run_again)),
    ("reads_never_go_back", "an older state", history(an_older_state)),
    ("what_was_acknowledged_is_there", "an order forgotten", history(forgotten)),
    ("succeeded_stays_succeeded", "a payment undone", sql("billing", f"UPDATE payment SET status = 'failed' WHERE {PAID}")),
    ("traffic_is_within_the_contracts", "a member renamed", other_traffic),
    ("logs_hold_no_secrets", "a password written down", a_password_written_down),
    # effects
    ("acknowledged_exists_once", "an order lost", sql("orders", f"DELETE FROM sales_order WHERE {one('sales_order')}")),
    ("acknowledged_exists_once", "a payment of another amount", sql("billing", f"UPDATE payment SET amount = amount + 1 WHERE {one('payment', PAID)}")),
    ("acknowledged_exists_once", "an order twice", sql(
        "orders", "ALTER TABLE sales_order DROP CONSTRAINT sales_order_pkey, DROP CONSTRAINT sales_order_cart_key", copied("sales_order", "'goods_total', 1"))),
    ("nothing_nobody_asked_for", "a payment too many", sql("billing", copied("payment", "'id', gen_random_uuid(), 'provider_reference', null", PAID))),
    ("nothing_nobody_asked_for", "a key nobody sent", sql("billing", copied("idempotency", "'key', 'stranger'", "operation = 'create_payment'"))),
    ("one_effect_a_key", "a reply forgotten", sql("billing", "DELETE FROM idempotency WHERE operation = 'create_payment' AND status = 201")),
    ("one_effect_a_key", "two replies", sql("billing", copied("idempotency", "'subject', 'other'", "operation = 'create_payment' AND status = 201"))),
    ("orders_have_their_lines", "a line lost", sql("orders", "DELETE FROM order_line WHERE number = 1")),
    ("orders_have_their_lines", "a schedule that is too long", sql("orders", "UPDATE installment SET interest = interest + 1, total = total + 1 WHERE number = 1")),
    ("carts_hold_what_was_added", "a line added twice", sql(
        "orders", """UPDATE cart SET lines = jsonb_set(lines, '{0,quantity}', to_jsonb((lines #>> '{0,quantity}')::int + 1)) WHERE jsonb_array_length(lines) > 0""")),
    ("carts_hold_what_was_added", "what a guest put in, lost", sql("orders", "UPDATE cart SET lines = '[]' WHERE jsonb_array_length(lines) > 0 AND id IN (SELECT merged_into FROM cart)")),
    ("guest_carts_are_taken_over_once", "a cart taken elsewhere", sql("orders", """
        UPDATE cart SET merged_into = (SELECT id FROM cart o WHERE o.id <> cart.merged_into LIMIT 1) WHERE merged_into IS NOT NULL""")),
    ("guest_carts_are_taken_over_once", "lines that stayed", sql("orders", """
        UPDATE cart SET lines = '[{"product_id": "x", "quantity": 1}]' WHERE merged_into IS NOT NULL""")),
    ("promotions_are_used_by_what_was_sold", "a use too many", sql("catalog", "UPDATE promotion SET used = used + 1, max_uses = NULL")),
    ("promotions_are_used_by_what_was_sold", "a use of nobody's", sql("catalog", "INSERT INTO promotion_customer (promotion_id, customer_id, used) SELECT id, gen_random_uuid(), 1 FROM promotion LIMIT 1")),
    ("promotions_are_used_by_what_was_sold", "sold cheaper by nothing", sql("catalog", "UPDATE reservation SET promotion_id = NULL WHERE promotion_id IS NOT NULL")),
    ("promotions_are_as_last_changed", "a change forgotten", sql("catalog", "UPDATE promotion SET version = 1, active = true WHERE version > 1")),
    ("promotions_are_as_last_changed", "a change of nobody's", sql("catalog", "UPDATE promotion SET version = version + 100")),
    ("promotions_are_as_last_changed", "another limit", sql("catalog", "UPDATE promotion SET max_uses = 77 WHERE version > 1")),
    ("ended_promotions_are_not_sold", "sold after its end", history(ended_before)),
    ("quotes_are_ordered_as_approved", "another price", sql("orders", "UPDATE quote_version SET lines = jsonb_set(lines, '{0,line_total}', '1')")),
    ("quotes_are_ordered_as_approved", "one taken back", sql("orders", "UPDATE quote SET status = 'void'")),
    ("documents_are_what_was_agreed", "other bytes", sql("orders", "UPDATE contract_document SET body = body || '.'")),
    ("documents_are_what_was_agreed", "another text", sql("orders", "UPDATE contract SET contract_sha256 = repeat('0', 64) WHERE contract_sha256 IS NOT NULL")),
    ("documents_are_what_was_shown", "other text agreed to", sql("orders", "UPDATE contract SET contract_sha256 = repeat('0', 64) WHERE contract_sha256 IS NOT NULL")),
    ("documents_are_what_was_shown", "an order lost", sql("orders", "DELETE FROM contract")),
    ("documents_are_what_was_shown", "a file lost", sql("orders", "DELETE FROM contract_document WHERE kind = 'signed_file'")),
    ("accepted_quotes_are_ordered", "an order lost", sql("orders", "DELETE FROM sales_order")),
    ("reviews_are_decided_once", "a vote lost", sql("orders", "DELETE FROM credit_vote")),
    ("votes_are_kept", "a vote lost", sql("orders", "DELETE FROM credit_vote")),
    ("reviews_are_decided_once", "approved by nobody", sql("orders", "UPDATE credit_review SET status = 'approved' WHERE status IN ('declined', 'expired')")),
    # changes after the sale
    ("changes_are_booked_once", "a change not booked", sql("billing", f"DELETE FROM receivable_change WHERE {one('receivable_change', key='change_id')}")),
    ("changes_are_booked_once", "a change of nobody's", sql("billing", copied("receivable_change", "'change_id', gen_random_uuid()"))),
    ("changes_are_booked_once", "one that stays under way", sql("orders", f"UPDATE contract_change SET status = 'confirming' WHERE {one('contract_change', 'schedule_version IS NOT NULL')}")),
    ("what_was_shown_was_done", "another row", sql("orders", "UPDATE installment SET due_date = due_date + 1 WHERE version > 1")),
    ("what_was_shown_was_done", "a confirmation forgotten", sql("orders", "UPDATE contract_change SET status = 'computed'")),
    ("what_was_shown_was_done", "changes lost", sql("orders", "DELETE FROM contract_change")),
    ("changed_schedules_are_billings", "another due date", sql("orders", "UPDATE installment SET due_date = due_date + 1 WHERE version > 1")),
    ("changed_schedules_are_billings", "a version of nothing", sql("orders", "UPDATE contract_change SET schedule_version = NULL WHERE schedule_version IS NOT NULL")),
    # stock
    ("stock_adds_up", "a unit gone", sql("catalog", "UPDATE stock SET on_hand = on_hand - 1 WHERE on_hand > held")),
    ("stock_adds_up", "a sale not written down", sql("catalog", f"DELETE FROM stock_movement WHERE {A_SALE}")),
    ("stock_adds_up", "put back twice", sql("catalog", "UPDATE stock SET on_hand = on_hand + 1 WHERE product_id IN (SELECT product_id FROM stock_movement WHERE reason = 'return')")),
    ("restocked_is_what_came_back", "one too many", sql("orders", """
        INSERT INTO outbox (type, subject, customer_id, data, occurred_at)
        SELECT 'order.restocked', o.id::text, o.customer_id, jsonb_build_object('order_id', o.id, 'lines', jsonb_build_array(jsonb_build_object('product_id', l.product_id, 'quantity', l.quantity + 1))), now()
        FROM sales_order o JOIN order_line l ON l.order_id = o.id WHERE o.status IN ('confirmed', 'completed') LIMIT 1""")),
    ("holds_are_of_living_orders", "a hold left over", sql("catalog", f"UPDATE reservation SET status = 'held' WHERE {AN_ENDED_HOLD}")),
    ("holds_are_of_living_orders", "stock held by nobody", sql("catalog", "UPDATE stock SET held = held + 1 WHERE on_hand > held")),
    ("reservations_follow_their_orders", "a sale undone", sql("catalog", "UPDATE reservation SET status = 'released' WHERE status = 'committed'")),
    ("reservations_follow_their_orders", "a sale twice", sql(
        "catalog", "INSERT INTO stock_movement (product_id, quantity, reason, reference, at) SELECT product_id, quantity, reason, reference, at FROM stock_movement WHERE reason = 'sale' LIMIT 1")),
    # money
    ("the_provider_agrees", "a cent more", charges(lambda ledger: ledger[0].update(amount=ledger[0]["amount"] + 1))),
    ("the_provider_agrees", "charged twice", charges(lambda ledger: ledger.append(dict(ledger[0], id="again")))),
    ("the_provider_agrees", "never charged", charges(lambda ledger: ledger.pop())),
    ("the_provider_agrees", "a payment undone", sql("billing", f"UPDATE payment SET status = 'failed' WHERE {one('payment', PAID)}")),
    ("charged_once_for_what_was_owed", "an account that forgot money", sql("billing", f"UPDATE order_account SET paid = paid - 1 WHERE {AN_ACCOUNT}")),
    ("books_agree", "a posting of another amount", sql("billing", "UPDATE posting SET amount = amount + 1 WHERE kind = 'payment' AND installment_number IS NOT NULL")),
    ("orders_are_confirmed_by_money", "an order given up though paid", sql("orders", "UPDATE sales_order SET status = 'expired' WHERE status = 'confirmed'")),
    ("orders_are_confirmed_by_money", "an invoice lost", sql("billing", "DELETE FROM invoice WHERE number = 1")),
    ("automatic_charges_were_agreed", "a try made twice", sql("billing", *[copied(
        "payment", "'id', gen_random_uuid(), 'provider_reference', null, 'source', 'autopay', 'installment_number', 99, 'attempt', 1", PAID)] * 2)),
    # books
    ("ledger_balances", "a posting lost", sql("billing", f"DELETE FROM posting WHERE {A_POSTING}")),
    ("the_chain_is_whole", "a posting changed", sql("billing", f"UPDATE posting SET effective_on = effective_on - 1 WHERE {A_POSTING}")),
    ("the_chain_is_whole", "the last posting gone", sql(
        "billing", "DELETE FROM posting p USING ledger_head h WHERE p.lane = h.lane AND p.position = h.position")),
    ("billing_says_what_is_so", "a posting it found changed", history(broken_in)),
    ("billing_says_what_is_so", "another balance", history(another_balance)),
    ("billing_says_what_is_so", "less owed than the ledger has", sql("billing", "UPDATE posting SET amount = amount + 1 WHERE kind = 'sale' AND credit_account = 'sales'")),
    ("books_agree", "a posting lost", sql("billing", f"DELETE FROM posting WHERE {A_POSTING}")),
    ("books_agree", "money given back that opened nothing", sql("billing", "DELETE FROM posting WHERE kind = 'refund' AND debit_account = 'receivable'")),
    ("ledger_balances", "money given back that opened nothing", sql("billing", "DELETE FROM posting WHERE kind = 'refund' AND debit_account = 'receivable'")),
    ("the_provider_agrees", "a dispute forgotten", sql("billing", "UPDATE dispute SET withheld = NOT withheld, fee = fee + 1")),
    ("events_are_applied_once", "a dispute nobody rests for", sql("collections", "DELETE FROM dispute_hold")),
    ("books_agree", "income from nowhere", sql("billing", "UPDATE posting SET credit_account = 'fee_income' WHERE credit_account = 'sales'")),
    ("books_agree", "a change that was not posted", sql("billing", f"""
        INSERT INTO receivable_change SELECT gen_random_uuid(), order_id, customer_id, 'write_off', 'why', '{{}}', '{{}}', '{{}}', -1, 0, 0, 0, 0, 0, '2026-01-01', clock_timestamp()
        FROM order_account WHERE {AN_ACCOUNT}""")),
    ("cash_is_what_the_provider_has", "never charged", charges(lambda ledger: ledger.pop())),
    ("the_banks_word_stays", "a batch forgotten", history(told_of_a_batch)),
    ("the_banks_word_stays", "a payment that is not reversed", history(told_of_a_reversal)),
    ("debits_are_recorded_once", "a debit collected, and no money", sql("billing", A_DEBIT)),
    ("statements_foot", "a line of another amount", history(statement_line)),
    ("written_off_is_said_of_both", "a sale that is not", sql("billing", f"UPDATE order_account SET status = 'written_off', total = paid WHERE {one('order_account', STANDS, key='order_id')}")),
    ("statements_foot", "a debt forgiven", sql("billing", "UPDATE order_account SET total = total - 1 WHERE status = 'active'")),
    # events
    ("events_are_applied_once", "an entry lost", sql("crm", f"DELETE FROM timeline_entry WHERE {AN_ENTRY}")),
    ("events_are_applied_once", "an entry twice", sql("crm", copied("timeline_entry", "'id', gen_random_uuid()", "type = 'order.placed'"))),
    ("events_are_applied_once", "a receipt not written", sql("notifications", "DELETE FROM notification WHERE template = 'receipt'")),
    ("events_are_applied_once", "an account not opened", sql("billing", f"DELETE FROM order_account WHERE {one('order_account', key='order_id')}")),
    ("changes_are_told_once", "an event lost", sql("billing", "DELETE FROM outbox WHERE type = 'payment.succeeded'")),
    ("changes_are_told_once", "an event twice", sql(
        "orders", "INSERT INTO outbox (type, subject, customer_id, data, occurred_at) SELECT type, subject, customer_id, data, occurred_at FROM outbox WHERE type = 'order.placed' LIMIT 1")),
    ("cursors_are_at_the_end", "a consumer behind", sql("crm", "UPDATE event_cursor SET id = id - 1, xid = '1' WHERE producer = 'orders' AND xid > '0'")),
    ("no_event_was_parked", "a dead letter", sql(
        "crm", """INSERT INTO dead_letter (producer, lane, event_id, type, event, error, attempts, parked_at)
                  VALUES ('orders', 1, gen_random_uuid(), 'order.placed', '{}', 'poison', 5, clock_timestamp())""")),
    # projections
    ("schedules_follow_billing", "a row behind", sql("orders", "UPDATE installment SET paid = paid + 1")),
    ("credit_book_adds_up", "a debt forgotten", sql("orders", "UPDATE credit_book SET exposure = '{}'")),
    ("credit_book_adds_up", "a contract in no book", sql("orders", f"UPDATE contract SET in_book = false WHERE {one('contract')}")),
    ("cases_follow_billing", "a case of nothing", sql(
        "collections", """INSERT INTO overdue_installment (order_id, number, customer_id, currency, due_date, outstanding)
                          VALUES (gen_random_uuid(), 1, gen_random_uuid(), 'USD', '2026-01-01', 5)""")),
    ("contacts_are_customers", "another address", sql("notifications", "UPDATE contact SET email = 'x' || email")),
    # what was sent
    ("nothing_is_sent_twice", "a unit twice", sql("orders", "UPDATE shipment_line SET quantity = quantity + 1000")),
    ("shipments_record_each_step_once", "a step lost", sql("orders", f"DELETE FROM shipment_event WHERE {one('shipment_event', 'number = 1', 'shipment_id')}")),
    ("orders_are_as_far_as_their_shipments", "an order behind", sql("orders", "UPDATE sales_order SET fulfilment_status = 'returned' WHERE fulfilment_status IS NOT NULL")),
    ("orders_are_as_far_as_their_shipments", "past due by nothing", sql("orders", f"UPDATE sales_order SET overdue_since = '2000-01-01' WHERE {one('sales_order')}")),
    # rest
    ("the_run_came_to_rest", "no rest", history(lambda record: record.marks.pop("rest"))),
    ("sagas_ended", "a payment under way", sql("billing", f"UPDATE payment SET status = 'unknown' WHERE {one('payment')}")),
    ("sagas_ended", "a message not sent", sql("notifications", "UPDATE notification SET status = 'failed', sent_at = NULL")),
    ("sagas_ended", "a quote that does not end", sql("orders", """
        UPDATE quote_version v SET expires_at = '2020-01-01' FROM cart c WHERE c.id = v.quote_id AND c.status = 'open' AND c.quote_version = v.version""")),
    ("sagas_ended", "an order waiting", sql("orders", f"UPDATE sales_order SET status = 'pending_payment' WHERE {one('sales_order')}")),
    ("no_job_is_left", "a job", sql("orders", "INSERT INTO job (kind, key, run_at) VALUES ('expire_order', 'x', '2020-01-01')")),
    ("days_were_closed", "a day behind", sql("collections", "UPDATE clock SET closed_on = closed_on - 1")),
    ("mails_arrived", "a mail lost", setting("mails", lambda mails: mails[1:])),
    ("mails_arrived", "a mail of nobody's", setting("mails", lambda mails: [*mails, ("x", "nobody@example.com")])),
    ("only_the_willing_were_written_to", "a mail that needs a consent", sql("notifications", "UPDATE template SET purpose = 'marketing' WHERE code IN ('receipt', 'welcome')")),
    ("only_the_willing_were_written_to", "a mail to who agreed once", both(
        sql("notifications", "UPDATE template SET purpose = 'marketing' WHERE code IN ('receipt', 'welcome')"),
        sql("crm", """
            WITH once AS (UPDATE outbox SET data = jsonb_set(data, '{consents,marketing}', 'true'), created_at = '2000-01-01' WHERE type = 'customer.registered' RETURNING customer_id)
            INSERT INTO outbox (type, subject, customer_id, data, occurred_at, created_at)
            SELECT 'customer.consents_changed', customer_id::text, customer_id, jsonb_build_object('customer_id', customer_id, 'consents', '{"marketing": false}'::jsonb), '2000-01-02',
                   '2000-01-02' FROM once"""))),
    ("only_the_willing_were_written_to", "a receipt kept back", sql("notifications", "UPDATE notification SET status = 'suppressed', sent_at = NULL WHERE template = 'receipt'")),
    ("consents_are_as_last_told", "a word forgotten", sql("crm", """
        UPDATE customer SET consents = consents || jsonb_build_object('marketing', consents -> 'marketing' IS DISTINCT FROM 'true')""")),
    ("people_were_written_to", "the wrong person", sql("notifications", "UPDATE contact SET email = 'x' || email")),
]


def test_every_checker_has_a_case(judged):
    assert CHECKERS.keys() == {name for name, _, _ in CASES}


@pytest.mark.parametrize("name, what, doctor", CASES, ids=[f"{name}-{what}" for name, what, _ in CASES])
def test_the_checker_finds(name, what, doctor, run, judged):
    evidence = copy.copy(run.evidence)
    if hasattr(doctor, "needs_record"):
        evidence.record = Record(run.history_path)
    try:
        doctor(evidence)
        found = judge(evidence, only={name}).get(name, [])
    finally:
        evidence.rollback()
        if evidence.logs_below != run.evidence.logs_below:
            shutil.rmtree(evidence.logs_below)
    new = set(found) - set(judged.get(name, []))
    assert new and not any("the checker broke" in finding for finding in new), found
