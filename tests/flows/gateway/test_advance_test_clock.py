"""GET /v1/test-clock and POST /v1/test-clock/advance."""

import datetime


def test_days_pass(staff, shop):
    before = staff.get("/v1/test-clock", expect=200).json
    after = shop.advance(2)
    assert datetime.date.fromisoformat(after["today"]) - datetime.date.fromisoformat(before["today"]) == datetime.timedelta(days=2)
    assert after["offset_s"] == before["offset_s"] + 2 * 86400
    assert staff.get("/v1/test-clock", expect=200)["offset_s"] == after["offset_s"]


def test_tokens_keep_real_time(staff, shop, api, customer):
    token = customer.token
    shop.advance(2)
    api.get(f"/v1/customers/{customer.id}", token=token, expect=200)


def test_refusals(staff, customer, api):
    for days in (0, -1, 367, "1", 1.5):
        assert staff.post("/v1/test-clock/advance", {"days": days}, expect=422).pointers == ["/days"]
    customer.api.post("/v1/test-clock/advance", {"days": 1}, expect=403)
    api.post("/v1/test-clock/advance", {"days": 1}, expect=401)
