"""Schemas of inputs (parameters and JSON bodies) as types that C can be made from. Only what the decoders check is let in:
a keyword that would be published but not enforced is a mistake."""
import re
from dataclasses import dataclass, field

from yaml_file import Map, Mistake

INTEGER_MAX = 2 ** 53 - 1
FORMATS = {"uuid": "UUID", "date": "DATE", "date-time": "DATE_TIME", "email": "EMAIL", "currency": "CURRENCY", "decimal": "DECIMAL",
           "uri": "URI", "language": "LANGUAGE", "phone": "PHONE", "password": "NONE"}
MEMBERS_MAX = 64

NOTES = {"title", "description", "example", "examples", "deprecated", "writeOnly", "$comment"}
KEYS = {
    "string": {"type", "minLength", "maxLength", "enum", "format", "default", "x-multiline", "x-long-numbers"} | NOTES,
    "integer": {"type", "minimum", "maximum", "format", "default"} | NOTES,
    "boolean": {"type", "default"} | NOTES,
    "object": {"type", "properties", "required", "additionalProperties"} | NOTES,
    "array": {"type", "items", "minItems", "maxItems"} | NOTES,
}
ADVICE = {
    "pattern": "use format, or check it in the handler",
    "const": "check it in the handler",
    "number": "amounts are integers in minor units; other decimals are strings with format decimal, or [number, string]",
    "oneOf": "only [X, {type: 'null'}] is possible", "anyOf": "only [X, {type: 'null'}] is possible",
    "allOf": "write the properties out",
}


@dataclass
class Type:
    kind: str                      # string, integer, boolean, object, array, raw
    nullable: bool = False
    spec: Map = None
    default: object = None
    struct: "Struct" = None        # object
    items: "Type" = None           # array

    def get(self, key, fallback=None):
        return self.spec.get(key, fallback)


@dataclass
class Member:
    name: str                      # as on the wire
    type: Type
    required: bool

    @property
    def c_name(self):
        return c_identifier(self.name)


@dataclass
class Struct:
    c_name: str
    members: list = field(default_factory=list)
    body_of: str = None            # operation whose <op>_in holds these members


C_WORDS = set("""auto break case char const continue default do double else enum extern float for goto if inline int long register restrict
return short signed sizeof static struct switch typedef union unsigned void volatile while asm typeof bool true false linux unix""".split())


