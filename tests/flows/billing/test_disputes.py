"""Disputes: withheld, won, lost; told in any order and twice. Provider's events, /v1/disputes, evidence, and what follows in collections."""

import uuid

import pytest

from support.stripe_event import DISPUTE_FEE as FEE, dispute_of


@pytest.fixture
def refund(staff):
    def ask(payment, amount=None, expect=201, key=True, to="method"):
        body = {"reason": "Paid twice at the counter", "to": to, **({} if amount is None else {"amount": amount})}
        return staff.post(f"/v1/payments/{payment['id']}/refunds", body, key=key, expect=expect)
    return ask


def test_a_card_that_disputes_and_is_won(shop, staff, customer, disputes, ledger_of, books_agree, statement_foots):
    """The whole way: withheld, answered, under review, won; all as it was, but for the provider's fee."""
    order = shop.order(customer, shop.new_product(price="120.00"))
    payment = customer.pay(order["id"], "pm_card_createDispute").json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    dispute, = disputes(order, "needs_response", withheld=True, fee=FEE)
    assert (dispute["amount"], dispute["reason"], dispute["inquiry"]) == (payment["amount"], "fraudulent", False) and dispute["evidence_due_at"]
    ledger = ledger_of(order)
    assert (ledger["disputed"], ledger["cash_at_provider"], ledger["provider_fees"]) == (payment["amount"], -FEE, FEE)
    books_agree()
    assert staff.post(f"/v1/disputes/{dispute['id']}/evidence", {}, key=True, expect=422).pointers == ["/uncategorized_text"]
    answered = staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"product_description": "A chair", "uncategorized_text": "winning_evidence"}, key=True, expect=200).json
    assert answered["evidence"]["product_description"] == "A chair"
    dispute, = disputes(order, "won", evidence_status="sent")
    read = staff.get(f"/v1/disputes/{dispute['id']}", expect=200).json
    assert (read["status"], read["withheld"]) == ("won", False) and read["closed_at"]
    ledger = ledger_of(order)
    assert (ledger["disputed"], ledger["cash_at_provider"], ledger["provider_fees"]) == (0, payment["amount"] - FEE, FEE)
    assert customer.schedule(order["id"])[0]["status"] == "paid"
    assert staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": "More"}, key=True, expect=409).code == "dispute_closed"
    books_agree()
    statement_foots(customer)
    timeline = shop.wait_until(lambda: {"dispute.opened", "dispute.closed"} <= {entry["type"] for entry in customer.timeline()}, 20, "the timeline")
    assert timeline


