"""A customer of the shop, and the steps a customer takes. Each step is one call of the public API and returns its body."""

import datetime
import itertools
import secrets
import uuid

from .client import Login

_numbers = itertools.count(1)


def plan_definition(**changes):
    """The body of a plan; None leaves a member out."""
    made = {"code": f"p-{uuid.uuid4().hex[:12]}", "name": {"es": "Plan de prueba", "en": "Test plan"},
            "terms": {"method": "annuity", "annual_rate": "0.24", "installments": 6}, **changes}
    return {name: value for name, value in made.items() if value is not None}


class Customer:
    """A registered person with a token: `customer.api` speaks for them."""

    def __init__(self, shop, body, password):
        self.shop = shop
        self.id = body["id"]
        self.body = body
        self.email = body["email"]
        self.password = password
        self.login = Login(shop.api, self.email, password)
        self.api = shop.api.with_token(self.login)

    @property
    def token(self):
        return self.login()

    def cart(self, *lines):
        """lines: (product or id, quantity). The cart as it is afterwards."""
        cart = self.api.post("/v1/carts", {}, expect=201).json
        for product, quantity in lines:
            cart = self.add_line(cart["id"], product, quantity, expect=(200, 201)).json
        return cart

    def add_line(self, cart_id, product, quantity, expect=None):
        product_id = product["id"] if isinstance(product, dict) else product
        return self.api.post(f"/v1/carts/{cart_id}/lines", {"product_id": product_id, "quantity": quantity}, expect=expect)

    def place_order(self, cart_id, offer_id, key=True, expect=201, **changes):
        body = {"cart_id": cart_id, "offer_id": offer_id, "terms_version": "v1", "terms_accepted": True, **changes}
        return self.api.post("/v1/orders", body, key=key, expect=expect)

    def pay(self, order_id, token="pm_card_visa", amount=None, save=False, key=True, expect=201, provider=None):
        """provider: stripe, or mercadopago where the token begins as its test tokens do."""
        provider = provider or ("mercadopago" if token.startswith("mp_") else "stripe")
        body = {"order_id": order_id, "payment_method": {"provider": provider, "token": token, "save": save}}
        if amount is not None:
            body["amount"] = amount
        return self.api.post("/v1/payments", body, key=key, expect=expect)

    def order(self, order_id):
        return self.api.get(f"/v1/orders/{order_id}", expect=200).json

    def schedule(self, order_id):
        return self.api.get(f"/v1/orders/{order_id}/schedule", expect=200).json["installments"]

    def payment(self, payment_id):
        return self.api.get(f"/v1/payments/{payment_id}", expect=200).json

    def timeline(self):
        return list(self.api.pages(f"/v1/customers/{self.id}/timeline"))

    def statement(self):
        return self.api.get(f"/v1/customers/{self.id}/statement", expect=200).json


