"""POST /v1/products/import: CSV and JSON lines, streaming, line by line, again without effect."""

import json
import threading
import uuid

import psycopg2
import pytest

from support import wire

HEADER = "sku,name,kind,category,subcategory,price,currency,stock,supplier_cost\n"


def unique(prefix="IMP"):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def import_csv(staff, text, **options):
    return staff.request("POST", "/v1/products/import", data=text, content_type="text/csv", **options)


def test_same_file_twice_changes_nothing(staff, shop):
    sku, other = unique(), unique()
    file = HEADER + f'{sku},"Mesa de centro, ""roble""",physical,Hogar,Mesas,1299.90,COP,5,800.00\n{other},Silla,,Hogar,Sillas,10,CLP,,\r\n'
    first = import_csv(staff, file, expect=200).json
    assert (first["received"], first["created"], first["failed"]) == (2, 2, 0)
    again = import_csv(staff, file, expect=200).json
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
    table = shop.product_by_sku(sku)
    assert table["name"] == 'Mesa de centro, "roble"'
    assert (table["price"], table["currency"], table["available"]) == (129990, "COP", 5)
    chair = shop.product_by_sku(other)
    assert (chair["price"], chair["kind"], chair["available"]) == (10, "physical", 0), "pesos of Chile have no cents"


def test_update_and_new_count(staff, shop):
    sku = unique()
    import_csv(staff, HEADER + f"{sku},Lámpara,physical,Hogar,,20.00,USD,4,\n", expect=200)
    report = import_csv(staff, HEADER + f"{sku},Lámpara de pie,physical,Hogar,,25.50,USD,9,\n", expect=200).json
    assert (report["created"], report["updated"]) == (0, 1)
    lamp = shop.product_by_sku(sku)
    assert (lamp["name"], lamp["price"], lamp["available"]) == ("Lámpara de pie", 2550, 9)


def test_repeating_an_import_undoes_no_sale(staff, shop, customer, new_product):
    product = new_product(stock=3)
    shop.buy(customer, product)
    line = {"sku": product["sku"], "name": product["name"], "category": "Test", "subcategory": "Test", "price": "120.00", "currency": "USD", "stock": 3}
    staff.post("/v1/products/import", line, expect=200)
    assert shop.product_by_sku(product["sku"])["available"] == 2


def test_a_list_of_prices_leaves_the_stock(staff, shop, new_product):
    product = new_product(stock=3)
    report = staff.post("/v1/products/import", {"sku": product["sku"], "name": product["name"], "price": "99.00", "currency": "USD"}, expect=200).json
    assert (report["created"], report["updated"]) == (0, 1)
    after = shop.product_by_sku(product["sku"])
    assert (after["price"], after["available"]) == (9900, 3)
    import_csv(staff, f"sku,name,price,currency,stock\n{product['sku']},{product['name']},98.00,USD,\n", expect=200)
    assert shop.product_by_sku(product["sku"])["available"] == 3


def test_an_import_during_a_sale(stack, staff, new_product, database, wait_until):
    """Stock stays the sum of its movements: an import that waits for a sale counts from what the sale left."""
    product = new_product(stock=10)
    line = {"sku": product["sku"], "name": product["name"], "kind": "physical", "price": "120.00", "currency": "USD", "stock": 20}
    importing = threading.Thread(target=staff.post, args=("/v1/products/import", line), kwargs={"expect": 200})
    sale = psycopg2.connect(stack.database_url("catalog"))   # what on_order_confirmed does, halted before its commit
    try:
        with sale, sale.cursor() as cursor:
            cursor.execute("UPDATE stock SET on_hand = on_hand - 1 WHERE product_id = %s", (product["id"],))
            cursor.execute("INSERT INTO stock_movement (product_id, quantity, reason, reference, at) VALUES (%s, -1, 'adjustment', 'test', clock_timestamp())",
                           (product["id"],))
            importing.start()
            waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'cuotas_catalog' AND wait_event_type = 'Lock'"
            wait_until(lambda: database("catalog", waiting) == [(1,)], 20, "the import waits")
    finally:
        sale.close()
    importing.join()
    stock = "SELECT on_hand, (SELECT sum(quantity)::int FROM stock_movement m WHERE m.product_id = s.product_id) FROM stock s WHERE product_id = %s"
    assert database("catalog", stock, (product["id"],)) == [(20, 20)]


