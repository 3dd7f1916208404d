"""Values that a schema allows, as hypothesis draws them; ids stand as Ref until a request is sent, because they are another run's."""

import string

from hypothesis import strategies as st

from support.hostile import kinds
from world import kind_of

TEXT = st.characters(blacklist_categories=("Cs",), blacklist_characters=[chr(code) for code in (*range(0x20), 0x7f)])
# For members of these names: what lets a request get further than its first check. Nothing relies on them.
HINTS = {
    "terms_version": ["v1"], "terms_accepted": [True], "currency": ["USD", "COP", "JPY"], "quantity": [1, 2, 3], "days": [[1, 15], [5, 20]],
    "token": ["pm_card_visa", "pm_card_mastercard", "pm_card_visa_chargeDeclined", "pm_card_chargeCustomerFail", "4242424242424242"],
    "status": ["confirmed", "pending_payment", "open"], "q": ["Producto", "chair", "a' OR 1=1 --", "%", "\\", "\"", "a & b | !c", "<->", ":*"],
    "installments": [1, 3, 12], "principal": [100, 120000], "annual_rate": ["0", "0.24", "1.5"],
}
JSON = st.recursive(st.none() | st.booleans() | st.integers(-2 ** 60, 2 ** 60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(TEXT, max_size=20),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(TEXT, max_size=8), inner, max_size=3), max_leaves=6)


class Ref:
    """An id to be filled in: of a kind, of the caller or of the other customer or of nobody."""

    def __init__(self, kind, number, whose):
        self.kind, self.number, self.whose = kind, number, whose

    def __repr__(self):
        return f"<{self.whose} {self.kind} {self.number}>"


def refs(kind):
    return st.builds(Ref, st.just(kind), st.integers(0, 1 << 16), st.sampled_from(["own"] * 5 + ["other", "none"]))


def texts(schema):
    low, high = schema.get("minLength", 0), schema.get("maxLength", 200)
    short = st.text(TEXT, min_size=low, max_size=min(high, low + 16))
    return short | st.sampled_from(["x" * high, "ñ" * high, "😀" * high, ("e\u0301" * high)[:high], "x" * low or "x"]) if high <= 300 else short


def formatted(schema, name, operation):
    digits = st.integers(0, 9)
    made = {
        "uuid": refs(kind_of(operation, name)),
        "date": st.dates().map(str).filter(lambda text: text >= "1900"),
        "date-time": st.datetimes().map(lambda at: at.isoformat() + "Z").filter(lambda text: text >= "1900"),
        "email": st.builds("{}@{}.example".format, st.text(string.ascii_lowercase + "0123456789._+-", min_size=1, max_size=20).filter(
            lambda text: text.strip(".") == text and ".." not in text), st.text(string.ascii_lowercase, min_size=1, max_size=10)),
        "currency": st.sampled_from(["USD", "COP", "EUR", "JPY", "CLP", "KWD", "MXN"]),
        "decimal": st.builds("{}.{}".format, digits, st.integers(0, 99999)) | digits.map(str) | st.sampled_from(["-1", "0.00", "-0.5", "0.0000000001"]),
        "uri": st.sampled_from(["https://example.com/", "https://example.com/?a=b#c"]),
        "language": st.sampled_from(["es", "en", "es-CO", "arn", "es-419"]),
        "phone": st.integers(1000000, 99999999999999).map(lambda number: f"+{number}"),
    }
    return made[schema["format"]] if schema["format"] in made else texts(schema)


def valid(schema, operation, name=None):
    """A strategy of values."""
    schema = operation.document.follow(schema)
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return st.one_of([valid(each, operation, name) for each in schema[key]])
    allowed = kinds(schema)
    made = _of_kind(schema, allowed[0], operation, name)
    hints = [hint for hint in HINTS.get(name, []) if not operation.document.errors(schema, hint)]
    if hints:
        made = st.sampled_from(hints) | st.sampled_from(hints) | made
    return made | st.none() if "null" in allowed else made


def _of_kind(schema, kind, operation, name):
    if "enum" in schema:
        return st.sampled_from([each for each in schema["enum"] if each is not None])
    if kind == "object":
        if schema.get("additionalProperties") is True:
            return st.dictionaries(st.text(TEXT, max_size=10), JSON.filter(lambda value: not beyond_doubles(value)), max_size=4)
        wanted = set(schema.get("required", []))
        members = {member: valid(inner, operation, member) for member, inner in schema.get("properties", {}).items()}
        return st.fixed_dictionaries({member: made for member, made in members.items() if member in wanted},
                                     optional={member: made for member, made in members.items() if member not in wanted})
    if kind == "array":
        low = schema.get("minItems", 0)
        return st.lists(valid(schema["items"], operation, name), min_size=low, max_size=min(schema.get("maxItems", 5), low + 3))
    if kind == "integer":
        low, high = schema.get("minimum", -2 ** 53 + 1), schema.get("maximum", 2 ** 53 - 1)
        return st.integers(low, high) | st.integers(low, min(high, low + 1000)) | st.sampled_from([low, high])
    if kind == "boolean":
        return st.booleans()
    return formatted(schema, name, operation) if "format" in schema else texts(schema)


def beyond_doubles(value):
    if isinstance(value, dict):
        return any(map(beyond_doubles, value.values()))
    if isinstance(value, list):
        return any(map(beyond_doubles, value))
    return isinstance(value, int) and abs(value) >= 2 ** 53 or isinstance(value, float) and abs(value) >= 2 ** 53
