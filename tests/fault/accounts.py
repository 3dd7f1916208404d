"""What the staff who keep the books do: read them, say what being late costs and how invoices are taxed, forgive, give money back, answer disputes. As office.py."""

REPORTS = (("report_aging", "/v1/reports/aging"), ("report_cash_flow", "/v1/reports/cash-flow"), ("report_collections", "/v1/reports/collections"),
           ("report_write_offs", "/v1/reports/write-offs"), ("report_revenue", "/v1/reports/revenue"), ("get_trial_balance", "/v1/ledger/trial-balance"),
           ("verify_ledger", "/v1/ledger/verify"), ("list_ledger_accounts", "/v1/ledger/accounts"), ("get_autopay_plan", "/v1/autopay/plan"),
           ("list_autopay_charges", "/v1/autopay/plan/charges"), ("get_autopay_progress", "/v1/autopay/progress"))


def read(reply):
    return reply is not None and reply.status == 200


def look_into_books(client, me, rng):
    """The ledger, and a report of it."""
    client.get(*rng.choice(REPORTS), me)
    client.get("list_ledger_entries", "/v1/ledger/entries", me, limit=20, kind=rng.choice(("sale", "payment", "interest", "change")))


def keep_books(client, me, rng):
    """How invoices are taxed and what being late costs, now and then otherwise; and how money would be spread."""
    changes, tax, fee, limit = rng.random() < 0.3, rng.choice(("0", "19", "21.5")), rng.randrange(100, 900), rng.randrange(200, 2000)
    invoicing = client.get("get_invoice_policy", "/v1/invoice-policy", me)
    if read(invoicing) and changes:
        client.put("put_invoice_policy", "/v1/invoice-policy", {"tax_rate": tax}, me, invoicing["version"])
    routing = client.get("get_routing_policy", "/v1/routing-policy", me)
    if read(routing) and changes:
        client.put("put_routing_policy", "/v1/routing-policy", {"rules": [{"currency": "USD", "amount_max": fee, "providers": ["stripe"]}]}, me, routing["version"])
    client.get("list_payment_providers", "/v1/payment-providers", me, currency="USD", amount=fee)
    policy = client.get("get_receivables_policy", "/v1/receivables-policy", me)
    if read(policy) and (changes or policy["version"] == 0):
        late = {"annual_rate": rng.choice(("0.12", "0.3")), "fees": [{"currency": "USD", "flat": fee, "contract_max": 3 * fee}]}
        client.put("put_receivables_policy", "/v1/receivables-policy",
                   {"allocation": policy["allocation"], "late": late, "waiver_limits": [{"currency": "USD", "amount": limit}],
                    "overpayment": rng.choice(("refund", "credit"))}, me, policy["version"])
    client.post("preview_allocation", "/v1/receivables-policy/preview", {"date": "2031-05-01", "amount": fee, "receivables": [
        {"number": 1, "due_date": "2031-04-01", "part": "interest", "amount": 50}, {"number": 1, "due_date": "2031-04-01", "part": "principal", "amount": limit}]}, me, keyed=False)


def forgive(client, me, rng, approver):
    """A part of what is overdue; over the limit somebody else decides."""
    place, share, agrees = rng.random(), rng.random(), rng.random() < 0.7
    page = client.get("list_orders", "/v1/orders", me, limit=50, status="confirmed", dpd_min=1)
    if read(page) and page["data"]:
        order = page["data"][int(place * len(page["data"]))]["id"]
        owed = client.get("list_receivables", "/v1/receivables", me, order_id=order)
        parts = [(row["number"], part) for row in owed["data"] if row["status"] == "overdue" for part in row["parts"] if part["outstanding"]] if read(owed) else []
        if parts:
            number, part = parts[int(share * len(parts))]
            client.post("create_waiver", "/v1/waivers", {"order_id": order, "number": number, "part": part["part"], "amount": max(1, int(share * part["outstanding"])),
                                                         "reason": "Agreed after the flood"}, me)
    waiting = client.get("list_waivers", "/v1/waivers", me, status="pending", limit=3)
    for waiver in waiting["data"] if read(waiting) and approver else []:
        client.post("decide_waiver", f"/v1/waivers/{waiver['id']}/decision", {"decision": "approve" if agrees else "decline", "reason": "The flood is known"}, approver, keyed=False)


