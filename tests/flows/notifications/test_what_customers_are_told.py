"""Mails about quotes, about changes after the sale, and about a cart that was left: each in the customer's language, once, with what it is about in it."""

import contextlib
import datetime
import re

import psycopg2
import pytest


def money(amount, spanish=True):
    text = f"{amount // 100:,}.{amount % 100:02}"
    return "USD " + (text.translate(str.maketrans(",.", ".,")) if spanish else text)


@pytest.fixture
def templates(shop):
    return lambda customer: sorted(each["template"] for each in shop.notifications(customer) if each["template"] != "welcome")


@pytest.fixture
def until(shop):
    return lambda days: (shop.today() + datetime.timedelta(days=days)).isoformat() + "T15:30:00Z"


# ---- quotes

def test_a_quote_approved_and_about_to_expire(shop, new_customer, new_product, until, wait_mail, templates):
    english, spanish = new_customer(locale="en-US"), new_customer(locale="es-CO")
    product = new_product(price="1500.00")
    ends = shop.today() + datetime.timedelta(days=6)
    quotes = [shop.quote(each, (product, (1, 123456)), valid_until=until(6)) for each in (english, spanish)]
    there = wait_mail(english.email, "Your quote is ready: USD 1,234.56")
    assert quotes[0]["id"] in there.text and f"until {ends} 10:30" in there.text, "by the merchant's clock"
    aqui = wait_mail(spanish.email, "Tu cotización está lista: USD 1.234,56")
    assert f"hasta el {ends:%d/%m/%Y} 10:30" in aqui.text and aqui.message["List-Unsubscribe"] is None
    shop.advance(5)
    wait_mail(english.email, "Your quote expires soon")
    assert f"vence el {ends:%d/%m/%Y} 10:30" in wait_mail(spanish.email, "Tu cotización vence pronto").text
    shop.advance(3)
    assert templates(spanish) == templates(english) == ["quote_approved", "quote_expiring"]


def test_a_quote_taken_back(shop, staff, customer, new_product, wait_mail, templates):
    product = new_product()
    offered, drafted = shop.quote(customer, (product, (1, 7000))), shop.quote(customer, (product, 1), approve=False)
    again = shop.quote(customer, (product, (1, 6000)))
    body = {"lines": [{"product_id": product["id"], "quantity": 1, "unit_price": 5000}], "offer_id": again["offer"]["id"], "valid_until": again["valid_until"]}
    staff.post(f"/v1/quotes/{again['id']}/versions", body, expect=201)   # drafted anew: the customer still believes in the first
    for quote in (drafted, offered, again):
        staff.post(f"/v1/quotes/{quote['id']}/void", {"reason": "The branch says no"}, expect=200)
    mail = wait_mail(customer.email, "ya no está disponible")
    assert offered["id"] in mail.text and "USD 70,00" in mail.text and "branch" not in mail.text
    shop.wait_until(lambda: templates(customer) == ["quote_approved", "quote_approved", "quote_voided", "quote_voided"], 20, "both offers taken back")


# ---- changes after the sale

@pytest.fixture
def sale(shop, customer):
    product = shop.new_product(price="1200.00")
    return shop.buy(customer, product, offer=shop.offer(product, installments=12, deposit=True), save=False)[0]


@pytest.fixture
def change(wait_until):
    def make(who, order, kind, confirmed=True, **members):
        path = f"/v1/contracts/{order['contract_id']}/changes"
        computed = who.post(path, {"kind": kind, **members}, key=True, expect=201).json
        tag = {"If-Match": f'"{computed["version"]}"'}
        if confirmed:
            who.post(f"{path}/{computed['id']}/confirm", {}, key=True, headers=tag, expect=200)
            wait_until(lambda: who.get(f"{path}/{computed['id']}", expect=200)["status"] != "confirming", 20, "the change applied")
        else:
            who.post(f"{path}/{computed['id']}/cancel", {}, key=True, headers=tag, expect=200)
        return computed
    return make


