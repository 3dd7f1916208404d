"""The steps of a history. Each is a function (history, rng), draws from a generator of its own, and takes what it needs from what there is by then: so any of a history's steps can be left out, and the
others still mean something. A refusal by the rules (409, or 422 of another code than `validation_failed`) is an answer; anything else is a finding."""

import datetime
import random

import requests

from support.waterfall import ORDER, STAGES, rule

GOODS = [("TABLE", "USD", "740.00"), ("LAMP", "USD", "63.35"), ("PHONE", "COP", "1890000.00"), ("FRIDGE", "EUR", "1199.99"), ("RADIO", "BRL", "350.07")]
PLANS = [   # beside those every shop has
    {"code": "h-fees", "currency": "USD", "terms": {
        "method": "annuity", "annual_rate": "0.30", "installments": 6, "day_count": "actual/365", "deposit": {"type": "fixed", "amount": 1500}, "grace": {"principal": 1},
        "tax_rate_on_interest": "0.19", "tax_rate_on_fees": "0.19", "fees": [
            {"code": "study", "type": "fixed", "amount": 1000, "charged": "upfront"}, {"code": "opening", "type": "percent", "value": "0.01", "charged": "financed"},
            {"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]}},
    {"code": "h-weekly", "terms": {"method": "annuity", "annual_rate": "0.24", "installments": 8, "frequency": {"unit": "week"}}},
    {"code": "h-flat", "terms": {"method": "flat", "annual_rate": "0.18", "installments": 4}},
]
PAYS = {"BRL": ("mp_apro", "mp_apro", "mp_apro_visa", "mp_fund")}
CARDS = ("pm_card_visa",) * 6 + ("pm_card_mastercard", "pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_authenticationRequired", "pm_card_createDispute",
                                 "pm_card_createDisputeInquiry")


class Finding(Exception):
    """What must not be."""


class History:
    def __init__(self, world, seed):
        self.world, self.shop, self.staff, self.seed = world, world.shop, world.staff, seed
        self.customers, self.orders, self.manual, self.told = [], [], [], []
        self.number = None

    def rng(self, number):
        """The lots of one step; from here on that step is under way."""
        self.number = number
        return random.Random(f"{self.seed}:{number}")

    # ---- how

    def ask(self, who, path, body, version=None, by_its_state=False):
        """The answer; None when it was refused by the rules. by_its_state: whether the body is valid is a question of what it is about."""
        headers = {"If-Match": f'"{version}"'} if version is not None else {}
        reply = who.post(path, body, key=f"h-{self.seed}-{self.number}-{len(self.told)}", headers=headers)
        self.told.append((self.number, reply.status, reply.code))
        if reply.status < 300:
            self.world.rest()
            return reply.json
        if reply.status in (409, 412) or reply.code == "too_many_declines" or reply.status == 422 and (by_its_state or reply.code != "validation_failed"):
            return None
        raise Finding(f"{reply} to {body}")

    def owing(self, rng):
        """An order of which something is owed, and how much. None when there is none."""
        found = [(order, owed) for order in self.orders for owed in [self.account(order)] if owed["outstanding"] > 0]
        return rng.choice(found) if found else (None, None)

    def account(self, order):
        return self.staff.get("/v1/receivables", {"order_id": order["id"]}, expect=200).json

    def payments(self, order, *statuses):
        return [each for each in self.staff.pages("/v1/payments", {"order_id": order["id"]}) if each["status"] in (statuses or (each["status"],))]

    def made(self, rng, provider=None):
        """A payment that succeeded, and its order."""
        found = [(order, each) for order in self.orders for each in self.payments(order, "succeeded") if provider in (None, each["provider"])]
        return rng.choice(found) if found else (None, None)

    def today(self):
        return self.shop.today()


def open_shop(history):
    """What is there before the first step: goods, plans, policies."""
    rng = history.rng("open")
    shop, staff = history.shop, history.staff
    goods = [{"sku": sku, "name": sku.title(), "kind": "physical", "category": "Test", "subcategory": "Test", "price": price, "currency": currency, "stock": 1000} for sku, currency, price in GOODS]
    for line in goods:
        staff.post("/v1/products/import", line, expect=200)
    for plan in PLANS:
        staff.post("/v1/plans", {"name": {"es": plan["code"], "en": plan["code"]}, **plan}, expect=201)
    history.goods = [shop.product_by_sku(sku) for sku, _, _ in GOODS]
    set_policy(history, rng)
    history.world.rest()


def set_policy(history, rng):
    """How money is spread and what being late costs, from now on."""
    said = lambda: rule(*(rng.sample(ORDER, 5) for _ in STAGES), stages=rng.sample(STAGES, 3), processing=rng.choice(["horizontal", "vertical"]), first=rng.choice(["next", "last"]))
    late = {"annual_rate": rng.choice(["0", "0.24", "0.31999999"]), "basis": rng.choice(["overdue_principal", "overdue_total"]), "grace_days": rng.choice([0, 0, 4]),
            "day_count": rng.choice(["actual_365", "actual_360"]),
            "fees": rng.choice([[], [{"currency": "USD", "flat": 300, "percent": "0.015", "contract_max": 1000}, {"currency": "COP", "flat": 900000}]])}
    body = {"waiver_limits": [{"currency": "USD", "amount": 900}, {"currency": "COP", "amount": 10 ** 9}],
            "allocation": [{"transaction": each, **said()} for each in rng.sample(["autopay", "link", "credit"], rng.randint(0, 3)) + ["payment"]], **({"late": late} if rng.random() < 0.8 else {})}
    path = "/v1/receivables-policy"
    history.staff.request("PUT", path, json=body, headers={"If-Match": history.staff.get(path, expect=200).headers["ETag"]}, expect=200)


# ---- buying and paying

def buy(history, rng):
    """An order, and mostly its first payment: by card, in cash, or tried in vain."""
    if len(history.customers) < 2 or rng.random() < 0.3:
        history.customers.append(history.shop.new_customer(phone=None, full_name=f"Cliente {len(history.customers) + 1}"))
        history.world.rest()
    customer, product = rng.choice(history.customers), rng.choice(history.goods)
    offers = sorted(history.shop.offers(product), key=lambda offer: (offer["method"], offer["installments"], offer["deposit"], offer["total_payable"], offer["first_due_date"]))
    offer, quantity = rng.choice(offers), rng.choice((1, 1, 1, 2, 3))
    cart = customer.cart((product, quantity))
    placed = history.ask(customer.api, "/v1/orders", {"cart_id": cart["id"], "offer_id": offer["id"], "terms_version": "v1", "terms_accepted": True})
    if placed is None:
        return
    order = {"id": placed["id"], "contract": placed["contract"]["id"], "customer": customer, "currency": placed["currency"]}
    history.orders.append(order)
    share = rng.random()
    if share < 0.8:
        pay_by_card(history, rng, order, None)
    elif share < 0.95:
        record(history, rng, order, history.account(order)["outstanding"] // rng.choice((1, 2, 3)), history.today())


def pay(history, rng):
    """Some or all of what is owed, by card."""
    order, owed = history.owing(rng)
    if order:
        pay_by_card(history, rng, order, rng.choice([None, None, rng.randint(1, owed["outstanding"]), owed["outstanding"], 1]))


def pay_by_card(history, rng, order, amount):
    token = rng.choice(PAYS.get(order["currency"], CARDS))
    method = {"provider": "mercadopago" if token.startswith("mp_") else "stripe", "token": token, "save": rng.random() < 0.4}
    payment = history.ask(order["customer"].api, "/v1/payments", {"order_id": order["id"], "payment_method": method, **({"amount": amount} if amount else {})})
    authenticates, how = rng.random() < 0.7, rng.choice(("", "?result=fail"))
    if payment:
        payment = order["customer"].payment(payment["id"])
        if payment["status"] == "requires_action" and authenticates:
            reply = requests.get(payment["next_action"]["url"] + how, timeout=30)
            if reply.status_code >= 400:
                raise Finding(f"the bank's page: {reply.status_code} {reply.text}")
            history.world.rest()


def keep_card(history, rng):
    """A card for automatic payments: it pays, or declines from then on."""
    token = rng.choice(("pm_card_visa", "pm_card_chargeCustomerFail", "pm_card_mastercard"))
    if history.customers:
        history.ask(rng.choice(history.customers).api, "/v1/payment-methods", {"provider": "stripe", "token": token})


def record(history, rng, order, amount, day):
    """Money that came past every provider."""
    body = {"amount": max(1, amount), "currency": order["currency"], "method": rng.choice(("cash", "bank_transfer")), "reference": f"R-{history.number}-{len(history.manual)}",
            "received_on": day.isoformat()}
    payment = history.ask(history.staff, "/v1/manual-payments", {**body, **({"order_id": order["id"]} if rng.random() < 0.85 else {})})
    if payment:
        history.manual.append({"id": payment["id"], "currency": order["currency"]})


def pay_by_hand(history, rng):
    """Today, or some days ago and known today; now and then too much."""
    order, owed = history.owing(rng)
    if order:
        day = history.today() - datetime.timedelta(days=rng.choice([0, 0, 1, 3, 9, 30]))
        record(history, rng, order, rng.choice([owed["outstanding"], rng.randint(1, owed["outstanding"]), owed["outstanding"] // 3 + 1, owed["outstanding"] + 500]), day)


def assign(history, rng):
    unapplied = list(history.staff.pages("/v1/manual-payments", {"status": "unapplied"}))
    fits = [(each, order) for each in unapplied for order in history.orders if order["currency"] == each["currency"]]
    if fits:
        payment, order = rng.choice(fits)
        history.ask(history.staff, f"/v1/manual-payments/{payment['id']}/assign", {"order_id": order["id"]})


def reverse(history, rng):
    if history.manual:
        history.ask(history.staff, f"/v1/manual-payments/{rng.choice(history.manual)['id']}/reverse", {"reason": "A zero too many"})


# ---- money that goes back

def refund(history, rng):
    """All or a part of a payment, to its method or to credit; now and then the bank refuses."""
    order, payment = history.made(rng)
    to, fails, part = rng.choice(("method", "method", "credit")), rng.random() < 0.2, rng.random()
    if payment is None or written_off(history, order):   # what follows in a written-off order is mended elsewhere
        return
    if fails:
        history.world.sandbox.plan(times=1, refund={"fail": True})
    history.ask(history.staff, f"/v1/payments/{payment['id']}/refunds", {"reason": "Came twice", "to": to, **({"amount": max(1, int(part * payment["amount"]))} if part < 0.7 else {})})
    history.world.sandbox.clear()


def written_off(history, order):
    return history.account(order)["status"] == "written_off"


def failed_refund(history, rng):
    """Sent again, or paid out by the shop."""
    failed = [each for order in history.orders for payment in history.payments(order) for each in history.staff.pages(f"/v1/payments/{payment['id']}/refunds") if each["status"] == "failed"]
    again, method = rng.random() < 0.4, rng.choice(("cash", "bank_transfer"))
    if failed:
        path = f"/v1/refunds/{rng.choice(failed)['id']}"
        history.ask(history.staff, path + "/retry", None) if again else history.ask(history.staff, path + "/pay-out", {"method": method, "reference": f"P-{history.number}"})


def use_credit(history, rng):
    """Credit pays, or goes back by a payment's method."""
    rich = [(customer, each) for customer in history.customers for each in history.staff.get(f"/v1/customers/{customer.id}/credit", expect=200)["balances"] if each["available"] > 0]
    if not rich:
        return
    customer, balance = rng.choice(rich)
    path, amount = f"/v1/customers/{customer.id}/credit", rng.choice([{}, {"amount": rng.randint(1, balance["available"])}])
    orders = [order for order in history.orders if order["customer"] is customer and order["currency"] == balance["currency"]]
    if not orders:
        return
    order = rng.choice(orders)
    if rng.random() < 0.6:
        history.ask(rng.choice((history.staff, customer.api)), path + "/applications", {"order_id": order["id"], **amount})
        return
    payments = history.payments(order, "succeeded")
    if payments:
        history.ask(history.staff, path + "/refunds", {"payment_id": rng.choice(payments)["id"], "reason": "On the card, please", **amount})


def dispute(history, rng):
    """Its customer goes to the bank."""
    order, payment = history.made(rng)
    share, whole, inquiry = rng.random(), rng.random() < 0.6, rng.random() < 0.2
    if payment is None or payment["provider"] not in ("stripe", "mercadopago") or payment["source"] == "manual":
        return
    (reference,), = history.world.rows("SELECT provider_reference FROM payment WHERE id = %s", (payment["id"],))
    left = payment["amount"] - payment["refunded"]
    if left <= 0 or any(each["payment_id"] == payment["id"] for each in history.staff.pages("/v1/disputes", {"order_id": order["id"]})):
        return
    if payment["provider"] == "mercadopago":
        history.world.sandbox.charge_back(reference, rng.choice(("in_process", "settled", "reimbursed")))
    else:
        history.world.sandbox.dispute(reference, **({} if whole else {"amount": max(1, int(share * left))}), **({"inquiry": True} if inquiry else {}))
    history.world.rest()


def answer_dispute(history, rng):
    waiting = [each for order in history.orders for each in history.staff.pages("/v1/disputes", {"order_id": order["id"]}) if each["status"] == "needs_response"]
    text = rng.choice(("winning_evidence", "losing_evidence", "losing_evidence", "escalate_inquiry_evidence"))
    if waiting:
        history.ask(history.staff, f"/v1/disputes/{rng.choice(waiting)['id']}/evidence", {"uncategorized_text": text})


# ---- what is owed changes

def waive(history, rng):
    """Part of what is owed is forgiven; over the limit somebody else decides."""
    order, owed = history.owing(rng)
    kinds = ("penalty", "penalty", "fees", "tax") + (("interest", "principal") if rng.random() < 0.15 else ())
    parts = [(row["number"], part) for row in owed["data"] for part in row["parts"] if part["part"] in kinds and part["outstanding"]] if order else []
    if parts:
        number, part = rng.choice(parts)
        history.ask(history.staff, "/v1/waivers", {"order_id": order["id"], "number": number, "part": part["part"], "amount": rng.choice([part["outstanding"], rng.randint(1, part["outstanding"])]),
                                                   "reason": "After the flood"})


def decide(history, rng):
    waiting = list(history.staff.pages("/v1/waivers", {"status": "pending"}))
    if waiting:
        history.ask(history.world.approver, f"/v1/waivers/{rng.choice(waiting)['id']}/decision", {"decision": rng.choice(("approve", "approve", "decline")), "reason": "It is known"})


KINDS = ("prepayment",) * 4 + ("payoff", "payoff", "reschedule", "reschedule", "refinance", "skip", "due_day", "return", "return", "cancellation", "withdrawal", "acceleration", "write_off")


def change(history, rng):
    """Of a contract: computed and confirmed; a write-off by somebody else."""
    if not history.orders:
        return
    order, kind, today = rng.choice(history.orders), rng.choice(KINDS), history.today()
    owed = history.account(order)["outstanding"]
    ahead = {"as_of": (today + datetime.timedelta(days=rng.choice((0, 0, 2, 9)))).isoformat()}
    members = {
        "prepayment": {"amount": rng.randint(1, owed + 1), "choice": rng.choice(("shorter_term", "lower_installment", "next_installments")), **ahead},
        "payoff": {**ahead, "rebate": rng.choice(("actuarial", "period", "rule_of_78", "none"))},
        "reschedule": {"installments": rng.randint(1, 18), "arrears": rng.choice(("keep", "spread"))},
        "refinance": {"annual_rate": rng.choice(("0.06", "0.12", "0")), "arrears": rng.choice(("keep", "spread"))},
        "skip": {"periods": rng.choice((1, 1, 3)), "same_end": rng.random() < 0.3}, "due_day": {"days": [rng.randint(1, 31)]},
        "return": {"lines": [{"line": 1, "quantity": 1}], "refund_interest": rng.choice(("earned", "unearned")), "choice": rng.choice(("shorter_term", "lower_installment"))},
    }.get(kind, {})
    path = f"/v1/contracts/{order['contract']}/changes"
    computed = history.ask(history.staff, path, {"kind": kind, "reason": "Agreed by telephone", **members}, by_its_state=True)
    who = history.world.approver if kind == "write_off" else history.staff
    if computed and history.ask(who, f"{path}/{computed['id']}/confirm", {}, version=computed["version"]):
        now = history.staff.get(f"{path}/{computed['id']}", expect=200).json
        if now["status"] == "confirming" and not forgiven(history, order):
            raise Finding(f"a change that stays confirming: {now}")


def forgiven(history, order):
    return any(each["part"] in ("interest", "principal") for each in history.staff.pages("/v1/waivers", {"order_id": order["id"], "status": "applied"}))


def send(history, rng):
    """Goods leave, so that the contract cannot be canceled any more."""
    if history.orders:
        order = rng.choice(history.orders)
        history.ask(history.staff, f"/v1/orders/{order['id']}/shipments", {"status": "shipped", "carrier": "Envíos", "lines": [{"line": 1, "quantity": 1}]})


# ---- time

def wait(history, rng):
    """A day, some, or until something falls due, and one more."""
    days = rng.choice((1, 1, 2, 5, 16))
    if rng.random() < 0.4:
        due = sorted({row["due_date"] for order in history.orders for row in history.account(order)["data"] if row["outstanding"] and row["due_date"] >= history.today().isoformat()})
        days = min(31, (datetime.date.fromisoformat(due[0]) - history.today()).days + rng.choice((0, 1, 6))) if due else days
    for _ in range(days):
        history.shop.advance(1)
        history.world.rest()


def restart(history, rng):
    """Billing begins anew."""
    history.world.restart_billing(kill=rng.random() < 0.5)
    history.world.rest()


STEPS = {buy: 12, pay: 10, keep_card: 4, pay_by_hand: 9, assign: 2, reverse: 3, refund: 8, failed_refund: 3, use_credit: 5, dispute: 4, answer_dispute: 4, waive: 6, decide: 2, change: 14, send: 2,
         wait: 18, restart: 1, set_policy: 1}


def step(history, number):
    """The step of that number: the first ones sell; one that has nothing to do makes place for another."""
    rng = history.rng(number)
    for _ in range(5):
        chosen, before = buy if number < 3 else rng.choices(list(STEPS), STEPS.values())[0], len(history.told)
        chosen(history, rng)
        if len(history.told) > before or chosen in (wait, dispute, restart, set_policy):
            break
    return chosen.__name__
