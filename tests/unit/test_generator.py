"""The generator (proto/generator): its reader of SQL, what it refuses and how it says so, the published document, the page, and that it
leaves alone what has not changed. What the generated C does is tested in test_generated.c."""

import json
import os
import re
import subprocess
import sys
import textwrap
import time

import pytest
from jsonschema import Draft202012Validator

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATOR = os.path.join(ROOT, "proto", "generator")
sys.path.insert(0, GENERATOR)

import c_sql      # noqa: E402
import contracts  # noqa: E402
import docs_page  # noqa: E402
import emit       # noqa: E402
import samples    # noqa: E402
import yaml_file  # noqa: E402


def parse(text):
    return c_sql.parse("statement", "statement.sql", textwrap.dedent(text))


# ---- SQL

@pytest.mark.parametrize("text, wanted, parameters", [
    ("SELECT :a, :b, :a", "SELECT $1, $2, $1", ["a", "b"]),
    ("SELECT :a::text, x::int", "SELECT $1::text, x::int", ["a"]),
    ("SELECT ':a', \":b\", E'\\':c', $$ :d $$, $q$ $$ :e $q$, :f", "SELECT ':a', \":b\", E'\\':c', $$ :d $$, $q$ $$ :e $q$, $1", ["f"]),
    ("SELECT 'it''s :a' || :b", "SELECT 'it''s :a' || $1", ["b"]),
    ("SELECT a[1:2], b[:i], (:j)::int[]", "SELECT a[1:2], b[$1], ($2)::int[]", ["i", "j"]),
    ("-- :a\nSELECT 1 -- :b\n, :c", "SELECT 1\n, $1", ["c"]),
    ("SELECT /* :a /* :b */ :c */ :d", "SELECT   $1", ["d"]),
    ("SELECT 'two\n\n  lines  \n' , :a ;\n", "SELECT 'two\n\n  lines  \n' , $1", ["a"]),
    ("SELECT f(x := 1, y => :a)", "SELECT f(x := 1, y => $1)", ["a"]),
    ("SELECT j ->> 'a:b', j ? 'k', :a", "SELECT j ->> 'a:b', j ? 'k', $1", ["a"]),
])
def test_parameters(text, wanted, parameters):
    statement = parse(text)
    assert (statement.text, statement.parameters) == (wanted, parameters)


def test_pool_directive_and_default():
    assert parse("SELECT 1").pool == "write"
    assert parse("-- A report.\n-- pool: slow\nSELECT 1").pool == "slow"


@pytest.mark.parametrize("text, events, jobs", [
    ("INSERT INTO outbox (type) SELECT 'x'", True, False),
    ("WITH a AS (insert\n into  Job (kind) SELECT 'x') SELECT 1", False, True),
    ("SELECT 'INSERT INTO outbox' -- insert into job", False, False),
    ("INSERT INTO job_note SELECT 1", False, False),
    ("-- emits: events\n-- adds: jobs\nSELECT apply(:id)", True, True),
    ("-- adds: jobs for later\nINSERT INTO job (kind) VALUES ('a')", False, False),
])
def test_what_wakes_whom(text, events, jobs):
    statement = parse(text)
    assert (statement.emits_events, statement.adds_jobs) == (events, jobs)


def test_remember():
    statement = parse("WITH reply AS (SELECT :id AS body), {{remember 201}} SELECT body FROM reply")
    assert statement.parameters == ["id", "idem_operation", "idem_subject", "idem_key", "idem_hash"]
    assert "201, reply.body::text" in statement.text and "{{" not in statement.text


def test_parts_that_statements_share(tmp_path):
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "found.sql").write_text("-- What both answer.\njson_build_object('id', :id::uuid)\n")
    (tmp_path / "one.sql").write_text("SELECT {{part found}} AS body FROM thing WHERE :name")
    (tmp_path / "two.sql").write_text("SELECT {{part found}} AS body")
    report = yaml_file.Report()
    statements = c_sql.load_directory(str(tmp_path), "sample", report)
    assert report.messages == [] and statements["one"].parameters == ["id", "name"]
    assert statements["two"].text == "SELECT json_build_object('id', $1::uuid) AS body"
    (parts / "other.sql").write_text("1")
    (tmp_path / "three.sql").write_text("SELECT {{part lost}}")
    c_sql.load_directory(str(tmp_path), "sample", report)
    assert ["no parts/lost.sql" in error or "no statement has this part" in error for error in report.messages] == [True, True]


