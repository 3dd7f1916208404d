"""What follows from the history alone: what clients were told must make sense by itself."""

import collections

from . import checker
from .carts import guests_of
from .effects import ended
from ..history import UNANSWERED

GRACE_S = 5   # after everything was healed: connections of before may still have to find out

# Refusals a client of the workload can meet by right, by operation; any other is a finding. Time passes, stock runs out, payments overlap.
EXPECTED_REFUSALS = {
    "create_payment": {"order_written_off", "order_closed", "order_paid", "payment_in_progress", "amount_too_large", "amount_below_deposit", "too_many_declines"},
    "create_payment_method": {"too_many_declines"},
    "pay_payment_link": {"order_written_off", "order_closed", "order_paid", "payment_in_progress", "payment_link_expired", "too_many_declines"},
    "get_payment_link": {"payment_link_expired"},
    "place_order": {"cart_empty", "cart_expired", "out_of_stock", "offer_not_available", "offer_not_found", "promotion_used_up", "promotion_not_valid", "contract_changed", "credit_declined"},
    **dict.fromkeys(("add_cart_line", "set_cart_line", "set_guest_cart_line"), {"cart_expired"}),      # days may pass while it is being filled
    "set_cart_promotion": {"cart_expired", "promotion_used_up", "promotion_not_found", "promotion_not_valid"},
    "change_promotion": {"precondition_failed", "promotion_used_up"},
    "preview_contract": {"cart_empty", "cart_expired", "offer_not_available", "offer_not_found"},
    "compute_change": {"contract_not_in_force", "nothing_to_change", "not_by_policy", "nothing_left_to_return", "line_being_picked", "change_in_progress", "too_many_changes", "payment_in_progress", "validation_failed"},
    "confirm_change": {"change_not_open", "change_in_progress", "line_being_picked", "payment_in_progress", "precondition_failed", "needs_another_approver"},
    "cancel_change": {"change_not_open", "precondition_failed"},
    "create_quote": {"offer_not_available", "offer_not_found"},
    "revise_quote": {"offer_not_available", "offer_not_found", "validation_failed"},      # days may pass before it is taken: its own end is over
    "approve_quote": {"quote_changed", "quote_expired"},      # a version whose answer was lost
    "preview_quote_contract": {"quote_void", "quote_converted", "quote_changed", "quote_expired", "offer_not_available"},
    "void_quote": {"quote_converted"},
    "accept_quote": {"quote_void", "quote_converted", "quote_changed", "quote_expired", "contract_changed", "cart_already_ordered", "out_of_stock", "credit_declined", "offer_not_available"},
    "create_refund": {"nothing_to_refund", "refund_too_large"},
    "set_default_payment_method": {"payment_method_not_usable", "mandate_revoked"},
    "revoke_mandate": {"payment_method_being_set_up"},
    "remove_payment_method": {"payment_method_being_set_up"},
    "submit_evidence": {"dispute_closed"},
    "retry_refund": {"refund_not_failed", "credit_too_small"},
    "pay_out_refund": {"refund_not_failed", "credit_too_small"},
    "apply_credit": {"order_written_off", "order_closed", "order_paid", "payment_in_progress", "credit_too_small", "amount_too_large", "amount_below_deposit"},
    "refund_credit": {"nothing_to_refund", "credit_too_small", "refund_too_large"},
    "review_credit": {"credit_review_closed", "credit_review_twice"},
    "put_credit_policy": {"precondition_failed"},
    "put_invoice_policy": {"precondition_failed"},
    "put_routing_policy": {"precondition_failed"},
    "put_receivables_policy": {"precondition_failed"},
    "create_manual_payment": {"order_closed", "payment_in_progress", "amount_below_deposit"},
    "assign_manual_payment": {"order_closed", "payment_in_progress", "amount_below_deposit"},
    "reverse_manual_payment": {"payment_went_back"},
    "put_sepa_creditor": {"precondition_failed"},
    "create_direct_debit_batch": {"nothing_to_collect", "sepa_not_set_up"},
    **dict.fromkeys(("cancel_direct_debit_batch", "settle_direct_debit_batch"), {"batch_decided"}),
    **dict.fromkeys(("get_direct_debit_file", "send_direct_debit_batch"), {"batch_decided", "batch_stale"}),
    "revive_sepa_mandate": {"mandate_revoked", "payment_method_not_usable"},
    "return_direct_debit": {"batch_decided"},
    "match_bank_line": {"bank_line_decided", "line_of_direct_debit", "batch_decided", "already_recorded", "payment_in_progress", "order_closed"},
    "unmatch_bank_line": {"bank_line_decided", "payment_went_back"},
    "ignore_bank_line": {"bank_line_decided"},
    "create_waiver": {"waiver_too_large"},      # paid or forgiven meanwhile, or interest that is not earned
    "decide_waiver": {"waiver_too_large", "waiver_decided"},
    "put_change_policy": {"precondition_failed"},
    "create_closure": {"too_many_closures"},
    "change_staff": {"precondition_failed"},
    "invite_staff": {"staff_disabled"},      # meanwhile
    "merge_guest_cart": {"cart_expired", "mixed_currencies"},
    "upload_signed_file": {"too_many_files"},
    "change_plan": {"precondition_failed"},    # its own first sending, whose answer was lost
    "put_segments": {"precondition_failed"},
    "create_shipment": {"nothing_left_to_ship", "order_not_for_delivery", "order_not_released"},      # given back or charged back meanwhile
    "add_shipment_event": {"shipment_transition", "nothing_left_to_return"},      # a change took them back
    "get_statement": {"not_found"},   # somebody else's
    "authenticate": {None},           # the bank's page of a payment that was decided meanwhile
}