class Shop:
    def __init__(self, api, staff, wait_until):
        self.api = api          # nobody's
        self.staff = staff      # the administrator's
        self.wait_until = wait_until

    def new_customer(self, **changes):
        """A fresh person, invented; any registration field can be given."""
        number = next(_numbers)
        password = changes.pop("password", f"clave-segura-{uuid.uuid4().hex[:12]}")
        body = {
            "email": f"cliente{number}.{uuid.uuid4().hex[:8]}@example.com",
            "password": password,
            "full_name": f"Cliente Número {number}",
            "phone": f"+57300{number:07d}",
            "locale": "es-CO",
            "tax_id": f"CC {secrets.randbelow(9 * 10 ** 9) + 10 ** 9}",   # found nowhere by chance: the logs are searched for it
            "consents": {"email": True, "sms": False},
            **changes,
        }
        body = {name: value for name, value in body.items() if value is not None}
        registered = self.api.post("/v1/customers", body, expect=201).json
        return Customer(self, {**body, **registered}, password)

    def new_product(self, stock=10, price="120.00", currency="USD", **members):
        """A product nobody else buys."""
        sku = members.pop("sku", f"TEST-{uuid.uuid4().hex[:12]}")
        line = {"sku": sku, "name": f"Producto {sku}", "kind": "physical", "category": "Test", "subcategory": "Test",
                "price": price, "currency": currency, "stock": stock, **members}
        report = self.staff.post("/v1/products/import", line, expect=200).json
        assert report["created"] == 1, report
        return self.product_by_sku(sku)

    def product_by_sku(self, sku):
        found = [product for product in self.api.get("/v1/products", {"q": sku}, expect=200)["data"] if product["sku"] == sku]
        assert found, f"no product with sku {sku}"
        return found[0]

    def offers(self, product):
        return self.api.get(f"/v1/products/{product['id']}/offers", expect=200)["data"]

    def offer(self, product, installments=None, deposit=None):
        """The first offer with that number of installments, and with a deposit (True), without one (False) or whichever (None)."""
        offers = self.offers(product)
        for offer in offers:
            if installments in (None, offer["installments"]) and deposit in (None, offer["deposit"] > 0):
                return offer
        raise AssertionError(f"no offer with {installments} installments, deposit {deposit} among {offers}")

    def new_plan(self, *products, expect=201, **changes):
        """A plan only for some products: nobody else's offers are others because of it."""
        eligibility = {**({"products": [each["id"] for each in products]} if products else {}), **changes.pop("eligibility", {})}
        return self.staff.post("/v1/plans", plan_definition(eligibility=eligibility, **changes), expect=expect)

    def change_plan(self, plan, body, version=None, expect=200):
        """A merge patch over the version that `plan` is."""
        return self.staff.request("PATCH", f"/v1/plans/{plan['id']}", json=body, headers={"If-Match": f'"{version or plan["version"]}"'}, expect=expect)

    def put_segments(self, customer, *segments):
        """These and no others."""
        path = f"/v1/customers/{customer.id}/segments"
        read = self.staff.get(path, expect=200)
        return self.staff.request("PUT", path, json={"segments": list(segments)}, headers={"If-Match": read.headers["ETag"]}, expect=200)

    def order(self, customer, product=None, quantity=1, offer=None, **changes):
        """An order waiting for its first payment."""
        product = product or self.new_product()
        offer = offer or self.offers(product)[0]
        cart = customer.cart((product, quantity))
        return customer.place_order(cart["id"], offer["id"], **changes).json

    def quote(self, customer, *lines, offer=None, approve=True, **changes):
        """A quote for (product, quantity or (quantity, price)), approved."""
        stated = [{"product_id": product["id"], "quantity": quantity} if isinstance(quantity, int)
                  else {"product_id": product["id"], "quantity": quantity[0], "unit_price": quantity[1]} for product, quantity in lines]
        offer = offer or self.offers(lines[0][0])[0]
        quote = self.staff.post("/v1/quotes", {"customer_id": customer.id, "lines": stated, "offer_id": offer["id"], "valid_until": self.day_begins(30), **changes}, expect=201).json
        return self.staff.post(f"/v1/quotes/{quote['id']}/approve", {"version": 1, "reason": "As agreed"}, expect=200).json if approve else quote

    def buy(self, customer, product=None, quantity=1, offer=None, card="pm_card_visa", save=True):
        """An order with its first payment made: confirmed when this returns. (order, payment)"""
        order = self.order(customer, product, quantity, offer)
        payment = customer.pay(order["id"], card, save=save).json
        payment = self.wait_payment(customer, payment["id"])
        assert payment["status"] == "succeeded", payment
        return self.wait_order(customer, order["id"], "confirmed"), payment

    def wait_payment(self, customer, payment_id, bound_s=30):
        """The payment once it is no longer under way."""
        def settled():
            payment = customer.payment(payment_id)
            return payment if payment["status"] not in ("processing", "unknown") else None
        return self.wait_until(settled, bound_s, f"payment {payment_id} settled")

    def wait_order(self, customer, order_id, status, bound_s=30):
        def reached():
            order = customer.order(order_id)
            return order if order["status"] == status else None
        return self.wait_until(reached, bound_s, f"order {order_id} {status}")

    def cases(self, customer, **query):
        """The collection cases of one customer."""
        return list(self.staff.pages("/v1/collections/cases", {"customer_id": customer.id, **query}))

    def notifications(self, customer):
        return list(self.staff.pages("/v1/notifications", {"customer_id": customer.id}))

    def invoices(self, customer, order_id):
        return list(customer.api.pages("/v1/invoices", {"order_id": order_id}))

    def advance(self, days):
        """Lets that many days pass; everything due in them has been done when this returns."""
        return self.staff.request("POST", "/v1/test-clock/advance", json={"days": days}, expect=200).json

    def today(self):
        """The merchant's date by the test clock."""
        return datetime.date.fromisoformat(self.staff.get("/v1/test-clock", expect=200)["today"])

    def day_begins(self, days):
        """When the merchant's day begins that is so many days from now. America/Bogota is five hours behind, all year: for those hours UTC has tomorrow's date."""
        return f"{self.today() + datetime.timedelta(days=days)}T05:00:00Z"

    def advance_to(self, date):
        """Lets days pass until it is that date; at once when it is already, as after an answer that was lost."""
        date = date if isinstance(date, datetime.date) else datetime.date.fromisoformat(date)
        days = (date - self.today()).days
        if days > 0:
            self.advance(days)
