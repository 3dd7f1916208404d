"""Contracts: reads proto/*.yaml, resolves $ref, and checks everything outside schemas against the dialect of proto/README.md.

A mistake is reported with file and line and leaves only its own service out; the others are still generated."""
import os
import re
from dataclasses import dataclass, field

import yaml

METHODS = ("get", "head", "post", "put", "patch", "delete")
SERVICES = ("catalog", "orders", "billing", "crm", "notifications", "collections", "gateway")   # those published, in this order
PATH_ARGS_MAX = 4
JSON = "application/json"
NAME = re.compile(r"[a-z][a-z0-9_]*")
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

ROOT_KEYS = {"openapi", "info", "tags", "paths", "components", "x-peers", "x-consumes", "x-jobs", "x-problems", "x-constraints"}
COMMON_KEYS = {"openapi", "info", "tags", "paths", "components", "x-problems", "x-scopes", "x-constraints"}
PATH_KEYS = set(METHODS) | {"parameters", "summary", "description"}
OPERATION_KEYS = {"operationId", "summary", "description", "tags", "security", "parameters", "requestBody", "responses", "deprecated",
                  "x-idempotency", "x-streaming", "x-body-max", "x-timeout-ms", "x-problems"}
PARAMETER_KEYS = {"name", "in", "description", "required", "schema", "deprecated", "example", "examples"}
BODY_KEYS = {"description", "required", "content"}
MEDIA_KEYS = {"schema", "example", "examples"}
RESPONSE_KEYS = {"description", "headers", "content"}
COMPONENT_KEYS = {"schemas", "parameters", "responses", "headers", "examples", "securitySchemes", "requestBodies"}
JOB_KEYS = {"attempts", "timeout_s"}
PROBLEM_KEYS = {"status", "title"}


class Map(dict):
    """A YAML mapping that knows where it stands."""
    line = 0
    file = "?"


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """YAML as JSON has it: only true and false are booleans, dates are text, a key may stand once."""
    file = "?"
    yaml_implicit_resolvers = {}


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:null|~|)$"), ["n", "~", ""])
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^-?[0-9]+\.[0-9]+$"), list("-0123456789"))


def construct_map(loader, node):
    result = Map()
    result.line = node.start_mark.line + 1
    result.file = loader.file
    yield result
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in result:
            raise yaml.constructor.ConstructorError(None, None, f"key '{key}' stands twice", key_node.start_mark)
        result[key] = loader.construct_object(value_node, deep=True)


Loader.add_constructor("tag:yaml.org,2002:map", construct_map)


class Report:
    """Mistakes found, by service ('common' breaks everything)."""
    def __init__(self):
        self.messages = []
        self.broken = set()

    def error(self, service, where, message):
        place = f"{where.file}:{where.line}" if isinstance(where, Map) else str(where)
        text = f"{place}: {message}"
        if text not in self.messages:
            self.messages.append(text)
        self.broken.add(service)


@dataclass
class Parameter:
    name: str
    place: str                # path, query, header
    required: bool
    schema: dict
    document: "Document"
    spec: dict


@dataclass
class Operation:
    service: str
    id: str
    method: str
    path: str
    spec: Map
    document: "Document"
    parameters: list = field(default_factory=list)
    path_args: list = field(default_factory=list)      # names, in the template's order
    scopes: list = None                                # None: public
    idempotency: str = "none"
    streaming: bool = False
    body_max: int = None
    timeout_ms: int = None
    media: dict = field(default_factory=dict)          # media types of the body
    body_required: bool = False
    problems: list = field(default_factory=list)

    @property
    def internal(self):
        return self.path.startswith("/internal/")

    @property
    def json_body(self):
        return list(self.media) == [JSON] and not self.streaming


class Document:
    """One contract file."""
    def __init__(self, name, file, root):
        self.name, self.file, self.root = name, file, root
        self.operations = []

    def extension(self, key):
        return self.root.get("x-" + key) or Map()