def dropped_changes(evidence):
    """Computed, never confirmed, and dropped at the close of a day: whoever comes so late finds nothing."""
    there = {change for change, in evidence.rows("orders", "SELECT id::text FROM contract_change")}
    return {call.reply["id"] for call in evidence.record.named("compute_change")
            if call.outcome == "ok" and call.reply["id"] not in there and ended(evidence, "contract_change", call.reply)}


def code(body):
    return body.get("code") if isinstance(body, dict) else None


@checker
def nothing_broke(evidence):
    """500 is never an answer; of the 5xx only those that say "not now"."""
    for attempt in evidence.record.attempts():
        if attempt.status is not None and attempt.status >= 500 and attempt.status not in UNANSWERED:
            yield f"{attempt.call}: attempt {attempt.number} was answered {attempt.status} {code(attempt.body)}"


@checker
def nobody_died_by_itself(evidence):
    """A process the nemesis did not kill may not end: a crash is a finding, whatever else went well."""
    yield from (f"at {at:.1f} s: {text}" for at, kind, text in evidence.record.faults if kind == "unexpected")


@checker
def answered_without_faults(evidence):
    """Without faults, and after the last was healed, every request is answered. An advance of the clock may say that it came to no rest."""
    end = evidence.record.marks["calm"]["at"] + GRACE_S if evidence.record.faults else 0
    for attempt in evidence.record.attempts():
        disturbed = attempt.invoked <= end
        if attempt.outcome == "unknown" and not disturbed and attempt.call.op != "advance_test_clock":
            yield f"{attempt.call}: attempt {attempt.number} at {attempt.invoked:.1f} s: {attempt.status or attempt.error or 'no answer'} {code(attempt.body)}"


@checker
def refusals_are_explained(evidence):
    """Every refusal is one this client could meet by right; that a token is not taken, only after a clock was set."""
    clocks = any("clock" in text for _, _, text in evidence.record.faults)
    for attempt in evidence.record.attempts():
        if attempt.status == 401 and not clocks:
            yield f"{attempt.call}: attempt {attempt.number} was answered 401 {code(attempt.body)}"
    reviewed = {order for order, in evidence.rows("orders", "SELECT order_id::text FROM credit_review")}   # billing knows them when they are approved
    there = {cart for cart, in evidence.rows("orders", "SELECT id::text FROM cart")}
    dropped = {token for token, cart in guests_of(evidence).items() if cart not in there} | dropped_changes(evidence)   # empty carts after a day
    for call in evidence.record.calls:
        if code(call.reply) == "not_found" and dropped.intersection(call.path.split("/")):
            continue
        if call.op == "create_payment" and code(call.reply) == "not_found" and call.body["order_id"] in reviewed:
            continue
        if call.outcome == "refused" and call.answer.status != 401 and code(call.reply) not in EXPECTED_REFUSALS.get(call.op, ()):
            yield f"{call}: {code(call.reply)} {str(call.reply)[:300]}"


