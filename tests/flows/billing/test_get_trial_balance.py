"""GET /v1/ledger/trial-balance: what every account holds, by business day and by what was known when."""

import datetime

PATH = "/v1/ledger/trial-balance"
SIDES = """
    SELECT debit_account::text AS account, currency, amount AS debit, 0 AS credit, effective_on, recorded_at FROM posting
    UNION ALL SELECT credit_account::text, currency, 0, amount, effective_on, recorded_at FROM posting"""


def truth(database, as_of="infinity", known_at="infinity"):
    """The same from all postings, one by one."""
    return {(account, currency): (debit, credit) for account, currency, debit, credit in database("billing", f"""
        SELECT account, currency, sum(debit)::bigint, sum(credit)::bigint FROM ({SIDES}) AS side
        WHERE effective_on <= '{as_of}' AND recorded_at <= '{known_at}' GROUP BY 1, 2""")}


def told(balance):
    return {(each["account"], each["currency"]): (each["debit"], each["credit"]) for each in balance["data"]}


def test_is_what_was_posted(shop, customer, staff, database, wait_until):
    shop.buy(customer)
    wait_until(lambda: told(staff.get(PATH, expect=200)) == truth(database), what="a balance nothing was posted beside")
    balance = staff.get(PATH, expect=200)
    assert balance["known_at"] is None and balance["as_of"] == shop.today().isoformat()
    assert all(each["balance"] == each["debit"] - each["credit"] for each in balance["data"])


def test_debits_are_credits(shop, customer, staff):
    for currency, price in (("USD", "30.00"), ("COP", "90000.00")):
        shop.buy(customer, shop.new_product(price=price, currency=currency))
    balance = staff.get(PATH, expect=200)
    assert {"COP", "USD"} <= {each["currency"] for each in balance["totals"]}
    for total in balance["totals"]:
        of_it = [each for each in balance["data"] if each["currency"] == total["currency"]]
        assert total["debit"] == total["credit"] == sum(each["debit"] for each in of_it) == sum(each["credit"] for each in of_it)
        assert staff.get(PATH, {"currency": total["currency"]}, expect=200)["data"] == of_it
    assert staff.get(PATH, {"currency": "CHF"}, expect=200)["data"] == []


def test_as_of_a_day_and_as_known_then(shop, customer, staff, database):
    """What a close has folded and what it has not, before and after: the same balance."""
    _, before = shop.buy(customer)
    day, known = database("billing", "SELECT effective_on::text, recorded_at FROM posting WHERE payment_id = %s LIMIT 1", (before["id"],))[0]
    later = known + datetime.timedelta(microseconds=1)
    shop.buy(customer)
    then = staff.get(PATH, {"as_of": day, "known_at": known.isoformat()}, expect=200)
    assert told(then) == truth(database, day, known) and told(then) != told(staff.get(PATH, expect=200))
    shop.advance(2)
    assert database("billing", "SELECT count(*) FROM ledger_sum")[0][0] > 0
    again = staff.get(PATH, {"as_of": day, "known_at": known.isoformat()}, expect=200)
    assert again["data"] == then["data"]
    assert told(staff.get(PATH, {"known_at": later.isoformat()}, expect=200)) == truth(database, known_at=later)
    assert told(staff.get(PATH, {"as_of": day}, expect=200)) == truth(database, as_of=day)
    assert staff.get(PATH, {"as_of": "2001-01-01"}, expect=200)["totals"] == []


def test_what_is_no_day(staff):
    reply = staff.get(PATH, {"as_of": "2026-02-30", "known_at": "yesterday", "currency": "pesos"}, expect=422)
    assert sorted(reply.pointers) == ["query:as_of", "query:currency", "query:known_at"]


def test_for_staff_only(customer, api):
    customer.api.get(PATH, expect=403)
    api.get(PATH, expect=401)