def read_the_bank(client, me, rng):
    """A day's lines of the shop's bank account, now and then some of them twice; and what has become of those that were read."""
    day, lines, first = 1 + rng.randrange(28), 1 + rng.randrange(6), rng.randrange(4)
    text = "date,amount,reference\n" + "".join(f"2031-05-{day:02},{number + day}.50,B{day}-{number}\n" for number in range(first, first + lines))
    read_in = client.upload("import_bank_statement", "/v1/bank-statements?account=ES9121000418450200051332&currency=USD", text.encode(), "text/csv", me)
    if read(read_in):
        client.get("get_bank_statement", f"/v1/bank-statements/{read_in['data'][0]['id']}", me)
    client.get("list_bank_statements", "/v1/bank-statements", me, limit=5)
    page = client.get("list_bank_lines", "/v1/bank-lines", me, limit=20, status=rng.choice(("unmatched", "ignored")))
    for line in page["data"][:2] if read(page) else []:
        client.get("get_bank_line", f"/v1/bank-lines/{line['id']}", me)
        if line["status"] == "ignored":
            client.post("unmatch_bank_line", f"/v1/bank-lines/{line['id']}/unmatch", {"reason": "It was a customer's"}, me, keyed=False)
        else:
            client.post("ignore_bank_line", f"/v1/bank-lines/{line['id']}/ignore", {"reason": "Interest of the account"}, me, keyed=False)


def give_back(client, me, rng):
    """Money of a payment, all of it or a part; and what could not be given back is sent again."""
    place, share, part = rng.random(), rng.random(), rng.random()
    page = client.get("list_orders", "/v1/orders", me, limit=50, status="confirmed")
    if page is None or page.status != 200 or not page["data"]:
        return
    order = page["data"][int(place * len(page["data"]))]
    payments = client.get("list_payments", "/v1/payments", me, order_id=order["id"])
    made = [each for each in payments["data"] if each["status"] == "succeeded"] if payments is not None and payments.status == 200 else []
    if made:
        payment = made[int(part * len(made))]
        amount = {"amount": max(1, int(part * payment["amount"]))} if share < 0.8 else {}
        amount["to"] = "credit" if share < 0.3 else "method"
        refund = client.post("create_refund", f"/v1/payments/{payment['id']}/refunds", {"reason": "Paid at the counter, too", **amount}, me)
        if refund is not None and refund.status == 201:
            client.get("get_refund", f"/v1/refunds/{refund['id']}", me)
        client.get("list_payment_refunds", f"/v1/payments/{payment['id']}/refunds", me)
        client.get("get_receipt", f"/v1/payments/{payment['id']}/receipt", me)
        use_credit(client, me, order, payment, share)
    failed = client.get("list_refunds", "/v1/refunds", me, limit=5)
    answer_disputes(client, me, part)
    events = client.get("list_webhook_events", "/v1/webhook-events", me, limit=20)
    for event in events["data"][:1] if events is not None and events.status == 200 else []:
        client.post("replay_webhook_event", f"/v1/webhook-events/{event['id']}/replay", None, me)
    for refund in failed["data"] if failed is not None and failed.status == 200 else []:
        if refund["failure_code"] == "by_hand":
            client.post("pay_out_refund", f"/v1/refunds/{refund['id']}/pay-out", {"method": "cash", "reference": f"V-{refund['id']}"}, me)
        else:
            client.post("retry_refund", f"/v1/refunds/{refund['id']}/retry", None, me)


def use_credit(client, me, order, payment, share):
    """What is owed to the customer pays for the order, or goes back by the payment's method."""
    path = f"/v1/customers/{payment['customer_id']}/credit"
    credit = client.get("get_credit", path, me)
    usable = sum(each["available"] for each in credit["balances"]) if read(credit) else 0
    if usable > 0 and share < 0.2:
        client.post("refund_credit", f"{path}/refunds", {"payment_id": payment["id"], "amount": max(1, usable // 2), "reason": "She wants it on her card"}, me)
    elif usable > 0:
        client.post("apply_credit", f"{path}/applications", {"order_id": order["id"]}, me)


def answer_disputes(client, me, part):
    """What customers dispute at their bank: some are won, some lost, some left to the bank."""
    page = client.get("list_disputes", "/v1/disputes", me, limit=5, status="needs_response")
    for dispute in page["data"] if page is not None and page.status == 200 else []:
        text = "winning_evidence" if part < 0.4 else "losing_evidence" if part < 0.7 else "escalate_inquiry_evidence"
        client.post("submit_evidence", f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": text}, me)
        client.get("get_dispute", f"/v1/disputes/{dispute['id']}", me)
