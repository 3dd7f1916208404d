"""GET /v1/plans: in the order of offers, page by page."""

def test_pages(staff, shop, product):
    made = [shop.new_plan(product, active=False, position=position)["id"] for position in (900002, 900001, 900001)]
    listed = list(staff.pages("/v1/plans", {"limit": 2}))
    assert [plan["position"] for plan in listed] == sorted(plan["position"] for plan in listed)
    ids = [plan["id"] for plan in listed]
    assert len(ids) == len(set(ids)) and set(made) <= set(ids) and ids[-1] != made[1]
    assert {plan["code"] for plan in listed} >= {"contado-3", "sin-interes-6", "credito-12", "semanal-16"}


def test_only_those_that_are_offered(staff, shop, product):
    put_away = shop.new_plan(product, active=False)["id"]
    assert put_away not in {plan["id"] for plan in staff.pages("/v1/plans", {"active": "true"})}
    assert put_away in {plan["id"] for plan in staff.pages("/v1/plans", {"active": "false"})}
    assert staff.get("/v1/plans", {"cursor": "x"}, expect=422).pointers == ["query:cursor"]
