"""POST /v1/legal-rates: recorded as said, corrected by saying it again."""

import uuid

import pytest

RATE = {"country": "PE", "valid_from": "2026-11-01", "valid_until": "2026-11-30", "max_rate": "0.2499", "source": "Circular de prueba"}


def test_as_it_was_said(staff):
    rate = staff.post("/v1/legal-rates", RATE, expect=201).json
    assert {name: rate[name] for name in RATE} == RATE and (rate["kind"], rate["basis"]) == ("consumer", "effective") and rate["created_by"]
    assert rate in staff.get("/v1/legal-rates", {"country": "PE", "limit": 100}, expect=200)["data"]


def test_the_same_key_records_once(staff):
    key = str(uuid.uuid4())
    first, again = staff.post("/v1/legal-rates", RATE, key=key, expect=201), staff.post("/v1/legal-rates", RATE, key=key, expect=201)
    assert first.body == again.body and again.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("change, pointer", [
    ({"country": "pe"}, "/country"), ({"country": "PER"}, "/country"), ({"max_rate": "-0.1"}, "/max_rate"), ({"max_rate": "100.1"}, "/max_rate"),
    ({"max_rate": "0.123456789"}, "/max_rate"), ({"valid_until": "2026-10-31"}, "/valid_until"), ({"valid_from": "2026-02-30"}, "/valid_from"),
    ({"basis": "weekly"}, "/basis"), ({"source": ""}, "/source"), ({"source": None}, "/source")])
def test_wrong_rates(staff, change, pointer):
    assert staff.post("/v1/legal-rates", {**RATE, **change}, expect=422).pointers == [pointer]


def test_who_may(api, customer):
    assert api.post("/v1/legal-rates", RATE, expect=401).code == "unauthenticated"
    assert customer.api.post("/v1/legal-rates", RATE, expect=403).code == "forbidden"