def test_a_new_schedule(shop, staff, customer, sale, change, wait_mail):
    changed = change(staff, sale, "reschedule", installments=18, reason="agreed by telephone")
    mail = wait_mail(customer.email, "Tu plan de pagos cambió")
    schedule = customer.api.get(f"/v1/orders/{sale['id']}/schedule", expect=200)["installments"]
    ahead = [row for row in schedule if row["paid"] < row["total"]]
    first = datetime.date.fromisoformat(ahead[0]["due_date"])
    assert f"Por pagar: {money(changed['result']['outstanding_after'])}. Cuotas por pagar: {len(ahead)}." in mail.text
    assert f"La próxima, de {money(ahead[0]['total'])}, vence el {first:%d/%m/%Y}." in mail.text and sale["id"] in mail.text


def test_a_payoff_that_is_not_paid(shop, customer, sale, change, wait_mail, templates):
    computed = change(customer.api, sale, "payoff")["result"]["pay"]
    by = datetime.date.fromisoformat(computed["by"])
    mail = wait_mail(customer.email, "Confirmamos el pago anticipado")
    assert mail.subject == f"Paga {money(computed['amount'])} antes de que termine el {by:%d/%m/%Y}" and money(computed["amount"]) in mail.text
    shop.advance(2)
    assert "no se completó en su día" in wait_mail(customer.email, "La próxima cuota").text
    assert [each for each in templates(customer) if each.startswith("change_")] == ["change_lapsed", "change_to_pay"]


def test_a_sale_undone(shop, new_customer, new_product, change, wait_mail, templates):
    customer, product = new_customer(locale="en"), new_product(price="300.00")
    order, payment = shop.buy(customer, product, offer=shop.offer(product, deposit=True))
    change(customer.api, order, "cancellation")
    mail = wait_mail(customer.email, f"Your order has been canceled: we are refunding {money(payment['amount'], False)}")
    assert order["id"] in mail.text
    assert "sale_undone_refund" in templates(customer) and "schedule_changed" not in templates(customer)


def test_changes_that_are_not_made(shop, staff, customer, sale, change, wait_until, wait_mail, templates, database):
    """Dropped by who asked: no news. Dropped by the shop: news, once."""
    change(customer.api, sale, "payoff", confirmed=False)
    change(staff, sale, "skip", confirmed=False, periods=1, reason="perhaps")
    path = f"/v1/contracts/{sale['contract_id']}/changes"
    asked = customer.api.post(path, {"kind": "due_day", "days": [10]}, key=True, expect=201).json
    staff.post(f"{path}/{asked['id']}/cancel", {}, key=True, headers={"If-Match": '"1"'}, expect=200)
    assert sale["id"] in wait_mail(customer.email, "Descartamos el cambio que pediste").text
    told = database("orders", "SELECT data FROM outbox WHERE type = 'order.change_canceled' AND subject = %s ORDER BY xid, id", (sale["id"],))
    assert [(data["kind"], data["requested_as"], data["canceled_as"], data["draft"]) for data, in told] == [
        ("payoff", "customer", "customer", False), ("skip", "staff", "staff", True), ("due_day", "customer", "staff", False)]
    assert [each for each in templates(customer) if each.startswith("change_")] == ["change_canceled"]
    entries = wait_until(lambda: len([e for e in customer.timeline() if e["type"] == "order.change_canceled"]) == 2 and customer.timeline(), 20, "the timeline")
    assert "Cambio descartado" in {entry["title"] for entry in entries}
    assert len([e for e in staff.pages(f"/v1/customers/{customer.id}/timeline") if e["type"] == "order.change_canceled"]) == 3


