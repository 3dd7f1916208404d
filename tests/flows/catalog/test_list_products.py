"""GET /v1/products: pages by name, by category, by relevance."""

import uuid

import pytest


@pytest.fixture(scope="module")
def shelf(staff):
    """Seven products of a category nobody else has."""
    word = "z" + uuid.uuid4().hex[:10]
    names = [f"{word} silla {n}" for n in range(5)] + [f"{word} mesa {n}" for n in range(2)]
    lines = "\n".join('{"sku":"%s","name":"%s","category":"%s","subcategory":"%s","price":"10.00","currency":"USD","stock":1}' %
                      (uuid.uuid4().hex[:12], name, word, "Sillas" if "silla" in name else "Mesas") for name in names)
    staff.request("POST", "/v1/products/import", data=lines, content_type="application/json", expect=200)
    return word


def test_pages_by_name(api, shelf):
    products = list(api.pages("/v1/products", {"category": shelf, "limit": 3}))
    assert [p["name"] for p in products] == sorted(p["name"] for p in products)
    assert len(products) == 7 and len({p["id"] for p in products}) == 7


def test_filters(api, shelf):
    assert len(list(api.pages("/v1/products", {"category": shelf, "subcategory": "Mesas"}))) == 2
    assert api.get("/v1/products", {"category": "there is none"}, expect=200).json == {"data": [], "next_cursor": None}


def test_whole_catalog_is_reachable(api, catalog):
    products = list(api.pages("/v1/products", {"limit": 100}))
    assert len({p["id"] for p in products}) == len(products) >= 1862


def test_search_knows_forms_of_words(api, shelf):
    assert len(list(api.pages("/v1/products", {"q": f"{shelf} sillas", "limit": 2}))) == 5
    assert [p["name"] for p in api.get("/v1/products", {"q": f"{shelf} mesa 1"}, expect=200)["data"]] == [f"{shelf} mesa 1"]
    assert api.get("/v1/products", {"q": "'; drop table product --"}, expect=200)["data"] == []


@pytest.mark.parametrize("query, pointer", [
    ({"limit": 0}, "query:limit"), ({"limit": 101}, "query:limit"), ({"limit": "ten"}, "query:limit"), ({"color": "red"}, "query:color"),
    ({"cursor": "%%%"}, "query:cursor"), ({"cursor": "YWJj"}, "query:cursor"), ({"q": ""}, "query:q"), ({"q": "x" * 201}, "query:q"),
])
def test_wrong_queries(api, query, pointer):
    reply = api.get("/v1/products", query, expect=422)
    assert reply.code == "validation_failed" and reply.pointers == [pointer]


def test_forged_cursor_is_refused_not_served(api):
    forged = "bm90LWEtdXVpZHxuYW1l"   # not-a-uuid|name
    assert api.get("/v1/products", {"cursor": forged}, expect=422).code == "validation_failed"
