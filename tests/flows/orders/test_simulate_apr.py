"""POST /v1/simulations/apr: examples of both laws, as their texts print them, and what is refused."""


import pytest

MONTH = {"unit": "month", "every": 1}


def flows(convention, *groups, unit=None):
    return {"convention": convention, **({"unit_period": unit} if unit else {}), "flows": list(groups)}


def advance(amount, count=1, **more):
    return {"direction": "advance", "amount": amount, "count": count, **more}


def payment(amount, count=1, **more):
    return {"direction": "payment", "amount": amount, "count": count, **more}


def percent(api, body):
    text = api.post("/v1/simulations/apr", body, expect=200).json["apr"]
    assert len(text.split(".")[1]) == 8
    return float(text) * 100


LOAN = flows("us", advance(500000, date="1978-01-10"), payment(23000, 24, date="1978-02-10", every=MONTH), unit=MONTH)

# 12 CFR 1026 appendix J (c): two decimals.
US = [
    ("9.69", LOAN),
    ("8.97", flows("us", advance(1000000, date="1978-05-23"), payment(38500, 40, date="1978-10-01", every={"unit": "month", "every": 3}),
                   unit={"unit": "month", "every": 3})),
    ("14.96", flows("us", advance(50000, date="1978-03-20"), payment(1760, 30, date="1978-04-21", every={"unit": "week"}), unit={"unit": "week"})),
    ("7.30", flows("us", advance(800000, date="1978-01-10"), payment(44936, date="1978-03-01"),
                   payment(46500, 18, date="1978-05-01", every={"unit": "month", "every": 2}), payment(20000, date="1981-05-01"),
                   unit={"unit": "month", "every": 2})),
    ("10.25", flows("us", advance(2000000, date="1979-04-10"), advance(2000000, date="1979-06-12"), advance(2000000, date="1979-09-18"),
                    payment(61236, 240, date="1979-12-10", every=MONTH), unit=MONTH)),
]

# Examples of the European Commission for the annual percentage rate of charge (2015): six decimals. And Directive 98/7/EC, the United Kingdom: two and one.
EU = [
    ("6.434412", flows("eu", advance(20000000, after={}), payment(400000, after={}), payment(143286, 240, after={"months": 1}, every=MONTH))),
    ("6.432478", flows("eu", advance(20000000, after={}), payment(400000, after={}),
                       payment(143754, 240, after={"months": 1, "days": 20, "days_in_year": 366}, every=MONTH))),
    ("6.432478", flows("eu", advance(20000000, date="2012-03-12"), payment(400000, date="2012-03-12"), payment(143754, 240, date="2012-05-01", every=MONTH))),
    ("7.430479", flows("eu", advance(20000000, after={}), payment(400000, after={}), payment(116667, 240, after={"months": 1}, every=MONTH),
                       payment(20000000, after={"years": 20}))),
    ("12.96", flows("eu", advance(100000, after={}), payment(120000, after={"days": 546}))),
    ("12.92", flows("eu", advance(100000, date="1994-01-01"), payment(120000, date="1995-07-01"))),
    ("13.19", flows("eu", advance(100000, after={}), payment(27200, 2, after={"months": 3}, every={"unit": "month", "every": 3}),
                    payment(54400, after={"years": 1}))),
    ("1122.9", flows("eu", advance(40000, after={}), payment(51196, after={"days": 36, "days_in_year": 365.25}))),
    ("1122.9", flows("eu", advance(40000, after={}), payment(51196, after={"days": 36, "days_in_year": "365.25"}))),
    ("84.63", flows("eu", advance(50000, date="2012-10-10"), payment(27000, date="2012-11-10"), payment(27000, date="2012-12-10"), unit={"unit": "day"})),
    ("85.59", flows("eu", advance(50000, date="2012-10-10"), payment(27000, date="2012-11-10"), payment(27000, date="2012-12-10"))),
]


