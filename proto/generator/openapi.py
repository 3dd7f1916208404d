"""The published document: all public operations of all services in one OpenAPI 3.1 file, without internal paths and extensions,
with the answers every operation can give added."""
import copy

from contracts import SERVICES

ORDER = ("tags", "operationId", "summary", "description", "security", "parameters", "requestBody", "responses")
PROBLEM = "application/problem+json"
ALWAYS = ("bad_request", "validation_failed", "uri_too_long", "rate_limited", "head_too_large", "overloaded", "unavailable")
MEANING = {400: "Not understood", 401: "No valid token", 403: "Not allowed", 404: "Not there", 408: "Too slow", 409: "Conflict",
           412: "Changed meanwhile", 413: "Body too large", 414: "Target too long", 415: "Wrong media type", 422: "Against the contract",
           428: "If-Match needed", 429: "Too many requests", 431: "Head too large", 502: "Bad answer from behind", 503: "Not now",
           504: "No answer from behind"}


def merged(contracts):
    common = contracts.documents["common"].root
    document = {"openapi": common.get("openapi"), "info": plain(common.get("info") or {}), "servers": [{"url": "/"}],
                "tags": [], "paths": {}, "components": {}}
    names = ComponentNames(contracts)
    for name in contracts.services:
        if name not in SERVICES or not any(not o.internal for o in contracts.documents[name].operations):
            continue
        info = contracts.documents[name].root.get("info") or {}
        document["tags"].append({"name": name, "description": str(info.get("description") or info.get("title") or name).strip()})
    for operation in contracts.operations(published=True):
        item = document["paths"].setdefault(operation.path, {})
        item[operation.method] = published(contracts, operation, names)
    document["components"] = names.components()
    document["components"].setdefault("securitySchemes", {}).update(plain(common["components"].get("securitySchemes") or {}))
    close_inputs(document)
    return document


def problem_codes(operation):
    """Every problem an operation can answer, its own first."""
    codes = list(operation.problems)
    if operation.path_args:
        codes.append("not_found")
    if operation.scopes:
        codes += ["unauthenticated", "invalid_token", "forbidden"]
    if operation.json_body:
        codes += ["malformed_json"]
    if operation.media:
        codes += ["unsupported_media_type", "request_timeout"]
    if operation.method not in ("get", "head"):
        codes.append("body_too_large")
    if operation.idempotency != "none":
        codes.append("idempotency_key_reused")
    if operation.idempotency == "required":
        codes.append("idempotency_key_missing")
    if operation.service != "gateway":
        codes.append("gateway_timeout")
    return list(dict.fromkeys(codes + list(ALWAYS)))


def published(contracts, operation, names):
    spec = names.rewrite(operation.spec, operation.document)
    spec["tags"] = [operation.service]
    parameters = [names.rewrite(p.spec, p.document) for p in operation.parameters]
    if operation.idempotency != "none":
        key = dict(names.rewrite(contracts.documents["common"].root["components"]["parameters"]["IdempotencyKey"],
                                 contracts.documents["common"]))
        key["required"] = operation.idempotency == "required"
        parameters.append(key)
    spec.pop("parameters", None)
    if parameters:
        spec["parameters"] = parameters
    spec["security"] = [{"token": [scope]} for scope in operation.scopes or []]
    own = {str(status): contracts.resolve(answer, operation.document) for status, answer in operation.spec["responses"].items()}
    own = {status: names.rewrite(answer, document) for status, (answer, document, _) in own.items()}
    spec["responses"] = responses(contracts, operation, own, names)
    return {key: spec[key] for key in (*ORDER, *sorted(set(spec) - set(ORDER))) if key in spec}


def close_inputs(document):
    """Says of every object that comes in what the decoders do: members it does not name are refused."""
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
    schema = names.reference("schemas", "Problem", contracts.documents["common"])
    for status, codes in by_status.items():
        content = {PROBLEM: {"schema": {"$ref": schema}, "examples": {code: {"$ref": names.problem(code)} for code in codes}}}
        about = MEANING.get(int(status), "Problem") + ": " + ", ".join(f"`{c}`" for c in codes) + "."
        answer = result.setdefault(status, {"description": about})
        answer["content"] = {**content, **answer.get("content", {})} if int(status) < 400 else {**answer.get("content", {}), **content}
    return dict(sorted(result.items()))


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