def c_identifier(name):
    """snake_case of any name; a C word gets a trailing underscore."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    name = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").lower()
    if not name or name[0].isdigit():
        name = "_" + name
    return name + "_" if name in C_WORDS else name


class InputTypes:
    """The structs of one service's inputs, each before those that use it."""
    def __init__(self, contracts, reserved=frozenset()):
        self.contracts = contracts
        self.reserved = reserved   # struct names a schema must not have
        self.structs = []
        self.by_place = {}         # where a named schema was defined -> Struct
        self.names = {}            # C name -> place
        self.open = []             # named schemas being read, against recursion

    def type_of(self, node, document, hint):
        """The type of a schema. hint: C name of the struct should it be an inline object."""
        spec, document, name = self.contracts.resolve(node, document)
        if not isinstance(spec, Map):
            raise Mistake(node, "a schema must be a mapping")
        spec, document, name, nullable = self.unwrap_null(spec, document, name)
        kind = spec.get("type")
        if isinstance(kind, list):
            others = [k for k in kind if k != "null"]
            nullable = nullable or "null" in kind
            kind = "string" if takes_numbers(spec) else others[0] if len(others) == 1 else None
        if kind not in KEYS:
            advice = next((ADVICE[k] for k in ADVICE if k in spec or k == kind), "")
            raise Mistake(spec, f"input of type {spec.get('type', 'unsaid')} is not possible" + (f": {advice}" if advice else
                          ": string, integer, boolean, object, array, or [one of these, 'null']"))
        for key in spec:
            if key not in KEYS[kind]:
                raise Mistake(spec, f"'{key}' is not enforced in inputs of type {kind}" + (f": {ADVICE[key]}" if key in ADVICE else ""))
        result = Type(kind, nullable, spec, spec.get("default"))
        getattr(self, "check_" + kind)(result, document, name, hint)
        return result

    def unwrap_null(self, spec, document, name):
        """oneOf/anyOf [X, null] is X, nullable."""
        for key in ("oneOf", "anyOf"):
            options = spec.get(key)
            if isinstance(options, list) and len(options) == 2 and options[1] == {"type": "null"}:
                inner, document, name = self.contracts.resolve(options[0], document)
                return inner, document, name, True
        return spec, document, name, False

    def check_string(self, result, document, name, hint):
        spec = result.spec
        if "format" in spec and spec["format"] not in FORMATS:
            raise Mistake(spec, f"format {spec['format']} is unknown; known are {', '.join(FORMATS)}")
        for key in ("minLength", "maxLength"):
            if key in spec and (not isinstance(spec[key], int) or spec[key] < 0):
                raise Mistake(spec, f"{key} must be an integer from 0")
        values = spec.get("enum")
        if values is not None:
            values = [v for v in values if v is not None]
            if not values or not all(isinstance(v, str) for v in values):
                raise Mistake(spec, "enum must list strings")
        if result.default is not None and (not isinstance(result.default, str) or values and result.default not in values):
            raise Mistake(spec, "default must be one of the possible strings")

    def check_integer(self, result, document, name, hint):
        spec = result.spec
        low, high = integer_range(spec)
        if not isinstance(low, int) or not isinstance(high, int) or low > high or low < -INTEGER_MAX or high > INTEGER_MAX:
            raise Mistake(spec, "minimum and maximum must be integers within 2^53 - 1, in order")
        if result.default is not None and (not isinstance(result.default, int) or not low <= result.default <= high):
            raise Mistake(spec, "default must be an integer within minimum and maximum")

    def check_boolean(self, result, document, name, hint):
        if result.default is not None and not isinstance(result.default, bool):
            raise Mistake(result.spec, "default must be true or false")

    def check_array(self, result, document, name, hint):
        spec = result.spec
        if not isinstance(spec.get("maxItems"), int) or not 0 <= spec.get("minItems", 0) <= spec["maxItems"]:
            raise Mistake(spec, "an array needs maxItems, not below minItems: nothing that comes in is unbounded")
        if not isinstance(spec.get("items"), Map):
            raise Mistake(spec, "an array needs items")
        result.items = self.type_of(spec["items"], document, hint)
        if result.items.kind in ("array", "raw") or result.items.nullable:
            raise Mistake(spec, "an array's items are strings, integers, booleans or objects, never null")

    def check_object(self, result, document, name, hint):
        spec = result.spec
        more = spec.get("additionalProperties", False)
        if more is True and not spec.get("properties"):
            result.kind = "raw"
            return
        if more is not False:
            raise Mistake(spec, "additionalProperties is false, or true for an object without properties (raw JSON)")
        result.struct = self.struct_of(spec, document, name, hint)

    def struct_of(self, spec, document, name, hint):
        place = (document.file, name or spec.line)   # a name stands for one schema in a file, with whatever is said beside a reference to it
        if place in self.open:
            raise Mistake(spec, f"schema {name} contains itself")
        if place in self.by_place:
            struct, before = self.by_place[place]
            if (before.get("properties"), before.get("required")) != (spec.get("properties"), spec.get("required")):
                raise Mistake(spec, f"schema {name} is used with other members elsewhere: two input schemas would both be struct {struct.c_name}")
            return struct
        c_name = c_identifier(name) if name else hint
        if c_name in self.reserved:
            raise Mistake(spec, f"schema {name or 'inline'} would be struct {c_name} in C, which exists: rename it")
        if self.names.setdefault(c_name, place) != place:
            raise Mistake(spec, f"two input schemas would both be struct {c_name}: rename one, or use $ref")
        self.open.append(place)
        struct = Struct(c_name, self.members_of(spec, document, c_name))
        self.open.pop()
        self.by_place[place] = struct, spec
        self.structs.append(struct)
        return struct

    def members_of(self, spec, document, prefix):
        properties = spec.get("properties") or Map()
        required = spec.get("required") or []
        if not isinstance(properties, Map) or len(properties) > MEMBERS_MAX:
            raise Mistake(spec, f"properties must be a mapping of at most {MEMBERS_MAX}")
        for name in required:
            if name not in properties:
                raise Mistake(spec, f"required names '{name}', which is not in properties")
        members = []
        for name, node in properties.items():
            try:
                found = self.type_of(node, document, f"{prefix}_{c_identifier(name)}")
            except Mistake as mistake:
                raise Mistake(mistake.where, f"{name}: {mistake.message}") from None
            if found.default is not None and name in required:
                raise Mistake(spec, f"{name}: required and with a default cannot both be")
            members.append(Member(name, found, name in required))
        unique_names(members, spec)
        return members


