"""Requests made from an operation's contract: valid ones, and valid ones with one thing wrong. Everything is drawn by hypothesis, so a seed
gives the same requests again."""

import json
import string

from hypothesis import assume
from hypothesis import strategies as st

from calls import Call, body_schema, key_wanted
from support.hostile import NOT_JSON, WRONG_FORMATS, Maker
from values import JSON, TEXT, Ref, beyond_doubles, refs, texts, valid
from world import kind_of

ODD_HEADERS = [
    ("Accept", "image/png"), ("Accept", "*/*;q=0"), ("Accept-Language", "zz-ZZ, *;q=0"), ("Accept-Encoding", "gzip, br"), ("Accept-Charset", "utf-7"), ("If-Unmodified-Since", "now"),
    ("If-None-Match", "*"), ("If-Modified-Since", "now"), ("Range", "bytes=0-0"), ("Cookie", "session=1; admin=true"), ("X-HTTP-Method-Override", "DELETE"),
    ("X-Forwarded-For", "'; DROP TABLE x --"), ("X-Forwarded-Proto", "gopher"), ("Forwarded", "for=\"_x\""), ("X-Cuotas-Identity", "v1;staff;x;9999999999;;crm.read;AAAA"),
    ("X-User-Id", "1"), ("X-Request-Id", "x" * 300), ("traceparent", "00-zz-zz-01"), ("tracestate", "a=b" * 50), ("Prefer", "return=minimal"), ("TE", "trailers"),
    ("Upgrade", "h2c"), ("Connection", "keep-alive, X-Request-Id"), ("Origin", "null"), ("Referer", "javascript:0"), ("User-Agent", ""),
    ("Content-Language", "es"), ("DNT", "1"), ("Via", "1.1 x"), ("Max-Forwards", "0"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT"),
]
WRITERS = [lambda value: json.dumps(value, ensure_ascii=False).encode(), lambda value: json.dumps(value, ensure_ascii=True).encode(),
           lambda value: json.dumps(value, indent=3, ensure_ascii=False).encode().replace(b"\n", b" \r\n\t")]


class Spec:
    """A request, and what the contract says of it. wrong: None, or what is wrong; pointer: the place a refusal must name, None for any."""

    def __init__(self, operation):
        self.operation = operation
        self.path, self.query, self.headers, self.body = {}, [], [], None
        self.wrong = self.pointer = None
        self.twice = self.foreign = False

    def call(self, world, who):
        path = self.operation.path
        for name, value in self.path.items():
            text = self._text(world, who, value)
            self.foreign = self.foreign or isinstance(value, Ref) and value.whose == "other" and text not in world.public_ids
            path = path.replace("{" + name + "}", text)
        query = [(name, value if isinstance(value, bytes) else self._fill(world, who, value)) for name, value in self.query]
        body = self.body
        if isinstance(body, list):   # [value, how it is written]
            body = body[1](self._fill(world, who, body[0]))
        return Call(self.operation, self.operation.method, path, query, [(name, value) for name, value in self.headers], body)

    def _text(self, world, who, value):
        return _escaped(str(self._fill(world, who, value))) if not isinstance(value, bytes) else value.decode("latin-1")

    def _fill(self, world, who, value):
        if isinstance(value, Ref):
            return world.tokens[value.kind] if value.kind in world.tokens else world.pick(who, value.kind, value.number, value.whose)
        if isinstance(value, dict):
            return {name: self._fill(world, who, inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._fill(world, who, inner) for inner in value]
        return value


def _escaped(text):
    return "".join(c if c in string.ascii_letters + string.digits + "-._~" else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "surrogatepass")) for c in text)


