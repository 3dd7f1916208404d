"""One operation of a contract: what it is, and the checks of everything outside its schemas."""
import re
from dataclasses import dataclass, field

from access import load_owner
from yaml_file import Map, Mistake, NAME, known

OPERATION_KEYS = {"operationId", "summary", "description", "tags", "security", "parameters", "requestBody", "responses", "deprecated",
                  "x-idempotency", "x-streaming", "x-body-max", "x-timeout-ms", "x-cost", "x-limit", "x-problems", "x-owner", "x-cache", "x-version"}
PARAMETER_KEYS = {"name", "in", "description", "required", "schema", "deprecated", "example", "examples"}
BODY_KEYS = {"description", "required", "content"}
MEDIA_KEYS = {"schema", "example", "examples"}
RESPONSE_KEYS = {"description", "headers", "content"}
PATH_ARGS_MAX = 4
JSON = "application/json"


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
    owner: dict = None                                 # of those open to customers: input -> kind of thing
    idempotency: str = "none"
    streaming: bool = False
    cache: bool = False                                # its answers may be kept by the gateway
    version: str = None                                # shown: answers name theirs (ETag); pinned: it must also be sent (If-Match)
    body_max: int = None
    timeout_ms: int = None
    cost: int = None                                   # requests it counts for at the rate limit; None: one
    limit: str = None                                  # auth: the stricter limit of what tries passwords, by address
    media: dict = field(default_factory=dict)          # media types of the body
    body_required: bool = False
    problems: list = field(default_factory=list)

    @property
    def internal(self):
        return self.path.startswith("/internal/")

    @property
    def json_body(self):
        return list(self.media) == [JSON] and not self.streaming


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
    load_owner(contracts, operation)
    load_cache(operation)
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
    operation.version = spec.get("x-version")
    if operation.version not in (None, "shown", "pinned"):
        raise Mistake(spec, "x-version is shown or pinned")
    if operation.version == "pinned" and operation.method == "get":
        raise Mistake(spec, "x-version: pinned is for what changes something")
    for key, attribute in (("x-body-max", "body_max"), ("x-timeout-ms", "timeout_ms"), ("x-cost", "cost")):
        value = spec.get(key)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise Mistake(spec, f"{key} is a positive integer")
        setattr(operation, attribute, value)
    if operation.cost and operation.cost > 20:
        raise Mistake(spec, "x-cost is at most 20: a bucket must hold it")
    operation.limit = spec.get("x-limit")
    if operation.limit not in (None, "auth"):
        raise Mistake(spec, "x-limit is auth, or left out")
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
        if spec["name"].lower() in ("idempotency-key", "authorization", "content-type", "accept", "if-match"):
            raise Mistake(spec, f"header {spec['name']} is not declared here: x-idempotency, x-version, security and the body's content say it")
        if spec["in"] == "path" and spec.get("required") is not True:
            raise Mistake(spec, f"path parameter {spec['name']} must have required: true")
        own[(spec["in"], spec["name"])] = Parameter(spec["name"], spec["in"], spec.get("required", False), spec["schema"], document, spec)
    if operation.version == "pinned":
        common = contracts.documents["common"]
        spec = common.root["components"]["parameters"]["IfMatch"]
        own[("header", spec["name"])] = Parameter(spec["name"], "header", True, spec["schema"], common, spec)
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


def load_cache(operation):
    """Kept answers are handed to whoever asks the same path and query: they must depend on nothing else, and asking must change nothing."""
    spec = operation.spec
    operation.cache = spec.get("x-cache", False)
    if not isinstance(operation.cache, bool):
        raise Mistake(spec, "x-cache is true or false")
    if not operation.cache:
        return
    for wrong, why in ((operation.method != "get", "a GET: the others have effects"), (operation.scopes, "public: `security: []`"),
                       (operation.owner is not None, "nobody's in particular: no x-owner"), (operation.internal, "published"),
                       (any(p.place == "header" for p in operation.parameters), "asked by path and query alone: no header parameters")):
        if wrong:
            raise Mistake(spec, f"an operation with x-cache is {why}")


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
