"""The rules of access as the contracts state them (build/gen/access.json), each beside its published operation, and requests made from them.

    OPERATIONS   {id: Rule} of every operation behind the gateway; INTERNAL: those on /internal paths
    request(rule, world)   a request of that operation whose every id is what `world` says of its kind"""

import copy
import json
import os
import re
import sys
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests", "contract"))

from document import Document   # noqa: E402

from .hostile import Maker   # noqa: E402

GEN = os.path.join(os.path.dirname(os.environ.get("CUOTAS_BIN") or os.path.join(ROOT, "build", "bin")), "gen")
GEN = GEN if os.path.exists(os.path.join(GEN, "access.json")) else os.path.join(ROOT, "build", "gen")   # the sanitizer build's is the same
DOCUMENT = Document(os.path.join(GEN, "openapi.json"))
MAKER = Maker(DOCUMENT)
UNKNOWN_MEMBER = "no_such_member"   # a body with it is refused once its sender is known to be let in: it asks without an effect

OF_ONE_KIND = {"compute_change"}    # whose members exclude each other: its example instead of all of them


class Rule:
    def __init__(self, stated, operation):
        self.id, self.service, self.method, self.path = (stated[name] for name in ("id", "service", "method", "path"))
        self.scopes = stated["scopes"]
        self.owner = stated["owner"]
        self.internal = stated["internal"]
        self.wants_key = stated["idempotency"] == "required"
        self.takes_key = stated["idempotency"] != "none"
        self.operation = operation   # of the published document; None: internal

    @property
    def public(self):
        return not self.scopes

    @property
    def for_customers(self):
        return "customer" in self.scopes

    @property
    def owned(self):
        """The inputs that name what belongs to somebody: {place: kind}."""
        return {place: kind for place, kind in (self.owner or {}).items() if kind != "shared"}

    @property
    def body_schema(self):
        """Of the body, where it is one JSON object."""
        content = (self.operation.request_body or {}).get("content", {}) if self.operation else {}
        schema = content.get("application/json") and DOCUMENT.follow(content["application/json"]["schema"])
        return schema if schema and schema.get("type") == "object" else None

    @property
    def body_example(self):
        return self.operation.request_body["content"]["application/json"]["example"]

    @property
    def answer_schema(self):
        for status, response in self.operation.responses.items():
            content = response.get("content", {}).get("application/json") if status.startswith("2") else None
            if content:
                return DOCUMENT.follow(content["schema"])
        return {}

    @property
    def is_list(self):
        return any(each["in"] == "query" and each["name"] == "cursor" for each in self.operation.parameters)

    def __repr__(self):
        return self.id


def _load():
    with open(os.path.join(GEN, "access.json"), encoding="utf-8") as file:
        stated = json.load(file)
    published = {operation.id: operation for operation in DOCUMENT.operations}
    rules = {each["id"]: Rule(each, published.get(each["id"])) for each in stated["operations"]}
    unruled = published.keys() - rules.keys()
    assert not unruled, f"published without a rule of access: {unruled}"
    return stated["scopes"], rules


SCOPES, _RULES = _load()
OPERATIONS = {name: rule for name, rule in _RULES.items() if not rule.internal}
INTERNAL = {name: rule for name, rule in _RULES.items() if rule.internal}


def builtin_paths():
    """(method, path) of what every service answers by itself on /internal paths: hand-written routes, not in the contracts."""
    with open(os.path.join(ROOT, "libcommon", "service", "builtin.c"), encoding="utf-8") as file:
        return re.findall(r'\.method = HTTP_(\w+), \.path = "(/internal/[^"]*)"', file.read())


def fill(path, values):
    return re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1]) or "stripe" * (found[1] == "provider") or uuid.uuid4()), path)


class Request:
    """What to send; `api.request(**vars(request))`, or `**request.beside(lines)`."""

    def __init__(self, method, path, query, json=None, key=None, headers=None):
        self.method, self.path, self.query, self.json, self.key, self.headers = method, path, query, json, key, headers

    def beside(self, lines):
        """With further header lines."""
        return {**vars(self), "headers": {**(self.headers or {}), **(lines or {})}}


def request(rule, things=None, inert=False, foreign=None):
    """things: {kind of thing, or name of a shared one: id}. foreign: {place: id} to put there instead. inert: with an unknown member in its body, and,
    where it is no read, of ids that nothing has: it shows whether it would be let in, and does nothing."""
    things, foreign = things or {}, foreign or {}
    inert = inert and rule.method != "GET"

    def thing(place):
        if place in foreign:
            return foreign[place]
        kind = (rule.owner or {}).get(place)
        if kind == "shared":
            kind = re.sub(r".*[/:]|_id$", "", place)
        return None if inert or kind is None else things.get(kind)

    path_values = {each["name"]: thing(f"path:{each['name']}") for each in rule.operation.parameters if each["in"] == "path"}
    query = {each["name"]: thing(f"query:{each['name']}") or MAKER.sample(each["schema"]) for each in rule.operation.parameters
             if each["in"] == "query" and (each.get("required") or thing(f"query:{each['name']}"))}
    body = None
    if rule.body_schema:
        body = {UNKNOWN_MEMBER: 1} if inert else copy.deepcopy(rule.body_example) if rule.id in OF_ONE_KIND else MAKER.sample(rule.body_schema)
        for place in ([] if inert else rule.owner or {}):
            if place.startswith("/") and thing(place):
                _put(body, place, thing(place))
    headers = {each["name"]: '"1"' for each in rule.operation.parameters if each["in"] == "header" and each["name"] == "If-Match"}
    return Request(rule.method, fill(rule.path, path_values), query, body, str(uuid.uuid4()) if rule.takes_key else None, headers or None)


def _put(body, pointer, value):
    *parents, last = pointer[1:].split("/")
    for part in parents:
        body = body[int(part) if isinstance(body, list) else part]
    body[int(last) if isinstance(body, list) else last] = value
