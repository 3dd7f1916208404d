"""What clients do. An operation is a function of (client, person, rng) and a line of OPERATIONS with its weight; a later operation of the API joins by
adding one. What it asks and is told is in the history, so it returns nothing and judges nothing."""

import re
import threading

from support.mail import mails_to

from .client import Client, Person

PEOPLE_MAX = 12        # customers one client plays
BREATH_S, AIR_S = 1.5, 0.7   # how long clients wait for a day to come to rest before they go on, and then go on at least
REMEMBERED = 30        # orders, payments a client keeps in mind for each

# Cards of the sandbox (services/sandbox/README.md) and how often each is used. Those that can be kept are charged by themselves later.
CARDS = {"pm_card_visa": 30, "pm_card_mastercard": 12, "pm_card_amex": 6,
         "pm_card_visa_chargeDeclinedInsufficientFunds": 5, "pm_card_visa_chargeDeclinedLostCard": 3, "pm_card_chargeCustomerFail": 4,
         "pm_card_threeDSecure2Required": 6, "pm_card_authenticationRequired": 4,
         "pm_sim_delayedWebhook": 5, "pm_sim_duplicateWebhook": 5, "pm_sim_outOfOrderWebhook": 4, "pm_sim_lostWebhook": 4,
         "pm_sim_timeoutAfterCharge": 3, "pm_sim_timeoutBeforeCharge": 3}
KEPT = ("pm_card_visa", "pm_card_mastercard", "pm_card_chargeCustomerFail", "pm_card_authenticationRequired", "pm_sim_duplicateWebhook")

WORDS = ("silla", "mesa", "lampara", "nevera", "curso", "bicicleta", "FAULT")
# sku, name, kind, price, currency, stock. Two are nearly gone: who is too late must be told so, and nobody may get one too many.
GOODS = [("FAULT-SILLA", "Silla de prueba", "physical", "89.90", "USD", 4000), ("FAULT-MESA", "Mesa de prueba", "physical", "349.00", "USD", 4000),
         ("FAULT-NEVERA", "Nevera de prueba", "physical", "1299.99", "USD", 4000), ("FAULT-CURSO", "Curso de prueba", "service", "75.00", "USD", 9000),
         ("FAULT-LAMPARA", "Lampara de prueba", "physical", "210000.00", "COP", 4000), ("FAULT-BICI", "Bicicleta de prueba", "physical", "1890000.00", "COP", 4000),
         ("FAULT-ULTIMA", "Ultima unidad", "physical", "120.00", "USD", 3), ("FAULT-POCAS", "Pocas unidades", "physical", "450000.00", "COP", 7)]
CHEAPEST_PLAN = "019aa8a2-0000-7000-8000-000000000001"   # three installments, no deposit, from one cent on
SCARCE = ("FAULT-ULTIMA", "FAULT-POCAS")


def goods_csv():
    return "sku,name,kind,category,subcategory,price,currency,stock\n" + "".join(
        f"{sku},{name},{kind},Prueba,Fallos,{price},{currency},{stock}\n" for sku, name, kind, price, currency, stock in GOODS)


# ---- looking

def browse(client, person, rng):
    page = client.get("list_products", "/v1/products", limit=rng.choice((5, 20)))
    if page and page.status == 200 and page["next_cursor"] and rng.random() < 0.3:
        client.get("list_products", "/v1/products", limit=5, cursor=page["next_cursor"])


def search(client, person, rng):
    client.get("search_products", "/v1/products", q=rng.choice(WORDS), limit=10)


def look_at_product(client, person, rng):
    client.get("get_product", f"/v1/products/{rng.choice(client.world.products)['id']}")
    if rng.random() < 0.2:
        client.get("list_categories", "/v1/categories")


def look_at_offers(client, person, rng):
    client.get("list_offers", f"/v1/products/{rng.choice(client.world.products)['id']}/offers")


def simulate(client, person, rng):
    client.post("simulate", "/v1/simulations", keyed=False, body={
        "currency": rng.choice(("USD", "COP")), "principal": rng.randrange(100000, 90000000), "method": rng.choice(("annuity", "interest_free")),
        "annual_rate": rng.choice(("0.18", "0.2999", "0")), "installments": rng.randrange(1, 49)})


def simulate_apr(client, person, rng):
    paid = {"direction": "payment", "amount": rng.randrange(9000, 20000), "count": rng.randrange(12, 60), "after": {"months": 1}, "every": {"unit": "month"}}
    client.post("simulate_apr", "/v1/simulations/apr", keyed=False, body={
        "convention": rng.choice(("eu", "us")), "unit_period": {"unit": "month"}, "flows": [{"direction": "advance", "amount": 100000, "after": {}}, paid]})