def test_a_change_that_came_too_late(stack, shop, staff, customer, sale, wait_until, wait_mail, templates):
    """Between the confirmation and its booking the account moves, as a payment moves it (the test holds the account, so that it does): nothing is changed, and that is told."""
    path = f"/v1/contracts/{sale['contract_id']}/changes"
    computed = customer.api.post(path, {"kind": "prepayment", "amount": 5000, "choice": "shorter_term"}, key=True, expect=201).json
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection, connection.cursor() as cursor:
        cursor.execute("UPDATE order_account SET changes = changes + 1 WHERE order_id = %s", (sale["id"],))
        customer.api.post(f"{path}/{computed['id']}/confirm", {}, key=True, headers={"If-Match": '"1"'}, expect=200)
    wait_until(lambda: customer.api.get(f"{path}/{computed['id']}", expect=200)["status"] == "refused", 30, "the change refused")
    assert sale["id"] in wait_mail(customer.email, "No pudimos aplicar el cambio").text
    wait_until(lambda: "Cambio no aplicado" in {entry["title"] for entry in customer.timeline()}, 20, "the timeline")
    assert [each for each in templates(customer) if each.startswith(("change_", "schedule_"))] == ["change_refused"]


# ---- money that went back

def test_refunds_and_disputes(shop, staff, new_customer, sandbox, database, wait_mail, templates):
    """Where the money went; what the bank was asked, and what is owed again after it."""
    spanish, english = new_customer(locale="es-CO"), new_customer(locale="en")
    bought = {each.id: shop.buy(each, shop.new_product(price="120.00"), save=False) for each in (spanish, english)}
    for each, to in ((spanish, "method"), (english, "credit")):
        staff.post(f"/v1/payments/{bought[each.id][1]['id']}/refunds", {"reason": "Paid twice", "amount": 1500, "to": to}, key=True, expect=201)
    assert bought[spanish.id][0]["id"] in wait_mail(spanish.email, "Te devolvimos USD 15,00").text
    assert bought[english.id][0]["id"] in wait_mail(english.email, "You have USD 15.00 of credit").text
    order, payment = bought[spanish.id]
    reference, = database("billing", "SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))[0]
    sandbox.dispute(reference, amount=2000, reason="product_not_received")
    assert order["id"] in wait_mail(spanish.email, "Tu banco revisa tu pago de USD 20,00").text
    dispute, = staff.pages("/v1/disputes", {"order_id": order["id"]})
    staff.post(f"/v1/disputes/{dispute['id']}/evidence", {"uncategorized_text": "losing_evidence"}, key=True, expect=200)
    assert "pendiente otra vez: USD 20,00" in wait_mail(spanish.email, "Vuelves a deber USD 20,00").text
    assert {each for each in templates(spanish) if each.startswith(("refund", "dispute"))} == {"refund_sent", "dispute_opened", "dispute_lost"}


# ---- carts that were left

def owner_runs(stack, *statements):
    with contextlib.closing(psycopg2.connect(stack.database_url("notifications"))) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def any_hour(stack, database):
    """The hours of the law, made every hour: tests run at all of them. (An operator's to change; no API does.)"""
    hours = database("notifications", "SELECT day, opens::text, closes::text FROM contact_hours")
    owner_runs(stack, "DELETE FROM contact_hours", "INSERT INTO contact_hours SELECT day, '00:00', '24:00' FROM generate_series(1, 7) AS day")
    yield
    owner_runs(stack, "DELETE FROM contact_hours", *(f"INSERT INTO contact_hours VALUES ({day}, '{opens}', '{closes}')" for day, opens, closes in hours))


def test_a_cart_that_was_left(any_hour, shop, new_customer, new_product, api, wait_mail, mailbox):
    """Once for a cart, only with consent, and not once it is taken back: by the link that is in the mail, by one click."""
    product = new_product(price="45.00", stock=50)
    wants, does_not, never_asked = (new_customer(locale="es-MX", consents=consents) for consents in ({"marketing": True}, {"marketing": False, "email": True}, None))
    for each in (wants, does_not, never_asked):
        each.cart((product, 2))
    shop.advance(2)
    mail = wait_mail(wants.email, "Dejaste algo en tu carrito")
    assert "USD 90,00" in mail.text
    link = re.search(r"https?://\S+/v1/unsubscribe/\S+", mail.text)[0]
    assert mail.message["List-Unsubscribe"] == f"<{link}>" and mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = link[link.index("/v1/"):]
    assert api.get(path, expect=200).json == {"purpose": "marketing", "subscribed": True}
    api.request("POST", path, data=b"List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded", expect=200)
    wants.cart((product, 1))
    shop.advance(3)
    assert [mail.subject for mail in mailbox(wants.email) if "carrito" in mail.subject] == ["Dejaste algo en tu carrito"]
    for each, expected in ((wants, ["sent", "suppressed"]), (does_not, ["suppressed"]), (never_asked, ["suppressed"])):
        assert sorted(n["status"] for n in shop.notifications(each) if n["template"] == "cart_left") == expected
        assert not any("carrito" in mail.subject for mail in mailbox(each.email)) or each is wants


@pytest.fixture
def contact_hours(stack, shop, database):
    """Nobody is written to but on the day that is five days from now, until the end."""
    hours = database("notifications", "SELECT day, opens::text, closes::text FROM contact_hours")
    rows = "INSERT INTO contact_hours VALUES ({}, '{}', '{}')".format
    owner_runs(stack, "DELETE FROM contact_hours", rows((shop.today().isoweekday() + 4) % 7 + 1, "00:00", "24:00"))
    yield
    owner_runs(stack, "DELETE FROM contact_hours", *(rows(*each) for each in hours))


def test_a_cart_ordered_while_its_mail_waits(contact_hours, shop, new_customer, new_product, database, mailbox):
    """Whoever ordered what was left is not reminded of it; of another cart of theirs they are."""
    wants, buys = new_customer(consents={"marketing": True}), new_customer(consents={"marketing": True})
    product = new_product()
    left, ordered, other = wants.cart((product, 1)), buys.cart((product, 1)), buys.cart((product, 2))
    shop.advance(2)
    states = lambda customer: sorted(n["status"] for n in shop.notifications(customer) if n["template"] == "cart_left")
    assert states(wants) == ["queued"] and states(buys) == ["queued", "queued"]
    buys.place_order(ordered["id"], shop.offers(product)[0]["id"])
    shop.advance(4)
    assert states(wants) == ["sent"] and states(buys) == ["sent", "suppressed"]
    assert [len([mail for mail in mailbox(each.email) if "carrito" in mail.subject]) for each in (wants, buys)] == [1, 1]
    suppressed, = database("notifications", "SELECT data ->> 'cart_id' FROM notification WHERE customer_id = %s AND status = 'suppressed'", (buys.id,))
    assert suppressed == (ordered["id"],)
    assert database("orders", "SELECT subject FROM outbox WHERE type = 'cart.ordered' AND subject IN (%s, %s, %s)", (left["id"], ordered["id"], other["id"])) == [(ordered["id"],)]


def test_nobody_is_written_to_at_night(database):
    """The hours of the law."""
    def first(at):
        return database("notifications", "SELECT contact_time(%s, 'America/Bogota') AT TIME ZONE 'America/Bogota'", (at,))[0][0].isoformat(" ")
    assert first("2026-11-20 18:59-05") == "2026-11-20 18:59:00"      # a Friday
    assert first("2026-11-20 19:00-05") == "2026-11-21 08:00:00" == first("2026-11-21 02:00-05")
    assert first("2026-11-21 15:00-05") == "2026-11-23 07:00:00" == first("2026-11-22 12:00-05")   # nobody on a Sunday


def test_outside_the_hours_a_message_waits(contact_hours, shop, new_customer, new_product, database, wait_until, mailbox):
    """... and says so by a job of its own."""
    customer = new_customer(consents={"marketing": True})
    customer.cart((new_product(), 1))
    shop.advance(2)
    waits, = (n for n in shop.notifications(customer) if n["template"] == "cart_left")
    assert waits["status"] == "queued" and [mail.subject for mail in mailbox(customer.email) if "carrito" in mail.subject] == []
    assert len(database("notifications", "SELECT 1 FROM job WHERE payload ->> 'notification_id' = %s AND kind = 'send_wanted_mail'", (waits["id"],))) == 1
    shop.advance(3)
    wait_until(lambda: any(n["status"] == "sent" for n in shop.notifications(customer) if n["template"] == "cart_left"), 20, "the message sent")
