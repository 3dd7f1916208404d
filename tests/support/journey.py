"""The journey of one customer, from registration to the settled contract, in steps that can be disturbed.

    journey = Journey(shop); journey.run(); journey.end_state()

Weekly installments, so that the whole story takes three weeks of the test clock: the first payment saves a card; the next installment
is reminded of and charged automatically; then the card starts to decline, the installment goes overdue, collections opens a case and
mails a payment link; paying it cures the case; paying the rest settles the contract."""

import collections
import datetime
import re

PRICE = "120.00"
DECLINES_LATER = "pm_card_chargeCustomerFail"   # Stripe's: can be saved, every charge is declined


class Journey:
    def __init__(self, shop, mails_to, disturb=None):
        """mails_to(address): what the sink has. disturb(step): called as each step begins and again as soon as its request was
        answered, while its consequences are still under way."""
        self.shop = shop
        self.mails_to = mails_to
        self._disturb = disturb or (lambda step: None)
        self.customer = self.product = self.placed = None

    STEPS = ("register", "choose", "order", "pay", "remind", "autopay", "change_card", "overdue", "pay_link", "settle")

    def run(self, first=None, last=None):
        names = list(self.STEPS)
        for name in names[names.index(first or names[0]):names.index(last or names[-1]) + 1]:
            self._disturb(name)
            getattr(self, name)()
        self._until(self._at_rest, "the last mail sent and told")

    # ---- the steps

    def register(self):
        self.customer = self.shop.new_customer()
        self._disturb("register")
        self._mail("bienvenid")

    def choose(self):
        self.product = self.shop.new_product(stock=5, price=PRICE)
        self.offer = self.weekly_offer(self.product)
        self.cart = self.customer.cart((self.product, 2))

    def weekly_offer(self, product):
        offers = self.shop.offers(product)
        return next(offer for offer in offers if offer["frequency"]["unit"] == "week")

    def order(self):
        self.placed = self.customer.place_order(self.cart["id"], self.offer["id"]).json
        assert self.placed["status"] == "pending_payment", self.placed
        self._disturb("order")
        self._until(lambda: self.shop.product_by_sku(self.product["sku"])["available"] == 3, "the stock held")

    def pay(self):
        payment = self.customer.pay(self.placed["id"], "pm_card_visa", save=True).json
        self._disturb("pay")
        paid = self.shop.wait_payment(self.customer, payment["id"], 60)
        assert paid["status"] == "succeeded", paid
        self.shop.wait_order(self.customer, self.placed["id"], "confirmed", 60)
        self._notified("receipt", 1)

    def remind(self):
        self.shop.advance_to(self._due(self._next()) - datetime.timedelta(days=3))
        self._notified("reminder", 1)

    def autopay(self):
        number = self._next()["number"]
        self.shop.advance_to(self._due(self._next()))
        self._disturb("autopay")
        self._until(lambda: self._row(number)["status"] == "paid", f"installment {number} paid by itself")
        self._notified("receipt", 2)

    def change_card(self):
        method = self.customer.api.post("/v1/payment-methods", {"provider": "stripe", "token": DECLINES_LATER}, expect=201).json
        self._disturb("change_card")

        def active():
            methods = self.customer.api.get("/v1/payment-methods", expect=200)["data"]
            return any(each["id"] == method["id"] and each["status"] == "active" and each["default"] for each in methods)
        self._until(active, "the other card saved")

    def overdue(self):
        self.missed = self._next()["number"]
        self.shop.advance_to(self._due(self._next()) + datetime.timedelta(days=1))
        self._disturb("overdue")
        self._until(lambda: self._row(self.missed)["status"] == "overdue", f"installment {self.missed} overdue")
        self.case = self._until(lambda: next(iter(self.shop.cases(self.customer)), None), "a collection case")
        self._notified("dunning_first", 1)

    def pay_link(self):
        mail = self._until(lambda: next((mail for mail in self.mails_to(self.customer.email) if "/v1/payment-links/" in mail.text), None),
                           "the dunning mail with its link")
        path = re.search(r"/v1/payment-links/[A-Za-z0-9._~-]+", mail.text)[0]
        shown = self.shop.api.get(path, expect=200).json
        assert shown["overdue"] > 0, shown
        body = {"payment_method": {"provider": "stripe", "token": "pm_card_mastercard"}}
        self.shop.api.post(path, body, key=True, expect=201)
        self._disturb("pay_link")
        self._until(lambda: self.shop.cases(self.customer)[0]["status"] == "cured", "the case cured")
        self._notified("cured", 1)

    def settle(self):
        # The schedule is orders' view of billing's books; without wake-ups it follows them within a second.
        self._until(lambda: sum(row["paid"] for row in self.customer.schedule(self.placed["id"])) == self._paid(), "the schedule up to date")
        rest = sum(row["total"] - row["paid"] for row in self.customer.schedule(self.placed["id"]))
        payment = self.customer.pay(self.placed["id"], "pm_card_visa", amount=rest).json
        self._disturb("settle")
        paid = self.shop.wait_payment(self.customer, payment["id"], 60)
        assert paid["status"] == "succeeded", paid
        self._until(lambda: all(row["status"] == "paid" for row in self.customer.schedule(self.placed["id"])), "every installment paid")
        self._notified("settled", 1)
        self._until(lambda: any(entry["type"] == "contract.settled" for entry in self.customer.timeline()), "settled in the timeline")

    # ---- looking

    def _at_rest(self):
        """What follows from the last step by events has arrived everywhere: receipts, mails, the timeline's word on them."""
        paid = [each for each in self.customer.api.pages("/v1/payments", {"order_id": self.placed["id"]}) if each["status"] == "succeeded"]
        told = self.shop.notifications(self.customer)
        return (sum(each["template"] == "receipt" for each in told) == len(paid) and all(each["status"] == "sent" for each in told)
                and sum(entry["type"] == "notification.sent" for entry in self.customer.timeline()) == len(told))

    def _paid(self):
        """What billing has received for the order."""
        payments = self.customer.api.pages("/v1/payments", {"order_id": self.placed["id"]})
        return sum(each["amount"] for each in payments if each["status"] == "succeeded")

    def _until(self, condition, what, bound_s=60):
        return self.shop.wait_until(condition, bound_s, what)

    def _row(self, number):
        return next(row for row in self.customer.schedule(self.placed["id"]) if row["number"] == number)

    def _next(self):
        """The oldest installment not paid."""
        return next(row for row in self.customer.schedule(self.placed["id"]) if row["status"] != "paid")

    @staticmethod
    def _due(row):
        return datetime.date.fromisoformat(row["due_date"])

    def _notified(self, template, count):
        def sent():
            return sum(each["template"] == template and each["status"] == "sent" for each in self.shop.notifications(self.customer)) >= count
        self._until(sent, f"{count} notification(s) {template}")

    def _mail(self, part):
        self._until(lambda: any(part in (mail.subject + mail.text).lower() for mail in self.mails_to(self.customer.email)), f"a mail with {part!r}")

    def end_state(self):
        """What remains when all is over, without what differs from one run to the next (ids, times)."""
        order = self.customer.order(self.placed["id"])
        payments = self.customer.api.pages("/v1/payments", {"order_id": order["id"]})
        statement = self.customer.statement()
        return {
            "order": (order["status"], order["total_payable"], order["currency"]),
            "schedule": [(row["number"], row["total"], row["paid"], row["status"]) for row in self.customer.schedule(order["id"])],
            "payments": sorted((each["source"], each["status"], each["amount"], each["failure_code"] or "") for each in payments),
            "invoices": [(each["status"], each["total"], each["paid"]) for each in self.shop.invoices(self.customer, order["id"])],
            "balances": [each["amount"] for each in statement["balances"]],
            "cases": [(each["status"], each["overdue"]) for each in self.shop.cases(self.customer)],
            "notifications": dict(collections.Counter((each["template"], each["status"]) for each in self.shop.notifications(self.customer))),
            "timeline": dict(collections.Counter(entry["type"] for entry in self.customer.timeline())),
            "available": self.shop.product_by_sku(self.product["sku"])["available"],
        }
