"""The published contract (build/gen/openapi.json) as something to look operations up in and to validate values by."""

import copy
import json
import re
import urllib.parse

from jsonschema import Draft202012Validator, FormatChecker, RefResolver

# What no path segment may hold, escaped or not, and so is no path of ours: control characters, slashes, nothing but dots.
NO_SEGMENT = re.compile(r"%([01][0-9a-f]|7f|2f|5c)|/(\.|%2e){1,2}(/|$)", re.I)
METHODS = ("get", "post", "put", "patch", "delete", "head")

# What `format` means in our contracts (proto/README.md); jsonschema checks only those it has libraries for.
FORMATS = {
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "date": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])",
    "date-time": r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    "currency": r"[A-Z]{3}",
    "decimal": r"-?(0|[1-9]\d*)(\.\d+)?",
    "email": r"[^@\s]+@[^@\s]+",
    "phone": r"\+[1-9]\d{1,14}",
    "language": r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S*",
}


def format_checker():
    checker = FormatChecker(formats=())
    for name, pattern in FORMATS.items():
        compiled = re.compile(pattern)
        checker.checks(name)(lambda value, compiled=compiled: not isinstance(value, str) or bool(compiled.fullmatch(value)))
    return checker


def closed(node):
    """A copy in which an object with known members has no others: a field nobody documented is an error, whoever sent it."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {name: closed(value) for name, value in node.items()}
    if isinstance(node.get("properties"), dict) and not {"additionalProperties", "allOf", "anyOf", "oneOf"} & node.keys():
        node["additionalProperties"] = False
    return node


class Operation:
    def __init__(self, document, method, path, definition, shared_parameters):
        self.document = document
        self.id = definition["operationId"]
        self.service = definition["tags"][0]
        self.method = method.upper()
        self.path = path
        self.definition = definition
        self.parameters = [document.follow(each) for each in (*shared_parameters, *definition.get("parameters", []))]
        self.responses = {str(status): document.follow(response) for status, response in definition.get("responses", {}).items()}
        self.request_body = document.follow(definition.get("requestBody"))
        self.public = definition.get("security") == []
        self.scopes = sorted({scope for each in definition.get("security") or [] for scopes in each.values() for scope in scopes})
        pattern = "".join(f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{\w+\})", path))
        self._pattern = re.compile(pattern)
        self.literal_segments = sum(not segment.startswith("{") for segment in path.split("/"))

    def codes(self, document, status):
        """The problem codes this status may have; those of `default` have statuses of their own."""
        response = self.responses.get(status)
        if response is None:
            examples = _problem_examples(document, self.responses.get("default"))
            return {code for code, example in examples.items() if str(example["status"]) == status}
        return set(_problem_examples(document, response))

    def match(self, path):
        """The path parameters, decoded, or None."""
        found = self._pattern.fullmatch(path)
        return found and {name: urllib.parse.unquote(value) for name, value in found.groupdict().items()}

    def __repr__(self):
        return f"{self.id} ({self.method} {self.path})"


def _problem_examples(document, response):
    """code -> problem document."""
    content = ((response or {}).get("content") or {}).get("application/problem+json") or {}
    return {code: document.follow(example)["value"] for code, example in (content.get("examples") or {}).items()}


class Document:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.raw = json.load(file)
        strict = copy.copy(self.raw)
        strict["components"] = {**self.raw.get("components", {}), "schemas": closed(self.raw.get("components", {}).get("schemas", {}))}
        self._resolver = RefResolver("", strict)
        self._formats = format_checker()
        self._validators = {}
        self.operations = [
            Operation(self, method, path, item[method], item.get("parameters", []))
            for path, item in self.raw["paths"].items() for method in METHODS if method in item
        ]
        self.operations.sort(key=lambda operation: -operation.literal_segments)

    def follow(self, node):
        """A reference's target; anything else as it is."""
        while isinstance(node, dict) and "$ref" in node:
            target = self.raw
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def find(self, method, path):
        """(operation, path parameters), (None, None) when the contract has no such thing. HEAD is GET without the body."""
        method = "GET" if method == "HEAD" else method
        if NO_SEGMENT.search(path):
            return None, None
        best = 0
        for operation in self.operations:   # the most literal ones first: a path of theirs is no other's, whatever the method
            parameters = operation.match(path)
            if parameters is None or operation.literal_segments < best:
                continue
            best = operation.literal_segments
            if operation.method == method:
                return operation, parameters
        return None, None

    def errors(self, schema, value):
        """What is wrong with the value, as texts; at most three."""
        key = json.dumps(schema, sort_keys=True)
        validator = self._validators.get(key)
        if validator is None:
            validator = self._validators[key] = Draft202012Validator(closed(schema), resolver=self._resolver, format_checker=self._formats)
        found = []
        for error in validator.iter_errors(value):
            found.append(f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
            if len(found) == 3:
                break
        return found

    def parameter_errors(self, schema, text):
        """As errors(), for the text of a query or path parameter."""
        return self.errors(schema, _typed(self.follow(schema), text))


def _typed(schema, text):
    kinds = schema.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "integer" in kinds and re.fullmatch(r"-?\d+", text):
        return int(text)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text
