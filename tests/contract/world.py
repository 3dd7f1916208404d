"""The world the fuzzer asks about: two customers with real carts, orders, payments, methods and whatever else their answers name; what is theirs
alone, so that it can be looked for in everybody else's answers; and the things known so far, so that requests can name them."""

import collections
import json
import re
import uuid

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
POOL_MAX = 24
NOBODY, STAFF, SERVICE = "nobody", "staff", "service"
CUSTOMERS = ("a", "b")


def kind_of(operation, parameter=None):
    """What an id is of: `orders` for /v1/orders/{id} and for order_id."""
    if parameter and parameter != "id":
        return parameter.removesuffix("_id").replace("_", "-") + "s" if parameter.endswith("_id") else None
    segments = operation.path.split("/")
    at = segments.index("{id}") if "{id}" in segments else len(segments)
    return segments[at - 1]


class World:
    def __init__(self, shop, nobody, staff, services, link, secrets):
        """services: by name, who asks that one as another does. link(order_id, customer_id): the path of a payment link. secrets: what no
        answer may ever hold."""
        self.services = services
        self.secrets = {secret.encode() for secret in secrets}
        self.pools = {who: collections.defaultdict(list) for who in (*CUSTOMERS, STAFF)}
        self.own_ids = {who: set() for who in CUSTOMERS}
        self.markers = {who: uuid.uuid4().hex[:12] for who in CUSTOMERS}
        self.callers = {NOBODY: nobody, STAFF: nobody.with_token(staff.token)}
        self.public_ids = set()
        products = [shop.new_product(stock=1000, price=price) for price in ("35.00", "120.00", "990.00")]
        for product in products:
            self.public_ids |= {product["id"], *UUID.findall(json.dumps(shop.offers(product)))}
            for who in self.pools:
                self.pools[who]["products"].append(product["id"])
                self.pools[who]["offers"] += [offer["id"] for offer in shop.offers(product)]
        for who in CUSTOMERS:
            self._settle(shop, who, products)
        # What a token in a path opens for whoever has it: a third one's order, and a cart of nobody.
        third = shop.new_customer()
        guest = third.api.post("/v1/guest-carts", expect=201).json["token"]
        self.tokens = {"payment-links": link(shop.order(third, products[1])["id"], third.id).rsplit("/", 1)[1], "guest-carts": guest}
        self.secrets |= {third.password.encode()}

    def caller(self, who, operation):
        if who == SERVICE:
            return self.services[operation.service]
        return self.callers[who]

    def _settle(self, shop, who, products):
        mark = self.markers[who]
        digits = str(int(mark, 16))[:12]
        customer = shop.new_customer(email=f"m{mark}@example.com", full_name=f"Marca {mark}", phone=f"+57{digits[:10]}", tax_id=f"NIT {mark}",
                                     consents={f"c{mark}": True}, password=f"clave-{uuid.uuid4().hex}")
        self.secrets |= {customer.password.encode()}
        self.callers[who] = self.callers[NOBODY].with_token(customer.login)
        self.pools[who]["customers"].append(customer.id)
        order, payment = shop.buy(customer, products[0])
        answers = [customer.body, order, payment, shop.order(customer, products[1]), customer.cart((products[2], 2)), customer.cart(), customer.statement(),
                   customer.timeline(), shop.invoices(customer, order["id"]),
                   customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": "pm_card_mastercard"}, expect=201).json]
        for kind, answer in (("orders", answers[1]), ("payments", answers[2]), ("orders", answers[3]), ("carts", answers[4]), ("carts", answers[5]),
                             ("payment-methods", answers[9])):
            self.pools[who][kind].append(answer["id"])
        self._own(who, json.dumps(answers))

    def _own(self, who, text):
        self.own_ids[who] |= set(UUID.findall(text)) - self.public_ids

    # ---- what is known

    def pick(self, who, kind, number, whose):
        """An id of that kind: the caller's own, the other's, or nobody's."""
        other = {"a": "b", "b": "a"}.get(who, "a")
        pool = self.pools[{"own": who if who in self.pools else "a", "other": other}.get(whose, "a")][kind] if whose != "none" else []
        return pool[number % len(pool)] if pool else str(uuid.UUID(int=(number * 0x9E3779B97F4A7C15 << 64 | number) & (1 << 128) - 1, version=4))

    def learn(self, who, operation, answer):
        """Ids of an answer become material for later requests."""
        if who not in self.pools or answer.status >= 300 or not answer.headers.get("content-type", "").startswith("application/json"):
            return
        text = answer.body.decode()
        if who in CUSTOMERS and not operation.public:
            self._own(who, text)
        value = answer.json
        if who == STAFF or not isinstance(value, dict):
            return
        listed = value.get("data") if isinstance(value.get("data"), list) and "{" not in operation.path else []
        self._remember(who, kind_of(operation), [value.get("id"), *(each.get("id") for each in listed)])
        for each in (value, *listed):
            for name, inner in each.items():
                if name.endswith("_id") and isinstance(inner, str):
                    self._remember(who, kind_of(operation, name), [inner])

    def _remember(self, who, kind, ids):
        pool = self.pools[who][kind]
        if kind in ("products", "offers"):   # only those of our own: other tests count on theirs
            return
        for each in ids:
            if each and each not in pool:
                if len(pool) == POOL_MAX:
                    pool.pop(POOL_MAX // 2)
                pool.append(each)

    # ---- what must not be seen

    def leaks(self, who, call, answer):
        """What of others is in an answer to this caller and was not in the request itself."""
        said = call.target.encode() + b"\n" + (call.body or b"") + "\n".join(str(value) for _, value in call.headers).encode()
        text = answer.body + b"\n" + "\n".join(f"{name}: {value}" for name, value in answer.headers.items()).encode()
        found = [secret.decode() for secret in self.secrets if secret in text and secret not in said]
        if who not in (STAFF, SERVICE):
            ids = set(UUID.findall(text.decode(errors="replace")))
            for other in CUSTOMERS:
                if other == who:
                    continue
                found += [f"{each} of {other}" for each in ids & self.own_ids[other] if each.encode() not in said]
                found += [f"the marker of {other}"] if self.markers[other].encode() in text and self.markers[other].encode() not in said else []
        return found