class Contracts:
    def __init__(self, report):
        self.report = report
        self.documents = {}      # stem -> Document, common included
        self.problems = {}       # code -> (status, title, service)
        self.constraints = {}    # constraint name -> code
        self.scopes = {}

    @property
    def services(self):
        """Those whose contract is sound, in the published order, then the rest by name."""
        names = [n for n in self.documents if n != "common" and n not in self.report.broken]
        return sorted(names, key=lambda n: (SERVICES.index(n) if n in SERVICES else len(SERVICES), n))

    def operations(self, published=False):
        for name in self.services:
            if published and name not in SERVICES:
                continue
            for operation in self.documents[name].operations:
                if not (published and operation.internal):
                    yield operation

    def resolve(self, node, document):
        """Follows $ref. Returns the node with the reference's siblings laid over it, its document, and the name it has
        under components (None when it stands inline)."""
        name = None
        for _ in range(16):
            if not isinstance(node, Map) or "$ref" not in node:
                return node, document, name
            target, other = self.find(node, document)
            name = node["$ref"].rsplit("/", 1)[1]
            siblings = {k: v for k, v in node.items() if k != "$ref"}
            if siblings:
                merged = Map(target)
                merged.update(siblings)
                merged.line, merged.file = node.line, node.file
                target = merged
            node, document = target, other
        raise Mistake(node, f"$ref {node['$ref']} goes in circles")

    def find(self, node, document):
        reference = node["$ref"]
        file, mark, pointer = reference.partition("#/") if isinstance(reference, str) else ("", "", "")
        if not mark or not pointer.startswith("components/"):
            raise Mistake(node, f"$ref '{reference}' is not of the form '#/components/...' or 'common.yaml#/components/...'")
        if file and file != "common.yaml":
            raise Mistake(node, f"$ref '{reference}': only this file and common.yaml can be referred to")
        other = self.documents["common"] if file else document
        target = other.root
        for part in pointer.split("/"):
            target = target.get(part) if isinstance(target, dict) else None
        if not isinstance(target, Map):
            raise Mistake(node, f"$ref '{reference}' points at nothing")
        return target, other


class Mistake(Exception):
    """A mistake that stops the checking of what contains it."""
    def __init__(self, where, message):
        super().__init__(message)
        self.where, self.message = where, message


def load(directory, report, common=None):
    contracts = Contracts(report)
    files = sorted(os.path.join(directory, f) for f in os.listdir(directory) if f.endswith((".yaml", ".yml")))
    common = common or os.path.join(directory, "common.yaml")
    files = [common] + [f for f in files if os.path.abspath(f) != os.path.abspath(common)]
    for file in files:
        load_document(contracts, file)
    if "common" not in contracts.documents:
        return contracts
    for document in contracts.documents.values():
        load_tables(contracts, document)
    seen_ids, seen_paths = {}, {}
    for document in list(contracts.documents.values()):
        if document.name != "common":
            load_operations(contracts, document, seen_ids, seen_paths)
    return contracts


def load_yaml(file, name, report):
    """The root mapping of a file, or None with the mistake reported."""
    shown = os.path.relpath(file)
    try:
        with open(file, encoding="utf-8") as stream:
            loader = Loader(stream)
            loader.file = shown
            try:
                root = loader.get_single_data()
            finally:
                loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        report.error(name, f"{shown}:{mark.line + 1 if mark else 1}", getattr(error, "problem", None) or str(error))
        return None
    except OSError as error:
        report.error(name, shown, error.strerror)
        return None
    if not isinstance(root, Map):
        report.error(name, f"{shown}:1", "is empty: a mapping is expected")
        return None
    return root


def load_document(contracts, file):
    name = os.path.splitext(os.path.basename(file))[0]
    shown = os.path.relpath(file)
    root = load_yaml(file, name, contracts.report)
    if root is None:
        return
    contracts.documents[name] = Document(name, shown, root)
    known(contracts.report, name, root, COMMON_KEYS if name == "common" else ROOT_KEYS, "a contract")
    if not re.fullmatch(r"3\.1\.\d+", str(root.get("openapi"))):
        contracts.report.error(name, root, "openapi must be 3.1.0")
    components = root.get("components") or Map()
    known(contracts.report, name, components, COMPONENT_KEYS, "components")
    if not NAME.fullmatch(name):
        contracts.report.error(name, shown, "a contract is named after its service: lower-case letters, digits and _")


def known(report, service, node, keys, what):
    for key in node:
        if key not in keys:
            report.error(service, node, f"unknown key '{key}' in {what}; known are {', '.join(sorted(keys))}")


