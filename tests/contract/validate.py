"""Holds recorded traffic against the published contract, both ways.

    python3 tests/contract/validate.py build/gen/openapi.json traffic.jsonl [--partial]

Of every exchange: its operation is in the contract; its status, media type and body are among the declared; a request that
was accepted is one the contract allows. And every operation was seen, with a success (unless --partial, for a run of some tests only). One result
an operation; exit status 1 when any failed."""

import argparse
import base64
import collections
import json
import os
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from document import Document   # noqa: E402

OUTSIDE = ("/livez", "/readyz", "/metrics", "/docs", "/openapi.json")   # of every process, or the documentation itself
PROBLEM = "application/problem+json"
SHOWN = 5


def media_type(headers):
    return headers.get("content-type", "").split(";")[0].strip().lower()


def body_bytes(recorded):
    """None when it was too long or streamed, and so not kept."""
    if "base64" in recorded:
        return base64.b64decode(recorded["base64"])
    return None if recorded["text"] is None else recorded["text"].encode()


def check_body(document, content, headers, recorded, what):
    """A body against the `content` of a request or response: what is wrong, as texts."""
    body = body_bytes(recorded)
    kind = media_type(headers)
    if not content:
        return [f"{what} has a body, the contract says none"] if body else []
    if "*/*" in content:
        return []
    if kind not in content:
        return [f"{what} is {kind or 'of no media type'}, the contract says {', '.join(content)}"]
    if body is None or not kind.endswith("json"):
        return []
    schema = content[kind].get("schema")
    if not schema or document.follow(schema).get("type") == "string":   # a stream of lines
        return []
    try:
        value = json.loads(body)
    except ValueError as wrong:
        return [f"{what} is not JSON: {wrong}"]
    return [f"{what} {error}" for error in document.errors(schema, value)]


def check_request(document, operation, path_parameters, query, exchange):
    """What of a request that got a 2xx the contract forbids."""
    errors = []
    declared = {parameter["name"]: parameter for parameter in operation.parameters if parameter["in"] == "query"}
    for name, text in query:
        if name not in declared:
            errors.append(f"unknown query parameter {name} was accepted")
        else:
            errors += [f"query {name} {error}" for error in document.parameter_errors(declared[name]["schema"], text)]
    for name, parameter in declared.items():
        if parameter.get("required") and name not in dict(query):
            errors.append(f"required query parameter {name} was not asked for")
    for parameter in operation.parameters:
        if parameter["in"] == "path":
            errors += [f"path {parameter['name']} {error}"
                       for error in document.parameter_errors(parameter["schema"], path_parameters[parameter["name"]])]
    if not operation.public and not exchange["authorized"]:
        errors.append("it was accepted without a token")
    body = operation.request_body
    if body:
        sent = body_bytes(exchange["request"])
        if sent != b"" or body.get("required"):
            errors += check_body(document, body.get("content", {}), exchange["request_headers"], exchange["request"], "the accepted request")
    return errors


def check_exchange(document, exchange):
    """(operation or None, errors)"""
    target = urllib.parse.urlsplit(exchange["target"])
    operation, path_parameters = document.find(exchange["method"], target.path)
    status = str(exchange["status"])
    if operation is None:
        if target.path.startswith(OUTSIDE):
            return None, []
        known_refusal = status in ("400", "401", "404", "405", "414", "429") and media_type(exchange["response_headers"]) == PROBLEM
        return None, [] if known_refusal else [f"not in the contract, answered {status}"]
    response = operation.responses.get(status)
    if response is None:
        return operation, [f"status {status} is not declared: {(body_bytes(exchange['response']) or b'')[:300]!r}"]
    errors = []
    if exchange["method"] != "HEAD":
        errors += check_body(document, response.get("content"), exchange["response_headers"], exchange["response"], f"the {status} reply")
    if status.startswith("2"):
        query = urllib.parse.parse_qsl(target.query, keep_blank_values=True)
        errors += check_request(document, operation, path_parameters, query, exchange)
    return operation, errors


def read_traffic(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def validate(openapi_path, traffic_path, partial=False, say=print):
    """(passed, failed): operations, and one more for traffic outside the contract."""
    document = Document(openapi_path)
    seen = collections.defaultdict(collections.Counter)
    wrong = collections.defaultdict(list)
    exchanges = 0
    for exchange in read_traffic(traffic_path):
        exchanges += 1
        operation, errors = check_exchange(document, exchange)
        name = operation.id if operation else "(no operation)"
        seen[name][str(exchange["status"])] += 1
        wrong[name] += [f"{exchange['method']} {exchange['target']} in {exchange['test'] or 'no test'}: {error}" for error in errors]
    if not partial:
        for operation in document.operations:
            if operation.id not in seen:
                wrong[operation.id].append("never seen")
            elif not any(status.startswith(("2", "3")) for status in seen[operation.id]):
                wrong[operation.id].append(f"seen, but never with success: {dict(seen[operation.id])}")
    wanted = [operation.id for operation in document.operations if not partial or operation.id in seen] + ["(no operation)"]
    for name in wanted:
        for error in wrong[name][:SHOWN]:
            say(f"FAILED contract {name}: {error}")
        if len(wrong[name]) > SHOWN:
            say(f"       and {len(wrong[name]) - SHOWN} more of {name}")
    failed = sum(bool(wrong[name]) for name in wanted)
    say(f"contract: {exchanges} exchanges, {len(wanted) - failed} operations hold, {failed} do not; {unseen(document, seen)}")
    return len(wanted) - failed, failed


def unseen(document, seen):
    """How many of the declared statuses the traffic showed. A note, not a failure: 503 and the like need a broken machine."""
    declared = [(operation.id, status) for operation in document.operations for status in operation.responses if status.isdigit()]
    missing = [f"{name} {status}" for name, status in declared if not seen[name][status]]
    return f"{len(declared) - len(missing)} of {len(declared)} declared statuses were seen"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("openapi")
    parser.add_argument("traffic")
    parser.add_argument("--partial", action="store_true")
    arguments = parser.parse_args()
    return 1 if validate(arguments.openapi, arguments.traffic, arguments.partial)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