def test_one_that_is_lost_is_owed_again(shop, staff, customer, sandbox, disputes, reference_of, ledger_of, books_agree, statement_foots):
    """What the money had paid is open, and collected again as any receivable."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    sandbox.dispute(reference_of(payment), amount=payment["amount"] - 100, reason="product_not_received")
    dispute, = disputes(order, "needs_response")
    staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": "losing_evidence"}, key=True, expect=200)
    dispute, = disputes(order, "lost", reopened=payment["amount"] - 100)
    shop.wait_until(lambda: customer.schedule(order["id"])[0]["paid"] == 100, 20, "owed again")
    ledger = ledger_of(order)
    assert (ledger["disputed"], ledger["cash_at_provider"], ledger["bad_debt"]) == (0, 100 - FEE, 0)
    books_agree()
    statement_foots(customer)
    again = customer.pay(order["id"], amount=payment["amount"] - 100).json
    assert shop.wait_payment(customer, again["id"])["status"] == "succeeded"
    shop.wait_until(lambda: customer.schedule(order["id"])[0]["status"] == "paid", 20, "paid again")
    books_agree()


def test_what_was_disputed_is_never_taken_by_itself(shop, customer, sandbox, disputes, reference_of, books_agree, database):
    """Nor by a card that is kept afterwards; the rows that nobody disputed are."""
    order, _ = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    row = [each for each in customer.schedule(order["id"]) if each["paid"] < each["total"]][0]
    payment = customer.pay(order["id"], amount=row["total"]).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    made = sandbox.dispute(reference_of(payment), amount=payment["amount"] - 100)
    sandbox.answer_dispute(made["id"], "losing_evidence")
    disputes(order, "lost", reopened=payment["amount"] - 100)
    kept = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_visa"}, expect=201).json
    shop.wait_until(lambda: any(each["id"] == kept["id"] and each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card kept")
    tried = database("billing", "SELECT number, next_attempt_on IS NOT NULL FROM installment WHERE order_id = %s AND number > 0", [order["id"]])
    assert [will for number, will in tried if number == row["number"]] == [False] and any(will for _, will in tried)
    books_agree()


TOLD = (("created", "needs_response"), ("funds_withdrawn", "needs_response"), ("updated", "under_review"), ("closed", None))


@pytest.mark.parametrize("end", ["won", "lost"])
@pytest.mark.parametrize("order_told", [(3, 2, 1, 0), (2, 0, 3, 1), (0, 0, 3, 3, 1, 2), (1, 3, 0, 2)])
def test_told_in_any_order_and_twice(end, order_told, shop, customer, disputes, reference_of, told, ledger_of, books_agree):
    order, payment = shop.buy(customer, shop.new_product(price="60.00"), save=False)
    reference = reference_of(payment)
    for kind, status in (TOLD[place] for place in order_told):
        told(kind, dispute_of(reference, payment, status or end))
    if end == "won":
        told("funds_reinstated", dispute_of(reference, payment, "won"))
    dispute, = disputes(order, end)
    assert dispute["fee"] == FEE and dispute["reopened"] == (payment["amount"] if end == "lost" else 0)
    ledger = ledger_of(order)
    assert (ledger["disputed"], ledger["cash_at_provider"]) == (0, payment["amount"] - FEE if end == "won" else -FEE)
    books_agree()


def test_an_inquiry_withholds_nothing_until_it_is_more(shop, staff, customer, disputes, ledger_of, books_agree):
    order = shop.order(customer, shop.new_product(price="60.00"))
    payment = customer.pay(order["id"], "pm_card_createDisputeInquiry").json
    dispute, = disputes(order, "needs_response", inquiry=True, withheld=False)
    assert ledger_of(order)["disputed"] == 0
    books_agree()
    staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": "escalate_inquiry_evidence"}, key=True, expect=200)
    disputes(order, "needs_response", inquiry=False, withheld=True)
    assert ledger_of(order)["disputed"] == payment["amount"]
    books_agree()


def test_an_inquiry_that_ends(shop, customer, disputes, reference_of, told, ledger_of, books_agree):
    order, payment = shop.buy(customer, shop.new_product(price="60.00"), save=False)
    for kind, status in (("created", "warning_needs_response"), ("closed", "warning_closed"), ("created", "warning_needs_response")):
        told(kind, dispute_of(reference_of(payment), payment, status))
    dispute, = disputes(order, "won", inquiry=True, withheld=False)
    assert dispute["fee"] == 0 and ledger_of(order)["cash_at_provider"] == payment["amount"]
    books_agree()


def test_what_had_gone_back_is_the_shops_loss(shop, customer, refund, disputes, reference_of, told, ledger_of, books_agree, statement_foots):
    """The customer has half of it already, and the bank gives them all: half is owed again, half is lost."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    half = payment["amount"] // 2
    asked = refund(payment, half).json
    shop.wait_until(lambda: customer.api.get(f"/v1/refunds/{asked['id']}", expect=200)["status"] == "succeeded", 30, "the refund")
    told("created", dispute_of(reference_of(payment), payment, "needs_response"))
    assert refund(payment, 1, expect=409).code == "nothing_to_refund"
    told("closed", dispute_of(reference_of(payment), payment, "lost"))
    disputes(order, "lost", reopened=payment["amount"] - half)
    assert ledger_of(order)["bad_debt"] == half
    books_agree()
    statement_foots(customer)