@checker
def retries_got_equal_answers(evidence):
    """Under one key every answer is the first one, to the byte. Of a refusal that was not kept (it may run again) status and code."""
    for call in evidence.record.calls:
        answered = [attempt for attempt in call.attempts if attempt.outcome != "unknown" and attempt.status != 401]
        if call.key is None or len(answered) < 2:
            continue
        first = answered[0]
        for later in answered[1:]:
            if first.outcome == "ok" and not later.replayed:
                yield f"{call}: attempt {later.number} ran again instead of being answered from the first"
            elif not later.replayed and PASSING.intersection((code(first.body), code(later.body))):
                continue   # neither was kept, and one of them tells only of that moment
            elif (later.status, code(later.body)) != (first.status, code(first.body)):
                yield f"{call}: first {first.status} {code(first.body)}, then {later.status} {code(later.body)}"
            elif (later.replayed or first.outcome == "ok") and without_trace(later.body, first.body):
                yield f"{call}: two answers under one key: {str(first.body)[:200]} and {str(later.body)[:200]}"


# Refusals that begin and end with what another does at the moment, and are not kept.
PASSING = {"change_in_progress", "payment_in_progress", "too_many_declines"}


def without_trace(one, other):
    """Whether they differ, but for the number of the trace in a problem."""
    if isinstance(one, dict) and isinstance(other, dict) and "trace_id" in one:
        one, other = ({name: value for name, value in body.items() if name != "trace_id"} for body in (one, other))
    return one != other


# How far a thing has come; what shares a number may go back and forth. Reads of one thing never go down.
RANKS = {
    "order": {"draft": 0, "pending_payment": 1, "confirmed": 2, "expired": 2, "canceled": 3, "completed": 3},
    "contract": {"pending_signature": 0, "active": 1, "defaulted": 1, "settled": 2, "terminated": 2, "written_off": 2},
    "shipment": {"picking": 0, "canceled": 1, "shipped": 1, "in_transit": 2, "delivered": 3, "returned": 4},
    "payment": {"requires_payment_method": 0, "requires_action": 0, "processing": 0, "unknown": 0, "canceled": 1, "failed": 1, "succeeded": 2, "reversed": 3},
    "method": {"processing": 0, "requires_action": 0, "active": 1, "declined": 1, "failed": 1},
    "cart": {"open": 0, "expired": 1, "ordered": 1, "merged": 1},
    "quote": {"draft": 0, "approved": 0, "expired": 0, "void": 1, "converted": 1},
    "change": {"computed": 0, "expired": 0, "confirming": 1, "awaiting_payment": 2, "confirmed": 3, "refused": 3, "lapsed": 3, "canceled": 3},
    "dispute": {"needs_response": 0, "under_review": 0, "won": 1, "lost": 1},
    "refund": {"pending": 0, "succeeded": 0, "failed": 0},
    "invoice": {"draft": 0, "open": 1, "paid": 2, "void": 2, "uncollectible": 2},
    "notification": {"queued": 0, "sent": 1, "failed": 1, "suppressed": 1},
    "case": {"open": 0, "in_treatment": 0, "promised": 0, "agreement": 0, "disputed": 0, "paused": 0, "cured": 1, "settled": 1, "written_off": 1, "closed": 1},
    "installment": {"scheduled": 0, "due": 1, "partially_paid": 2, "overdue": 3, "paid": 4, "canceled": 4, "waived": 4, "written_off": 4, "rescheduled": 4},
}
# What else only grows.
GROWING = {"payment": ("refunded",), "refund": ("attempt",), "dispute": (), "installment": ("paid",), "invoice": ("paid",), "order": (), "shipment": (), "contract": (), "cart": (), "method": (), "notification": (), "case": (),
           "change": ("version",), "quote": ()}
SHOWN_BY = {"list_orders": "order", "list_payments": "payment", "list_payment_methods": "method", "list_invoices": "invoice", "list_refunds": "refund", "list_disputes": "dispute", "list_payment_refunds": "refund",
            "list_notifications": "notification", "list_cases": "case", "list_changes": "change", "list_quotes": "quote"}
SHOWS = {"set_default_payment_method": "method", "revoke_mandate": "method", "get_dispute": "dispute", "submit_evidence": "dispute", "create_refund": "refund", "get_refund": "refund", "pay_out_refund": "refund", "retry_refund": "refund", "apply_credit": "payment", "refund_credit": "refund", "create_shipment": "shipment", "add_shipment_event": "shipment", "get_order": "order", "place_order": "order", "get_payment": "payment", "create_payment": "payment", "pay_payment_link": "payment",
         "get_cart": "cart", "get_case": "case", "create_cart": "cart", "add_cart_line": "cart", "create_payment_method": "method",
         "set_cart_line": "cart", "set_cart_promotion": "cart", "get_guest_cart": "cart", "set_guest_cart_line": "cart", "merge_guest_cart": "cart",
         "accept_quote": "order", "create_quote": "quote", "revise_quote": "quote", "approve_quote": "quote", "void_quote": "quote", "get_quote": "quote",
         "get_contract": "contract", "compute_change": "change", "confirm_change": "change", "cancel_change": "change", "get_change": "change"}


