"""GET /v1/carts/{id}/offers: the plans for all that is in a cart."""


def test_an_offer_is_what_the_order_agrees_to(customer, staff, shop, product, new_product):
    cart = customer.cart((product, 2), (new_product(price="33.33"), 1))
    offers = customer.api.get(f"/v1/carts/{cart['id']}/offers", {"locale": "en"}, expect=200)["data"]
    assert staff.get(f"/v1/carts/{cart['id']}/offers", {"locale": "en"}, expect=200)["data"] == offers
    for offer in offers:
        assert offer["deposit"] + offer["amount_financed"] == cart["total"]
    offer = next(each for each in offers if each["deposit"])
    order = customer.place_order(cart["id"], offer["id"])
    assert (order["contract"]["deposit"], order["total_payable"]) == (offer["deposit"], offer["total_payable"])


def test_deposits_of_mixed_carts_are_one(customer, staff, shop, new_product):
    category = f"Mixed-{new_product()['sku']}"
    dear, cheap = new_product(price="100.00", category=category), new_product(price="50.00", category=category)
    plan = staff.post("/v1/plans", {
        "code": category.lower(), "name": {"es": "Mixto", "en": "Mixed"}, "terms": {"method": "interest_free", "installments": 4},
        "deposit_rules": [{"product_id": dear["id"], "type": "percent", "value": "0.30"}], "eligibility": {"categories": [category]}}, expect=201).json
    cart = customer.cart((dear, 1), (cheap, 1))
    [offer] = customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"]
    assert (offer["plan_id"], offer["deposit"]) == (plan["id"], 3000)
    assert [line["deposit"] for line in offer["deposit_lines"]] == [3000, 0]
    assert customer.place_order(cart["id"], offer["id"])["contract"]["deposit"] == 3000


def test_a_guest_sees_them(api, product):
    guest = api.post("/v1/guest-carts", expect=201).json
    path = f"/v1/guest-carts/{guest['token']}"
    assert api.get(f"{path}/offers", expect=200)["data"] == []
    api.request("PUT", f"{path}/lines/{product['id']}", {"quantity": 1}, expect=200)
    assert api.get(f"{path}/offers", expect=200)["data"] == api.get(f"/v1/products/{product['id']}/offers", expect=200)["data"]
    assert api.get("/v1/guest-carts/x/offers", expect=404).code == "not_found"


def test_another_customers(customer, new_customer, product):
    cart = customer.cart((product, 1))
    assert new_customer().api.get(f"/v1/carts/{cart['id']}/offers", expect=404).code == "not_found"