@pytest.mark.parametrize("text, message", [
    ("SELECT $1", "parameters are named"),
    ("SELECT 1; SELECT 2", "one statement a file"),
    ("-- nothing", "no statement"),
    ("SELECT 'open", "never closed"),
    ("SELECT $$open", "never closed"),
    ("SELECT 1 /* open", "never closed"),
    ("SELECT {{forget}}", "{{forget}} is not known"),
    ("-- pool: fast\nSELECT 1", "must be one of"),
    ("-- pool: read\nUPDATE thing SET a = 1", "do not go together"),
    ("-- pool: slow\nWITH a AS (DELETE FROM thing) SELECT 1", "do not go together"),
    ("SELECT " + ", ".join(f":p{i}" for i in range(49)), "more than 48"),
])
def test_sql_mistakes(text, message):
    with pytest.raises(c_sql.SqlMistake, match=re.escape(message)):
        parse(text)


def test_c_literals_survive_a_compiler(tmp_path):
    text = "a\"b\\c\n\t??/ \u00e1\u20ac\x01" + "7" * 9000 + "\n\n" + "\u00e9" * 3000
    source = tmp_path / "text.c"
    source.write_text(f"#include <stdio.h>\nint main(void)\n{{\n    fputs(\n{emit.c_text(text)}, stdout);\n    return 0;\n}}\n")
    subprocess.run(["gcc", "-std=c17", "-Wall", "-Werror", "-o", tmp_path / "text", source], check=True)
    assert subprocess.run([tmp_path / "text"], capture_output=True, check=True).stdout.decode() == text


# ---- Contracts

BASE = """
openapi: 3.1.0
info: { title: shop, version: v1 }
paths:
  /v1/things/{id}:
    post:
      operationId: make_thing
      summary: Make
      security: [{ token: [customer] }]
      x-owner: { path:id: thing }
      parameters:
        - { name: id, in: path, required: true, schema: { type: string, format: uuid } }
      requestBody: { required: true, content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } }
      responses: { '201': { description: Made. } }
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: { type: string, maxLength: 10 }
"""


class World:
    """A directory with contracts, services and output of its own."""
    def __init__(self, path):
        self.path = path
        for name in ("proto", "services", "out"):
            (path / name).mkdir()
        self.contract("shop", BASE)

    def contract(self, name, text):
        (self.path / "proto" / f"{name}.yaml").write_text(text)

    def file(self, name, text):
        target = self.path / "services" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def run(self, *options):
        return subprocess.run(["/usr/bin/python3", "-B", GENERATOR, "--proto", self.path / "proto", "--common", os.path.join(ROOT, "proto", "common.yaml"),
                               "--services", self.path / "services", "--libcommon", os.path.join(ROOT, "libcommon"), "--out", self.path / "out", *options],
                              capture_output=True, text=True, check=False)

    def read(self, name):
        return (self.path / "out" / name).read_text()

    def files(self):
        return {str(p.relative_to(self.path / "out")) for p in (self.path / "out").rglob("*") if p.is_file()}


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


