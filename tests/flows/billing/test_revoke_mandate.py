"""POST /v1/payment-methods/{id}/mandate/revoke: a customer takes back that a method is charged without them, and keeps it."""

import concurrent.futures
import contextlib
import uuid

import psycopg2
import pytest

from support.sepa import new_iban

TEXT = "Autorizo a Cuotas a cobrar cada cuota en su fecha con esta tarjeta."


@pytest.fixture
def buyer(shop, new_customer, database):
    """A customer who has agreed to automatic charges while paying: (customer, order, payment, method, what the provider calls the method)"""
    def make(**who):
        customer = new_customer(**who)
        product = shop.new_product(price="120.00")
        order = shop.order(customer, product, offer=next(each for each in shop.offers(product) if each["frequency"]["unit"] == "week"))
        body = {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": "pm_card_visa", "save": True, "mandate": {"text": TEXT, "channel": "app"}}}
        payment = customer.api.post("/v1/payments", body, key=True, headers={"User-Agent": "Tienda/3.1"}, expect=201).json
        assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
        method, = shop.wait_until(lambda: methods(customer), 30, "the card kept")
        (token,), = database("billing", "SELECT token FROM payment_method WHERE id = %s", (method["id"],))
        return customer, order, payment, method, token
    return make


def methods(customer):
    return list(customer.api.pages("/v1/payment-methods"))


def revoke(api, method, expect=200):
    return api.request("POST", f"/v1/payment-methods/{method['id']}/mandate/revoke", expect=expect)


def automatic(customer, order):
    return [each["status"] for each in customer.api.pages("/v1/payments", {"order_id": order["id"]}) if each["source"] == "autopay"]


def test_not_charged_until_it_is_agreed_to_again(shop, staff, sandbox, database, buyer, wait_mail, books_agree):
    """One revokes before the day; of another the charge has been asked for, and has not reached the provider yet."""
    customer, order, payment, method, token = buyer(locale="es-CO")
    late, bought, _, waiting, _ = buyer(locale="en")
    path = f"/v1/payment-methods/{method['id']}/mandate"
    evidence = staff.get(path, expect=200).json
    assert (evidence["text"], evidence["channel"], evidence["user_agent"], evidence["payment_id"]) == (TEXT, "app", "Tienda/3.1", payment["id"])
    assert (evidence["accepted_at"], evidence["recorded_by"], evidence["revoked_at"]) == (payment["created_at"], None, None) and evidence["ip"]

    revoked = revoke(customer.api, method).json
    assert revoked["revoked_at"] and {**method, "revoked_at": revoked["revoked_at"], "revoked_by": "customer"} == revoked and revoked["default"]
    assert revoke(customer.api, method).json == revoked == methods(customer)[0]   # again: as it was
    assert staff.get(path, expect=200).json == {**evidence, "revoked_at": revoked["revoked_at"], "revoked_by": "customer"}
    assert customer.api.request("PUT", f"/v1/payment-methods/{method['id']}/default", expect=409).code == "mandate_revoked"
    assert "terminado en 4242" in wait_mail(customer.email, "Ya no cobramos automáticamente").text
    shop.wait_until(lambda: "Cobro automático revocado" in {entry["title"] for entry in customer.timeline()}, 20, "the timeline")

    # Still theirs to pay with, but nobody else's to charge.
    assert shop.wait_payment(customer, customer.pay(order["id"], method["id"], amount=100).json["id"])["status"] == "succeeded"
    body = {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": method["id"]}, "amount": 100}
    assert staff.post("/v1/payments", body, key=True, expect=409).code == "mandate_revoked"

    (reference,), = database("billing", "SELECT provider_customer FROM payment_method WHERE id = %s", (waiting["id"],))
    sandbox.plan(customer=reference, times=100, charge={"status": 429})
    due = next(each for each in customer.schedule(order["id"]) if each["outstanding"])["due_date"]
    assert (due, "no_method") in {(each["due_date"], each["passed_by"]) for each in staff.pages("/v1/autopay/plan/charges", {"date": due, "limit": 100}) if each["order_id"] == order["id"]}
    shop.advance_to(due)
    assert automatic(customer, order) == [] and automatic(late, bought) == ["processing"]
    by_staff = revoke(staff, waiting).json
    assert by_staff["revoked_by"] == staff.get(f"/v1/payment-methods/{waiting['id']}/mandate", expect=200)["revoked_by"] and uuid.UUID(by_staff["revoked_by"])
    wait_mail(late.email, "We no longer charge your payment method automatically")
    shop.wait_until(lambda: automatic(late, bought) == ["canceled"], 60, "the charge that was not sent given up")
    sandbox.clear()

    # Saved again with a payment: charged the next day, by a text of its own.
    body["payment_method"] = {"provider": "stripe", "token": token, "save": True, "mandate": {"text": TEXT + " Otra vez."}}
    again = shop.wait_payment(customer, customer.api.post("/v1/payments", body, key=True, expect=201).json["id"])
    shop.wait_until(lambda: methods(customer)[0]["revoked_at"] is None, 30, "the card kept anew")
    shop.advance(2)
    shop.wait_until(lambda: automatic(customer, order) == ["succeeded"], 30, "the automatic payment")
    assert automatic(late, bought) == ["canceled"]
    latest = staff.get(path, expect=200).json
    assert (latest["text"], latest["payment_id"], latest["revoked_at"]) == (TEXT + " Otra vez.", again["id"], None)
    books_agree()


def test_agreed_to_again_while_paying(shop, staff, buyer):
    """By the method itself, which is all its customer knows of it."""
    customer, order, _, method, _ = buyer()
    revoke(customer.api, method)
    body = {"order_id": order["id"], "amount": 100, "payment_method": {"provider": "stripe", "token": method["id"], "save": True, "mandate": {"text": TEXT + " De nuevo."}}}
    payment = shop.wait_payment(customer, customer.api.post("/v1/payments", body, key=True, expect=201).json["id"])
    shop.wait_until(lambda: methods(customer)[0]["revoked_at"] is None, 30, "the card charged again")
    latest = staff.get(f"/v1/payment-methods/{method['id']}/mandate", expect=200).json
    assert (latest["text"], latest["payment_id"], latest["revoked_at"], len(methods(customer))) == (TEXT + " De nuevo.", payment["id"], None, 1)


def test_revoked_while_it_is_saved_anew(shop, staff, customer, database, open_browser):
    """What was asked for before does not undo it: the card is charged again when that is asked for afterwards."""
    def save(token):
        made = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": token, "mandate": {"text": TEXT}}, expect=201).json
        return shop.wait_until(lambda: next((each for each in methods(customer) if each["id"] == made["id"] and each["status"] == "requires_action"), None), 30, "the bank asking")

    def authenticate(method):
        open_browser(method["next_action"]["url"])
        return shop.wait_until(lambda: next((each for each in methods(customer) if each["id"] == method["id"] and each["status"] == "active"), None), 30, "the card kept")
    kept = authenticate(save("pm_card_authenticationRequired"))
    (token,), = database("billing", "SELECT token FROM payment_method WHERE id = %s", (kept["id"],))
    asked = save(token)
    revoked = revoke(customer.api, kept).json
    anew = authenticate(asked)
    assert (anew["revoked_at"], anew["revoked_by"], anew["default"]) == (revoked["revoked_at"], "customer", True)
    assert staff.get(f"/v1/payment-methods/{anew['id']}/mandate", expect=200)["revoked_at"] == revoked["revoked_at"]
    assert authenticate(save(token))["revoked_at"] is None


def test_revoked_in_the_moment_it_is_saved(stack, shop, customer, database, open_browser):
    """Whose lock was waited for is judged as it is then."""
    made = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_authenticationRequired"}, expect=201).json
    asked = shop.wait_until(lambda: next((each for each in methods(customer) if each["status"] == "requires_action"), None), 30, "the bank asking")

    def wait_for(statement):
        shop.wait_until(lambda: database("billing", "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE %s", (f"%{statement}%",)), 30, f"{statement} waiting")
    with contextlib.closing(psycopg2.connect(stack.database_url("billing"))) as connection, connection.cursor() as somebody, concurrent.futures.ThreadPoolExecutor(1) as pool:
        somebody.execute("SELECT FROM payment_method WHERE id = %s FOR NO KEY UPDATE", (made["id"],))
        open_browser(asked["next_action"]["url"])
        wait_for("provider_customer = ")
        revoking = pool.submit(revoke, customer.api, made)
        wait_for("AS now_default")
        connection.rollback()
        revoked = revoking.result()
    assert revoked["default"] is True and revoked["revoked_at"] and methods(customer) == [revoked.json]


def test_of_mandates_for_direct_debits(customer, staff):
    mandate = customer.api.post("/v1/sepa-mandates", {"iban": new_iban(), "debtor_name": "Ana Ruiz", "mandate": {"text": TEXT}}, expect=201).json
    assert revoke(customer.api, mandate).json["status"] == "active"
    assert customer.api.get(f"/v1/sepa-mandates/{mandate['id']}", expect=200)["status"] == "revoked"
    customer.api.request("DELETE", f"/v1/payment-methods/{mandate['id']}", expect=200)
    assert staff.get(f"/v1/payment-methods/{mandate['id']}/mandate", expect=200)["revoked_by"] == "customer"
    revoke(customer.api, mandate, expect=404)


def test_only_of_what_is_kept(customer):
    """Not while its customer has still to authenticate it."""
    made = customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_authenticationRequired"}, expect=201).json
    assert revoke(customer.api, made, expect=409).code == "payment_method_being_set_up"


def test_written_down_by_staff(shop, customer, staff):
    """By telephone: who wrote it down is kept."""
    order = shop.order(customer)
    body = {"order_id": order["id"], "payment_method": {"provider": "stripe", "token": "pm_card_visa", "save": True, "mandate": {"text": TEXT, "channel": "phone"}}}
    staff.post("/v1/payments", body, key=True, expect=201)
    method, = shop.wait_until(lambda: methods(customer), 30, "the card kept")
    evidence = staff.get(f"/v1/payment-methods/{method['id']}/mandate", expect=200)
    assert uuid.UUID(evidence["recorded_by"]) and evidence["channel"] == "phone" and evidence["customer_id"] == customer.id