def load_tables(contracts, document):
    """x-problems, x-constraints, x-scopes, x-peers, x-consumes, x-jobs."""
    report, name, root = contracts.report, document.name, document.root
    for code, problem in document.extension("problems").items():
        if not NAME.fullmatch(str(code)) or not isinstance(problem, Map):
            report.error(name, document.extension("problems"), f"problem '{code}' must be snake_case with {{ status, title }}")
            continue
        known(report, name, problem, PROBLEM_KEYS, f"problem {code}")
        status, title = problem.get("status"), problem.get("title")
        if not isinstance(status, int) or not 400 <= status <= 599 or not isinstance(title, str):
            report.error(name, problem, f"problem {code} needs a status from 400 to 599 and a title")
            continue
        before = contracts.problems.setdefault(code, (status, title, name))
        if before[:2] != (status, title):
            report.error(name, problem, f"problem {code} has another status or title in {before[2]}.yaml")
    for constraint, code in document.extension("constraints").items():
        if contracts.constraints.setdefault(constraint, (code, name))[0] != code:
            report.error(name, document.extension("constraints"), f"constraint {constraint} is another problem in {contracts.constraints[constraint][1]}.yaml")
    if name == "common":
        contracts.scopes = dict(document.extension("scopes"))
    peers = root.get("x-peers") or []
    if not isinstance(peers, list) or not all(isinstance(p, str) and NAME.fullmatch(p) for p in peers) or name in peers:
        report.error(name, root, "x-peers is a list of other services' names")
    for producer, rules in document.extension("consumes").items():
        if not isinstance(rules, Map):
            report.error(name, document.extension("consumes"), f"x-consumes of {producer} must be {{ event.type: sql_file }}")
            continue
        if producer not in peers:
            report.error(name, rules, f"x-consumes names {producer}, which is missing in x-peers")
        for event, statement in rules.items():
            if not EVENT.fullmatch(str(event)) or not NAME.fullmatch(str(statement)):
                report.error(name, rules, f"x-consumes: '{event}: {statement}' must be event.type: sql_file")
    for kind, job in document.extension("jobs").items():
        if not NAME.fullmatch(str(kind)) or not isinstance(job, Map):
            report.error(name, document.extension("jobs"), f"job '{kind}' must be snake_case with {{ attempts, timeout_s }}")
            continue
        known(report, name, job, JOB_KEYS, f"job {kind}")
        for key in sorted(JOB_KEYS):
            if not isinstance(job.get(key), int) or not 1 <= job[key] <= 100000:
                report.error(name, job, f"job {kind} needs {key}, an integer from 1")


def load_operations(contracts, document, seen_ids, seen_paths):
    report, name = contracts.report, document.name
    for constraint, code in document.extension("constraints").items():
        if code not in contracts.problems:
            report.error(name, document.extension("constraints"), f"constraint {constraint} names problem {code}, which no x-problems defines")
    paths = document.root.get("paths")
    if not isinstance(paths, Map):
        report.error(name, document.root, "paths is missing (write {} for none)")
        return
    for path, item in paths.items():
        if not isinstance(item, Map):
            report.error(name, paths, f"{path} is empty")
            continue
        known(report, name, item, PATH_KEYS, f"path {path}")
        for method in METHODS:
            if not isinstance(item.get(method), Map):
                continue
            try:
                operation = load_operation(contracts, document, path, method, item)
            except Mistake as mistake:
                report.error(name, mistake.where, f"{method.upper()} {path}: {mistake.message}")
                continue
            document.operations.append(operation)
            unique(report, name, operation, seen_ids, seen_paths)


def unique(report, name, operation, seen_ids, seen_paths):
    other = seen_ids.setdefault(operation.id, operation)
    if other is not operation:
        report.error(name, operation.spec, f"operationId {operation.id} is already {other.method.upper()} {other.path} in {other.document.file}")
    if operation.internal:
        return
    shape = (operation.method, re.sub(r"\{[^}]*\}", "{}", operation.path))
    other = seen_paths.setdefault(shape, operation) if name in SERVICES else operation
    if other is not operation:
        report.error(name, operation.spec, f"{operation.method.upper()} {operation.path} is already in {other.document.file}")


def load_operation(contracts, document, path, method, item):
    spec, report, name = item[method], contracts.report, document.name
    known(report, name, spec, OPERATION_KEYS, f"{method.upper()} {path}")
    operation_id = spec.get("operationId")
    if not isinstance(operation_id, str) or not NAME.fullmatch(operation_id):
        raise Mistake(spec, "operationId must be snake_case")
    operation = Operation(name, operation_id, method, path, spec, document)
    load_path(operation)
    load_security(contracts, operation)
    load_behaviour(contracts, operation)
    load_parameters(contracts, operation, item)
    load_body(contracts, operation)
    load_responses(contracts, operation)
    return operation


def load_path(operation):
    segment = r"/(?:[A-Za-z0-9._~-]+|\{[a-z][a-z0-9_]*\})"
    if operation.path != "/" and not re.fullmatch(f"(?:{segment})+", operation.path):
        raise Mistake(operation.spec, "a path is made of /plain and /{name} segments")
    operation.path_args = re.findall(r"\{([^}]*)\}", operation.path)
    if len(operation.path_args) > PATH_ARGS_MAX or len(set(operation.path_args)) != len(operation.path_args):
        raise Mistake(operation.spec, f"a path has at most {PATH_ARGS_MAX} different {{names}}")


