"""The story `make demo` tells: one customer, from the catalog to the settled contract. Every request is printed as the curl line that
does the same; what the services did about it is read back through the API, never assumed."""

import datetime
import email
import email.policy
import json
import os
import re
import shlex
import time
import urllib.parse
import uuid

from deploy.stack import api

EXPONENTS = {"CLP": 0, "PYG": 0, "JPY": 0}
WAIT_S = 30


class Wrong(Exception):
    """A step did not go as the story says."""


def money(amount, currency):
    exponent = EXPONENTS.get(currency, 2)
    return f"{amount / 10 ** exponent:,.{exponent}f} {currency}"


class Story:
    def __init__(self, facts):
        """facts: as in demo.json; `catalog`: a file to import first."""
        self.base = facts["gateway"]
        self.facts = facts
        self.tokens = {}
        self.told = set()   # timeline entries and notifications already shown
        self.chapter_number = 0

    def tell(self):
        self.log_in_staff()
        if self.facts.get("catalog"):
            self.import_catalog()
        for chapter in (self.register, self.look_around, self.fill_the_cart, self.place_the_order, self.pay_the_deposit, self.be_reminded,
                        self.autopay, self.let_the_card_fail, self.fall_behind, self.pay_by_link, self.settle):
            chapter()
        print(f"\nThe end. {self.chapter_number} chapters, everything as it should be. All of it again in the docs: {self.base}/docs")

    # ---- telling

    def chapter(self, title):
        self.chapter_number += 1
        print(f"\n{self.chapter_number:2}. {title}\n    {'-' * len(title)}")

    def say(self, who, what):
        print(f"       {who:<14} {what}")

    def call(self, method, path, body=None, who=None, key=False, quiet=False, raw=None, content_type="application/json", expect=(200, 201)):
        """One request, as curl and done; the decoded reply."""
        data = raw if raw is not None else None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": content_type} if data is not None else {}
        if who:
            headers["Authorization"] = "Bearer " + self.tokens[who]
        if key:
            headers["Idempotency-Key"] = str(uuid.uuid4())
        if not quiet:
            self._print_curl(method, path, headers, body, who, raw)
        started = time.monotonic()
        status, answer = api.request(self.base, method, path, data, headers)
        if not quiet:
            print(f"    -> {status}  ({(time.monotonic() - started) * 1000:.0f} ms)")
        if status not in expect:
            raise Wrong(f"{method} {path} answered {status}: {answer.decode(errors='replace')}")
        return json.loads(answer)

    def _print_curl(self, method, path, headers, body, who, raw):
        parts = ["curl"] + (["-X", method] if method != "GET" and body is None and raw is None else [])
        for name, value in headers.items():
            shown = f'"Authorization: Bearer ${who.upper()}"' if name == "Authorization" else f"'{name}: {value}'"
            parts += ["-H", shown]
        if raw is not None:
            parts += ["--data-binary", "@deploy/demo/products.csv"]
        elif body is not None:
            shown = {**body, "password": "..."} if "password" in body else body
            parts += ["-d", shlex.quote(json.dumps(shown, ensure_ascii=False))]
        print(f"    $ {' '.join(parts)} '{self.base}{path}'")

    def wait(self, condition, what):
        deadline = time.monotonic() + WAIT_S
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise Wrong(f"{what}: not within {WAIT_S} s")
            time.sleep(0.05)

    def news(self, *wanted):
        """What the services have done meanwhile, told from the customer's timeline; waits for entries of the wanted types."""
        def arrived():
            entries = self.call("GET", f"/v1/customers/{self.customer['id']}/timeline?limit=100", who="customer", quiet=True)["data"]
            fresh = [entry for entry in reversed(entries) if entry["id"] not in self.told]
            return fresh if set(wanted) <= {entry["type"] for entry in fresh} else None
        for entry in self.wait(arrived, f"{', '.join(wanted)} in the timeline"):
            self.told.add(entry["id"])
            if entry["type"] != "notification.sent":   # told by mailed(), from the other end
                self.say(SPEAKERS.get(entry["type"].split(".")[0], "crm"), f"{entry['type']}: {entry['title']}")

    def mailed(self, *templates):
        """Waits until the mails of these templates were sent, and names them."""
        def sent():
            rows = self.call("GET", f"/v1/notifications?customer_id={self.customer['id']}&limit=100", who="staff", quiet=True)["data"]
            fresh = [row for row in reversed(rows) if row["status"] == "sent" and row["id"] not in self.told]
            return fresh if set(templates) <= {row["template"] for row in fresh} else None
        for row in self.wait(sent, f"mails {', '.join(templates)}"):
            self.told.add(row["id"])
            self.say("notifications", f"{row['template']} to {row['to']}: {row['subject']}")

    # ---- chapters

    def log_in_staff(self):
        self.chapter("The administrator logs in")
        staff = self.facts["staff"]
        self.tokens["staff"] = self.log_in("staff", staff["username"], staff["password"])

    def log_in(self, who, username, password):
        reply = self.call("POST", "/v1/auth/token", {"grant_type": "password", "username": username, "password": password})
        print(f"       (keep its access_token as ${who.upper()}; it lasts {reply['expires_in'] // 60} minutes)")
        return reply["access_token"]

    def import_catalog(self):
        self.chapter("The catalog is imported")
        with open(self.facts["catalog"], "rb") as file:
            done = self.call("POST", "/v1/products/import", raw=file.read(), content_type="text/csv", who="staff")
        self.say("catalog", f"{done['created']} products created, {done['failed']} refused")

    def register(self):
        self.chapter("Somebody registers")
        email, password = f"cliente.{uuid.uuid4().hex[:8]}@example.com", f"clave-{uuid.uuid4().hex[:10]}"
        self.customer = self.call("POST", "/v1/customers", {
            "email": email, "password": password, "full_name": "Cliente de la Historia", "phone": "+573001234567", "locale": "es-CO",
            "tax_id": "CC 1020304050", "consents": {"terms": True, "data_processing": True}})
        self.say("crm", f"customer {self.customer['id']}")
        self.tokens["customer"] = self.log_in("customer", email, password)
        self.mailed("welcome")

    def look_around(self):
        self.chapter("They look for a chair, and at what it costs in installments")
        found = self.call("GET", "/v1/products?" + urllib.parse.urlencode({"q": "chair", "limit": 20}))["data"]
        self.product = next((each for each in found if each["available"] >= 2 and 15000 <= each["price"] <= 90000), None)
        if not self.product:
            raise Wrong("no chair of a fitting price is in stock")
        currency = self.product["currency"]
        self.say("catalog", f"{self.product['name']}: {money(self.product['price'], currency)}, {self.product['available']} in stock")
        offers = self.call("GET", f"/v1/products/{self.product['id']}/offers")["data"]
        for offer in offers:
            deposit = f"{money(offer['deposit'], currency)} now and " if offer["deposit"] else ""
            self.say("orders", f"{offer['name']}: {deposit}{offer['installments']} x {money(offer['installment_amount'], currency)}"
                               f" = {money(offer['total_payable'], currency)}, effective rate {float(offer['effective_annual_rate'] or 0):.2%}")
        self.offer = next(offer for offer in offers if offer["frequency"]["unit"] == "week")

    def fill_the_cart(self):
        self.chapter("Into the cart")
        cart = self.call("POST", "/v1/carts", {}, who="customer")
        self.cart = self.call("POST", f"/v1/carts/{cart['id']}/lines", {"product_id": self.product["id"], "quantity": 1}, who="customer")
        self.say("orders", f"cart {cart['id']}: 1 x {self.product['sku']}")

    def place_the_order(self):
        self.chapter("The order: a contract in weekly installments")
        self.order = self.call("POST", "/v1/orders", {"cart_id": self.cart["id"], "offer_id": self.offer["id"], "terms_version": "v1",
                                                      "terms_accepted": True}, who="customer", key=True)
        self.currency = self.order["currency"]
        self.say("orders", f"order {self.order['id']} {self.order['status']}, contract {self.order['contract_id']}, "
                           f"{money(self.order['total_payable'], self.currency)} in all")
        for row in self.schedule()[:4]:
            self.say("", f"{'deposit' if row['number'] == 0 else 'no. ' + str(row['number']):<8} {row['due_date']}  {money(row['total'], self.currency)}")
        self.say("", f"... {len(self.schedule())} payments")
        left = self.call("GET", f"/v1/products/{self.product['id']}", quiet=True)["available"]
        self.say("catalog", f"holds the chair: {self.product['available']} available before, {left} now")
        self.news("order.placed")

    def schedule(self):
        return self.call("GET", f"/v1/orders/{self.order['id']}/schedule", who="customer", quiet=True)["installments"]

    def next_due(self):
        return next(row for row in self.schedule() if row["status"] != "paid")

    def pay_the_deposit(self):
        self.chapter("The first payment, whose card is kept")
        payment = self.call("POST", "/v1/payments", {"order_id": self.order["id"], "payment_method": {"provider": "stripe", "token": "pm_card_visa", "save": True}},
                            who="customer", key=True)
        self.say("billing", f"payment {payment['id']} of {money(payment['amount'], self.currency)}: {payment['status']}")
        self.settled(payment)
        self.news("payment.succeeded", "order.confirmed")
        self.mailed("receipt", "order_confirmed")

    def settled(self, payment):
        def done():
            now = self.call("GET", f"/v1/payments/{payment['id']}", who="customer", quiet=True)
            return now if now["status"] not in ("processing", "unknown") else None
        now = self.wait(done, "the provider's word on the payment")
        self.say("billing", f"the provider's signed event came: {now['status']}, {now['brand']} ending {now['last4']}")
        if now["status"] != "succeeded":
            raise Wrong(f"the payment is {now['status']}")

    def advance_to(self, date, why):
        today = datetime.date.fromisoformat(self.call("GET", "/v1/test-clock", who="staff", quiet=True)["today"])
        days = (datetime.date.fromisoformat(date) - today).days if isinstance(date, str) else (date - today).days
        if days > 0:
            now = self.call("POST", "/v1/test-clock/advance", {"days": days}, who="staff")
            print(f"       it is {now['today']} now: {why}")

    def be_reminded(self):
        due = self.next_due()
        self.chapter("Three days before the next installment")
        self.advance_to(datetime.date.fromisoformat(due["due_date"]) - datetime.timedelta(days=3), f"installment {due['number']} is due on {due['due_date']}")
        self.mailed("reminder")

    def autopay(self):
        due = self.next_due()
        self.chapter("On the due date the kept card is charged, without anybody there")
        self.advance_to(due["due_date"], f"installment {due['number']}, {money(due['total'], self.currency)}")
        self.news("payment.succeeded")
        self.mailed("receipt")

    def let_the_card_fail(self):
        self.chapter("Another card, one that will not pay")
        method = self.call("POST", "/v1/payment-methods", {"provider": "stripe", "token": "pm_card_chargeCustomerFail"}, who="customer", key=True)

        def active():
            methods = self.call("GET", "/v1/payment-methods", who="customer", quiet=True)["data"]
            return next((each for each in methods if each["id"] == method["id"] and each["status"] == "active"), None)
        self.say("billing", f"kept {self.wait(active, 'the card kept')['brand']} as the card for automatic payments")
        self.news("payment_method.saved")

    def fall_behind(self):
        due = self.next_due()
        self.chapter("The next due date: declined, then overdue, then a case")
        self.advance_to(due["due_date"], f"installment {due['number']} is due")
        self.news("payment.failed")
        self.mailed("payment_failed")
        self.advance_to(datetime.date.fromisoformat(due["due_date"]) + datetime.timedelta(days=1), "still unpaid")
        self.wait(lambda: next(row for row in self.schedule() if row["number"] == due["number"])["status"] == "overdue", "the installment overdue")
        self.say("billing", f"installment {due['number']} is overdue")

        def case():
            return next(iter(self.call("GET", f"/v1/collections/cases?customer_id={self.customer['id']}", who="staff", quiet=True)["data"]), None)
        opened = self.wait(case, "a collection case")
        self.say("collections", f"case {opened['id']} {opened['status']}: {money(opened['overdue'], self.currency)} overdue, {opened['dpd']} day past due, bucket {opened['bucket']}")
        self.news("case.opened")
        self.mailed("dunning_first")

    def pay_by_link(self):
        self.chapter("The link in the mail pays what is behind")
        link = self.find_link()
        shown = self.call("GET", link)
        self.say("billing", f"the link shows {money(shown['overdue'], shown['currency'])} overdue")
        self.call("POST", link, {"payment_method": {"provider": "stripe", "token": "pm_card_mastercard"}}, key=True)
        self.news("payment.succeeded", "case.cured")
        self.mailed("cured")
        case = self.call("GET", f"/v1/collections/cases?customer_id={self.customer['id']}", who="staff", quiet=True)["data"][0]
        self.say("collections", f"case {case['id']}: {case['status']}")

    def find_link(self):
        """The payment link, out of the mail as it lies in the sink."""
        for name in sorted(os.listdir(self.facts["mail_dir"]), reverse=True):
            if name.endswith(f"-{self.customer['email']}.eml"):
                with open(os.path.join(self.facts["mail_dir"], name), "rb") as file:
                    message = email.message_from_binary_file(file, policy=email.policy.default)
                text = message.get_body(("plain", "html")).get_content()
                link = re.search(r"/v1/payment-links/[A-Za-z0-9._~-]+", text)
                if link:
                    return link[0]
        raise Wrong("no mail has a payment link")

    def settle(self):
        self.chapter("Everything that is left, at once: the contract is settled")
        rest = sum(row["total"] - row["paid"] for row in self.schedule())
        payment = self.call("POST", "/v1/payments", {"order_id": self.order["id"], "amount": rest, "payment_method": {"provider": "stripe", "token": "pm_card_visa"}},
                            who="customer", key=True)
        self.settled(payment)
        self.news("contract.settled")
        self.mailed("settled")
        invoice = self.call("GET", f"/v1/invoices?order_id={self.order['id']}", who="customer", quiet=True)["data"][0]
        self.say("billing", f"invoice {invoice['number']}: {invoice['status']}, {money(invoice['paid'], self.currency)}")
        statement = self.call("GET", f"/v1/customers/{self.customer['id']}/statement", who="customer")
        for entry in statement["data"]:
            self.say("", f"{entry['effective_on']}  {entry['type']:<10} {money(entry['amount'], entry['currency']):>16} {money(entry['balance'], entry['currency']):>16}")
        if any(balance["amount"] for balance in statement["balances"]):
            raise Wrong(f"the balance is not zero: {statement['balances']}")


SPEAKERS = {"order": "orders", "contract": "orders", "payment": "billing", "payment_method": "billing", "installment": "billing", "invoice": "billing",
            "case": "collections", "dunning": "collections", "notification": "notifications", "customer": "crm"}