def unique_names(members, where):
    seen = {}
    for member in members:
        for name in [member.c_name] + ([member.c_name + "_count"] if member.type.kind == "array" else []) + \
                (["has_" + member.c_name] if member.type.kind in ("integer", "boolean") else []):
            if seen.setdefault(name, member) is not member:
                raise Mistake(where, f"'{member.name}' and '{seen[name].name}' would both be member {name} in C: rename one")


def takes_numbers(spec):
    """A decimal that may be written as a number, too: it comes to C as text all the same."""
    return spec.get("format") == "decimal" and {"number", "string"} <= set(spec.get("type", ())) <= {"number", "string", "null"}


def integer_range(spec):
    return spec.get("minimum", -INTEGER_MAX), spec.get("maximum", INTEGER_MAX)


class OperationInput:
    """Path, query and header parameters and body members of an operation, which together make struct <op>_in."""
    def __init__(self, types, operation):
        self.operation = operation
        self.path, self.query, self.header, self.body = [], [], [], None
        self.raw_body = False
        for parameter in operation.parameters:
            try:
                found = types.type_of(parameter.schema, parameter.document, operation.id)
            except Mistake as mistake:
                raise Mistake(mistake.where, f"parameter {parameter.name}: {mistake.message}") from None
            if found.kind not in ("string", "integer", "boolean") or found.nullable:
                raise Mistake(parameter.spec, f"parameter {parameter.name} must be a string, an integer or a boolean")
            member = Member(parameter.name, found, parameter.required)
            getattr(self, parameter.place).append(member)
        if operation.json_body:
            self.read_body(types)
        elif operation.media and not operation.streaming:
            self.raw_body = True
        unique_names(self.members(), operation.spec)

    def read_body(self, types):
        schema = self.operation.media["application/json"]["schema"]
        try:
            spec, document, name = types.contracts.resolve(schema, self.operation.document)
            if spec.get("type") != "object":
                raise Mistake(spec, "the body must be of type object")
            if spec.get("additionalProperties") is True and not spec.get("properties"):
                self.body = [Member("body", Type("raw", False, spec), self.operation.body_required)]
                self.raw_json = True
                return
            for key in spec:
                if key not in KEYS["object"]:
                    raise Mistake(spec, f"'{key}' is not enforced in inputs of type object")
            if spec.get("additionalProperties", False) is not False:
                raise Mistake(spec, "additionalProperties is false, or true for an object without properties (raw JSON)")
            self.body = types.members_of(spec, document, self.operation.id)
        except Mistake as mistake:
            raise Mistake(mistake.where, f"body: {mistake.message}") from None

    raw_json = False

    def members(self):
        extra = [Member("body", Type("raw", False, Map()), False)] if self.raw_body else []
        return self.path + self.query + self.header + (self.body or []) + extra