def test_bad_lines_are_reported_and_the_others_imported(staff, shop):
    good = unique()
    lines = [
        f"{unique()},Sin precio,physical,,,,USD,1,", f"{unique()},Tres decimales,physical,,,1.999,USD,1,", f"{unique()},Negativo,physical,,,-1,USD,1,",
        f"{unique()},Moneda,physical,,,1,XXX9,1,", f"{unique()},Clase,virtual,,,1,USD,1,", ",Sin sku,physical,,,1,USD,1,", f"{unique()},,physical,,,1,USD,1,",
        f"{unique()},Existencias,physical,,,1,USD,1.5,", f"{unique()},Pocos campos,physical", f'{unique()},"mal "comillas,physical,,,1,USD,1,',
        f"{good},Buena,physical,Otros,,1.00,USD,1,",
    ]
    report = import_csv(staff, HEADER + "\n".join(lines) + "\n", expect=200).json
    assert (report["received"], report["created"], report["failed"]) == (11, 1, 10)
    assert [error["line"] for error in report["errors"]] == list(range(2, 12))
    assert [error["field"] for error in report["errors"]] == ["price", "price", "price", "currency", "kind", "sku", "name", "stock", None, None]
    assert shop.product_by_sku(good)["price"] == 100


def test_json_lines(staff, shop):
    first, second = unique(), unique()
    body = f'{{"sku":"{first}","name":"Uno","price":"3.50","currency":"EUR","stock":2}}\n\n{{"sku":"{second}","name":"Dos","price":7,"currency":"EUR"}}\n{{"sku":1,}}\n[]\n{{"sku":"x","colour":"red"}}'
    report = staff.request("POST", "/v1/products/import", data=body, content_type="application/json", expect=200).json
    assert (report["received"], report["created"], report["failed"]) == (5, 2, 3)
    assert [error["line"] for error in report["errors"]] == [4, 5, 6]
    assert shop.product_by_sku(first)["price"] == 350
    assert shop.product_by_sku(second)["price"] == 700


def test_streams_more_than_a_buffer(staff):
    prefix = unique("BULK")

    def rows():
        yield HEADER.encode()
        for start in range(0, 3000, 100):
            yield "".join(f"{prefix}-{n},Producto {n} {'x' * 100},physical,Masivo,,9.99,USD,1,\n" for n in range(start, start + 100)).encode()
    report = import_csv(staff, rows(), expect=200).json
    assert (report["received"], report["created"], report["failed"]) == (3000, 3000, 0)


@pytest.mark.parametrize("header", ["", "sku,name\n", "sku,name,price,currency,color\n", "sku,sku,name,price,currency\n", '"sku\n'])
def test_header_must_be_usable(staff, header):
    assert import_csv(staff, header, expect=422).code == "validation_failed"


def test_only_these_media_types(staff):
    reply = staff.request("POST", "/v1/products/import", data="x", content_type="application/xml", expect=415)
    assert reply.code == "unsupported_media_type"


def test_staff_only(api, customer):
    assert import_csv(api, HEADER, expect=401).code == "unauthenticated"
    assert import_csv(customer.api, HEADER, expect=403).code == "forbidden"


def test_lines_that_are_big_trees_cost_one_line_at_a_time(staff):
    """A refused line ends no batch: what it was parsed into must go with it."""
    line = b"[" + b"0," * 30000 + b"0]\n"
    good = unique()
    body = line * 60 + f'{{"sku":"{good}","name":"Uno","price":"3.50","currency":"EUR"}}\n'.encode()
    report = staff.request("POST", "/v1/products/import", data=body, content_type="application/json", expect=200).json
    assert (report["received"], report["created"], report["failed"]) == (61, 1, 60)


@pytest.mark.parametrize("content_type, start, status, code", [
    ("application/xml", b"<", 415, "unsupported_media_type"), ("text/csv", b"sku,colour\n", 422, "validation_failed"),
])
def test_a_refusal_before_the_body_is_through_is_the_answer(stack, staff, content_type, start, status, code):
    size = 8 * 1024 * 1024
    head = (f"POST /v1/products/import HTTP/1.1\r\nHost: c\r\nAuthorization: Bearer {staff.token()}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n").encode()
    got, _, body = wire.exchange(stack.gateway_url, head + start.ljust(size, b"x"))
    assert (got, json.loads(body)["code"]) == (status, code)
