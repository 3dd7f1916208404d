"""What the shop does past every provider: direct debits of its own bank, what the bank's statements say of them, and money that came in cash or by transfer. As office.py."""

import datetime

from support.bank_file import camt, entry

from .buying import follow, place

IBAN = "ES9121000418450200051332"


def read(reply):
    return reply is not None and reply.status == 200


def sign_mandate(client, person, rng):
    """A customer has their installments in EUR collected, and buys something of which they pay the first; whoever keeps a card later is charged by that again."""
    scheme, product, choice = rng.choice(("CORE", "CORE", "B2B")), rng.choice([each for each in client.world.products if each["currency"] == "EUR"]), rng.random() / 2
    signed = client.post("create_sepa_mandate", "/v1/sepa-mandates", {"iban": IBAN, "debtor_name": "Ana Ruiz", "scheme": scheme}, person)
    if signed is not None and signed.status == 201:
        client.get("get_sepa_mandate", f"/v1/sepa-mandates/{signed['id']}", person)
    cart = client.post("create_cart", "/v1/carts", {}, person)
    if cart is None or cart.status != 201:
        return
    client.post("add_cart_line", f"/v1/carts/{cart['id']}/lines", {"product_id": product["id"], "quantity": 1}, person)
    order = place(client, person, rng, cart["id"], choice=choice, product=product)
    if order:
        follow(client, person, client.post("create_payment", "/v1/payments", {"order_id": order, "payment_method": {"provider": "stripe", "token": "pm_card_visa"}}, person), False)


def collect_by_debits(client, me, rng):
    """What is due about now, in a batch that the bank gets or that is given up."""
    changes, gives_up = rng.random() < 0.1, rng.random() < 0.2
    creditor, plan = client.get("get_sepa_creditor", "/v1/sepa-creditor", me), client.get("get_autopay_plan", "/v1/autopay/plan", me)
    if not read(creditor) or not read(plan):
        return
    if changes or creditor["version"] == 0:
        client.put("put_sepa_creditor", "/v1/sepa-creditor", {"creditor_id": "ES23ZZZ47690558N", "name": "Cuotas de prueba", "iban": IBAN}, me, creditor["version"])
    today = datetime.date.fromisoformat(plan["date"])
    made = client.post("create_direct_debit_batch", "/v1/direct-debit-batches",
                       {"from": (today - datetime.timedelta(days=60)).isoformat(), "to": (today + datetime.timedelta(days=30)).isoformat()}, me)
    if made is None or made.status != 201:
        return
    path = f"/v1/direct-debit-batches/{made['id']}"
    sent = None if gives_up else client.post("send_direct_debit_batch", f"{path}/send", None, me, keyed=False)
    if sent is not None and sent.status == 200:
        client.get("get_direct_debit_file", f"{path}/file", me)
    else:   # something in it was paid meanwhile, say
        client.post("cancel_direct_debit_batch", f"{path}/cancel", None, me, keyed=False)
    client.get("get_direct_debit_batch", path, me)


def hear_of_debits(client, me, rng):
    """What the bank did about one of the last batches: credited it in one sum or debit by debit, returned some; and somebody who lends a hand with its lines."""
    place, share, what = rng.random(), rng.random(), rng.random()
    batches, plan = client.get("list_direct_debit_batches", "/v1/direct-debit-batches", me, limit=5), client.get("get_autopay_plan", "/v1/autopay/plan", me)
    sent = [each for each in batches["data"] if each["status"] == "sent"] if read(batches) and read(plan) else []
    if not sent:
        return
    batch = sent[int(place * len(sent))]
    page = client.get("list_direct_debits", "/v1/direct-debits", me, batch_id=batch["id"], limit=20)
    debits = [each for each in page["data"] if each["status"] != "canceled"] if read(page) else []
    if not debits:
        return
    first = int(share * len(debits))
    if what < 0.25:
        client.post("settle_direct_debit_batch", f"/v1/direct-debit-batches/{batch['id']}/settle", {}, me, keyed=False)
    elif what < 0.45:
        client.post("return_direct_debit", f"/v1/direct-debits/{debits[first]['id']}/return", {"reason_code": "AM04" if share < 0.7 else "MD01"}, me, keyed=False)
        if share > 0.85:
            client.post("revive_sepa_mandate", f"/v1/sepa-mandates/{debits[first]['mandate_id']}/revive", {"reason": "Their bank has found it."}, me, keyed=False)
    else:
        read_lines(client, me, debits[first:first + 3], plan["date"], what)


def read_lines(client, me, debits, today, what):
    """The bank's statement has them: what came, and now and then what went back; then a line is matched by hand, or what became of one is undone."""
    number, back = client.key(), [each for each in debits if what < 0.6][:1]
    entries = [entry(each["amount"], each["end_to_end_id"], on=today, bank_reference=f"{number}-{each['number']}") for each in debits]
    entries += [entry(-each["amount"], each["end_to_end_id"], on=today, bank_reference=f"{number}-r", return_code="AM04") for each in back]
    told = client.upload("import_bank_statement", "/v1/bank-statements", camt(IBAN, entries), "application/xml", me)
    if not read(told):
        return
    page = client.get("list_bank_lines", "/v1/bank-lines", me, statement_id=told["data"][0]["id"])
    for line, debit in zip(page["data"] if read(page) else [], debits[:2]):
        whose = {"order_id": debit["order_id"]} if what < 0.9 else {}
        if what > 0.65:
            client.post("match_bank_line", f"/v1/bank-lines/{line['id']}/match", whose, me, keyed=False)
        if what > 0.8:
            client.post("unmatch_bank_line", f"/v1/bank-lines/{line['id']}/unmatch", {"reason": "It was another's"}, me, keyed=False)


def record_by_hand(client, me, rng):
    """Somebody paid at the counter: for an order at once, or when it is known whose it is; and some of it was a mistake."""
    place, share, method, known, mistaken = rng.random(), rng.random(), rng.choice(("cash", "bank_transfer", "slip")), rng.random() < 0.7, rng.random() < 0.3
    page = client.get("list_orders", "/v1/orders", me, limit=50, status=rng.choice(("confirmed", "confirmed", "pending_payment")))
    if not read(page) or not page["data"]:
        return
    order = page["data"][int(place * len(page["data"]))]
    body = {"amount": 1 + int(share * 20000), "currency": order["currency"], "method": method, "reference": client.key()}
    made = client.post("create_manual_payment", "/v1/manual-payments", {**body, **({"order_id": order["id"]} if known else {})}, me)
    if made is None or made.status != 201:
        return
    path = f"/v1/manual-payments/{made['id']}"
    if not known and share < 0.8:
        client.post("assign_manual_payment", f"{path}/assign", {"order_id": order["id"]}, me)
    if mistaken:
        client.post("reverse_manual_payment", f"{path}/reverse", {"reason": "A zero too many"}, me)
    client.get("get_manual_payment", path, me)
    client.get("list_manual_payments", "/v1/manual-payments", me, limit=5)
