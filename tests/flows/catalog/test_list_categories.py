"""GET /v1/categories."""


def test_demo_catalog(api, catalog):
    categories = {c["name"]: c["subcategories"] for c in api.get("/v1/categories", expect=200)["data"]}
    assert set(categories) >= {"Furniture", "Office Supplies", "Technology"}
    assert "Chairs" in categories["Furniture"] and categories["Furniture"] == sorted(categories["Furniture"])