def test_what_is_here_as_credit_goes_first(shop, staff, customer, refund, disputes, reference_of, told, ledger_of, books_agree, statement_foots):
    """Half of it was made the customer's credit, who has used a part: the bank gives them all, so the rest of that credit is theirs no more."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=False)
    half, used, credit = payment["amount"] // 2, 100, f"/v1/customers/{customer.id}/credit"
    refund(payment, half, to="credit")
    staff.post(credit + "/applications", {"order_id": order["id"], "amount": used}, key=True, expect=201)
    for moment, status in (("created", "needs_response"), ("closed", "lost"), ("closed", "lost")):
        told(moment, dispute_of(reference_of(payment), payment, status))
    disputes(order, "lost", reopened=payment["amount"] - half)
    assert ledger_of(order)["bad_debt"] == used
    balance, = staff.get(credit, expect=200)["balances"]
    assert balance["available"] == 0
    books_agree()
    statement_foots(customer)


def test_nobody_is_dunned_or_charged_meanwhile(shop, customer, sandbox, disputes, reference_of, books_agree):
    """An installment falls due and overdue while the deposit is disputed: no charge, a case that rests. Decided, both go on."""
    order, payment = shop.buy(customer, shop.new_product(price="120.00"), save=True)
    row = [each for each in customer.schedule(order["id"]) if each["paid"] < each["total"]][0]
    made = sandbox.dispute(reference_of(payment))
    disputes(order, "needs_response")
    shop.advance_to(row["due_date"])
    shop.advance(2)
    assert [each["source"] for each in customer.api.pages("/v1/payments", {"order_id": order["id"]})] == ["checkout"]
    case, = shop.wait_until(lambda: shop.cases(customer), 20, "a case")
    assert case["status"] == "disputed"
    assert not [each for each in shop.notifications(customer) if each["template"].startswith("dunning")]
    sandbox.answer_dispute(made["id"], "winning_evidence")
    disputes(order, "won")
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["open"], 20, "the case open")
    shop.wait_until(lambda: [each for each in shop.notifications(customer) if each["template"].startswith("dunning")], 20, "a reminder")
    shop.advance(1)
    shop.wait_until(lambda: [each["status"] for each in shop.cases(customer)] == ["cured"], 30, "charged by itself")
    books_agree()


def test_the_provider_refuses_the_evidence(shop, staff, customer, sandbox, stack, disputes, reference_of, told):
    """It was decided at the provider, and we had not heard of it."""
    order, payment = shop.buy(customer, shop.new_product(price="60.00"), save=False)
    told("created", dispute_of(reference_of(payment), payment, "needs_response"))
    dispute, = disputes(order, "needs_response")
    staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": "Look"}, key=True, expect=200)
    disputes(order, "needs_response", evidence_status="refused")   # the sandbox knows of no such dispute
    staff.post(f"/v1/disputes/{uuid.uuid4()}/evidence", {"uncategorized_text": "Look"}, key=True, expect=404)
    staff.get(f"/v1/disputes/{uuid.uuid4()}", expect=404)


def test_of_nobodys_payment(stack, told, database):
    """Somebody else's, or in no book: told in the log, and left."""
    stranger = {"id": str(uuid.uuid4()), "amount": 100, "currency": "USD"}
    told("created", dispute_of("pi_" + uuid.uuid4().hex, stranger, "needs_response"))
    assert database("billing", "SELECT count(*) FROM dispute WHERE provider_reference = %s", ("du_" + stranger["id"].replace("-", ""),)) == [(0,)]


def test_killed_as_it_is_told(shop, customer, stack, sandbox, disputes, reference_of, books_agree):
    """Billing dies with the events on the way, again and again: each has its effect once."""
    order, payment = shop.buy(customer, shop.new_product(price="60.00"), save=False)
    made = sandbox.dispute(reference_of(payment))
    for _ in range(2):
        stack.kill("billing")
        stack.start_one("billing")
    disputes(order, "needs_response")
    sandbox.answer_dispute(made["id"], "losing_evidence")
    stack.kill("billing")
    stack.start_one("billing")
    disputes(order, "lost", reopened=payment["amount"])
    books_agree()
