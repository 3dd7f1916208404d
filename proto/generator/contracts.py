"""Contracts: reads proto/*.yaml, resolves $ref, and checks everything outside schemas against the dialect of proto/README.md.

A mistake is reported with file and line and leaves only its own service out; the others are still generated."""
import os
import re

from operation import load_operation
from yaml_file import Map, Mistake, NAME, known, load_yaml

METHODS = ("get", "head", "post", "put", "patch", "delete")
SERVICES = ("catalog", "orders", "billing", "crm", "notifications", "collections", "gateway")   # those published, in this order
EVENT = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")

ROOT_KEYS = {"openapi", "info", "tags", "paths", "components", "x-peers", "x-consumes", "x-jobs", "x-problems", "x-constraints"}
COMMON_KEYS = {"openapi", "info", "tags", "paths", "components", "x-problems", "x-scopes", "x-constraints"}
PATH_KEYS = set(METHODS) | {"parameters", "summary", "description"}
COMPONENT_KEYS = {"schemas", "parameters", "responses", "headers", "examples", "securitySchemes", "requestBodies"}
JOB_KEYS = {"attempts", "timeout_s"}
PROBLEM_KEYS = {"status", "title"}


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
