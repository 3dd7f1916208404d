"""The published document: all public operations of all services in one OpenAPI 3.1 file, without internal paths and extensions,
with the answers every operation can give, the headers of answers and an example of every body added. What is declared can
happen, and what can happen is declared: tests/contract holds the traffic of all tests against it, both ways.

internal.json is the same for what the services ask each other; only the tests read it."""
import copy

import samples
from contracts import SERVICES

ORDER = ("tags", "operationId", "summary", "description", "security", "parameters", "requestBody", "responses")
PROBLEM = "application/problem+json"
# Any request can be slow, carry a body where there is none, or be against the contract.
ALWAYS = ("bad_request", "request_timeout", "body_too_large", "uri_too_long", "validation_failed", "card_number_refused", "rate_limited", "head_too_large",
          "overloaded", "unavailable")
INTERNAL_ALWAYS = tuple(code for code in ALWAYS if code != "rate_limited")
# Said of the HTTP itself before any operation is looked at, and of defects: one `default` answer for all.
OTHERWISE = ("expectation_failed", "internal", "not_implemented", "bad_gateway", "http_version")
# Answers that can come before the request was counted against its limit, and so without the limit's state.
BEFORE_COUNTING = ("400", "408", "414", "429", "431", "503")   # 429: connections of one address are counted too
# Refusals that are kept under an Idempotency-Key, as the success is.
REPLAYED = ("404", "409", "410", "412", "422", "428")
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
# Of answers that may be kept (x-cache): the gateway's, as the limit's state is; of very long ones there are none.
KEPT_HEADERS = ("ETag", "Cache-Control", "Cache-Status")
EVERYWHERE = ("X-Request-Id", *LIMIT_HEADERS)   # described once, under the conventions
MEANING = {400: "Not understood", 401: "No valid token", 403: "Not allowed", 404: "Not there", 408: "Too slow", 409: "Conflict",
           412: "Changed meanwhile", 413: "Body too large", 414: "Target too long", 415: "Wrong media type", 422: "Against the contract",
           428: "If-Match needed", 429: "Too many requests", 431: "Head too large", 502: "Bad answer from behind", 503: "Not now",
           504: "No answer from behind"}


def merged(contracts, internal=False):
    common = contracts.documents["common"].root
    document = {"openapi": common.get("openapi"), "info": plain(common.get("info") or {}), "servers": [{"url": "/"}],
                "tags": [], "paths": {}, "components": {}}
    names = ComponentNames(contracts)
    for name in contracts.services:
        if name not in SERVICES or not any(o.internal == internal for o in contracts.documents[name].operations):
            continue
        info = contracts.documents[name].root.get("info") or {}
        document["tags"].append({"name": name, "description": str(info.get("description") or info.get("title") or name).strip()})
    for operation in contracts.operations(published=not internal):
        if operation.internal != internal or operation.service not in SERVICES:
            continue
        item = document["paths"].setdefault(operation.path, {})
        item[operation.method] = published(contracts, operation, names)
    document["components"] = names.components()
    document["components"].setdefault("securitySchemes", {}).update(plain(common["components"].get("securitySchemes") or {}))
    close_inputs(document)
    add_examples(document)
    return document


def problem_codes(operation):
    """Every problem an operation can answer, its own first."""
    codes = list(operation.problems)
    if operation.path_args:
        codes.append("not_found")
    if operation.scopes:
        codes += ["unauthenticated", "forbidden"] if operation.internal else ["unauthenticated", "invalid_token", "forbidden"]
    if operation.json_body:
        codes += ["malformed_json"]
    if operation.media:
        codes.append("unsupported_media_type")
    if operation.idempotency != "none":
        codes.append("idempotency_key_reused")
    if operation.idempotency == "required":
        codes.append("idempotency_key_missing")
    if operation.version == "pinned":
        codes += ["precondition_required", "precondition_failed"]
    if operation.service != "gateway" and not operation.internal:
        codes.append("gateway_timeout")
    return list(dict.fromkeys(codes + list(INTERNAL_ALWAYS if operation.internal else ALWAYS)))


