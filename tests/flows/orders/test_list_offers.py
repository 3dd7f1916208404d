"""GET /v1/products/{id}/offers: every plan for the product's price, each the schedule a simulation of it gives."""

import uuid


def test_offers_in_the_shops_order(api, product):
    offers = api.get(f"/v1/products/{product['id']}/offers", expect=200).json
    assert offers["next_cursor"] is None
    first = offers["data"][0]
    assert (first["method"], first["installments"], first["deposit"]) == ("interest_free", 3, 0)
    assert first["total_payable"] == product["price"] and first["apr_nominal"] == "0.00000000"
    assert {offer["installments"] for offer in offers["data"]} >= {3, 6, 12}
    assert any(offer["frequency"]["unit"] == "week" for offer in offers["data"])
    for offer in offers["data"]:
        assert offer["currency"] == product["currency"] and offer["terms_version"] == "v1"
        assert offer["deposit"] + offer["amount_financed"] == product["price"] <= offer["total_payable"]


def test_an_offer_is_what_its_simulation_says(api, product):
    for offer in api.get(f"/v1/products/{product['id']}/offers", expect=200)["data"]:
        simulated = api.post("/v1/simulations", {
            "currency": offer["currency"], "principal": product["price"], "method": offer["method"], "annual_rate": offer["annual_rate"],
            "installments": offer["installments"], "frequency": offer["frequency"],
            "deposit": {"type": "fixed", "amount": offer["deposit"]}}, expect=200).json
        assert simulated["installments"][0]["total"] == offer["installment_amount"]
        assert simulated["installments"][0]["due_date"] == offer["first_due_date"]
        for name in ("total_payable", "amount_financed", "apr_nominal", "effective_annual_rate"):
            assert simulated[name] == offer[name], (offer, simulated)


def test_plans_have_limits(api, new_product):
    cheap = api.get(f"/v1/products/{new_product(price='3.00')['id']}/offers", expect=200)["data"]
    assert {offer["installments"] for offer in cheap} == {3, 6}
    assert api.get(f"/v1/products/{new_product(price='0.02')['id']}/offers", expect=200)["data"] == []
    assert api.get(f"/v1/products/{new_product(price='0')['id']}/offers", expect=200)["data"] == []


def test_pesos_come_without_cents(api, new_product):
    product = new_product(price="1000001.00", currency="COP")
    for offer in api.get(f"/v1/products/{product['id']}/offers", expect=200)["data"]:
        assert offer["installment_amount"] % 100 == 0 and offer["deposit"] % 100 == 0


def test_names_in_two_languages(api, product):
    path = f"/v1/products/{product['id']}/offers"
    assert api.get(path, expect=200)["data"][0]["name"] == "3 cuotas sin interés"
    assert api.get(path, {"locale": "en"}, expect=200)["data"][0]["name"] == "3 installments, interest-free"
    assert api.get(path, {"locale": "fr"}, expect=422).pointers == ["query:locale"]


def test_no_such_product(api):
    assert api.get(f"/v1/products/{uuid.uuid4()}/offers", expect=404).code == "not_found"
    assert api.get("/v1/products/7/offers", expect=422).pointers == ["path:id"]
