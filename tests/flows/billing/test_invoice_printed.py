"""GET /v1/invoices/{id} as application/xml, and GET /v1/invoices/{id}/document.pdf."""

import pytest

from support import pdf, ubl
from support.invoice import correcting
from support.schedule_change import Change

NAME = 'Café <b>"ñ"</b> & \'uno\' ]]> | 5% *x* €'


@pytest.fixture
def bought(shop, new_customer):
    """(customer, order): goods of two names, interest and fees with taxes."""
    def buy(locale="es-CO"):
        customer = new_customer(locale=locale, full_name="Ñandú & Hijos <S.A.>")
        products = [shop.new_product(price="799.99", name=NAME), shop.new_product(price="0.35")]
        shop.new_plan(*products, currency="USD", terms={
            "method": "annuity", "annual_rate": "0.24", "installments": 5, "tax_rate_on_interest": "0.16", "deposit": {"type": "percent", "value": "0.2"},
            "fees": [{"code": "handling", "type": "fixed", "amount": 333, "charged": "each"}]})
        cart = customer.cart((products[0], 2), (products[1], 7))
        offer = next(each for each in customer.api.get(f"/v1/carts/{cart['id']}/offers", expect=200)["data"] if each["installments"] == 5)
        order = customer.place_order(cart["id"], offer["id"]).json
        shop.wait_payment(customer, customer.pay(order["id"]).json["id"])
        return customer, order
    return buy


@pytest.fixture
def changed(bought, as_service, shop):
    """(customer, order), with a credit note and a debit note."""
    customer, order = bought()
    account = lambda: as_service.get(f"/internal/orders/{order['id']}/account", expect=200).json
    before = account()
    change = Change(before, "payoff", 'Cliente dijo: "<ya>" & pagó')
    owed = [row for row in before["installments"] if row["paid"] < row["total"]]
    for each in owed:
        change.replace(each)
    as_service.post(change.path, change.add(shop.today(), -change.adjustments["principal"]).body(), expect=200)
    lapsed = account()
    back = Change(lapsed, "restore").replace(lapsed["installments"][-1])
    for each in owed:
        back.add(each["due_date"], each["principal"], each["interest"], each["fees"], each["tax"])
    as_service.post(back.path, back.body(), expect=200)
    return customer, order


def xml_of(customer, document):
    reply = customer.api.request("GET", f"/v1/invoices/{document['id']}", headers={"Accept": "application/xml"}, expect=200)
    assert reply.headers["Content-Type"] == "application/xml"
    for accept, kind in (("text/plain, Application/XML;q=0.5, application/json", "application/xml"), ("application/json, application/xml", "application/json"), ("*/*", "application/json")):
        assert customer.api.request("GET", f"/v1/invoices/{document['id']}", headers={"Accept": accept}, expect=200).headers["Content-Type"] == kind, accept
    return reply.body


def test_as_ubl(changed):
    customer, order = changed
    invoice, notes = correcting(customer.api, order["id"])
    kinds = []
    for document in (invoice, *notes):
        xml = xml_of(customer, document)
        assert not ubl.broken_rules(xml)
        kinds.append(ubl.Invoice(xml).kind)
        assert xml == xml_of(customer, document)
    assert kinds == ["Invoice", "CreditNote", "Invoice"]
    read = ubl.Invoice(xml_of(customer, invoice))
    assert read.text("cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName") == "Ñandú & Hijos <S.A.>"
    assert read.text("cac:Item/cbc:Name", read.lines[0]) == NAME
    terms = read.root.findall("cac:PaymentTerms", ubl.NAMES)[1:]
    assert [(read.text("cbc:InstallmentDueDate", each), int(100 * read.number("cbc:Amount", each))) for each in terms] == \
           [(row["due_date"], row["amount"]) for row in invoice["payment_terms"]]
    credit = ubl.Invoice(xml_of(customer, notes[0]))
    assert credit.text("cbc:Note") == 'Cliente dijo: "<ya>" & pagó'
    assert credit.text("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == invoice["number"]


def test_by_the_schemas(changed):
    customer, order = changed
    invoice, notes = correcting(customer.api, order["id"])
    for document in (invoice, *notes):
        errors = ubl.schema_errors(xml_of(customer, document))
        if errors is None:
            pytest.skip("the schemas of UBL 2.1 are not at ../shared/schemas/ubl, or xmllint (libxml2-utils) is not installed")
        assert errors == []


@pytest.mark.parametrize("locale, words, amount", (("es-CO", ("Factura FV-", "Vendedor", "Intereses", "Fechas de pago", "Página 1 de 1"), "1.599,98"),
                                                   ("en-US", ("Invoice FV-", "Seller", "Interest", "Payment dates", "Page 1 of 1"), "1,599.98")))
def test_printed(bought, locale, words, amount):
    customer, order = bought(locale)
    invoice, _ = correcting(customer.api, order["id"])
    reply = customer.api.request("GET", f"/v1/invoices/{invoice['id']}/document.pdf", expect=200)
    assert reply.headers["Content-Type"] == "application/pdf" and reply.headers["Content-Disposition"] == f'attachment; filename="{invoice["number"]}.pdf"'
    text = pdf.words("\n".join(pdf.pages(reply.body)))
    assert all(each in text for each in (*words, amount, invoice["number"], "Ñandú & Hijos <S.A.>", "]]> | 5% *x* €")), text
    assert reply.body == customer.api.request("GET", f"/v1/invoices/{invoice['id']}/document.pdf", expect=200).body


def test_others(bought, new_customer):
    customer, order = bought()
    invoice, _ = correcting(customer.api, order["id"])
    new_customer().api.get(f"/v1/invoices/{invoice['id']}/document.pdf", expect=404)
