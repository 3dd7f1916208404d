"""Holds recorded traffic against the published contract, both ways.

    python3 tests/contract/validate.py build/gen/openapi.json traffic.jsonl [--partial]

Of every exchange: its operation is in the contract; its status, media type, body, headers and problem code are among the declared; a
request that was accepted is one the contract allows. And every operation was seen, with a success, and every declared status, but for those
unseen.yaml excuses (unless --partial, for a run of some tests only). One result an operation; exit status 1 when any failed."""

import argparse
import base64
import collections
import json
import os
import sys
import urllib.parse

import yaml

sys.path.append(os.path.dirname(os.path.abspath(__file__)))

from document import Document   # noqa: E402

OUTSIDE = ("/livez", "/readyz", "/metrics", "/docs", "/openapi.json")   # of every process, or the documentation itself
LIBRARYS = ("/internal/events", "/internal/quiet", "/internal/test-clock", "/internal/dead-letters")   # of every service, without a contract
PROBLEM = "application/problem+json"
SHOWN = 5
# Of every HTTP reply, whatever it is about.
FRAMING = {"date", "content-type", "content-length", "transfer-encoding", "connection"}
UNSEEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "unseen.yaml")


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


def check_headers(document, response, headers, what, direct):
    """What is sent is declared and as declared; what is declared as required is sent. direct: not through the gateway, which counts limits."""
    declared = {name.lower(): document.follow(header) for name, header in (response.get("headers") or {}).items()}
    errors = [f"{what} has the header {name}, which the contract does not know" for name in headers if name not in declared and name not in FRAMING]
    for name, header in declared.items():
        if name in headers:
            errors += [f"{what}'s header {name} {error}" for error in document.parameter_errors(header["schema"], headers[name])]
        elif header.get("required") and not (direct and name.startswith("ratelimit-")):
            errors.append(f"{what} lacks the header {name}")
    return errors


def check_problem(document, operation, status, recorded):
    """A problem's code is one the operation declares for this status, and the document agrees with the reply it is in."""
    problem = json.loads(body_bytes(recorded) or b"{}")
    errors = []
    if problem.get("code") not in operation.codes(document, status):
        errors.append(f"problem {problem.get('code')} is not declared for {status}")
    if str(problem.get("status")) != status:
        errors.append(f"a problem document with status {problem.get('status')} came as {status}")
    return errors


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
        if target.path.startswith(OUTSIDE) or exchange.get("internal") and target.path.startswith(LIBRARYS):
            return None, []
        known_refusal = status in ("400", "401", "404", "405", "414", "429") and media_type(exchange["response_headers"]) == PROBLEM
        return None, [] if known_refusal else [f"not in the contract, answered {status}"]
    response = operation.responses.get(status)
    if response is None and status != "500" and operation.codes(document, status):
        response = operation.responses["default"]
    if response is None:
        return operation, [f"status {status} is not declared: {(body_bytes(exchange['response']) or b'')[:300]!r}"]
    what = f"the {status} reply"
    errors = check_headers(document, response, exchange["response_headers"], what, bool(exchange.get("internal")))
    if exchange["method"] != "HEAD":
        wrong = check_body(document, response.get("content"), exchange["response_headers"], exchange["response"], what)
        if not wrong and media_type(exchange["response_headers"]) == PROBLEM:
            wrong = check_problem(document, operation, status, exchange["response"])
        errors += wrong
    elif body_bytes(exchange["response"]):
        errors.append("the reply to HEAD has a body")
    if status.startswith("2"):
        query = urllib.parse.parse_qsl(target.query, keep_blank_values=True)
        errors += check_request(document, operation, path_parameters, query, exchange)
    return operation, errors


def read_traffic(paths):
    for path in paths:
        with open(path, encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)


def validate(openapi_path, traffic_paths, partial=False, say=print):
    """(passed, failed): operations, and one more for traffic outside the contract."""
    document = Document(openapi_path)
    internal = Document(os.path.join(os.path.dirname(openapi_path), "internal.json"))
    seen = collections.defaultdict(collections.Counter)
    wrong = collections.defaultdict(list)
    exchanges = 0
    for exchange in read_traffic(traffic_paths):
        exchanges += 1
        # A service asks another for what the public may ask, too.
        own = exchange.get("internal") and exchange["target"].startswith("/internal/")
        operation, errors = check_exchange(internal if own else document, exchange)
        name = operation.id if operation else "(no operation)"
        seen[name][str(exchange["status"])] += 1
        wrong[name] += [f"{exchange['method']} {exchange['target']} in {exchange['test'] or 'no test'}: {error}" for error in errors]
    if not partial:
        for operation in document.operations + internal.operations:
            if operation.id not in seen:
                wrong[operation.id].append("never seen")
            elif not any(status.startswith(("2", "3")) for status in seen[operation.id]):
                wrong[operation.id].append(f"seen, but never with success: {dict(seen[operation.id])}")
        for name, error in unseen([document, internal], seen):
            wrong[name].append(error)
    wanted = [operation.id for operation in document.operations + internal.operations if not partial or operation.id in seen] + ["(no operation)"]
    for name in wanted:
        for error in wrong[name][:SHOWN]:
            say(f"FAILED contract {name}: {error}")
        if len(wrong[name]) > SHOWN:
            say(f"       and {len(wrong[name]) - SHOWN} more of {name}")
    failed = sum(bool(wrong[name]) for name in wanted)
    say(f"contract: {exchanges} exchanges, {len(wanted) - failed} operations hold, {failed} do not; {coverage([document, internal], seen)}")
    return len(wanted) - failed, failed


def declared_statuses(documents):
    return [(operation.id, status) for document in documents for operation in document.operations for status in operation.responses if status.isdigit()]


def excuses(path=UNSEEN):
    """(operation or *, status) -> why no test can show it."""
    with open(path, encoding="utf-8") as file:
        return {(each["operation"], str(each["status"])): each["reason"] for each in yaml.safe_load(file) or []}


def unseen(documents, seen, excused=None):
    """(operation, error): declared statuses that were neither seen nor excused, and excuses that are none any more."""
    excused = excuses() if excused is None else excused
    used, found = set(), []
    for name, status in declared_statuses(documents):
        excuse = next((each for each in ((name, status), ("*", status)) if each in excused), None)
        if seen[name][status]:
            if excuse == (name, status):
                found.append((name, f"status {status} was seen: unseen.yaml need not excuse it"))
        elif excuse is None:
            found.append((name, f"declared status {status} was never seen, and unseen.yaml does not say why"))
        used.add(excuse if not seen[name][status] else None)
    found += [("(no operation)", f"unseen.yaml excuses {name} {status}, which is seen everywhere or not declared")
              for name, status in excused if (name, status) not in used and not (name != "*" and seen[name][status])]
    return found


def coverage(documents, seen):
    declared = declared_statuses(documents)
    return f"{sum(bool(seen[name][status]) for name, status in declared)} of {len(declared)} declared statuses were seen"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("openapi")
    parser.add_argument("traffic", nargs="+")
    parser.add_argument("--partial", action="store_true")
    arguments = parser.parse_args()
    return 1 if validate(arguments.openapi, arguments.traffic, arguments.partial)[1] else 0


if __name__ == "__main__":
    sys.exit(main())
