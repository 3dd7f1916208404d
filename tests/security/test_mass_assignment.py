"""Members that are not the client's to set: whatever the answer holds and the input does not, and what every such list of tricks tries. Refused by name,
in every object of every body, and nothing comes of it."""

import json
import uuid

import pytest

from support.access import DOCUMENT, MAKER, OPERATIONS, request

WITH_BODY = [name for name, rule in OPERATIONS.items() if rule.body_schema]
ALWAYS = ("id", "customer_id", "owner", "subject", "status", "price", "unit_price", "amount", "total", "paid", "discount", "currency", "scope", "scopes", "role", "kind", "admin",
          "is_admin", "disabled", "created_at", "expires_at", "settled_at", "source", "refunded", "interest", "rate", "limit", "password_hash", "identity", "__proto__", "constructor",
          "email_verified", "default", "balance", "stock", "available", "trace", "now", "ID", "Status", "customerId", "customer_id ", "$ref", "x" * 300)


def members(schema, depth=6):
    """Names of everything the schema can hold."""
    schema = DOCUMENT.follow(schema or {})
    if depth == 0:
        return
    for name, member in schema.get("properties", {}).items():
        yield name
        yield from members(member, depth - 1)
    for inner in (schema.get("items"), *schema.get("oneOf", []), *schema.get("anyOf", [])):
        if inner:
            yield from members(inner, depth - 1)


def objects(schema, path=()):
    """(path, schema) of each object of a body with members of its own."""
    schema = DOCUMENT.follow(schema)
    if "properties" in schema:
        yield path, schema
        for name, member in schema["properties"].items():
            yield from objects(member, (*path, name))
    if "items" in schema:
        yield from objects(schema["items"], (*path, 0))


@pytest.mark.parametrize("name", WITH_BODY)
def test_members_that_are_not_the_clients(name, api, owner, staff):
    rule, wrong = OPERATIONS[name], []
    caller = api if rule.public else owner.api if rule.for_customers else staff
    before = owner.state() if rule.for_customers else None
    for path, schema in objects(rule.body_schema):
        known = set(schema["properties"])
        for member in dict.fromkeys([*members(rule.answer_schema), *ALWAYS]):
            if member in known:
                continue
            asked = request(rule, owner.things)
            inner = asked.json = json.loads(json.dumps({**MAKER.sample(rule.body_schema), **asked.json}))
            for part in path:
                inner = inner[part]
            inner[member] = 1
            reply = caller.request(**vars(asked))
            pointer = "".join(f"/{part}" for part in (*path, member))
            if reply.status != 422 or not any(each["pointer"].startswith(pointer[:60]) and each["code"] == "unknown_field" for each in reply.json["errors"]):
                wrong.append(f"{pointer}: {reply}")
    assert not wrong, f"{len(wrong)} of them:\n" + "\n".join(wrong[:20])
    assert before is None or owner.state() == before


def test_members_of_an_import_that_are_not_the_shops(staff, shop, database):
    """A product's identity, its state and what is on hand beyond the count are not a file's to say."""
    product = shop.new_product(stock=7)
    other = shop.new_product()
    for member, value in (("id", other["id"]), ("status", "archived"), ("available", 1000), ("on_hand", 1000), ("held", 5), ("created_at", "2001-01-01T00:00:00Z"), ("line", 7)):
        line = {"sku": product["sku"], "name": product["name"], "price": "120.00", "currency": "USD", "stock": 7, member: value}
        reply = staff.post("/v1/products/import", line)
        assert reply.status in (200, 400, 422), reply
        names = ",".join(line)
        reply = staff.request("POST", "/v1/products/import", data=names + "\n" + ",".join(str(each) for each in line.values()) + "\n", content_type="text/csv")
        assert reply.status in (200, 400, 422), reply
    now = shop.product_by_sku(product["sku"])
    assert (now["id"], now["status"], now["available"], now["price"]) == (product["id"], "active", 7, product["price"])
    assert shop.product_by_sku(other["sku"]) == other


def test_what_was_said_at_registration_stays_data(api, database):
    """Consents are any object: they are kept as they are and mean nothing but consents."""
    consents = {"scope": "crm.read", "kind": "staff", "role": "admin", "customer_id": str(uuid.uuid4()), "email": True, "__proto__": {"admin": True}}
    body = {"email": f"{uuid.uuid4().hex[:12]}@example.com", "password": "una clave muy larga", "full_name": "Ana Cliente", "consents": consents}
    made = api.post("/v1/customers", body, expect=201).json
    assert made["consents"] == consents and made["id"] != consents["customer_id"]
    assert database("crm", "SELECT kind, disabled FROM login WHERE subject = %s", (made["id"],)) == [("customer", False)]
    token = api.post("/v1/auth/token", {"grant_type": "password", "username": body["email"], "password": body["password"]}, expect=200)
    assert token["scope"] == "customer" and token["customer_id"] == made["id"]


# ---- over-long and nested

@pytest.mark.parametrize("name", WITH_BODY)
def test_over_long_and_nested(name, api, owner, staff):
    """Wherever a value can stand: deep, wide and long ones are refused for what they are, and soon."""
    rule, wrong = OPERATIONS[name], []
    caller = api if rule.public else owner.api if rule.for_customers else staff
    deep, wide = "x", {f"k{number}": number for number in range(500)}
    for _ in range(31):
        deep = [deep]
    values = {"long": "x" * 9000, "long of two bytes": "ñ" * 5000, "deep": deep, "wide": wide, "many": list(range(900)), "objects": [{}] * 400, "digits": 10 ** 400, "long name": {"n" * 4000: 1}}
    for what, value in values.items():
        for member in [*rule.body_schema["properties"], "no_such_member"]:
            if DOCUMENT.follow(rule.body_schema["properties"].get(member, {})).get("additionalProperties") is True:
                continue   # any object is right there
            body = {**MAKER.sample(rule.body_schema), member: value}
            reply = caller.request(rule.method, request(rule, inert=True).path, json=body, key=str(uuid.uuid4()))
            if reply.status not in (400, 413, 422):
                wrong.append(f"{what} in {member}: {reply}")
    assert not wrong, "\n".join(wrong[:20])