def seen(attempt):
    """(kind, id, body) of everything an answer shows the state of."""
    op, body = attempt.call.op, attempt.body
    if op in SHOWS:
        yield SHOWS[op], body["id"], body
        if SHOWS[op] == "order":
            yield "contract", body["contract"]["id"], body["contract"]
    elif op in SHOWN_BY:
        for each in body["data"]:
            yield SHOWN_BY[op], each["id"], each
    elif op == "get_order_schedule":
        for each in body["installments"]:
            yield "installment", (body["order_id"], each["number"], "orders"), each
    elif op == "get_order_fulfilment":
        for each in body["shipments"]:
            yield "shipment", each["id"], each
    elif op == "get_payment_link":
        for each in body["installments"]:
            yield "installment", (body["order_id"], each["number"], "billing"), each


@checker
def reads_never_go_back(evidence):
    """A read that began after another one had ended does not show an older state, whoever reads. A replayed answer shows its own moment."""
    events = []
    gave_back = {order for order, in evidence.rows("billing", """
        SELECT order_id::text FROM receivable_change WHERE refund > 0 UNION SELECT order_id::text FROM refund WHERE reason = 'requested' UNION SELECT order_id::text FROM dispute WHERE reopened > 0
        UNION SELECT order_id::text FROM manual_payment WHERE order_id IS NOT NULL   -- reversed, or for a day before others""")}
    reopened = {contract for contract, in evidence.rows("billing", "SELECT contract_id::text FROM order_account WHERE order_id::text = ANY(%s)", (list(gave_back),))}
    for attempt in evidence.record.attempts():
        if attempt.outcome == "ok" and attempt.body is not None:
            for kind, number, body in seen(attempt):
                if kind == "installment" and number[0] in gave_back or kind == "invoice" and body["order_id"] in gave_back or kind == "contract" and number in reopened:
                    continue   # what was paid of it went back
                if not attempt.replayed:
                    events.append((attempt.invoked, 1, kind, number, body, attempt))
                events.append((attempt.returned, 0, kind, number, body, attempt))
    events.sort(key=lambda each: each[:2])
    known = {}
    for _, is_begin, kind, number, body, attempt in events:
        state = (RANKS[kind][body["status"]], *(body[member] for member in GROWING[kind] if member in body))
        before = known.get((kind, number))
        if is_begin and before and len(before[0]) == len(state) and any(now < then for now, then in zip(state, before[0])):
            yield f"{kind} {number}: {before[1]} was shown to {before[2].client}, later {attempt.call} began and showed {body['status']} {state}"
        elif not is_begin and (before is None or state > before[0]):
            known[kind, number] = (state, f"{body['status']} {state}", attempt.call)


@checker
def what_was_acknowledged_is_there(evidence):
    """A thing whose making was acknowledged is found by every read of it that begins later."""
    made = {}
    for call in evidence.record.calls:
        if call.method == "POST" and call.outcome == "ok" and isinstance(call.reply, dict) and "id" in call.reply and call.op != "add_cart_line":
            made[call.reply["id"]] = call.answer.returned
    for number in dropped_changes(evidence):
        del made[number]
    for attempt in evidence.record.attempts():
        named = set(attempt.call.path.split("/"))
        if attempt.status == 404 and attempt.call.op != "get_statement" and any(made[each] < attempt.invoked for each in made.keys() & named):
            yield f"{attempt.call}: attempt {attempt.number} did not find what had been acknowledged"


@checker
def succeeded_stays_succeeded(evidence):
    """No payment a client saw succeeded is anything else in the books; but what was recorded by hand can be reversed, by people or by its bank."""
    told = collections.OrderedDict()
    for attempt in evidence.record.attempts():
        if attempt.outcome == "ok" and attempt.body is not None:
            for kind, number, body in seen(attempt):
                if kind == "payment" and body["status"] == "succeeded":
                    told[number] = attempt.call
    kept = {str(number) for number, in evidence.rows("billing", "SELECT id FROM payment WHERE status = 'succeeded' OR status = 'reversed' AND source = 'manual'")}
    for number in told.keys() - kept:
        yield f"payment {number} was shown as succeeded by {told[number]}, and is not"
