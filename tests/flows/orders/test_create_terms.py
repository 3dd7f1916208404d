"""POST /v1/terms, its publication and the list of versions: drafts may be replaced, published texts never change, the latest in force is offered."""

import hashlib
import uuid

import pytest


def draft(version=None, mark="uno"):
    text = {"title": f"Condiciones {mark}", "body": f"# Condiciones {mark}\n\n1. **Año**: cuota única, ¿sí?\n"}
    return {"version": version or f"t-{uuid.uuid4().hex[:12]}", "es": text, "en": {"title": f"Terms {mark}", "body": f"# Terms {mark}\n"}}


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_draft_is_replaced_until_it_is_published(staff, api):
    first = draft()
    made = staff.post("/v1/terms", first, key=True, expect=201).json
    assert (made["status"], made["in_force_from"], made["in_force"]) == ("draft", None, False)
    assert made["es"] == {**first["es"], "sha256": sha256(first["es"]["body"])}
    assert api.get("/v1/terms", {"version": first["version"]}, expect=404).code == "not_found", "nobody can read or accept a draft"
    second = draft(first["version"], "dos")
    assert staff.post("/v1/terms", second, expect=201)["en"]["title"] == "Terms dos"
    assert staff.get(f"/v1/terms/versions/{first['version']}", expect=200)["es"]["body"] == second["es"]["body"]
    published = staff.post(f"/v1/terms/{first['version']}/publish", {"in_force_from": "2190-05-01"}, key=True, expect=200).json
    assert (published["status"], published["in_force_from"], published["in_force"]) == ("published", "2190-05-01", False)
    again = staff.post(f"/v1/terms/{first['version']}/publish", {"in_force_from": "2190-05-01"}, expect=200).json
    assert again == published == staff.get(f"/v1/terms/versions/{first['version']}", expect=200).json
    assert staff.post(f"/v1/terms/{first['version']}/publish", {"in_force_from": "2190-05-02"}, expect=409).code == "terms_published"
    assert staff.post("/v1/terms", draft(first["version"], "tres"), expect=409).code == "terms_published"
    text = api.get("/v1/terms", {"version": first["version"], "locale": "es"}, expect=200).json
    assert (text["body"], text["sha256"], text["in_force"]) == (second["es"]["body"], sha256(second["es"]["body"]), False)
    assert api.get("/v1/terms", expect=200)["version"] == "v1"


def test_in_force_on_its_day_the_last_published_first(staff, database):
    """Far away, where no other test gets to: which version would be in force is asked of the function that decides it."""
    versions = [f"{letter}-{uuid.uuid4().hex[:12]}" for letter in "zya"]
    for version, day in zip(versions, ("2191-01-01", "2191-02-01", "2191-02-01")):
        staff.post("/v1/terms", draft(version), expect=201)
        staff.post(f"/v1/terms/{version}/publish", {"in_force_from": day}, expect=200)
    on = {day: database("orders", "SELECT terms_version(%s)", (day,))[0][0] for day in ("2191-01-01", "2191-01-31", "2191-02-01", "2191-12-31")}
    assert on == {"2191-01-01": versions[0], "2191-01-31": versions[0], "2191-02-01": versions[2], "2191-12-31": versions[2]}
    listed = staff.get("/v1/terms/versions", expect=200).json
    assert listed["next_cursor"] is None
    names = [each["version"] for each in listed["data"]]
    assert [name for name in names if name in versions] == [versions[2], versions[1], versions[0]]
    assert [each["version"] for each in listed["data"] if each["in_force"]] == ["v1"]


def test_the_service_cannot_change_what_is_published(database):
    rights = database("orders", "SELECT has_table_privilege('cuotas_orders_app', 'terms', 'UPDATE') OR has_table_privilege('cuotas_orders_app', 'terms', 'DELETE')")
    assert rights == [(False,)]


def test_wrong_requests(staff, customer, api):
    unknown = f"/v1/terms/t-{uuid.uuid4().hex[:12]}"
    assert staff.post(unknown + "/publish", {"in_force_from": "2190-05-01"}, expect=404).code == "not_found"
    assert staff.get(unknown.replace("terms/", "terms/versions/"), expect=404).code == "not_found"
    body = draft()
    staff.post("/v1/terms", body, expect=201)
    refused = staff.post(f"/v1/terms/{body['version']}/publish", {"in_force_from": "2020-01-01"}, expect=422)
    assert (refused.code, refused.pointers) == ("validation_failed", ["/in_force_from"])
    for caller, status in ((customer.api, 403), (api, 401)):
        caller.post("/v1/terms", draft(), expect=status)
        caller.post(f"/v1/terms/{body['version']}/publish", {"in_force_from": "2190-05-01"}, expect=status)
        caller.get("/v1/terms/versions", expect=status)
        caller.get(f"/v1/terms/versions/{body['version']}", expect=status)


@pytest.mark.parametrize("change, pointer", [
    ({"version": "a/b"}, "/version"), ({"version": ".."}, "/version"), ({"version": "x" * 33}, "/version"), ({"es": None}, "/es"),
    ({"en": {"title": "", "body": "x"}}, "/en/title"), ({"en": {"title": "x", "body": "x" * 65537}}, "/en/body"), ({"in_force": True}, "/in_force")])
def test_wrong_bodies(staff, change, pointer):
    assert staff.post("/v1/terms", {**draft(), **change}, expect=422).pointers == [pointer]