def load_security(contracts, operation):
    spec = operation.spec
    if "security" not in spec:
        raise Mistake(spec, "security is missing: [] for public, else a list of `- token: [scope]`, any of which lets in")
    scopes = []
    for requirement in spec["security"] or []:
        if not isinstance(requirement, Map) or list(requirement) != ["token"] or not isinstance(requirement["token"], list) or \
                len(requirement["token"]) != 1:
            raise Mistake(spec, "security is a list of `- token: [one_scope]`")
        scope = requirement["token"][0]
        if scope not in contracts.scopes:
            raise Mistake(requirement, f"unknown scope '{scope}'; x-scopes of common.yaml has {', '.join(contracts.scopes)}")
        scopes.append(scope)
    if operation.internal and scopes != ["service"]:
        raise Mistake(spec, "an /internal path is for scope service, and only for it")
    if not operation.internal and "service" in scopes:
        raise Mistake(spec, "scope service is for /internal paths only")
    operation.scopes = scopes or None


def load_behaviour(contracts, operation):
    spec = operation.spec
    default = "optional" if operation.method == "post" else "none"
    operation.idempotency = spec.get("x-idempotency", default)
    if operation.idempotency not in ("none", "optional", "required"):
        raise Mistake(spec, "x-idempotency is required, optional or none")
    if operation.idempotency != "none" and operation.method != "post":
        raise Mistake(spec, "x-idempotency is for POST: the other methods repeat safely by themselves")
    operation.streaming = spec.get("x-streaming", False)
    if not isinstance(operation.streaming, bool):
        raise Mistake(spec, "x-streaming is true or false")
    if operation.streaming and operation.idempotency != "none":
        raise Mistake(spec, "x-streaming needs x-idempotency: none (a streamed body cannot be hashed before the handler runs)")
    for key, attribute in (("x-body-max", "body_max"), ("x-timeout-ms", "timeout_ms")):
        value = spec.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise Mistake(spec, f"{key} is a positive integer")
        setattr(operation, attribute, value)
    for code in spec.get("x-problems") or []:
        if code not in contracts.problems:
            raise Mistake(spec, f"x-problems names {code}, which no contract's root x-problems defines")
        operation.problems.append(code)


def load_parameters(contracts, operation, item):
    own = {}
    for node in (item.get("parameters") or []) + (operation.spec.get("parameters") or []):
        spec, document, _ = contracts.resolve(node, operation.document)
        if not isinstance(spec, Map) or "name" not in spec or spec.get("in") not in ("path", "query", "header"):
            raise Mistake(operation.spec, "a parameter needs name, in (path, query or header) and schema")
        known(contracts.report, operation.service, spec, PARAMETER_KEYS, f"parameter {spec['name']}")
        if not isinstance(spec.get("schema"), Map):
            raise Mistake(spec, f"parameter {spec['name']} has no schema")
        if spec["name"].lower() in ("idempotency-key", "authorization", "content-type", "accept"):
            raise Mistake(spec, f"header {spec['name']} is not declared here: x-idempotency, security and the body's content say it")
        if spec["in"] == "path" and spec.get("required") is not True:
            raise Mistake(spec, f"path parameter {spec['name']} must have required: true")
        own[(spec["in"], spec["name"])] = Parameter(spec["name"], spec["in"], spec.get("required", False), spec["schema"], document, spec)
    operation.parameters = list(own.values())
    declared = {p.name for p in operation.parameters if p.place == "path"}
    for name in sorted(set(operation.path_args) ^ declared):
        raise Mistake(operation.spec, f"path parameter {name} is " + ("not in the path" if name in declared else "not declared under parameters"))


def load_body(contracts, operation):
    if "requestBody" not in operation.spec:
        if operation.streaming:
            raise Mistake(operation.spec, "x-streaming without a requestBody")
        return
    body, _, _ = contracts.resolve(operation.spec["requestBody"], operation.document)
    known(contracts.report, operation.service, body, BODY_KEYS, "requestBody")
    if operation.method in ("get", "head"):
        raise Mistake(operation.spec, "a GET has no requestBody")
    content = body.get("content")
    if not isinstance(content, Map) or not content:
        raise Mistake(body, "requestBody has no content")
    for media, node in content.items():
        known(contracts.report, operation.service, node or Map(), MEDIA_KEYS, f"content {media}")
    operation.media = content
    operation.body_required = bool(body.get("required", False))
    if operation.json_body and not isinstance((content[JSON] or Map()).get("schema"), Map):
        raise Mistake(content, "the JSON body has no schema")


def load_responses(contracts, operation):
    responses = operation.spec.get("responses")
    if not isinstance(responses, Map) or not responses:
        raise Mistake(operation.spec, "responses is missing")
    good = 0
    for status, node in responses.items():
        if not re.fullmatch(r"[1-5]\d\d", str(status)):
            raise Mistake(responses, f"response '{status}' must be a status such as '200'")
        response, _, _ = contracts.resolve(node, operation.document)
        known(contracts.report, operation.service, response or Map(), RESPONSE_KEYS, f"response {status}")
        if not isinstance(response, Map) or "description" not in response:
            raise Mistake(responses, f"response {status} has no description")
        good += str(status) < "400"
    if not good:
        raise Mistake(responses, "no response below 400: what does success look like?")
