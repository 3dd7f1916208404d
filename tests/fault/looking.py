"""What clients only read: goods and offers before they buy, and afterwards what became of it. Operations as workload.py has them."""

WORDS = ("silla", "mesa", "lampara", "nevera", "curso", "bicicleta", "FAULT")


def browse(client, person, rng):
    page = client.get("list_products", "/v1/products", limit=rng.choice((5, 20)))
    if page and page.status == 200 and page["next_cursor"] and rng.random() < 0.3:
        client.get("list_products", "/v1/products", limit=5, cursor=page["next_cursor"])


def search(client, person, rng):
    client.get("search_products", "/v1/products", q=rng.choice(WORDS), limit=10)


def look_at_product(client, person, rng):
    client.get("get_product", f"/v1/products/{rng.choice(client.world.products)['id']}")
    if rng.random() < 0.2:
        client.get("list_categories", "/v1/categories")


def look_at_offers(client, person, rng):
    client.get("list_offers", f"/v1/products/{rng.choice(client.world.products)['id']}/offers")


def simulate(client, person, rng):
    client.post("simulate", "/v1/simulations", keyed=False, body={
        "currency": rng.choice(("USD", "COP")), "principal": rng.randrange(100000, 90000000), "method": rng.choice(("annuity", "interest_free")),
        "annual_rate": rng.choice(("0.18", "0.2999", "0")), "installments": rng.randrange(1, 49)})


def simulate_apr(client, person, rng):
    paid = {"direction": "payment", "amount": rng.randrange(9000, 20000), "count": rng.randrange(12, 60), "after": {"months": 1}, "every": {"unit": "month"}}
    client.post("simulate_apr", "/v1/simulations/apr", keyed=False, body={
        "convention": rng.choice(("eu", "us")), "unit_period": {"unit": "month"}, "flows": [{"direction": "advance", "amount": 100000, "after": {}}, paid]})


def read_terms(client, person, rng):
    client.get("get_terms", "/v1/terms", locale=rng.choice(("es", "en")))


def look_at_order(client, person, rng):
    if not person.orders:
        return browse(client, person, rng)
    order_id = rng.choice(person.orders)
    client.get("get_order", f"/v1/orders/{order_id}", person)
    client.get("get_order_schedule", f"/v1/orders/{order_id}/schedule", person)
    if rng.random() < 0.5:
        client.get("list_payments", "/v1/payments", person, order_id=order_id)
        invoices = client.get("list_invoices", "/v1/invoices", person, order_id=order_id)
        for invoice in invoices["data"] if invoices is not None and invoices.status == 200 else []:
            client.get("get_invoice", f"/v1/invoices/{invoice['id']}", person)
            client.get("get_invoice_pdf", f"/v1/invoices/{invoice['id']}/document.pdf", person)


def look_at_contract(client, person, rng):
    """Its text, as PDF, and all there is of it."""
    if not person.contracts:
        return browse(client, person, rng)
    path, share = f"/v1/contracts/{rng.choice(person.contracts)[0]}", rng.random()
    client.get("get_contract", path, person)
    if share < 0.5:
        client.get("get_contract_document", f"{path}/document", person)
    elif share < 0.8:
        client.get("get_contract_pdf", f"{path}/document.pdf", person)
    files = client.get("list_contract_documents", f"{path}/documents", person)
    if files is not None and files.status == 200 and files["data"]:
        client.get("get_contract_file", f"{path}/documents/{files['data'][int(share * len(files['data']))]['id']}", person)


def look_at_payments(client, person, rng):
    for payment_id in person.payments[-3:]:
        look_at_payment(client, person, payment_id)


def look_at_lists(client, person, rng):
    page = client.get("list_orders", "/v1/orders", person, limit=rng.choice((2, 20)))
    if page and page.status == 200 and page["next_cursor"]:
        client.get("list_orders", "/v1/orders", person, limit=2, cursor=page["next_cursor"])


def look_at_account(client, person, rng):
    client.get("get_customer", f"/v1/customers/{person.id}", person)
    client.get("get_statement", f"/v1/customers/{person.id}/statement", person)


def look_at_timeline(client, person, rng):
    client.get("get_timeline", f"/v1/customers/{person.id}/timeline", person, limit=50)


def look_at_notifications(client, person, rng):
    client.get("list_notifications", "/v1/notifications", person, limit=50)


def look_at_payment(client, person, payment_id):
    shown = client.get("get_payment", f"/v1/payments/{payment_id}", person)
    if shown is None or shown.status != 200:
        return None
    if shown["status"] == "requires_action" and shown["next_action"]["url"]:
        if shown["next_action"]["url"] not in person.to_authenticate:
            person.to_authenticate.append(shown["next_action"]["url"])
    return shown["status"]
