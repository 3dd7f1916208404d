"""POST /v1/manual-payments with `received_on` in the past: it counts from that day. What it cost to be late since is taken back, and what came later is spread anew after it: as if everything had been
recorded in its order."""

import datetime
import random
import uuid

import pytest

LATE = {"annual_rate": "0.36", "grace_days": 1, "fees": [{"currency": "USD", "flat": 700, "contract_max": 1200}]}
DAYS = (3, 9, 15, 33)   # after the first due date


@pytest.fixture
def record(staff):
    def ask(order, amount, received_on=None, expect=201):
        return staff.post("/v1/manual-payments", {"order_id": order["id"], "amount": amount, "currency": "USD", "method": "cash", "reference": f"RC-{uuid.uuid4()}",
                                                  **({"received_on": received_on.isoformat()} if received_on else {})}, key=True, expect=expect)
    return ask


@pytest.fixture
def placed(shop):
    """Orders for the same, and the day their first unpaid installment is due."""
    product = shop.new_product(price="1200.00", stock=50)
    offer = shop.offer(product, installments=3)

    def buy():
        customer = shop.new_customer()
        order, _ = shop.buy(customer, product, offer=offer, save=False)
        return customer, order
    return buy


def receivables(customer, order, **query):
    return customer.api.get("/v1/receivables", {"order_id": order["id"], **query}, expect=200).json


def number_of(shown, row):
    return next(each for each in shown["data"] if each["number"] == row["number"])


def standing(customer, order):
    """Of each row and part what was due and what is paid."""
    return {(row["number"], part["part"]): (part["due"], part["paid"]) for row in receivables(customer, order)["data"] for part in row["parts"]}


def late_charges(shown):
    return sum(part["due"] for row in shown["data"] for part in row["parts"] if part["part"] == "penalty")


def test_any_history_ends_as_it_would_have_in_its_order(shop, staff, placed, record, set_receivables_policy, ledger_of, statement_foots, books_agree):
    """Pairs of contracts with the same payments: one recorded as they came, the other late and mixed up. And one whose bank tells on the fifteenth day that it was paid on the first: nothing was late."""
    dice = random.Random(20261123)
    pairs = []
    for _ in range(3):
        payments = [(day, dice.randrange(500, 19000)) for day in sorted(dice.sample(DAYS[:-1], dice.randint(2, 3)))]
        late = [(dice.choice([later for later in DAYS if later >= day]), day, amount) for day, amount in payments]
        pairs.append((placed(), placed(), payments, late))
    customer, told_late = placed()
    set_receivables_policy(late=LATE)
    row = next(row for row in receivables(customer, told_late)["data"] if row["outstanding"])
    due = datetime.date.fromisoformat(row["due_date"])
    for day in DAYS:
        shop.advance_to(due + datetime.timedelta(days=day))
        for straight, mixed, payments, late in pairs:
            for came, amount in payments:
                if came == day:
                    record(straight[1], amount)
            known = [(came, amount) for at, came, amount in late if at == day]
            dice.shuffle(known)
            for came, amount in known:
                record(mixed[1], amount, received_on=due + datetime.timedelta(days=came))
        if day == 15:
            before = receivables(customer, told_late)
            charged = late_charges(before)
            payment = record(told_late, row["outstanding"], received_on=due).json
            now = receivables(customer, told_late)
            paid = number_of(now, row)
            assert charged > 700 and (paid["status"], paid["outstanding"], now["total"]) == ("paid", 0, before["total"] - charged)
            assert ledger_of(told_late)["penalty_income"] == 0
            shop.wait_until(lambda: next(each for each in customer.schedule(told_late["id"]) if each["number"] == row["number"])["status"] == "paid", 20, "the schedule paid")
            books_agree()
            recorded = datetime.datetime.fromisoformat(payment["recorded_at"].replace("Z", "+00:00"))
            then = receivables(customer, told_late, known_at=(recorded - datetime.timedelta(microseconds=1)).isoformat())
            assert (then["data"], then["total"], then["status"]) == (before["data"], before["total"], "active"), "as it was known before"
            for day_late, dpd in ((9, 9), (1, 1), (0, 0)):
                day_then = (due + datetime.timedelta(days=day_late)).isoformat()
                assert number_of(receivables(customer, told_late, as_of=day_then), row)["dpd"] == 0, "it had come"
                assert number_of(receivables(customer, told_late, as_of=day_then, known_at=then["known_at"]), row)["dpd"] == dpd, "and nobody knew"
            assert number_of(receivables(customer, told_late, as_of=(due - datetime.timedelta(days=1)).isoformat()), row)["status"] == "scheduled"
            assert receivables(customer, told_late, as_of=shop.today().isoformat())["data"] == now["data"]
            staff.post(f"/v1/manual-payments/{payment['id']}/reverse", {"reason": "Another's"}, expect=200)
            assert receivables(customer, told_late)["outstanding"] == before["outstanding"] - charged
    assert all(ledger_of(straight[1])["penalty_income"] for straight, *_ in pairs), "being late has cost something"
    for straight, mixed, payments, late in pairs:
        assert standing(*mixed) == standing(*straight), (payments, late)
        assert ledger_of(mixed[1]) == ledger_of(straight[1])
        statement_foots(mixed[0])
    books_agree()