MISTAKES = {
    "unknown operation key": ("summary: Make", "sumary: Make", "unknown key 'sumary' in POST /v1/things/{id}"),
    "unknown root key": ("info:", "x-peer: [a]\ninfo:", "unknown key 'x-peer' in a contract"),
    "key twice": ("summary: Make", "summary: Make\n      summary: Again", "key 'summary' stands twice"),
    "not YAML": ("info: {", "info: [", "expected"),
    "unknown scope": ("[customer]", "[costumer]", "unknown scope 'costumer'"),
    "service scope outside": ("[customer]", "[service]", "for /internal paths only"),
    "no security": ("security: [{ token: [customer] }]", "deprecated: false", "security is missing"),
    "dangling reference": ("#/components/schemas/Thing'", "#/components/schemas/Think'", "points at nothing"),
    "foreign reference": ("#/components/schemas/Thing'", "orders.yaml#/components/schemas/Thing'", "only this file and common.yaml"),
    "undeclared path parameter": ("name: id,", "name: key,", "path parameter id is not declared"),
    "no responses": ("responses: { '201': { description: Made. } }", "deprecated: true", "responses is missing"),
    "no success": ("'201'", "'409'", "what does success look like?"),
    "unknown problem": ("summary: Make", "summary: Make\n      x-problems: [gone]", "x-problems names gone"),
    "idempotent read": ("post:", "put:\n      x-idempotency: required", "x-idempotency is for POST"),
    "pattern": ("maxLength: 10", "pattern: '^a'", "'pattern' is not enforced"),
    "number": ("type: string, maxLength: 10", "type: number", "amounts are integers in minor units"),
    "number or text": ("type: string, maxLength: 10", "type: [number, string]", "is not possible"),
    "unknown format": ("maxLength: 10", "format: mail", "format mail is unknown"),
    "open object": ("type: object\n", "type: object\n      additionalProperties: true\n", "additionalProperties is false"),
    "unbounded array": ("{ type: string, maxLength: 10 }", "{ type: array, items: { type: string } }", "an array needs maxItems"),
    "union": ("{ type: string, maxLength: 10 }", "{ oneOf: [{ type: string }, { type: integer }] }", "only [X, {type: 'null'}]"),
    "itself": ("{ type: string, maxLength: 10 }", "{ $ref: '#/components/schemas/Thing' }", "contains itself"),
    "required but absent": ("required: [name]", "required: [nam]", "required names 'nam'"),
    "member twice in C": ("name: { type: string, maxLength: 10 }", "name: { type: string }\n        id: { type: string }", "would both be member id"),
    "default out of range": ("type: string, maxLength: 10", "type: integer, maximum: 3, default: 4", "default must be an integer within"),
    "range beyond 2^53": ("type: string, maxLength: 10", "type: integer, maximum: 9007199254740992", "within 2^53 - 1"),
    "missing event file": ("info:", "x-peers: [orders]\nx-consumes: { orders: { order.placed: on_order } }\ninfo:", "there is no"),
    "event of no peer": ("info:", "x-consumes: { orders: { order.placed: on_order } }\ninfo:", "missing in x-peers"),
    "job without limits": ("info:", "x-jobs: { tidy: { attempts: 3 } }\ninfo:", "job tidy needs timeout_s"),
    "problem redefined": ("info:", "x-problems: { not_found: { status: 410, title: Gone } }\ninfo:", "another status or title in common.yaml"),
    "constraint of no problem": ("info:", "x-constraints: { thing_key: thing_twice }\ninfo:", "names problem thing_twice"),
    "struct of libcommon": ("{ type: string, maxLength: 10 }", "{ $ref: '#/components/schemas/Work' }\n    Work: { type: object, properties: { a: { type: string } } }",
                           "would be struct work in C, which exists"),
    "struct of an operation": ("{ type: string, maxLength: 10 }", "{ $ref: '#/components/schemas/MakeThingIn' }\n    MakeThingIn: { type: object }",
                               "would be struct make_thing_in in C"),
    "no owner": ("x-owner: { path:id: thing }", "deprecated: false", "x-owner is missing"),
    "owner of no input": ("{ path:id: thing }", "{ path:id: thing, query:id: thing }", "x-owner names query:id, which is no input; there are path:id, /name"),
    "owner of one id only": ("{ path:id: thing }", "{ /name: thing }", "x-owner does not say whose path:id is"),
    "owner of an id in the body": ("{ type: string, maxLength: 10 }", "{ type: string, format: uuid }", "x-owner does not say whose /name is"),
    "owner is no kind": ("{ path:id: thing }", "{ path:id: [thing] }", "is a kind of thing"),
    "owner where no customer comes": ("[customer]", "[crm.read]", "x-owner is for operations that customers' tokens are let into"),
    "kept and no switch": ("summary: Make", "summary: Make\n      x-cache: { for_s: 1 }", "x-cache is true or false"),
    "a cost no bucket holds": ("summary: Make", "summary: Make\n      x-cost: 21", "x-cost is at most 20"),
    "a limit there is not": ("summary: Make", "summary: Make\n      x-limit: strict", "x-limit is auth"),
    "an effect kept": ("summary: Make", "summary: Make\n      x-cache: true", "an operation with x-cache is a GET"),
    "key header declared": ("schema: { type: string, format: uuid } }", "schema: { type: string } }\n        - { name: Idempotency-Key, in: header, schema: { type: string } }",
                            "is not declared here"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_with_their_place(world, name):
    before, after, message = MISTAKES[name]
    assert before in BASE
    world.contract("shop", BASE.replace(before, after, 1))
    done = world.run("--strict")
    assert done.returncode == 1
    assert message in done.stderr, done.stderr
    assert re.search(r"shop\.yaml:\d+: ", done.stderr), done.stderr
    assert "Traceback" not in done.stderr


KEPT = """
openapi: 3.1.0
info: { title: catalog, version: v1 }
paths:
  /v1/wares/{id}:
    get:
      operationId: get_ware
      security: []
      x-cache: true
      parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
      responses: { '200': { description: The ware., content: { application/json: { schema: { type: object } } } } }
    put:
      operationId: put_ware
      security: []
      parameters: [{ name: id, in: path, required: true, schema: { type: string, format: uuid } }]
      responses: { '200': { description: Put. } }
"""
PUT_WARE = "catalog/sql/put_ware.sql", "-- tells: changes\nUPDATE ware SET a = 1 RETURNING id AS changed"


@pytest.mark.parametrize("before, after, message", [
    ("security: []", "security: [{ token: [crm.read] }]", "an operation with x-cache is public"),
    ("security: []", "security: [{ token: [customer] }]\n      x-owner: { path:id: ware }", "an operation with x-cache is public"),
    ("parameters: [", "parameters: [{ name: X-Shop, in: header, schema: { type: string } }, ", "asked by path and query alone"),
])
def test_what_is_not_to_be_kept(world, before, after, message):
    world.file(*PUT_WARE)
    world.contract("catalog", KEPT.replace(before, after, 1))
    assert message in world.run().stderr


def test_what_is_kept_must_be_told_of(world):
    world.contract("catalog", KEPT)
    world.file(PUT_WARE[0], PUT_WARE[1].replace("-- tells: changes\n", ""))
    assert "x-cache, and no statement tells of changes" in world.run().stderr
    world.file(PUT_WARE[0], PUT_WARE[1].replace(" AS changed", ""))
    assert "no column `AS changed`" in world.run().stderr


def test_what_is_kept_is_said_in_the_routes_and_in_the_document(world):
    world.file(*PUT_WARE)
    world.contract("catalog", KEPT)
    world.contract("gateway", BASE.replace("make_thing", "gateway_thing").replace("/v1/things", "/v1/gates"))
    done = world.run("--strict")
    assert done.returncode == 0, done.stderr
    assert ".tells_changes = true" in world.read("catalog/sql.c")
    routes = world.read("gateway/upstreams.c")
    assert routes.index('"get_ware"') < routes.index("ROUTE_KEPT") < routes.index('"put_ware"') < routes.index("ROUTE_CHANGES_KEPT")
    assert 'upstream_kept[] = { "catalog", NULL }' in routes
    item = json.loads(world.read("openapi.json"))["paths"]["/v1/wares/{id}"]
    assert {"ETag", "Cache-Control", "Cache-Status"} <= set(item["get"]["responses"]["304"]["headers"]) & set(item["get"]["responses"]["200"]["headers"])
    assert "If-None-Match" in [each["name"] for each in item["get"]["parameters"]]
    assert "304" not in item["put"]["responses"] and "ETag" not in item["put"]["responses"]["200"]["headers"]


def test_a_mistake_leaves_out_only_its_service(world):
    world.contract("stall", BASE.replace("make_thing", "make_stall").replace("/v1/things", "/v1/stalls").replace("[customer]", "[nobody]"))
    done = world.run()
    assert done.returncode == 0 and "stall.yaml" in done.stderr
    assert "shop/api.c" in world.files() and "stall/api.c" not in world.files()
    assert "GEN_SERVICES := shop\nGEN_BROKEN := stall\n" == world.read("gen.mk")


def test_one_operation_id_once(world):
    world.contract("stall", BASE.replace("/v1/things", "/v1/stalls"))
    assert "operationId make_thing is already POST /v1/things/{id}" in world.run().stderr


def test_sql_mistakes_are_told(world):
    world.file("shop/sql/one.sql", "SELECT 1; SELECT 2")
    done = world.run("--strict")
    assert done.returncode == 1 and "one.sql: one statement a file" in done.stderr


def test_two_migrations_of_one_number(world):
    world.file("shop/migrations/0001_a.sql", "SELECT 1")
    world.file("shop/migrations/0001_b.sql", "SELECT 1")
    assert "two migrations have the number 0001" in world.run().stderr


def test_statement_named_like_a_common_one(world):
    common = next(f for d, _, files in os.walk(os.path.join(ROOT, "libcommon")) if d.endswith("/sql") for f in sorted(files))
    world.file(f"shop/sql/{common}", "SELECT 1")
    assert f"statement {common[:-4]} is also" in world.run().stderr


def test_only_what_changed_is_written(world):
    world.run("--strict")
    times = {name: os.stat(world.path / "out" / name).st_mtime_ns for name in world.files()}
    time.sleep(0.01)
    world.contract("shop", BASE.replace("maxLength: 10", "maxLength: 11"))
    world.run("--strict")
    changed = {name for name in times if os.stat(world.path / "out" / name).st_mtime_ns != times[name]}
    assert changed == {"gen.mk", "shop/bodies.c"}


def test_what_is_gone_is_removed(world):
    world.run()
    assert "shop/api.c" in world.files()
    (world.path / "proto" / "shop.yaml").unlink()
    world.contract("stall", BASE)
    world.run()
    assert "shop/api.c" not in world.files() and "stall/api.c" in world.files()


def test_same_input_same_output(world):
    world.run()
    first = {name: world.read(name) for name in world.files()}
    for name in list(first):
        (world.path / "out" / name).unlink()
    world.run()
    assert {name: world.read(name) for name in world.files()} == first


# ---- The published document

PUBLISHED = BASE.replace("    post:\n      operationId: make_thing", "    post:\n      x-idempotency: required\n      operationId: make_thing").replace(
    "components:", """  /internal/things:
    get:
      operationId: inner
      summary: Inner
      security: [{ token: [service] }]
      responses: { '200': { description: Fine. } }
components:""")


@pytest.fixture
def document(world):
    world.contract("orders", PUBLISHED)
    world.contract("shop", BASE.replace("make_thing", "shop_thing").replace("/v1/things", "/v1/shops"))
    done = world.run("--strict")
    assert done.returncode == 0, done.stderr
    return json.loads(world.read("openapi.json"))


def test_only_public_operations_of_real_services(document):
    assert list(document["paths"]) == ["/v1/things/{id}"]
    assert not [key for key in json.dumps(document).split('"') if key.startswith("x-")]


def test_operations_gain_what_all_have(document):
    operation = document["paths"]["/v1/things/{id}"]["post"]
    assert operation["tags"] == ["orders"] and operation["security"] == [{"token": ["customer"]}]
    key = [p for p in operation["parameters"] if p["name"] == "Idempotency-Key"]
    assert key and key[0]["required"] is True
    assert set(operation["responses"]) >= {"201", "400", "401", "403", "404", "413", "415", "422", "429", "503"}
    codes = set(operation["responses"]["400"]["content"]["application/problem+json"]["examples"])
    assert codes == {"malformed_json", "idempotency_key_missing", "bad_request"}


def test_inputs_are_published_closed(document):
    assert document["components"]["schemas"]["Thing"]["additionalProperties"] is False


def test_document_is_openapi_with_sound_references(document):
    assert document["openapi"].startswith("3.1.") and document["info"]["title"] and document["info"]["version"]
    for place in re.findall(r'"\$ref": "#/([^"]*)"', json.dumps(document)):
        target = document
        for part in place.split("/"):
            target = target[part]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_page_has_every_operation_and_loads_nothing(world, document):
    page = world.read("docs.html")
    for item in document["paths"].values():
        for operation in item.values():
            assert f'id="op-{operation["operationId"]}"' in page
    assert not re.search(r"""(?:src|srcset|action)\s*=|url\(|@import|href="(?!#|/|data:,)""", page)
    assert "Content-Security-Policy" in page and "default-src 'none'" in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)


def test_page_escapes_what_the_contract_says():
    assert docs_page.markdown("a <b> `c<d>` & **e**") == "<p>a &lt;b&gt; <code>c&lt;d&gt;</code> &amp; <strong>e</strong></p>"
    assert docs_page.markdown("- one\n- two") == "<ul><li>one</li><li>two</li></ul>"
    assert docs_page.markdown("- `one`\n  and more\n- two") == "<ul><li><code>one</code> and more</li><li>two</li></ul>"


def test_curl_line(document):
    line = samples.curl(document, "/v1/things/{id}", "post", document["paths"]["/v1/things/{id}"]["post"])
    assert line.startswith('curl -X POST "$CUOTAS/v1/things/019aa8a2-')
    assert "Idempotency-Key: $(uuidgen)" in line and "Bearer $TOKEN" in line and """-d '{"name": "text"}'""" in line


def test_the_projects_own_contracts_are_sound(tmp_path):
    report = yaml_file.Report()
    contracts.load(os.path.join(ROOT, "proto"), report)
    assert report.messages == []