class Requests:
    """The requests of one operation, as a strategy of Spec."""

    def __init__(self, operation, only_wrong=False):
        self.operation, self.document, self.maker = operation, operation.document, Maker(operation.document)
        self.schema = body_schema(operation)
        self.body = valid(self.schema, operation) if self.schema else None
        self.key = key_wanted(operation)
        self.parameters = {place: {each["name"]: each for each in operation.parameters if each["in"] == place} for place in ("path", "query")}
        self.path = {name: self._path_value(name, each) for name, each in self.parameters["path"].items()}
        self.query = {name: valid(each["schema"], operation, name) for name, each in self.parameters["query"].items()}
        self.ways = [self._wrong_query, self._unknown_query]
        self.ways += [self._wrong_path] if any(self.document.follow(each["schema"]).get("format") == "uuid" for each in self.parameters["path"].values()) else []
        self.ways += [self._wrong_key] if self.key else []
        if self.schema:
            self.ways += [self._wrong_value, self._wrong_value, self._wrong_value, self._extra_member, self._missing_member, self._duplicate_member, self._wrong_root,
                          self._no_json]
        self.only_wrong = only_wrong

    def strategy(self):
        @st.composite
        def spec(draw):
            made = self._valid(draw)
            if self.only_wrong or draw(st.booleans()):
                draw(st.sampled_from(self.ways))(draw, made)
            return made
        return spec()

    def _path_value(self, name, parameter):
        schema = self.document.follow(parameter["schema"])
        if schema.get("format") == "uuid":
            return refs(kind_of(self.operation, name))
        if name == "token":
            return st.just(Ref(self.operation.path.split("/")[2], 0, "own")) | st.text(string.ascii_letters + string.digits + "-_.", min_size=schema["minLength"], max_size=80)
        return st.sampled_from([parameter.get("example", "x")]) | texts(schema).filter(lambda text: text.strip(".") and not {"/", "\\"} & set(text))

    def _valid(self, draw):
        spec = Spec(self.operation)
        spec.path = {name: draw(made) for name, made in self.path.items()}
        for name, made in self.query.items():
            if self.parameters["query"][name].get("required") or draw(st.booleans()):
                value = draw(made)
                spec.query.append((name, str(value).lower() if isinstance(value, bool) else value))
        if self.key and (self.key == "required" or draw(st.booleans())):
            spec.headers.append(("Idempotency-Key", draw(st.uuids()).hex if draw(st.integers(0, 4)) else draw(st.sampled_from(["k1", "k2"]))))
            spec.twice = draw(st.integers(0, 5)) == 0
        spec.headers += [(each["name"], '"1"') for each in self.operation.parameters if each["in"] == "header" and each["name"] == "If-Match"]
        if self.operation.request_body:
            self._valid_body(draw, spec)
        spec.headers += draw(st.lists(st.sampled_from(ODD_HEADERS), max_size=2, unique_by=lambda each: each[0])) if draw(st.integers(0, 3)) == 0 else []
        return spec

    def _valid_body(self, draw, spec):
        content = self.operation.request_body["content"]
        if self.schema:
            if not self.operation.request_body.get("required") and draw(st.booleans()):
                return
            spec.body = [draw(self.body), draw(st.sampled_from(WRITERS))]
            spec.headers.append(("Content-Type", draw(st.sampled_from(["application/json"] * 4 + ["application/json; charset=utf-8", "Application/JSON"]))))
            return
        kind = draw(st.sampled_from(sorted(content)))
        spec.headers.append(("Content-Type", "application/x" if kind == "*/*" else kind))
        line = st.lists(st.sampled_from(["sku", "name", "price", "currency", "1.00", "USD", '"', '"a,b"', "", "ñ", "-1", "1e9", "kind", "stock", "{}", '{"sku":"x"}']), max_size=6)
        spec.body = draw(st.lists(line.map(",".join), max_size=4).map("\n".join) | st.text(max_size=60)).encode("utf-8", "surrogatepass")

    # ---- one thing wrong

    def _wrong_query(self, draw, spec):
        given = [name for name, _ in spec.query]
        if not self.query:
            return self._unknown_query(draw, spec)
        name = draw(st.sampled_from(sorted(self.query)))
        spec.query = [each for each in spec.query if each[0] != name]
        spec.pointer = f"query:{name}"
        schema = self.document.follow(self.parameters["query"][name]["schema"])
        how = draw(st.integers(0, 3))
        if how == 0 and self.parameters["query"][name].get("required"):
            spec.wrong = "a required parameter is missing"
        elif how == 1:
            value = draw(self.query[name])
            spec.query += [(name, value), (name, value)]
            spec.wrong = "a parameter is given twice"
        elif how == 2:
            spec.query.append((name, draw(st.sampled_from([b"%ff", b"%00", b"%zz", b"%c0%af", b"%ed%a0%80", b"a%0Ab", b"a%7Fb", b"%"]))))
            spec.wrong = "a parameter is no text"
            spec.pointer = None   # a broken target may be refused as a whole
        else:
            texts_of = [str(each) for each in self.maker.wrong_values(schema) if isinstance(each, (str, int)) and not isinstance(each, bool) and len(str(each)) < 600]
            texts_of = [each for each in texts_of if self.document.parameter_errors(schema, each) or schema.get("format") == "currency"]
            if not texts_of:
                spec.query = [each for each in spec.query] + ([(name, draw(self.query[name]))] if name in given else [])
                return self._unknown_query(draw, spec)
            spec.query.append((name, draw(st.sampled_from(texts_of))))
            spec.wrong = "a parameter is not what it is to be"
        return None

    def _unknown_query(self, draw, spec):
        name = draw(st.sampled_from(["no_such", "LIMIT", "limit[]", "cursor ", "customerid", "__proto__", "callback", "$where"]))
        spec.query.append((name, "1"))
        spec.wrong, spec.pointer = "a parameter is unknown", f"query:{name}"

    def _wrong_path(self, draw, spec):
        name = next(name for name, each in self.parameters["path"].items() if self.document.follow(each["schema"]).get("format") == "uuid")
        spec.path[name] = draw(st.sampled_from([each for each in WRONG_FORMATS["uuid"] if each] + ["x" * 500, "ñ", "-1", "null", "0", "*"]) | st.text(
            TEXT, min_size=1, max_size=20).filter(lambda text: text.strip(".") and not {"/", "\\"} & set(text)))
        spec.wrong, spec.pointer = "an id is none", f"path:{name}"

    def _wrong_key(self, draw, spec):
        spec.headers = [each for each in spec.headers if each[0] != "Idempotency-Key"]
        choices = [b"", b"x" * 256, "ñ".encode(), b"a b", b"a\tb", b"\xff"] + ([None] if self.key == "required" else [])
        value = draw(st.sampled_from(choices))
        spec.headers += [] if value is None else [("Idempotency-Key", value)]
        spec.wrong = "the key is none"

    def _places(self, schema, value, path=()):
        """(path, schema, value) of everything that is there."""
        schema = self.document.follow(schema)
        yield path, schema, value
        for key in ("oneOf", "anyOf"):
            if key in schema:
                schema = self.document.follow(schema[key][0])
        if isinstance(value, dict):
            for name, inner in schema.get("properties", {}).items():
                if name in value:
                    yield from self._places(inner, value[name], (*path, name))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from self._places(schema["items"], inner, (*path, index))

    def _place(self, draw, spec, wanted):
        if spec.body is None:
            spec.body = [draw(self.body), WRITERS[0]]
            spec.headers.append(("Content-Type", "application/json"))
        found = [each for each in self._places(self.schema, spec.body[0]) if wanted(*each)]
        assume(found)
        return found[draw(st.integers(0, 1 << 16)) % len(found)]

    @staticmethod
    def _is_object(_, schema, value):
        return isinstance(value, dict) and schema.get("additionalProperties") is not True

    def _wrong_value(self, draw, spec):
        path, schema, _ = self._place(draw, spec, lambda path, *_: path)
        listed = self.maker.wrong_values(schema)
        wrong = draw(st.sampled_from(listed) | JSON) if listed else draw(JSON)
        assume(self.document.errors(schema, wrong) or schema.get("format") in ("currency", "language") and wrong in WRONG_FORMATS[schema["format"]])
        spec.body[0] = _with(spec.body[0], path, wrong)
        spec.wrong, spec.pointer = "a member is not what it is to be", _pointer(path)
        if beyond_doubles(wrong):
            spec.pointer = None   # refused by the reader, which knows no places

    def _extra_member(self, draw, spec):
        path, _, value = self._place(draw, spec, self._is_object)
        name = draw(st.sampled_from(["no_such", "", "__proto__", "constructor", "$ref", "a/b~c", "id", "customer_id", "role", "scope", "ID", "ñ", "x" * 60]) | st.text(TEXT, max_size=10))
        assume(name not in value)
        known = next(schema for at, schema, _ in self._places(self.schema, spec.body[0]) if at == path).get("properties", {})
        assume(name not in known)
        spec.body[0] = _with(spec.body[0], (*path, name), draw(JSON.filter(lambda inner: not beyond_doubles(inner))))
        spec.wrong, spec.pointer = "there is a member too many", _pointer((*path, name))

    def _missing_member(self, draw, spec):
        path, schema, value = self._place(draw, spec, lambda path, schema, value: self._is_object(path, schema, value) and schema.get("required"))
        name = draw(st.sampled_from(sorted(schema["required"])))
        spec.body[0] = _with(spec.body[0], path, {other: inner for other, inner in value.items() if other != name})
        spec.wrong, spec.pointer = "a member is missing", _pointer((*path, name))

    def _duplicate_member(self, draw, spec):
        path, _, value = self._place(draw, spec, lambda path, schema, value: self._is_object(path, schema, value) and value)
        name = draw(st.sampled_from(sorted(value)))

        def write(filled):
            inner = filled
            for part in path:
                inner = inner[part]
            mark = "d41d8cd98f00b204"
            again = f"{json.dumps(name)}:{json.dumps(inner[name])},{json.dumps(name)}:"
            return json.dumps(_with(filled, (*path, name), mark)).replace(f'{json.dumps(name)}: "{mark}"', again + json.dumps(inner[name]), 1).encode()
        spec.body[1] = write
        spec.wrong, spec.pointer = "a member is given twice", _pointer((*path, name))

    def _wrong_root(self, draw, spec):
        self._place(draw, spec, lambda path, *_: True)
        spec.body = [draw(st.sampled_from([[], "x", 1, None, True, [{}]])), WRITERS[0]]
        spec.wrong, spec.pointer = "the body is no object", ""

    def _no_json(self, draw, spec):
        self._place(draw, spec, lambda path, *_: True)
        how = draw(st.integers(0, 4))
        if how == 0 and self.operation.request_body.get("required"):
            spec.body = b""
        elif how == 1:
            cut = draw(st.integers(1, 40))
            spec.body[1] = lambda filled: json.dumps(filled).encode()[:-cut] or b"{"
        elif how == 2:
            noise = draw(st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\\ud800", b"\\udc00\\ud800", b"\\u0000", b"\x00", b"\n", b"\x1f", b"\xc0\x80", b"\\x"]))
            spec.body[1] = lambda filled: json.dumps({**filled, "no_such": "@"}).encode().replace(b"@", noise)
        elif how == 3:
            depth = draw(st.sampled_from([40, 300, 5000]))
            spec.body[1] = lambda filled: json.dumps({**filled, "no_such": 0}).encode()[:-2] + b"[" * depth + b"]" * depth + b"}"
        else:
            spec.body = draw(st.sampled_from(NOT_JSON))
        spec.wrong = "the body is no JSON"


def _pointer(path):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _with(value, path, wrong):
    if not path:
        return wrong
    if isinstance(value, list):
        return [_with(inner, path[1:], wrong) if index == path[0] else inner for index, inner in enumerate(value)]
    return {**value, path[0]: _with(value.get(path[0]), path[1:], wrong)}