def read_terms(client, person, rng):
    client.get("get_terms", "/v1/terms", locale=rng.choice(("es", "en")))


# ---- buying

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
    filled = fill_cart(client, person, rng)
    if filled:
        client.get("get_cart", f"/v1/carts/{filled[0]}", person)


def order(client, person, rng):
    choice, pays = rng.random(), rng.random() < 0.8   # before anything depends on answers
    filled = fill_cart(client, person, rng)
    if not filled:
        return
    cart, product = filled
    offers = client.get("list_offers", f"/v1/products/{product['id']}/offers")
    if offers is None or offers.status != 200 or not offers["data"]:
        return
    # Weekly plans come due first, so half of the buyers take one.
    weekly = [each for each in offers["data"] if each["frequency"]["unit"] == "week"]
    offer = weekly[0] if weekly and choice < 0.5 else offers["data"][int(choice * 97) % len(offers["data"])]
    body = {"cart_id": cart, "offer_id": offer["id"], "terms_version": "v1", "terms_accepted": True}
    placed = client.post("place_order", "/v1/orders", body, person)
    if placed is None or placed.status != 201:
        return
    person.orders = (person.orders + [placed["id"]])[-REMEMBERED:]
    if pays:
        pay(client, person, rng, placed["id"])


def pay(client, person, rng, order_id=None):
    card, keep = rng.choices(list(CARDS), list(CARDS.values()))[0], rng.random() < 0.5
    share, waits = rng.random(), rng.random() < 0.5
    if order_id is None:
        if not person.orders:
            return order(client, person, rng)
        order_id = person.orders[-1] if rng.random() < 0.6 else rng.choice(person.orders)
    body = {"order_id": order_id, "payment_method": {"provider": "stripe", "token": card, "save": keep and card in KEPT}}
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


def look_at_payment(client, person, payment_id):
    shown = client.get("get_payment", f"/v1/payments/{payment_id}", person)
    if shown is None or shown.status != 200:
        return None
    if shown["status"] == "requires_action" and shown["next_action"]["url"]:
        if shown["next_action"]["url"] not in person.to_authenticate:
            person.to_authenticate.append(shown["next_action"]["url"])
    return shown["status"]


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
    client.get("list_payment_methods", "/v1/payment-methods", person)


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


# ---- looking back

def look_at_order(client, person, rng):
    if not person.orders:
        return browse(client, person, rng)
    order_id = rng.choice(person.orders)
    client.get("get_order", f"/v1/orders/{order_id}", person)
    client.get("get_order_schedule", f"/v1/orders/{order_id}/schedule", person)
    if rng.random() < 0.5:
        client.get("list_payments", "/v1/payments", person, order_id=order_id)
        client.get("list_invoices", "/v1/invoices", person, order_id=order_id)


def look_at_payments(client, person, rng):
    for payment_id in person.payments[-3:]:
        look_at_payment(client, person, payment_id)


def look_at_lists(client, person, rng):
    page = client.get("list_orders", "/v1/orders", person, limit=rng.choice((2, 20)))
    if page and page.status == 200 and page["next_cursor"]:
        client.get("list_orders", "/v1/orders", person, limit=2, cursor=page["next_cursor"])


def look_at_account(client, person, rng):
    client.get("get_customer", f"/v1/customers/{person.id}", person)
    client.get("get_statement", f"/v1/customers/{person.id}/statement", person)


def look_at_timeline(client, person, rng):
    client.get("get_timeline", f"/v1/customers/{person.id}/timeline", person, limit=50)


def look_at_notifications(client, person, rng):
    client.get("list_notifications", "/v1/notifications", person, limit=50)


def log_in_again(client, person, rng):
    person.renew_at = 0
    client.token(person)


def register(client, person, rng):
    register_one(client, rng)


def register_one(client, rng):
    number = client.key()
    email, password = f"cliente-{number}@example.com", f"clave-segura-{rng.getrandbits(40):x}"
    body = {"email": email, "password": password, "full_name": f"Cliente {number}", "locale": rng.choice(("es-CO", "en")), "consents": {"email": True}}
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


# name: (weight, function)
OPERATIONS = {
    "browse": (5, browse), "search": (4, search), "look_at_product": (5, look_at_product), "look_at_offers": (4, look_at_offers),
    "simulate": (3, simulate), "simulate_apr": (1, simulate_apr), "read_terms": (1, read_terms),
    "only_fill_cart": (2, only_fill_cart), "order": (16, order), "pay": (12, pay), "pay_twice": (2, pay_twice), "authenticate": (6, authenticate), "save_card": (4, save_card),
    "pay_link": (8, pay_link), "pay_too_late": (3, pay_too_late),
    "look_at_order": (10, look_at_order), "look_at_payments": (8, look_at_payments), "look_at_lists": (3, look_at_lists),
    "look_at_account": (4, look_at_account), "look_at_timeline": (3, look_at_timeline), "look_at_notifications": (3, look_at_notifications),
    "log_in_again": (1, log_in_again), "register": (3, register), "ask_for_the_impossible": (2, ask_for_the_impossible),
}