def published(contracts, operation, names):
    spec = names.rewrite(operation.spec, operation.document)
    spec["tags"] = [operation.service]
    parameters = [names.rewrite(p.spec, p.document) for p in operation.parameters]
    if operation.idempotency != "none":
        key = dict(names.rewrite(contracts.documents["common"].root["components"]["parameters"]["IdempotencyKey"],
                                 contracts.documents["common"]))
        key["required"] = operation.idempotency == "required"
        parameters.append(key)
    if operation.cache:
        parameters.append(names.rewrite(contracts.documents["common"].root["components"]["parameters"]["IfNoneMatch"], contracts.documents["common"]))
    spec.pop("parameters", None)
    if parameters:
        spec["parameters"] = parameters
    spec["security"] = [{"token": [scope]} for scope in operation.scopes or []]
    own = {str(status): contracts.resolve(answer, operation.document) for status, answer in operation.spec["responses"].items()}
    own = {status: names.rewrite(answer, document) for status, (answer, document, _) in own.items()}
    spec["responses"] = responses(contracts, operation, own, names)
    return {key: spec[key] for key in (*ORDER, *sorted(set(spec) - set(ORDER))) if key in spec}


# Formats that JSON Schema does not know, or that the decoders read more strictly (libcommon/wire/format.c).
PATTERNS = {"language": "^[a-z]{2,3}(-([A-Z]{2}|[0-9]{3}))?$", "phone": r"^\+[1-9][0-9]{6,14}$", "currency": "^[A-Z]{3}$", "uri": "^[Hh][Tt][Tt][Pp][Ss]?://",
            "decimal": r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?$"}


def close_inputs(document):
    """Says of everything that comes in what the decoders do: members it does not name are refused, and what a format is."""
    seen = set()

    def close(schema):
        while "$ref" in schema:
            section, name = schema["$ref"].split("/")[2:]
            if (section, name) in seen:
                return
            seen.add((section, name))
            schema = document["components"][section][name]
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        if schema.get("format") in PATTERNS:
            schema.setdefault("pattern", PATTERNS[schema["format"]])
        for inner in [*(schema.get("properties") or {}).values(), schema.get("items"), *(schema.get("oneOf") or []), *(schema.get("anyOf") or [])]:
            if isinstance(inner, dict):
                close(inner)

    for item in document["paths"].values():
        for operation in item.values():
            for media in (operation.get("requestBody") or {}).get("content", {}).values():
                close(media.get("schema") or {})


def responses(contracts, operation, own, names):
    """The contract's own answers, and the problems by status. Where both say something of a status, the text is the contract's."""
    by_status = {}
    for code in problem_codes(operation):
        if code in contracts.problems:
            by_status.setdefault(str(contracts.problems[code][0]), []).append(code)
    result = dict(own)
    if operation.cache:
        result["304"] = {"description": "What `If-None-Match` names is still what there is."}
    schema = names.reference("schemas", "Problem", contracts.documents["common"])
    for status, codes in by_status.items():
        content = {PROBLEM: {"schema": {"$ref": schema}, "examples": {code: {"$ref": names.problem(code)} for code in codes}}}
        about = MEANING.get(int(status), "Problem") + ": " + ", ".join(f"`{c}`" for c in codes) + "."
        answer = result.setdefault(status, {"description": about})
        answer["content"] = {**content, **answer.get("content", {})} if int(status) < 400 else {**answer.get("content", {}), **content}
    result = dict(sorted(result.items()))
    codes = ", ".join(f"`{code}`" for code in OTHERWISE)
    result["default"] = {"description": f"Anything else: HTTP that is not spoken here, or a defect of ours: {codes}.", "content": {
        PROBLEM: {"schema": {"$ref": schema}, "examples": {code: {"$ref": names.problem(code)} for code in OTHERWISE if code in contracts.problems}}}}
    for status, answer in result.items():
        add_headers(contracts, operation, status, answer, names)
    return result


def add_headers(contracts, operation, status, answer, names):
    """What is sent with an answer beside its body; those said to be required are there every time."""
    common = contracts.documents["common"]
    known = (common.root.get("components") or {}).get("headers") or {}

    def add(name, required):
        if name in known:
            headers[name] = {"$ref": names.reference("headers", name if required else name + "-Optional", common)}

    headers = {}
    add("X-Request-Id", True)
    for name in LIMIT_HEADERS:
        if not operation.internal:
            add(name, status not in BEFORE_COUNTING and status != "default")
    if status in ("429", "503", "504"):
        add("Retry-After", True)
    if status == "401":
        add("WWW-Authenticate", True)
    if status == "201" and creates(contracts, operation):
        add("Location", True)
    if operation.version and status < "300":
        headers["ETag"] = {"description": "Names this version, for `If-Match`.", "required": True, "schema": {"type": "string", "pattern": '^"[0-9]+"$', "example": '"1"'}}
    if operation.cache and status in ("200", "304"):
        for name in KEPT_HEADERS:
            add(name, status == "304" and name != "Cache-Status")
    if operation.idempotency != "none" and (status < "300" or status in REPLAYED):
        add("Idempotent-Replayed", False)
    answer["headers"] = {**headers, **answer.get("headers", {})}


def creates(contracts, operation):
    """Whether what it makes can be read at its own path and /{id}: then a 201 says so in Location."""
    return operation.method == "post" and not operation.path_args and any(
        other.method == "get" and other.path == operation.path + "/{id}" for other in contracts.documents[operation.service].operations)


def add_examples(document):
    """One of every JSON body that has none: made of its schema's examples."""
    for item in document["paths"].values():
        for operation in item.values():
            for message in (operation.get("requestBody") or {}, *operation["responses"].values()):
                for media, node in (message.get("content") or {}).items():
                    if media == "application/json" and "schema" in node and not {"example", "examples"} & set(node):
                        node["example"] = samples.of_media(document, node)


class ComponentNames:
    """Components of all files in one name space: a name two files use differently gets its service's name in front."""
    def __init__(self, contracts):
        self.contracts = contracts
        self.used = {}             # (section, file, name) -> merged name
        self.owner = {}            # (section, merged name) -> file it came from
        self.sections = {}

    def reference(self, section, name, document):
        return f"#/components/{section}/{self.place(section, name, document)}"

    def place(self, section, name, document):
        key = (section, document.file, name)
        if key in self.used:
            return self.used[key]
        final = name
        if self.owner.setdefault((section, name), document.file) != document.file:
            final = document.name.capitalize() + name
            self.owner[(section, final)] = document.file
        self.used[key] = final
        slot = self.sections.setdefault(section, {})
        slot[final] = None                       # keeps the place while it refers to itself
        if section == "headers" and name not in document.root["components"][section]:
            slot[final] = {**self.rewrite(document.root["components"][section][name.removesuffix("-Optional")], document), "required": False}
        else:
            slot[final] = self.rewrite(document.root["components"][section][name], document)
        return final

    def problem(self, code):
        """A reference to the example of a problem document."""
        status, title, _ = self.contracts.problems[code]
        value = {"type": f"urn:cuotas:problem:{code}", "title": title, "status": status, "code": code}
        self.sections.setdefault("examples", {})[f"problem-{code}"] = {"summary": title, "value": value}
        return f"#/components/examples/problem-{code}"

    def rewrite(self, node, document):
        """A plain copy without x- keys, its references pointing into the merged document."""
        if isinstance(node, dict):
            out = {}
            for key, value in node.items():
                if key == "$ref" and isinstance(value, str):
                    out[key] = self.follow(value, document)
                elif not str(key).startswith("x-"):
                    out[str(key)] = self.rewrite(value, document)
            return out
        if isinstance(node, list):
            return [self.rewrite(value, document) for value in node]
        return node

    def follow(self, reference, document):
        file, _, pointer = reference.partition("#/")
        target = self.contracts.documents["common"] if file else document
        _, section, name = pointer.split("/", 2)
        return self.reference(section, name, target)

    def components(self):
        return {section: dict(sorted(values.items())) for section, values in sorted(self.sections.items())}


def plain(node):
    if isinstance(node, dict):
        return {str(k): plain(v) for k, v in node.items() if not str(k).startswith("x-")}
    if isinstance(node, list):
        return [plain(v) for v in node]
    return copy.copy(node)

