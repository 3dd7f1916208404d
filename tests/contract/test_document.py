"""The published document itself: nothing in it is undescribed, every body has an example, and every example follows its schema."""

import pytest

from calls import DOCUMENT

OPERATIONS = {operation.id: operation for operation in DOCUMENT.operations}
PLACEHOLDER = "text"   # what the generator writes where a contract has no example to offer


def media(operation):
    """(where, media type, node) of everything that comes in or goes out."""
    for kind, node in (operation.request_body or {}).get("content", {}).items():
        yield "the request", kind, node
    for status, response in operation.responses.items():
        for kind, node in (response.get("content") or {}).items():
            yield f"the {status} answer", kind, node


def examples(node):
    if "example" in node:
        yield node["example"]
    for example in (node.get("examples") or {}).values():
        yield DOCUMENT.follow(example)["value"]


def texts(value):
    if isinstance(value, (dict, list)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", OPERATIONS)
def test_it_is_described(name):
    definition = OPERATIONS[name].definition
    assert definition.get("summary") and definition.get("description"), "a summary and a description"
    assert all(response.get("description") for response in OPERATIONS[name].responses.values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_json_body_has_an_example_that_follows_its_schema(name):
    for where, kind, node in media(OPERATIONS[name]):
        found = list(examples(node))
        assert found or not kind.endswith("json") or DOCUMENT.follow(node["schema"]) == {"type": "object"}, f"{where} has no example"
        for example in found:
            if kind.endswith("json"):
                assert not DOCUMENT.errors(node["schema"], example), f"{where}: {example}"
            assert PLACEHOLDER not in texts(example), f"{where}: give the schema's members examples: {example}"


def test_examples_inside_schemas_follow_them():
    wrong = []

    def look(node, where):
        if isinstance(node, dict):
            if "type" in node and "example" in node and not isinstance(node["example"], dict):
                wrong.extend(f"{where}: {error}" for error in DOCUMENT.errors({key: value for key, value in node.items() if key != "example"}, node["example"]))
            for key, inner in node.items():
                if key not in ("example", "examples"):
                    look(inner, f"{where}/{key}")
        elif isinstance(node, list):
            for index, inner in enumerate(node):
                look(inner, f"{where}/{index}")
    look(DOCUMENT.raw, "")
    assert not wrong, "\n".join(wrong)


def test_the_checks_can_fail():
    """An example against its schema, and one that is a placeholder, are seen."""
    operation = next(each for each in DOCUMENT.operations if each.id == "get_terms")
    schema = operation.responses["200"]["content"]["application/json"]["schema"]
    example = operation.responses["200"]["content"]["application/json"]["example"]
    assert DOCUMENT.errors(schema, {**example, "no_such": 1}) and DOCUMENT.errors(schema, {**example, "sha256": "x"})
