"""Requests that a contract forbids, made from the contract: for every place of a body or query, what does not belong there."""

import copy
import json

SAMPLES = {"uuid": "3f2b8c1e-0d4a-4c57-9a51-7a5d3f0c9b21", "date": "2027-01-31", "date-time": "2027-01-31T10:00:00Z", "email": "persona@example.com",
           "currency": "USD", "decimal": "0.5", "uri": "https://example.com/", "language": "es", "phone": "+573001234567"}
WRONG_FORMATS = {
    "uuid": ["no", "3f2b8c1e0d4a4c579a517a5d3f0c9b21", "3f2b8c1e-0d4a-4c57-9a51-7a5d3f0c9b2g", "{3f2b8c1e-0d4a-4c57-9a51-7a5d3f0c9b21}", "' OR 1=1 --"],
    "date": ["2027-02-29", "2027-13-01", "27-01-01", "2027-1-1", "tomorrow"],
    "date-time": ["2027-01-31", "2027-01-31T25:00:00Z", "2027-01-31 10:00", "now"],
    "email": ["no", "a@", "@b", "a b@c.example", "a@b\r\nBcc: x@y.example"],
    "currency": ["XYZ", "usd", "US", "USDX", "", "123"],
    "decimal": ["1,5", "1e5", "abc", ".5", "1.", "--1", "NaN"],
    "uri": ["no", "http//x"],
    "language": ["e", "español", "es_CO;"],
    "phone": ["123", "+", "+57 300", "call me"],
}
TYPES = {"string": [123, True, {}, ["x"]], "integer": ["12", 1.5, True, {}, [1]], "boolean": ["true", 1, 0, {}], "object": ["x", 1, []], "array": ["x", 1, {}]}


def kinds(schema):
    kind = schema.get("type", "string")
    return kind if isinstance(kind, list) else [kind]


class Maker:
    def __init__(self, document):
        self._document = document

    def _follow(self, schema):
        """What it refers to; of `oneOf: [X, null]` X, that may be null."""
        schema = self._document.follow(schema)
        for options in (schema.get("oneOf"), schema.get("anyOf")):
            if options and len(options) == 2 and options[1] == {"type": "null"}:
                inner = self._follow(options[0])
                return {**inner, "type": [*kinds(inner), "null"]}
        return schema

    def sample(self, schema):
        """A value the schema allows, with every member."""
        schema = self._follow(schema)
        if "enum" in schema:
            return schema["enum"][0]
        if "example" in schema and kinds(schema)[0] != "object":
            return schema["example"]
        kind = kinds(schema)[0]
        if kind == "object":
            return {name: self.sample(member) for name, member in schema.get("properties", {}).items()}
        if kind == "array":
            return [self.sample(schema["items"])] * max(1, schema.get("minItems", 1))
        if kind == "integer":
            return schema.get("minimum", 1)
        if kind == "boolean":
            return True
        return SAMPLES.get(schema.get("format")) or "texto de prueba"[:schema.get("maxLength", 99)].ljust(schema.get("minLength", 1), "x")

    def wrong_values(self, schema):
        """Values the schema forbids at its own place."""
        schema = self._follow(schema)
        allowed = kinds(schema)
        if schema.get("additionalProperties") is True:
            return ["x", 1, []]
        values = [wrong for kind in allowed[:1] for wrong in TYPES.get(kind, [])]
        if "null" not in allowed:
            values.append(None)
        if "enum" in schema:
            values += ["no-such-value", ""]
        if "string" in allowed:
            values += WRONG_FORMATS.get(schema.get("format"), [])
            if schema.get("minLength", 0) > 0:
                values.append("")
            if "maxLength" in schema and "enum" not in schema:
                values.append("x" * (schema["maxLength"] + 1))
        if "integer" in allowed:
            values += [schema["minimum"] - 1] if "minimum" in schema else []
            values += [schema["maximum"] + 1] if "maximum" in schema else []
            values += [2 ** 53 + 2, -2 ** 53 - 2, 2 ** 64]
        if "array" in allowed:
            items = self.sample(schema["items"])
            values += [[items] * (schema["maxItems"] + 1)] if schema.get("maxItems", 10 ** 9) < 2000 else []
            values += [[]] if schema.get("minItems", 0) > 0 else []
        return values

    def wrong_bodies(self, schema):
        """(pointer that the reply must name, body) for every wrong thing in every place."""
        schema = self._follow(schema)
        good = self.sample(schema)
        for path, place in self._places(schema, ()):
            pointer = "".join(f"/{part}" for part in path)
            if path:
                for wrong in self.wrong_values(place):
                    yield pointer, _with(good, path, wrong)
            place = self._follow(place)
            if kinds(place)[0] == "object" and place.get("additionalProperties") is not True:
                yield f"{pointer}/no_such_field", _with(good, (*path, "no_such_field"), 1)
                for name in place.get("required", []):
                    yield f"{pointer}/{name}", _without(good, (*path, name))
        for wrong in ([], "x", 1, None, True, [good]):
            yield "", wrong

    def _places(self, schema, path):
        yield path, schema
        schema = self._follow(schema)
        for name, member in schema.get("properties", {}).items():
            yield from self._places(member, (*path, name))
        if "items" in schema:
            yield from self._places(schema["items"], (*path, 0))


def _with(value, path, wrong):
    if not path:
        return wrong
    value = copy.deepcopy(value)
    inner = value
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = wrong
    return value


def _without(value, path):
    value = copy.deepcopy(value)
    inner = value
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return value


# Bodies that are no JSON document of ours, whatever the operation.
NOT_JSON = [b"{", b"}", b"{]", b'{"a":1', b'{"a":1}}', b'{"a":1} x', b"{'a':1}", b'{"a":01}', b'{"a":1.}', b'{"a":+1}', b'{"a":.5}', b'{"a":1e400}',
            b'{"a":NaN}', b'{"a":"\x01"}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}', b'{"a":"\xff"}', b'{"a":"\xc0\xaf"}', b"\xef\xbb\xbf{}", b'{"a":"\\x"}',
            b'{"a":1,"a":2}', b'{"a":1,}', b"[" * 40 + b"]" * 40, b'{"a":' * 40 + b"1" + b"}" * 40, b"[" * 100000, b"\x00", b"nul", b'"', b"{}{}", b"// x\n{}"]


def described(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 160 else text[:157] + "..."
