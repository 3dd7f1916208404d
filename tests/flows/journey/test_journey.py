"""The whole journey undisturbed, and what must be true of the money at its end."""

import collections

from support.journey import Journey


def test_whole_journey(shop, stack, sandbox, mailbox, database):
    journey = Journey(shop, mailbox)
    journey.run()
    state = journey.end_state()
    customer, order = journey.customer, journey.placed

    assert state["order"][0] in ("confirmed", "completed"), state
    assert sum(total for _, total, _, _ in state["schedule"]) == order["total_payable"]
    assert all(paid == total and status == "paid" for _, total, paid, status in state["schedule"]), state
    assert [(status, paid) for status, _, paid in state["invoices"]] == [("paid", order["total_payable"])]
    assert all(balance == 0 for balance in state["balances"]), state
    assert state["cases"] == [("cured", 0)]
    assert state["available"] == 3
    expected = {"welcome": 1, "order_confirmed": 1, "reminder": 2, "payment_failed": 2, "dunning_first": 1, "cured": 1, "settled": 1, "receipt": 4}
    assert {template: count for (template, status), count in state["notifications"].items() if status == "sent"} == expected
    assert {status for _, status in state["notifications"]} == {"sent"}

    # Every notification is one mail in the sink, and no mail is without one.
    assert len(mailbox(customer.email)) == sum(expected.values())

    # The provider took what our books say, once each.
    ours = [payment for payment in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if payment["status"] == "succeeded"]
    taken = [charge for charge in sandbox.ledger() if charge["metadata"].get("payment_id") in {payment["id"] for payment in ours}]
    assert collections.Counter(payment["amount"] for payment in ours) == collections.Counter(charge["amount"] for charge in taken)
    assert sum(payment["amount"] for payment in ours) == order["total_payable"]

    # And the ledger balances, posting by posting.
    unbalanced = database("billing", "SELECT count(*) FROM posting p WHERE customer_id = %s AND amount <= 0", (customer.id,))
    assert unbalanced == [(0,)]
