"""What clients do: carts, orders, payments, changes of their contracts; and what must be refused. Operations as workload.py has them."""

import re

from support.mail import mails_to

from .client import Person
from .looking import browse, look_at_notifications, look_at_offers, look_at_payment

PEOPLE_MAX = 12        # customers one client plays
REMEMBERED = 30        # orders, payments a client keeps in mind for each

# Cards of the sandbox (services/sandbox/README.md) and how often each is used. Those that can be kept are charged by themselves later.
CARDS = {"pm_card_createDispute": 4, "pm_card_createDisputeInquiry": 2, "pm_card_visa": 30, "pm_card_mastercard": 12, "pm_card_amex": 6,
         "pm_card_visa_chargeDeclinedInsufficientFunds": 5, "pm_card_visa_chargeDeclinedLostCard": 3, "pm_card_chargeCustomerFail": 4,
         "pm_card_threeDSecure2Required": 6, "pm_card_authenticationRequired": 4,
         "pm_sim_delayedWebhook": 5, "pm_sim_duplicateWebhook": 5, "pm_sim_outOfOrderWebhook": 4, "pm_sim_lostWebhook": 4,
         "pm_sim_timeoutAfterCharge": 3, "pm_sim_timeoutBeforeCharge": 3}
# Mercado Pago's test cardholders, for what is owed in the currency of its account.
CARDHOLDERS = {"mp_apro": 30, "mp_apro_visa": 15, "mp_fund": 6, "mp_call": 3, "mp_expi": 3, "mp_risk": 2}
MERCADOPAGO_CURRENCY = "BRL"
KEPT = ("pm_card_visa", "pm_card_mastercard", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_sim_duplicateWebhook")

# sku, name, kind, price, currency, stock. Two are nearly gone: who is too late must be told so, and nobody may get one too many.
GOODS = [("FAULT-SILLA", "Silla de prueba", "physical", "89.90", "USD", 4000), ("FAULT-MESA", "Mesa de prueba", "physical", "349.00", "USD", 4000),
         ("FAULT-NEVERA", "Nevera de prueba", "physical", "1299.99", "USD", 4000), ("FAULT-CURSO", "Curso de prueba", "service", "75.00", "USD", 9000),
         ("FAULT-LAMPARA", "Lampara de prueba", "physical", "210000.00", "COP", 4000), ("FAULT-BICI", "Bicicleta de prueba", "physical", "1890000.00", "COP", 4000),
         ("FAULT-LIBROS", "Libros de prueba", "physical", "120.00", "EUR", 4000), ("FAULT-SOFA", "Sofa de prueba", "physical", "640.00", "EUR", 4000),
         ("FAULT-RADIO", "Radio de prueba", "physical", "350.07", "BRL", 4000), ("FAULT-TELEFONE", "Telefone de prueba", "physical", "1890.00", "BRL", 4000),
         ("FAULT-ULTIMA", "Ultima unidad", "physical", "120.00", "USD", 3), ("FAULT-POCAS", "Pocas unidades", "physical", "450000.00", "COP", 7)]
CHEAPEST_PLAN = "019aa8a2-0000-7000-8000-000000000001"   # three installments, no deposit, from one cent on
SCARCE = ("FAULT-ULTIMA", "FAULT-POCAS")


def goods_csv():
    return "sku,name,kind,category,subcategory,price,currency,stock\n" + "".join(
        f"{sku},{name},{kind},Prueba,Fallos,{price},{currency},{stock}\n" for sku, name, kind, price, currency, stock in GOODS)


def fill_cart(client, person, rng):
    """The cart's id, with something in it; None when it was not to be."""
    cart = client.post("create_cart", "/v1/carts", {}, person)
    if cart is None or cart.status != 201:
        return None
    products = client.world.products
    first = rng.choices(products, [1 if each["sku"] in SCARCE else 8 for each in products])[0]
    same = [each for each in products if each["currency"] == first["currency"] and each["sku"] not in SCARCE]
    lines = [first] + rng.sample(same, min(len(same), rng.choice((0, 0, 1, 2))))
    for product in lines:
        client.post("add_cart_line", f"/v1/carts/{cart['id']}/lines", {"product_id": product["id"], "quantity": rng.choice((1, 1, 1, 2, 3))}, person)
    person.carts = (person.carts + [cart["id"]])[-REMEMBERED:]
    return cart["id"], first


def only_fill_cart(client, person, rng):
    """... think again about how many, look at what it would cost, and leave it."""
    changes, quantity, code = rng.random() < 0.5, rng.choice((0, 1, 2, 4)), rng.random()
    filled = fill_cart(client, person, rng)
    if not filled:
        return
    cart, product = filled
    if changes:
        client.put("set_cart_line", f"/v1/carts/{cart}/lines/{product['id']}", {"quantity": quantity}, person)
    if code < 0.3:
        client.put("set_cart_promotion", f"/v1/carts/{cart}/promotion", {"code": code_of(client, code / 0.3)} if code < 0.25 else {}, person)
    client.get("get_cart", f"/v1/carts/{cart}", person)
    client.get("list_cart_offers", f"/v1/carts/{cart}/offers", person)


def code_of(client, share):
    """A promotion somebody of the staff has made, the later the likelier; before the first, one there is not."""
    codes = client.world.promotions[-6:]
    return codes[int(share * len(codes))] if codes else "NO-SUCH-CODE"


def shop_as_guest(client, person, rng):
    """Fills a cart without a log-in and takes it over: as one's own, or into one there is already. Some buy it then, some never come back."""
    comes_back, has_one, buys, again = rng.random() < 0.8, rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.3
    products = [each for each in client.world.products if each["currency"] == "USD" and each["sku"] not in SCARCE]
    chosen = rng.sample(products, 2)
    made = client.post("create_guest_cart", "/v1/guest-carts", {"channel": "web"}, keyed=False)
    if made is None or made.status != 201:
        return
    path = f"/v1/guest-carts/{made['token']}"
    for product in chosen:
        put = client.put("set_guest_cart_line", f"{path}/lines/{product['id']}", {"quantity": rng.choice((1, 2, 3))})
        if put is not None and put.status != 200:
            return
    if again:
        client.put("set_guest_cart_line", f"{path}/lines/{chosen[0]['id']}", {"quantity": rng.choice((0, 1))})
    client.get("get_guest_cart", path)
    client.get("list_guest_cart_offers", f"{path}/offers")
    if not comes_back:
        return
    filled = has_one and fill_cart(client, person, rng)
    merged = client.post("merge_guest_cart", f"{path}/merge", {"cart_id": filled[0]} if filled else {}, person)
    if merged is None or merged.status != 200:
        return
    person.carts = (person.carts + [merged["id"]])[-REMEMBERED:]
    if buys:
        place(client, person, rng, merged["id"], reads=True)


def order(client, person, rng):
    choice, pays, code, reads = rng.random(), rng.random() < 0.8, rng.random(), rng.random() < 0.3   # before anything depends on answers
    filled = fill_cart(client, person, rng)
    if not filled:
        return
    cart, product = filled
    if code < 0.4:
        client.put("set_cart_promotion", f"/v1/carts/{cart}/promotion", {"code": code_of(client, code / 0.4)}, person)
    placed = place(client, person, rng, cart, reads, choice, None if reads else product)
    if placed and pays:
        pay(client, person, rng, placed)


def place(client, person, rng, cart, reads=False, choice=0.7, product=None):
    """The order's id; None when it was not to be. By the offers of the cart, or of a product in it; reads: agrees to the very text of the contract."""
    offers = (client.get("list_offers", f"/v1/products/{product['id']}/offers") if product else
              client.get("list_cart_offers", f"/v1/carts/{cart}/offers", person))
    if offers is None or offers.status != 200 or not offers["data"]:
        return None
    # Weekly plans come due first, so half of the buyers take one.
    weekly = [each for each in offers["data"] if each["frequency"]["unit"] == "week"]
    offer = weekly[0] if weekly and choice < 0.5 else offers["data"][int(choice * 97) % len(offers["data"])]
    body = {"cart_id": cart, "offer_id": offer["id"], "terms_version": "v1", "terms_accepted": True}
    if reads:
        shown = client.post("preview_contract", f"/v1/carts/{cart}/contract-preview", {"offer_id": offer["id"]}, person, keyed=False)
        if shown is not None and shown.status == 200:
            body["contract_sha256"] = shown["sha256"]
    placed = client.post("place_order", "/v1/orders", body, person)
    if placed is None or placed.status != 201:
        return None
    remember(person, placed)
    return None if placed["status"] == "draft" else placed["id"]   # nobody is asked to pay before somebody has approved it


def accept_quote(client, person, rng):
    """What the shop has offered this very person."""
    pays, reads = rng.random() < 0.8, rng.random() < 0.4
    quotes = client.get("list_quotes", "/v1/quotes", person, customer_id=person.id)
    offered = [each for each in quotes["data"] if each["status"] == "approved"] if quotes is not None and quotes.status == 200 else []
    if not offered:
        return look_at_offers(client, person, rng)
    path, version = f"/v1/quotes/{offered[0]['id']}", offered[0]["version"]
    client.get("get_quote", path, person)
    body = {"version": version, "terms_version": "v1", "terms_accepted": True}
    if reads:
        shown = client.post("preview_quote_contract", f"{path}/contract-preview", {"version": version}, person, keyed=False)
        if shown is not None and shown.status == 200:
            body["contract_sha256"] = shown["sha256"]
    placed = client.post("accept_quote", f"{path}/accept", body, person)
    if placed is None or placed.status != 201:
        return
    remember(person, placed)
    if pays and placed["status"] != "draft":
        pay(client, person, rng, placed["id"])


def remember(person, placed):
    person.orders = (person.orders + [placed["id"]])[-REMEMBERED:]
    person.contracts = (person.contracts + [(placed["contract"]["id"], placed["id"])])[-REMEMBERED:]
    if placed["currency"] == MERCADOPAGO_CURRENCY:
        person.mercadopago.add(placed["id"])


def pay(client, person, rng, order_id=None):
    card, keep = rng.choices(list(CARDS), list(CARDS.values()))[0], rng.random() < 0.5
    share, waits = rng.random(), rng.random() < 0.5
    other, cardholder = rng.random() < 0.8, rng.choices(list(CARDHOLDERS), list(CARDHOLDERS.values()))[0]
    if order_id is None:
        if not person.orders:
            return order(client, person, rng)
        order_id = person.orders[-1] if rng.random() < 0.6 else rng.choice(person.orders)
    body = {"order_id": order_id, "payment_method": {"provider": "stripe", "token": card, "save": keep and card in KEPT}}
    if other and order_id in person.mercadopago:
        body["payment_method"] = {"provider": "mercadopago", "token": cardholder, "save": keep}
    if share < 0.2:
        body["amount"] = int(1000 + share * 400000)
    paid = client.post("create_payment", "/v1/payments", body, person)
    if follow(client, person, paid, waits) == "requires_action" and keep:
        authenticate(client, person, rng)


def pay_twice(client, person, rng):
    """Authenticates one payment while another of the same order begins: one of them counts, or what is too much goes back."""
    if not person.orders:
        return order(client, person, rng)
    order_id = person.orders[-1]
    body = {"order_id": order_id, "payment_method": {"provider": "stripe", "token": "pm_card_threeDSecure2Required"}}
    if follow(client, person, client.post("create_payment", "/v1/payments", body, person), True) != "requires_action":
        return
    first = person.to_authenticate.pop()
    other = {"order_id": order_id, "payment_method": {"provider": "stripe", "token": "pm_card_mastercard"}}
    if rng.random() < 0.5:
        client.visit("authenticate", first)
    paid = client.post("create_payment", "/v1/payments", other, person)
    client.visit("authenticate", first)
    follow(client, person, paid, False)


def follow(client, person, paid, waits):
    """Remembers a payment, and sometimes waits for what becomes of it, as a checkout page does. Its last status seen."""
    if paid is None or paid.status != 201:
        return None
    person.payments = (person.payments + [paid["id"]])[-REMEMBERED:]
    pause = 0.1
    for _ in range(8 if waits else 0):
        if client.world.stop.wait(pause):
            return None
        pause *= 1.5
        status = look_at_payment(client, person, paid["id"])
        if status not in ("processing", "unknown"):
            return status
    return None


def authenticate(client, person, rng):
    result = "?result=fail" if rng.random() < 0.2 else ""
    if person.to_authenticate:
        client.visit("authenticate", person.to_authenticate.pop() + result)
    elif person.payments:
        look_at_payment(client, person, person.payments[-1])


def pay_too_late(client, person, rng):
    """The customer authenticates, the provider's word of it is lost, and the order expires meanwhile: the money came for nothing and must go back."""
    filled = fill_cart(client, person, rng)
    if not filled:
        return
    body = {"cart_id": filled[0], "offer_id": CHEAPEST_PLAN, "terms_version": "v1", "terms_accepted": True}
    placed = client.post("place_order", "/v1/orders", body, person)
    if placed is None or placed.status != 201:
        return
    body = {"order_id": placed["id"], "payment_method": {"provider": "stripe", "token": "pm_card_threeDSecure2Required"}}
    if follow(client, person, client.post("create_payment", "/v1/payments", body, person), True) == "requires_action":
        client.visit("authenticate", person.to_authenticate.pop() + "?webhook=lost")


def save_card(client, person, rng):
    client.post("create_payment_method", "/v1/payment-methods", {"provider": "stripe", "token": rng.choice(KEPT)}, person)
    kept = client.get("list_payment_methods", "/v1/payment-methods", person)
    for method in kept["data"][-1:] if kept is not None and kept.status == 200 else []:
        if rng.random() < 0.3:
            client.delete("remove_payment_method", f"/v1/payment-methods/{method['id']}", person)
        elif rng.random() < 0.2:
            client.post("revoke_mandate", f"/v1/payment-methods/{method['id']}/mandate/revoke", None, person, keyed=False)
        else:
            client.put("set_default_payment_method", f"/v1/payment-methods/{method['id']}/default", None, person)


def pay_link(client, person, rng):
    """Through the link of a dunning mail: no log-in."""
    card = rng.choices(list(CARDS), list(CARDS.values()))[0]
    paths = [found[0] for mail in mails_to(client.world.mail_dir, person.username)
             for found in [re.search(r"/v1/payment-links/[A-Za-z0-9._~-]+", mail.text)] if found]
    if not paths:
        return look_at_notifications(client, person, rng)
    path = paths[-1]
    shown = client.get("get_payment_link", path)
    if shown and shown.status == 200 and shown["payable"] > 0:
        follow(client, person, client.post("pay_payment_link", path, {"payment_method": {"provider": "stripe", "token": card}}), False)


def think_of_mails(client, person, rng):
    """Agrees to be written to about more than what has to be told, or does not any more: by saying so, or by the link of such a mail."""
    agrees, by_link = rng.random() < 0.6, rng.random() < 0.4
    paths = [found[0] for mail in mails_to(client.world.mail_dir, person.username) for found in [re.search(r"/v1/unsubscribe/[A-Za-z0-9._~-]+", mail.text)] if found]
    if by_link and paths:
        path = paths[-1]
        client.get("get_subscription", path)
        client.post("unsubscribe", path, None, keyed=False)
    else:
        client.patch("change_consents", f"/v1/customers/{person.id}/consents", {"marketing": agrees}, person)


def send_signed_file(client, person, rng):
    """The contract, signed by hand and scanned."""
    data = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n%" + rng.randbytes(40).hex().encode() + b"\ntrailer\n<<>>\n%%EOF\n"
    if not person.contracts:
        return browse(client, person, rng)
    contract = person.contracts[-1][0]
    kept = client.upload("upload_signed_file", f"/v1/contracts/{contract}/signed-file", data, "application/pdf", person)
    if kept is not None and kept.status == 201:
        client.get("get_contract_file", f"/v1/contracts/{contract}/documents/{kept['id']}", person)


def change_contract(client, person, rng):
    """What a buyer may ask for: shown first, then confirmed, dropped, or left; what has to be paid is paid, late, or not at all."""
    kind = rng.choices(("payoff", "prepayment", "due_day", "cancellation", "withdrawal"), (5, 6, 4, 2, 1))[0]
    members = {"prepayment": {"amount": rng.randrange(500, 9000), "choice": rng.choice(("shorter_term", "lower_installment", "next_installments"))},
               "due_day": {"days": [rng.randrange(1, 29)]}}.get(kind, {})
    pays, card = rng.random() < 0.7, rng.choice(KEPT)
    if not person.contracts:
        return order(client, person, rng)
    contract, order_id = rng.choice(person.contracts[-4:])
    done = decide(client, person, rng, contract, {"kind": kind, **members})
    if done and done["result"]["pay"] and pays:
        follow(client, person, client.post("create_payment", "/v1/payments", {
            "order_id": order_id, "amount": done["result"]["pay"]["amount"], "payment_method": {"provider": "stripe", "token": card}}, person), True)


def decide(client, person, rng, contract, body):
    """Has a change computed, and confirms it as it was shown (the change then), or not (None)."""
    share, path = rng.random(), f"/v1/contracts/{contract}/changes"
    if share > 0.9:
        client.get("list_changes", path, person, limit=20)
    computed = client.post("compute_change", path, body, person)
    if computed is None or computed.status != 201 or share > 0.85:
        return None
    if share > 0.75:
        client.post("cancel_change", f"{path}/{computed['id']}/cancel", {}, person, version=computed["version"])
        return None
    done = client.post("confirm_change", f"{path}/{computed['id']}/confirm", {}, person, version=computed["version"])
    client.world.stop.wait(0.3)
    client.get("get_change", f"{path}/{computed['id']}", person)
    return done if done is not None and done.status == 200 else None


def log_in_again(client, person, rng):
    person.renew_at = 0
    client.token(person)


def register(client, person, rng):
    register_one(client, rng)


def register_one(client, rng):
    number = client.key()
    email, password = f"cliente-{number}@example.com", f"clave-segura-{rng.getrandbits(40):x}"
    body = {"email": email, "password": password, "full_name": f"Cliente {number}", "locale": rng.choice(("es-CO", "en")), "consents": {"email": True, "marketing": rng.random() < 0.5}}
    if len(client.people) >= PEOPLE_MAX:
        return
    registered = client.post("register_customer", "/v1/customers", body)
    if registered is not None and registered.status == 201:
        person = Person(email, password, registered["id"])
        client.people.append(person)
        client.world.met(person)


def ask_for_the_impossible(client, person, rng):
    """What must be refused, faults or not."""
    wrong = rng.choice(("amount", "stranger", "empty"))
    if wrong == "amount" and person.orders:
        client.post("create_payment", "/v1/payments", {"order_id": person.orders[-1], "amount": 10 ** 13, "payment_method": {"provider": "stripe", "token": "pm_card_visa"}}, person)
    elif wrong == "stranger":
        other = client.world.somebody(rng)
        client.get("get_statement", f"/v1/customers/{other.id}/statement", person)
    else:
        cart = client.post("create_cart", "/v1/carts", {}, person)
        if cart and cart.status == 201:
            client.post("place_order", "/v1/orders", {"cart_id": cart["id"], "offer_id": CHEAPEST_PLAN, "terms_version": "v1", "terms_accepted": True}, person)
