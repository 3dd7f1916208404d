"""POST /v1/contracts/{id}/changes/{change_id}/confirm: what was shown is what happens, to the cent, in schedule, account, ledger and statement."""

import datetime


def pay(shop, customer, order, amount=None):
    payment = customer.pay(order["id"], amount=amount).json
    assert shop.wait_payment(customer, payment["id"])["status"] == "succeeded"
    return payment


def rows(schedule):
    return {row["number"]: row for row in schedule["installments"]}


def test_payoff(shop, customer, credit, change, confirm, agrees, account):
    order = credit()
    before = agrees(order)
    shop.advance(10)
    computed = change(customer.api, order, "payoff").json
    result = computed["result"]
    principal = sum(row["principal"] for row in before["installments"][1:])
    # Of the running month ten days of thirty or so; nothing of the later ones.
    first = before["installments"][1]
    start = datetime.date.fromisoformat(before["installments"][0]["due_date"])
    days = (datetime.date.fromisoformat(first["due_date"]) - start).days
    interest = round(first["interest"] * (shop.today() - start).days / days)
    assert abs(result["pay"]["amount"] - principal - interest) <= 1 and result["pay"]["by"] == str(shop.today())
    assert result["outstanding_after"] == result["pay"]["amount"] == result["outstanding_before"] - result["rebate"]
    done = confirm(customer.api, computed)
    assert (done["status"], done["schedule_version"], done["version"]) == ("awaiting_payment", 2, 3)
    schedule = agrees(order)
    assert schedule["version"] == 2 and schedule["change"]["id"] == computed["id"]
    shown = {name: value for name, value in result["installments"][-1].items() if name in schedule["installments"][-1]}
    assert shown.items() <= schedule["installments"][-1].items()
    old = customer.api.get(f"/v1/orders/{order['id']}/schedule", {"version": 1}, expect=200).json
    assert [row["total"] for row in old["installments"]] == [row["total"] for row in before["installments"]] and not old["in_force"]
    assert pay(shop, customer, order)["amount"] == result["pay"]["amount"]
    shop.wait_until(lambda: customer.order(order["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    agrees(order)
    assert account(order)["status"] == "settled"
    assert customer.api.get(f"/v1/contracts/{order['contract_id']}/changes/{computed['id']}", expect=200)["status"] == "confirmed"


def test_prepayment(shop, customer, credit, change, confirm, agrees):
    for choice in ("lower_installment", "shorter_term"):
        order = credit()
        before = agrees(order)
        shop.advance(5)
        computed = change(customer.api, order, "prepayment", amount=30000, choice=choice).json
        assert computed["result"]["pay"]["amount"] == 30000 and computed["result"]["rebate"] > 0
        done = confirm(customer.api, computed)
        assert done["status"] == "awaiting_payment"
        assert pay(shop, customer, order)["amount"] == 30000
        shop.wait_until(lambda: customer.api.get(f"/v1/contracts/{order['contract_id']}/changes/{computed['id']}", expect=200)["status"] == "confirmed", 20, "paid")
        after = agrees(order)
        new = [row for row in after["installments"] if row["number"] > 13]
        old = before["installments"][1:]
        assert sum(row["principal"] for row in new) == sum(row["principal"] for row in old) - 30000
        if choice == "lower_installment":
            assert [row["due_date"] for row in new] == [row["due_date"] for row in old] and new[0]["total"] < old[0]["total"]
        else:
            assert len(new) < len(old) and new[1]["total"] == old[1]["total"]


def test_next_installments_changes_nothing(shop, customer, credit, change, confirm, agrees):
    order = credit()
    before = agrees(order)
    computed = change(customer.api, order, "prepayment", amount=before["installments"][1]["total"] + 100, choice="next_installments").json
    assert computed["result"]["adjustments"] == {"principal": 0, "interest": 0, "fees": 0, "tax": 0}
    done = confirm(customer.api, computed)
    assert (done["status"], done["schedule_version"]) == ("confirmed", None)
    assert agrees(order)["version"] == 1


def test_not_paid_in_time(shop, customer, credit, change, confirm, agrees):
    order = credit()
    before = agrees(order)
    computed = change(customer.api, order, "payoff").json
    confirm(customer.api, computed)
    shop.advance(1)
    path = f"/v1/contracts/{order['contract_id']}/changes"
    shop.wait_until(lambda: customer.api.get(f"{path}/{computed['id']}", expect=200)["status"] == "lapsed", 20, "the change undone")
    after = agrees(order)
    assert (after["version"], after["change"]["kind"], after["change"]["requested_as"]) == (3, "restore", "system")
    parts = ("due_date", "principal", "interest", "total", "opening_balance", "closing_balance", "paid")
    assert [[row[part] for part in parts] for row in after["installments"]] == [[row[part] for part in parts] for row in before["installments"]]
    # And it can be changed again.
    confirm(customer.api, change(customer.api, order, "prepayment", amount=20000, choice="lower_installment").json)
    pay(shop, customer, order, 5000)
    shop.advance(1)
    shop.wait_until(lambda: customer.api.get(path, expect=200)["data"][0]["kind"] == "restore" and agrees(order)["version"] == 5, 20, "undone, but for what was paid")
    last = agrees(order)["installments"]
    assert sum(row["principal"] for row in last if row["number"] > 26) == sum(row["principal"] for row in before["installments"][1:]) - 5000


def test_what_was_waived_stays_waived(shop, customer, staff, credit, change, confirm, agrees, approver):
    """Of an installment, before and after its contract was changed, and while a change waits for its payment: each counts once, and the contract can still be changed."""
    order = credit()
    before = agrees(order)["installments"]

    def waive(number, amount, part="principal"):
        asked = staff.post("/v1/waivers", {"order_id": order["id"], "number": number, "part": part, "amount": amount, "reason": "Delivered with a scratch"}, key=True, expect=201)
        approver("billing.approve").post(f"/v1/waivers/{asked['id']}/decision", {"decision": "approve", "reason": "It is on the photograph"}, expect=200)

    def principal(part="principal"):
        return sum(row[part] for row in agrees(order)["installments"] if row["number"])
    owed = sum(row["principal"] for row in before[1:])
    waive(before[2]["number"], 1000)
    waive(before[3]["number"], before[3]["principal"])
    owed -= 1000 + before[3]["principal"]
    lapsed = confirm(customer.api, change(customer.api, order, "payoff").json)
    assert principal() == owed and lapsed["result"]["pay"]["amount"] == owed
    waive(lapsed["result"]["installments"][-1]["number"], 500)
    owed -= 500
    shop.advance(1)
    path = f"/v1/contracts/{order['contract_id']}/changes/{lapsed['id']}"
    shop.wait_until(lambda: customer.api.get(path, expect=200)["status"] == "lapsed", 20, "the change undone")
    confirm(staff, change(staff, order, "due_day", days=[17], reason="asked for").json)
    assert principal() == owed
    waive(agrees(order)["installments"][-1]["number"], 200)
    confirm(staff, change(staff, order, "reschedule", installments=5, reason="asked for").json)
    assert principal() == owed - 200
    # Interest of a payoff, earned on its day.
    agreed = principal("interest")
    lapsed = confirm(customer.api, change(customer.api, order, "payoff", as_of=str(shop.today() + datetime.timedelta(days=3))).json)
    shop.advance(3)
    waive(lapsed["result"]["installments"][-1]["number"], 100, "interest")
    shop.advance(1)
    shop.wait_until(lambda: customer.api.get(f"{path.rpartition('/')[0]}/{lapsed['id']}", expect=200)["status"] == "lapsed", 20, "the change undone")
    assert (principal("interest"), principal()) == (agreed - 100, owed - 200)
    confirm(staff, change(staff, order, "reschedule", installments=4, reason="asked for").json)
    assert principal() == owed - 200


def test_a_grace_is_put_back_and_can_be_changed_again(shop, customer, change, confirm, agrees, new_product):
    """Rows of a grace owe nothing: put back after a change that was not paid, they are new ones, as all the others."""
    product = new_product(price="900.00")
    shop.new_plan(product, terms={"method": "interest_free", "installments": 6, "grace": {"principal": 2}})
    order = shop.buy(customer, product, offer=shop.offers(product)[0])[0]
    path = f"/v1/contracts/{order['contract_id']}/changes"
    lapsed = confirm(customer.api, change(customer.api, order, "prepayment", amount=20000, choice="shorter_term").json)
    shop.advance(1)
    shop.wait_until(lambda: customer.api.get(f"{path}/{lapsed['id']}", expect=200)["status"] == "lapsed", 20, "the change undone")
    rows = agrees(order)["installments"]
    assert [row["outstanding"] for row in rows if row["total"] == 0] and sum(row["outstanding"] for row in rows) == 90000 * 3 // 4
    assert confirm(customer.api, change(customer.api, order, "payoff").json)["status"] == "awaiting_payment"
    agrees(order)


def test_all_principal_of_a_payoff_paid_in_time(shop, customer, credit, change, confirm, agrees):
    """What is left is interest alone: one row of it, due when the next row was, and the contract can be changed and paid again."""
    order = credit()
    shop.advance(20)
    before = agrees(order)
    computed = change(customer.api, order, "payoff").json
    confirm(customer.api, computed)
    row = computed["result"]["installments"][-1]
    pay(shop, customer, order, row["principal"] + 1)
    shop.advance(1)
    path = f"/v1/contracts/{order['contract_id']}/changes"
    shop.wait_until(lambda: customer.api.get(f"{path}/{computed['id']}", expect=200)["status"] == "lapsed", 20, "the change undone")
    last = agrees(order)["installments"][-1]
    assert (last["principal"], last["outstanding"]) == (0, row["total"] - row["principal"] - 1)
    assert last["due_date"] == before["installments"][1]["due_date"]
    again = change(customer.api, order, "payoff").json
    assert again["result"]["pay"]["amount"] == last["outstanding"]
    confirm(customer.api, again)
    pay(shop, customer, order)
    shop.wait_until(lambda: customer.order(order["id"])["contract"]["status"] == "settled", 20, "the contract settled")


def test_fees_of_before_are_owed_until_they_are_paid(shop, customer, new_product, change, confirm, agrees):
    """Fees of rows overdue, moved by one change: the next ones keep them, a payoff asks for them, and what is left of one that was not paid does."""
    product = new_product(price="600.00")
    shop.new_plan(product, currency="USD", terms={"method": "annuity", "annual_rate": "0.24", "installments": 6, "tax_rate_on_fees": "0.19", "tax_rate_on_interest": "0.16",
                                  "fees": [{"code": "study", "type": "fixed", "amount": 500, "charged": "first"}, {"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]})
    order = shop.order(customer, product, offer=shop.offers(product)[0])
    pay(shop, customer, order, 1)
    shop.advance(65)
    for members in ({"arrears": "spread"}, {"installments": 7}):
        confirm(shop.staff, change(shop.staff, order, "reschedule", reason="agreed", **members).json)
        assert [row["fees"] for row in agrees(order)["installments"] if row["outstanding"] > 0][:2] == [100 + 500 + 2 * 100 - 1, 100]
    shop.advance(10)
    prepaid = change(customer.api, order, "prepayment", amount=9000, choice="shorter_term").json
    confirm(customer.api, prepaid)
    pay(shop, customer, order, 9000)
    assert next(row["fees"] for row in agrees(order)["installments"] if row["outstanding"] > 0) == 799
    computed = change(customer.api, order, "payoff").json
    confirm(customer.api, computed)
    row = computed["result"]["installments"][-1]
    assert row["fees"] == 699
    pay(shop, customer, order, row["principal"] + 200)
    shop.advance(1)
    path = f"/v1/contracts/{order['contract_id']}/changes"
    shop.wait_until(lambda: customer.api.get(f"{path}/{computed['id']}", expect=200)["status"] == "lapsed", 20, "the change undone")
    last = agrees(order)["installments"][-1]
    assert (last["principal"], last["fees"], last["outstanding"]) == (0, 499, row["total"] - row["principal"] - 200)
    again = change(customer.api, order, "payoff").json
    assert again["result"]["pay"]["amount"] == last["outstanding"]
    confirm(customer.api, again)
    pay(shop, customer, order)
    shop.wait_until(lambda: customer.order(order["id"])["contract"]["status"] == "settled", 20, "the contract settled")
    agrees(order)


def test_gate_counts_money_not_rows(shop, customer, change, confirm, agrees, new_product):
    """Rows a change makes may be of a cent: so many installments are as much as they were when it was sold."""
    product = new_product(price="900.00")
    shop.new_plan(product, release={"policy": "layaway", "installments": 2},
                  terms={"method": "interest_free", "annual_rate": "0", "installments": 6, "deposit": {"type": "percent", "value": "0.1"}})
    order = shop.buy(customer, product, 1, offer=shop.offers(product)[0])[0]
    sold = agrees(order)["installments"]
    path = f"/v1/contracts/{order['contract_id']}/changes"
    for _ in range(2):
        confirm(customer.api, change(customer.api, order, "prepayment", amount=1, choice="lower_installment").json)
        pay(shop, customer, order, 1)
        shop.wait_until(lambda: customer.api.get(path, expect=200)["data"][0]["status"] == "confirmed", 20, "paid")
        agrees(order)
    assert customer.order(order["id"])["fulfilment_status"] == "awaiting_release"
    pay(shop, customer, order, sold[1]["total"] + sold[2]["total"] - 2)
    shop.wait_until(lambda: customer.order(order["id"])["fulfilment_status"] == "unfulfilled", 20, "the gate open")


def test_past_due_as_the_rows_in_force_are(shop, customer, credit, change, confirm, agrees):
    order = credit()
    shop.advance(40)
    shop.wait_until(lambda: customer.order(order["id"])["overdue_since"], 20, "past due")
    confirm(shop.staff, change(shop.staff, order, "reschedule", arrears="spread", installments=12, reason="agreed").json)
    agrees(order)
    shop.wait_until(lambda: customer.order(order["id"])["overdue_since"] is None, 20, "nothing past due")


def test_customers_see_what_is_theirs_to_see(shop, customer, credit, change, confirm, agrees):
    order = credit()
    path = f"/v1/contracts/{order['contract_id']}/changes"
    draft = change(shop.staff, order, "write_off", reason="an internal note").json
    assert customer.api.get(path, expect=200)["data"] == []
    customer.api.get(f"{path}/{draft['id']}", expect=404)
    for verb in ("cancel", "confirm"):
        customer.api.post(f"{path}/{draft['id']}/{verb}", {}, key=True, headers={"If-Match": '"1"'}, expect=404)
    done = confirm(shop.staff, change(shop.staff, order, "skip", periods=1, reason="another note").json)
    assert (done["reason"], done["request"]["reason"]) == ("another note", "another note")
    shown, = customer.api.get(path, expect=200)["data"]
    assert (shown["id"], shown["reason"], shown["requested_by"], shown["confirmed_by"]) == (done["id"], "asked for by the shop", None, None)
    assert "another note" not in str(customer.api.get(f"{path}/{done['id']}", expect=200).json)
    origin = agrees(order)["change"]
    assert (origin["id"], origin["reason"], origin["requested_by"], origin["confirmed_by"]) == (done["id"], "asked for by the shop", None, None)
    own = change(customer.api, order, "payoff").json
    assert own["requested_by"] and customer.api.get(path, expect=200)["data"][0]["id"] == own["id"]


def test_prepayment_is_not_taken_from_a_saved_card(shop, customer, credit, change, confirm, account):
    order = credit(save=True)
    shop.wait_until(lambda: any(each["default"] for each in customer.api.get("/v1/payment-methods", expect=200)["data"]), 20, "the card saved")
    paid = account(order)["paid"]
    computed = change(customer.api, order, "prepayment", amount=30000, choice="lower_installment").json
    confirm(customer.api, computed)
    shop.advance(1)
    path = f"/v1/contracts/{order['contract_id']}/changes/{computed['id']}"
    shop.wait_until(lambda: customer.api.get(path, expect=200)["status"] == "lapsed", 20, "the change undone")
    assert account(order)["paid"] == paid