@pytest.mark.parametrize("printed, body", US + EU)
def test_examples_of_the_laws(api, printed, body):
    decimals = len(printed.split(".")[1])
    assert f"{percent(api, body):.{decimals}f}" == printed


def test_the_example_of_the_documentation_and_its_bytes(api):
    first = api.post("/v1/simulations/apr", LOAN, expect=200)
    assert first.json == {"apr": "0.09685708"}
    assert first.body == api.post("/v1/simulations/apr", LOAN, expect=200).body


def test_it_agrees_with_the_rates_of_a_schedule(api):
    terms = {"currency": "USD", "principal": 1200000, "method": "annuity", "annual_rate": "0.24", "installments": 12, "start_date": "2026-01-15",
             "first_due_date": "2026-03-02"}
    schedule = api.post("/v1/simulations", terms, expect=200).json
    groups = [advance(1200000, date="2026-01-15")] + [payment(row["total"], date=row["due_date"]) for row in schedule["installments"]]
    assert api.post("/v1/simulations/apr", flows("us", *groups, unit=MONTH), expect=200).json["apr"] == schedule["apr_nominal"]
    assert api.post("/v1/simulations/apr", flows("eu", *groups), expect=200).json["apr"] == schedule["effective_annual_rate"]


def test_negative_and_no_interest(api):
    assert percent(api, flows("eu", advance(10000, after={}), payment(9000, after={"years": 1}))) == -10
    assert percent(api, flows("eu", advance(10000, after={}), payment(1000, 10, after={"months": 1}, every=MONTH))) == 0


def test_an_advance_between_payments(api):
    body = flows("eu", advance(10000, after={}), payment(1000, after={"years": 1}), advance(5000, after={"years": 1}), payment(16500, after={"years": 2}))
    assert percent(api, body) == 10


def in_turns(pairs):
    """Drawdowns and payments in turns, for which every rate there could be is looked through."""
    return flows("us", *[group for month in range(pairs) for group in (advance(1000 + month, 33, date="2026-01-31", every=MONTH),
                                                                         payment(1100 + month, 33, date="2026-02-28", every=MONTH))], unit=MONTH)


def test_as_much_as_is_taken(api):
    percent(api, in_turns(20))
    percent(api, flows("eu", advance(1000000, **AT_ONCE), *[payment(4000 + month, after={"months": month + 1}) for month in range(299)]))
    assert api.post("/v1/simulations/apr", in_turns(21), expect=422).pointers == ["/flows"]


AT_ONCE, IN_A_YEAR = {"after": {}}, {"after": {"years": 1}}


