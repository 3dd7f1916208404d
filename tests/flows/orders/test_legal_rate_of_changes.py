"""The highest rate the law allows, and contracts that are rescheduled or refinanced: asked when computed, and again when confirmed."""

import contextlib
import datetime

import pytest


@pytest.fixture
def law(shop):
    """law(max_rate, basis): of today alone, as a context; the whole shop's."""
    def record(today, max_rate, basis):
        for day in (today + datetime.timedelta(days=1), today):
            shop.staff.post("/v1/legal-rates", {"country": "CO", "valid_from": str(day), "source": "Prueba", **({"max_rate": max_rate, "basis": basis} if day == today
                                                else {"max_rate": "100"})}, expect=201)

    @contextlib.contextmanager
    def of(max_rate, basis="effective"):
        today = shop.today()
        record(today, max_rate, basis)
        try:
            yield
        finally:
            record(today, "100", "effective")
    return of


@pytest.fixture
def order(shop, customer, new_product):
    """1,000.00 and fees of 1.00 with each of twelve months, at 24 %."""
    product = new_product(price="1000.00")
    shop.new_plan(product, currency="USD", terms={"method": "annuity", "annual_rate": "0.24", "installments": 12, "day_count": "period",
                                  "fees": [{"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]})
    return shop.buy(customer, product, offer=shop.offers(product)[0])[0]


def test_a_new_rate_above_it_is_refused(shop, order, change, confirm, law):
    ask = lambda rate, expect=201: change(shop.staff, order, "refinance", annual_rate=rate, reason="agreed", expect=expect)
    shown = ask("0.30").json
    rate = shown["result"]["rate"]
    assert rate["anew"] and 0.30 < float(rate["apr_nominal"]) < float(rate["effective_annual_rate"]) < 0.45
    with law("0.35"):
        refused = ask("0.36", 409)
        assert refused.code == "rate_above_legal_maximum" and refused.pointers == ["/annual_rate"] and "0.35" in refused["errors"][0]["detail"]
        late = confirm(shop.staff, shown, expect=409)   # the law has changed since it was shown
        assert late.code == "rate_above_legal_maximum" and "0.35" in late["detail"]
        assert float(ask("0.20").json["result"]["rate"]["effective_annual_rate"]) < 0.35
    with law("0.31", "nominal"):
        assert ask("0.31", 409).code == "rate_above_legal_maximum"   # fees are part of what is paid for the credit
        assert ask("0.26").json["result"]["rate"]["anew"]
    confirm(shop.staff, shown)


def test_a_reschedule_counts_where_it_costs_more(shop, order, change, law):
    ask = lambda expect=201, **members: change(shop.staff, order, "reschedule", reason="agreed", expect=expect, **members)
    with law("0.10"):
        same = ask(installments=6).json["result"]["rate"]   # what was agreed stays, whatever the law says since
        assert not same["anew"] and float(same["effective_annual_rate"]) > 0.10
        assert not ask(first_due_date=str(shop.today() + datetime.timedelta(days=40))).json["result"]["rate"]["anew"]
        dear = ask(409, frequency={"unit": "week"}, installments=48)   # a fee every week
        assert dear.code == "rate_above_legal_maximum" and dear.pointers == ["/frequency"]
    assert ask(frequency={"unit": "week"}, installments=48).json["result"]["rate"]["anew"]


def test_add_on_interest_costs_more_over_more_installments(shop, customer, new_product, change, law):
    product = new_product(price="1000.00")
    shop.new_plan(product, currency="USD", terms={"method": "flat", "annual_rate": "0.05", "installments": 6, "day_count": "period"})
    order = shop.buy(customer, product, offer=shop.offers(product)[0])[0]
    ask = lambda count, expect=201: change(shop.staff, order, "reschedule", installments=count, reason="agreed", expect=expect)
    with law("0.06"):
        same, fewer = (ask(count).json["result"]["rate"] for count in (5, 3))
        assert not same["anew"] and not fewer["anew"] and float(same["effective_annual_rate"]) > 0.06
        dear = ask(24, 409)
        assert dear.code == "rate_above_legal_maximum" and dear.pointers == ["/installments"]
    more = ask(24).json["result"]["rate"]
    assert more["anew"] and float(more["effective_annual_rate"]) > float(same["effective_annual_rate"])


def test_what_was_owed_before_is_no_rate(shop, customer, new_product, change, law):
    """An interest-free plan in arrears: fees of the rows overdue move into the first new row, and are no price of the new ones."""
    product = new_product(price="1000.00")
    shop.new_plan(product, currency="USD", terms={"method": "interest_free", "installments": 6,
                                  "fees": [{"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]})
    order = shop.buy(customer, product, offer=shop.offers(product)[0], save=False)[0]
    ask = lambda **members: change(shop.staff, order, "reschedule", reason="agreed", installments=3, **members).json["result"]["rate"]
    shop.advance(65)
    kept, spread = ask(), ask(arrears="spread")
    assert 0 < float(spread["apr_nominal"]) < 0.9 * float(kept["apr_nominal"])   # the same fees on more principal


def test_what_was_owed_before_is_no_rate_of_later_changes(shop, customer, new_product, change, confirm, agrees):
    """Fees that moved into a row stay in it through the next change, and are a price of neither its old rows nor its new ones."""
    product = new_product(price="1000.00")
    shop.new_plan(product, currency="USD", terms={"method": "interest_free", "installments": 6, "tax_rate_on_fees": "0.19",
                                  "fees": [{"code": "handling", "type": "fixed", "amount": 100, "charged": "each"}]})
    order = shop.buy(customer, product, offer=shop.offers(product)[0], save=False)[0]
    shop.advance(65)
    ask = lambda **members: change(shop.staff, order, "reschedule", reason="agreed", **members).json
    first = ask(arrears="spread", installments=4)
    overdue = [row for row in agrees(order)["installments"] if row["status"] == "overdue"]
    confirm(shop.staff, first)
    rows = [row for row in agrees(order)["installments"] if row["outstanding"] > 0]
    assert len(overdue) == 1 and [(row["fees"], row["tax"]) for row in rows] == [(200, 38), (100, 19), (100, 19), (100, 19)]
    same, more = ask(installments=4)["result"]["rate"], ask(installments=8)["result"]["rate"]
    assert not same["anew"] and float(same["apr_nominal"]) == pytest.approx(float(first["result"]["rate"]["apr_nominal"]), rel=1e-3)   # cents of principal are elsewhere
    assert more["anew"] and float(more["apr_nominal"]) > float(same["apr_nominal"])   # eight fees weigh more than four on the same balance


def test_other_kinds_agree_no_rate(shop, order, change, law):
    with law("0.05"):
        assert "rate" not in change(shop.staff, order, "skip", periods=1, reason="agreed").json["result"]
        assert "rate" not in change(shop.staff, order, "payoff", reason="agreed").json["result"]
