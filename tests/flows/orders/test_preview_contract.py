"""POST /v1/carts/{id}/contract-preview and `contract_sha256` of the order: what the buyer reads is what is agreed, to the byte, or nothing is."""

import hashlib
import uuid

import pytest


def preview(customer, cart, offer, expect=200, **changes):
    return customer.api.post(f"/v1/carts/{cart['id']}/contract-preview", {"offer_id": offer["id"], **changes}, expect=expect)


def money(amount, currency="USD"):
    """As a Spanish text has it; two decimals."""
    return f"{currency} {amount // 100:,}".replace(",", ".") + f",{amount % 100:02}"


def number(amount):
    return money(amount).split()[1]


def table(text, heading):
    """Rows of the table under a heading, its own first row and rule left out."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_everything_agreed_stands_in_it(customer, shop, new_product):
    product, other = new_product(price="1234.50", name="Sofá *grande* | 3 puestos"), new_product(price="20.00")
    offer = shop.offer(product, installments=12, deposit=True)
    cart = customer.cart((product, 2), (other, 1))
    shown = preview(customer, cart, offer).json
    text = shown["body"]
    assert shown["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert (shown["cart_id"], shown["offer_id"], shown["locale"], shown["terms_version"]) == (cart["id"], offer["id"], "es", "v1")
    assert preview(customer, cart, offer).body == preview(customer, cart, offer).body
    order = customer.place_order(cart["id"], offer["id"], contract_sha256=shown["sha256"]).json
    contract, schedule = order["contract"], customer.schedule(order["id"])
    assert customer.body["full_name"] in text and customer.body["tax_id"] in text and customer.email in text.replace("\\", "")
    assert cart["id"] in text
    goods = table(text, "Qué se vende")
    assert goods[0] == ["Sofá \\*grande\\* \\| 3 puestos", "2", "1.234,50", "2.469,00"], "a name is text, never syntax"
    assert goods[1][1:] == ["1", "20,00", "20,00"]
    terms = dict(row for row in table(text, "Cómo se financia"))
    assert terms["Precio de contado"] == money(order["goods_total"]) == "USD 2.489,00"
    assert terms["Cuota inicial, que se paga al ordenar"] == money(contract["deposit"])
    assert terms["Valor financiado"] == money(contract["amount_financed"])
    assert terms["Total a pagar, con la cuota inicial"] == money(contract["total_payable"])
    assert terms["Costo total del crédito (intereses, cargos e impuestos)"] == money(contract["total_payable"] - order["goods_total"])
    assert (terms["Número de cuotas"], terms["Frecuencia"], terms["Tasa de interés nominal anual"]) == ("12", "mensual", "18 %")
    effective = contract["effective_annual_rate"]
    assert terms["Tasa efectiva anual con todos los costos (TAE)"].removesuffix(" %").replace(",", ".") == f"{float(effective) * 100:.6f}".rstrip("0").rstrip(".")
    rows = table(text, "Cronograma de pagos")
    assert rows[:-1] == [[str(row["number"]), "/".join(reversed(row["due_date"].split("-"))), *(number(row[part]) for part in
                          ("opening_balance", "principal", "interest", "total", "closing_balance"))] for row in schedule]
    assert rows[-1] == ["Total", "", "", *(number(sum(row[part] for row in schedule)) for part in ("principal", "interest", "total")), ""]
    body = shop.api.get("/v1/terms", {"locale": "es"}, expect=200)["body"]
    assert body in text and shop.api.get("/v1/terms", expect=200)["sha256"] in text
    assert contract["acceptance"]["contract_sha256"] == shown["sha256"]
    kept = customer.api.get(f"/v1/contracts/{contract['id']}/document", expect=200)
    assert kept.body.decode() == text and kept.headers["Content-Type"] == "text/markdown; charset=utf-8"


def test_in_english(customer, shop, product):
    cart, offer = customer.cart((product, 1)), shop.offer(product, installments=12)
    shown = preview(customer, cart, offer, locale="en").json
    assert shown["body"].startswith("# Installment sale contract\n") and "Payment schedule" in shown["body"] and shown["locale"] == "en"
    assert customer.place_order(cart["id"], offer["id"], contract_sha256=shown["sha256"], expect=409).code == "contract_changed", "of another language"
    customer.place_order(cart["id"], offer["id"], locale="en", contract_sha256=shown["sha256"])


def test_another_contract_is_not_agreed(customer, shop, staff, new_product):
    product = new_product(price="150.00", stock=3)
    cart, offer = customer.cart((product, 1)), shop.offer(product)
    shown = preview(customer, cart, offer).json
    assert customer.place_order(cart["id"], offer["id"], contract_sha256="0" * 64, expect=409).code == "contract_changed"
    staff.post("/v1/products/import", {"sku": product["sku"], "name": "Otro nombre", "price": "150.00", "currency": "USD", "stock": 3}, expect=200)
    other = new_product(price="150.00")
    bigger = customer.add_line(cart["id"], other, 1, expect=200).json
    assert customer.place_order(cart["id"], offer["id"], contract_sha256=shown["sha256"], expect=409).code == "contract_changed"
    assert customer.api.get("/v1/orders", expect=200)["data"] == []
    again = preview(customer, bigger, offer).json
    assert "Otro nombre" in again["body"], "the cart took what the catalog says"
    key = str(uuid.uuid4())
    order = customer.place_order(cart["id"], offer["id"], key=key, contract_sha256=again["sha256"])
    assert customer.place_order(cart["id"], offer["id"], key=key, contract_sha256=again["sha256"]).body == order.body
    assert customer.place_order(cart["id"], offer["id"], key=key, contract_sha256=shown["sha256"], expect=422).code == "idempotency_key_reused"


def test_what_was_not_pinned_is_made_the_same(customer, shop, product):
    """The order that only accepts the terms has the text it would have been shown."""
    cart, offer = customer.cart((product, 1)), shop.offer(product, installments=12)
    shown = preview(customer, cart, offer).json
    contract = customer.place_order(cart["id"], offer["id"])["contract"]
    assert contract["acceptance"]["contract_sha256"] is None
    assert customer.api.get(f"/v1/contracts/{contract['id']}/documents", expect=200)["data"] == []
    assert customer.api.get(f"/v1/contracts/{contract['id']}/document", expect=200).body.decode() == shown["body"]


def test_every_plan_has_a_contract(customer, shop, new_product):
    product = new_product(price="990.00", stock=100)
    for offer in shop.offers(product):
        cart = customer.cart((product, 1))
        shown = preview(customer, cart, offer).json
        customer.place_order(cart["id"], offer["id"], contract_sha256=shown["sha256"])
        assert number(offer["total_payable"]) in shown["body"]


def test_refusals(customer, new_customer, shop, staff, product, new_product):
    cart, offer = customer.cart((product, 1)), shop.offers(product)[0]
    assert preview(new_customer(), cart, offer, expect=404).code == "not_found"
    assert preview(customer, customer.cart(), offer, expect=409).code == "cart_empty"
    assert preview(customer, cart, {"id": str(uuid.uuid4())}, expect=422).code == "offer_not_found"
    weekly = next(each for each in shop.offers(product) if each["frequency"]["unit"] == "week")
    assert preview(customer, customer.cart((new_product(price="2.00"), 1)), weekly, expect=409).code == "offer_not_available"
    customer.place_order(cart["id"], offer["id"])
    assert preview(customer, cart, offer, expect=409).code == "cart_already_ordered"
    body = {"offer_id": offer["id"]}
    assert staff.post(f"/v1/carts/{cart['id']}/contract-preview", body, expect=403).code == "forbidden"
    assert shop.api.post(f"/v1/carts/{cart['id']}/contract-preview", body, expect=401).code == "unauthenticated"


@pytest.mark.parametrize("change, pointer", [({"offer_id": "x"}, "/offer_id"), ({"locale": "pt"}, "/locale"), ({"terms_version": "v1"}, "/terms_version")])
def test_wrong_bodies(customer, change, pointer):
    refused = customer.api.post(f"/v1/carts/{uuid.uuid4()}/contract-preview", {"offer_id": str(uuid.uuid4()), **change}, expect=422)
    assert refused.pointers == [pointer]