def customer(world, name, seed):
    """One client thread: operations after each other, with a little thought between them, until the run stops."""
    client = Client(name, world, seed, holds_breath=True)
    names, weights = list(OPERATIONS), [weight for weight, _ in OPERATIONS.values()]
    while not client.people and not world.stop.is_set():
        register_one(client, client.begin())
    while not world.stop.is_set():
        rng = client.begin()
        name = rng.choices(names, weights)[0]
        person, thought = client.people[int(rng.random() * len(client.people))], rng.random() * 0.12
        OPERATIONS[name][1](client, person, rng)
        world.stop.wait(thought)
    return client


# ---- staff

def staff(world, seed):
    """Somebody in the back office, reading what they may."""
    client = Client("staff", world, seed, holds_breath=True)
    me = Person(world.staff_login["username"], world.staff_login["password"])
    while not world.stop.wait(0.4):
        rng = client.begin()
        someone = world.somebody(rng)
        what = rng.randrange(6)
        if what == 0:
            cases = client.get("list_cases", "/v1/collections/cases", me, limit=50)
            if cases and cases.status == 200 and cases["data"]:
                client.get("get_case", f"/v1/collections/cases/{rng.choice(cases['data'])['id']}", me)
        elif what == 1:
            client.get("list_notifications", "/v1/notifications", me, limit=50)
        elif what == 2:
            client.get("list_orders", "/v1/orders", me, limit=50, status=rng.choice(("pending_payment", "confirmed", "expired")))
        elif someone is None:
            continue
        elif what == 3:
            client.get("get_timeline", f"/v1/customers/{someone.id}/timeline", me, limit=50)
        elif what == 4:
            client.get("get_statement", f"/v1/customers/{someone.id}/statement", me, limit=50)
        else:
            client.get("list_payment_methods", "/v1/payment-methods", me, customer_id=someone.id)
    return client


def time_passes(world, seed):
    """The actor that lets days pass, and has the others hold their breath so that the days come to rest; now and then they only begin to after a while,
    so a day closes under load. An advance that is not answered goes on without us; the next one starts from where it got to."""
    client = Client("clock", world, seed)
    client.api.timeout_s = 20
    me = Person(world.staff_login["username"], world.staff_login["password"])
    while not world.stop.is_set():
        rng = client.begin()
        calm, pause, days = rng.random() < 0.8, 0.2 + 0.6 * rng.random(), rng.choice((1, 2, 3, 4))
        done = threading.Event()
        breathing = threading.Thread(target=hold_breath, args=(world, done, 0 if calm else AIR_S * 3), daemon=True)
        breathing.start()
        client.post("advance_test_clock", "/v1/test-clock/advance", {"days": days}, me, keyed=False)
        done.set()
        breathing.join()
        world.stop.wait(pause)
    return client


def hold_breath(world, done, after_s):
    """Nobody begins a call for BREATH_S, then everybody may for AIR_S, and again, until the day is done."""
    done.wait(after_s)
    while not done.is_set():
        world.gate.clear()
        done.wait(BREATH_S)
        world.gate.set()
        done.wait(AIR_S)


class Load:
    """All actors, each in a thread of its own. An exception in one is the run's."""

    def __init__(self, world, seed, clients):
        self.world = world
        self.failures, self.clients = [], []
        actors = [(f"client-{number}", lambda name=f"client-{number}": customer(world, name, seed)) for number in range(1, clients + 1)]
        actors += [("staff", lambda: staff(world, seed)), ("clock", lambda: time_passes(world, seed))]
        self._threads = [threading.Thread(target=self._act, args=actor, name=actor[0], daemon=True) for actor in actors]

    def _act(self, name, body):
        try:
            self.clients.append(body())
        except Exception as failure:   # told by run.py; a load that stops half-way proves nothing
            self.failures.append((name, failure))
            raise

    def start(self):
        for thread in self._threads:
            thread.start()

    def stop(self, bound_s):
        """No new operations; those under way are finished, sending again for as long as that takes within the bound."""
        self.world.stop.set()
        for thread in self._threads:
            thread.join(max(0.1, bound_s / 2))
        self.world.ending.set()
        for thread in self._threads:
            thread.join(30)
        self.world.ending.clear()
        return not any(thread.is_alive() for thread in self._threads)