@pytest.mark.parametrize("body, pointer", [
    (flows("eu"), "/flows"),
    (flows("eu", advance(1, **AT_ONCE)), "/flows"),
    (flows("eu", payment(1, **AT_ONCE)), "/flows"),
    (flows("eu", advance(100, **AT_ONCE), payment(100, **AT_ONCE)), "/flows"),                       # no time passes
    (flows("eu", advance(1, **AT_ONCE), payment(2 ** 53 - 1, after={"days": 1})), "/flows"),         # beyond what can be stated
    (flows("eu", advance(2 ** 53 - 1, **AT_ONCE), payment(1, after={"days": 1})), "/flows"),
    (flows("eu", advance(1000, **AT_ONCE), payment(2300, **IN_A_YEAR), advance(1320, after={"years": 2})), "/flows"),   # 10 % and 20 %
    (flows("eu", advance(1000, **AT_ONCE), payment(2300, **IN_A_YEAR), advance(2320, after={"years": 2})), "/flows"),   # no rate at all
    (flows("eu", *[advance(1, **AT_ONCE)] * 301), "/flows"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, 10001, every=MONTH, **AT_ONCE)), "/flows/1/count"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, 10000, every=MONTH, **AT_ONCE)), "/flows/1/count"),
    (flows("eu", advance(0, **AT_ONCE), payment(1, **IN_A_YEAR)), "/flows/0/amount"),
    (flows("eu", advance(-5, **AT_ONCE), payment(1, **IN_A_YEAR)), "/flows/0/amount"),
    (flows("eu", advance(1.5, **AT_ONCE), payment(1, **IN_A_YEAR)), "/flows/0/amount"),
    (flows("eu", advance(1), payment(1, **IN_A_YEAR)), "/flows/0/date"),
    (flows("eu", advance(1, date="2026-01-01", **AT_ONCE), payment(1, **IN_A_YEAR)), "/flows/0/after"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, 2, **IN_A_YEAR)), "/flows/1/every"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, date="2026-01-01")), "/flows/1/date"),            # nothing to count from
    (flows("eu", advance(1, date="2026-01-02"), payment(1, date="2026-01-01")), "/flows/1/date"),
    (flows("eu", advance(1, date="2026-01-02"), payment(1, date="9001-01-01")), "/flows/1/date"),
    (flows("eu", advance(1, date="2026-02-30"), payment(1, **IN_A_YEAR)), "/flows/0/date"),
    (flows("eu", advance(1, **IN_A_YEAR), payment(1, **AT_ONCE)), "/flows/1/after"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"months": -1})), "/flows/1/after/months"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"days": 1, "days_in_year": 0})), "/flows/1/after/days_in_year"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"days": 1, "days_in_year": "365.00001"})), "/flows/1/after/days_in_year"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"days": 1, "days_in_year": 1e-9})), "/flows/1/after/days_in_year"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"days": 1, "days_in_year": True})), "/flows/1/after/days_in_year"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, after={"days": 1, "hours": 1})), "/flows/1/after/hours"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, 2, every={"unit": "quarter"}, **IN_A_YEAR)), "/flows/1/every/unit"),
    (flows("eu", advance(1, **AT_ONCE), payment(1, 2, every={"unit": "month", "every": 0}, **IN_A_YEAR)), "/flows/1/every/every"),
    (flows("eu", {**advance(1, **AT_ONCE), "direction": "fee"}, payment(1, **IN_A_YEAR)), "/flows/0/direction"),
    (flows("uk", advance(1, **AT_ONCE), payment(1, **IN_A_YEAR)), "/convention"),
    (flows("us", advance(1, **AT_ONCE), payment(1, **IN_A_YEAR)), "/unit_period"),
    (flows("us", advance(1, **AT_ONCE), payment(1, **IN_A_YEAR), unit={"unit": "month", "every": 13}), "/unit_period/every"),
    (flows("us", advance(1, **AT_ONCE), payment(1, **IN_A_YEAR), unit={"unit": "week"}), "/flows/1/after"),
    (flows("us", advance(1, **AT_ONCE), payment(1, 2, every=MONTH, **AT_ONCE), unit={"unit": "week"}), "/flows/1/every/unit"),
    (flows("us", advance(1, date="2026-01-01"), payment(1, 400, date="2026-02-01", every={"unit": "week"}), unit=MONTH), "/flows/1/every"),
    (flows("us", advance(1, date="2026-01-01"), payment(1, 8, date="2026-02-01", every={"unit": "year", "every": 1000}), unit={"unit": "week"}),
     "/flows/1/count"),
])
def test_what_has_no_rate_is_refused_by_field(api, body, pointer):
    reply = api.post("/v1/simulations/apr", body, expect=422)
    assert reply.code == "validation_failed" and pointer in reply.pointers, reply.json


@pytest.mark.parametrize("missing", ["convention", "flows"])
def test_needed_fields(api, missing):
    reply = api.post("/v1/simulations/apr", {name: value for name, value in LOAN.items() if name != missing}, expect=422)
    assert reply.pointers == ["/" + missing]


def test_an_amount_beyond_json_is_no_json(api):
    """As everywhere: what other languages' numbers cannot hold is not read at all."""
    assert api.post("/v1/simulations/apr", flows("eu", advance(2 ** 53, **AT_ONCE), payment(1, **IN_A_YEAR)), expect=400).code == "malformed_json"
