"""Example values of schemas, and the curl line of an operation."""
import json

FORMATS = {"uuid": "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10", "date": "2026-11-22", "date-time": "2026-11-22T14:03:27.120000+00:00",
           "email": "ana@example.com", "currency": "COP", "decimal": "0.0199", "uri": "https://example.com/", "language": "es-CO",
           "phone": "+573001234567", "password": "correct horse battery staple"}
DEPTH_MAX = 8
LINE_MAX = 60


def resolved(document, schema):
    """Follows references; what stands beside one overrides it."""
    for _ in range(16):
        if "$ref" not in schema:
            break
        target = document
        for part in schema["$ref"][2:].split("/"):
            target = target[part]
        schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def example(document, schema, depth=0):
    schema = resolved(document, schema)
    if "example" in schema:
        return schema["example"]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return example(document, schema[key][0], depth)
    if schema.get("allOf"):
        parts = [example(document, part, depth) for part in schema["allOf"]]
        return {k: v for part in parts if isinstance(part, dict) for k, v in part.items()}
    return by_type(document, schema, depth)


def by_type(document, schema, depth):
    kind = schema.get("type")
    kind = next((k for k in kind if k != "null"), "null") if isinstance(kind, list) else kind
    if kind == "object" or "properties" in schema:
        return {} if depth > DEPTH_MAX else {name: example(document, value, depth + 1) for name, value in (schema.get("properties") or {}).items()}
    if kind == "array":
        return [] if depth > DEPTH_MAX or "items" not in schema else [example(document, schema["items"], depth + 1)]
    if kind == "integer":
        return schema.get("minimum", 1) if schema.get("minimum", 1) > 0 else 1
    if kind == "number":
        return 1
    if kind == "boolean":
        return True
    if kind == "string":
        return FORMATS.get(schema.get("format"), "text")
    return None


def of_media(document, media):
    """The example of a body: its own, else made of its schema."""
    if "example" in media:
        return media["example"]
    for value in (media.get("examples") or {}).values():
        if "value" in value:
            return value["value"]
    return example(document, media.get("schema") or {})


def pretty(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)


def curl(document, path, method, operation):
    query = []
    for parameter in operation.get("parameters", []):
        value = parameter.get("example", example(document, parameter.get("schema") or {}))
        if parameter["in"] == "path":
            path = path.replace("{" + parameter["name"] + "}", str(value))
        elif parameter["in"] == "query" and (parameter.get("required") or "example" in parameter):
            query.append(f"{parameter['name']}={str(value).replace(' ', '%20')}")
    lines = [f'curl {"" if method == "get" else "-X " + method.upper() + " "}"$CUOTAS{path}{"?" + "&".join(query) if query else ""}"']
    if operation.get("security"):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "header" and parameter["name"] == "Idempotency-Key":
            lines.append('-H "Idempotency-Key: $(uuidgen)"')
        elif parameter["in"] == "header":
            lines.append(f"-H '{parameter['name']}: {example(document, parameter.get('schema') or {})}'")
    for media, node in list((operation.get("requestBody") or {}).get("content", {}).items())[:1]:
        lines.append(f"-H 'Content-Type: {media}'")
        if media == "application/json":
            value = of_media(document, node)
            body = json.dumps(value, ensure_ascii=False)
            if len(body) > LINE_MAX:
                body = pretty(value).replace("\n", "\n  ")
            body = body.replace("'", "'\\''")
            lines.append(f"-d '{body}'")
        else:
            lines.append("--data-binary @file")
    return " \\\n  ".join(lines)
