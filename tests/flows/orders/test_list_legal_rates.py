"""GET /v1/legal-rates: the latest days first, page by page; and what a day's rate forbids."""

import datetime



def record(staff, expect=201, **changes):
    body = {"country": "PE", "valid_from": "2026-11-01", "max_rate": "0.2499", "source": "Circular de prueba", **changes}
    return staff.post("/v1/legal-rates", {name: value for name, value in body.items() if value is not None}, expect=expect)


def test_pages(staff):
    for day in ("2031-03-01", "2031-01-01", "2031-02-01", "2031-02-01"):
        record(staff, country="QX", valid_from=day, valid_until=None)
    listed = list(staff.pages("/v1/legal-rates", {"country": "QX", "limit": 2}))
    assert [rate["valid_from"] for rate in listed] == ["2031-03-01", "2031-02-01", "2031-02-01", "2031-01-01"] and len({rate["id"] for rate in listed}) == 4
    assert staff.get("/v1/legal-rates", {"cursor": "x"}, expect=422).pointers == ["query:cursor"]


def test_the_last_word_of_a_day_counts(staff, database):
    """What legal_rate_at says to whoever asks: offers, late interest, changes after the sale."""
    record(staff, country="QY", valid_from="2031-01-01", valid_until="2031-01-31", max_rate="0.30")
    record(staff, country="QY", valid_from="2031-02-01", max_rate="0.31")
    record(staff, country="QY", valid_from="2031-02-01", max_rate="0.32", valid_until="2031-02-28", basis="nominal")
    record(staff, country="QY", valid_from="2031-01-15", max_rate="0.2", kind="microcredit")
    said = {}
    for day in ("2030-12-31", "2031-01-01", "2031-01-31", "2031-02-01", "2031-02-28", "2031-03-01"):
        said[day] = str(database("orders", "SELECT (legal_rate_at('QY', %s)).max_rate", (day,))[0][0])
    assert said == {"2030-12-31": "None", "2031-01-01": "0.30", "2031-01-31": "0.30", "2031-02-01": "0.32", "2031-02-28": "0.32", "2031-03-01": "None"}
    assert str(database("orders", "SELECT (legal_rate_at('QY', '2031-01-20', 'microcredit')).max_rate")[0][0]) == "0.2"


def test_what_is_above_it_is_not_offered_and_not_sold(customer, shop, staff, new_product, stack):
    """Rates far above those of everybody else's offers, but for a moment of 95 % nominal."""
    product = new_product(price="90.00")
    shop.new_plan(product, terms={"method": "annuity", "annual_rate": "2.2", "installments": 12, "day_count": "period"})   # 652 % effective
    shop.new_plan(product, terms={"method": "annuity", "annual_rate": "0.9", "installments": 12,
                                  "fees": [{"code": "opening", "type": "percent", "value": "0.4", "charged": "financed"}]})
    dear, fees = shop.offers(product)
    assert float(dear["effective_annual_rate"]) > 6.5 and 4 < float(fees["effective_annual_rate"]) < 5
    cart = customer.cart((product, 1))
    today = shop.today()
    tomorrow = str(today + datetime.timedelta(days=1))
    record(staff, country="CO", valid_from=tomorrow, max_rate="0.01")   # not today's
    record(staff, country="CO", valid_from=str(today), max_rate="6.52")
    try:
        assert [offer["id"] for offer in shop.offers(product)] == [fees["id"]]   # the effective rate, not the nominal one
        refused = customer.place_order(cart["id"], dear["id"], expect=409)
        assert refused.code == "rate_above_legal_maximum" and "6.52" in refused["detail"]
        record(staff, country="CO", valid_from=str(today), max_rate="4")   # fees are part of what is paid for the credit
        assert shop.offers(product) == []
        record(staff, country="CO", valid_from=str(today), max_rate="0.95", basis="nominal")
        assert shop.offers(product) == []
        record(staff, country="CO", valid_from=str(today), max_rate="2.3", basis="nominal")
        assert customer.place_order(cart["id"], dear["id"])["status"] == "pending_payment"
        assert len(shop.offers(product)) == 2
    finally:   # neither forbids anybody anything
        record(staff, country="CO", valid_from=tomorrow, max_rate="100")
        record(staff, country="CO", valid_from=str(today), max_rate="100")
