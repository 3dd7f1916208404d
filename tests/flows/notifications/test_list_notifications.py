"""GET /v1/notifications, and the mails behind it."""


def test_receipt_in_the_customers_language(shop, new_customer, wait_mail, wait_until):
    english, spanish = new_customer(locale="en-US"), new_customer(locale="es-MX")
    for customer, subject in ((english, "Payment receipt: USD "), (spanish, "Recibo de pago: USD ")):
        _, payment = shop.buy(customer)
        mail = wait_mail(customer.email, subject)
        assert payment["id"] in mail.text and customer.body["full_name"] in mail.text
        sent = wait_until(lambda c=customer: [n for n in shop.notifications(c) if n["template"] == "receipt" and n["status"] == "sent"], 20, "the receipt")
        assert len(sent) == 1 and sent[0]["to"] == customer.email and sent[0]["channel"] == "email" and sent[0]["subject"] in mail.subject


def test_customers_see_their_own(shop, customer, new_customer, wait_until):
    other = new_customer()
    wait_until(lambda: shop.notifications(other), 20, "the welcome")
    wait_until(lambda: customer.api.get("/v1/notifications", expect=200)["data"], 20, "one's own welcome")
    assert {n["customer_id"] for n in customer.api.pages("/v1/notifications")} == {customer.id}
    assert customer.api.get("/v1/notifications", {"customer_id": other.id}, expect=200)["data"] == []


def test_filters_and_pages(shop, customer, staff, wait_until):
    shop.buy(customer)
    wait_until(lambda: len(shop.notifications(customer)) >= 3, 20, "three notifications")
    assert len(list(staff.pages("/v1/notifications", {"customer_id": customer.id, "limit": 1}))) >= 3
    assert {n["template"] for n in staff.pages("/v1/notifications", {"customer_id": customer.id, "template": "welcome"})} == {"welcome"}


def test_nobody(api):
    api.get("/v1/notifications", expect=401)
