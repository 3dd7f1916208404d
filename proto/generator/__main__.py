"""Makes build/gen from the contracts, the SQL files and the migrations:

    python3 proto/generator --proto proto --services services --libcommon libcommon --out build/gen

Writes only what changed. Mistakes are printed as file:line: what; a service with one is left out, the others are made. --strict
makes any mistake an exit status of 1 (otherwise only one in common.yaml is)."""
import argparse
import functools
import json
import os
import re
import sys

import access
import c_routes
import c_sql
import c_tables
import contracts as loader
import docs_page
import events
import openapi
import problems
import yaml_file
from emit import BANNER, Output, c_text, header


def main():
    options = arguments()
    report = Report()
    contracts = loader.load(options.proto, report, options.common)
    output = Output(options.out)
    common = common_statements(options, report)
    announced = events.announced(options.proto, report)
    made = {}
    for name in contracts.services:
        found = ServiceParts(contracts, name, options, common, report)
        events.check(found.document, found.statements, announced, report)
        if name not in report.broken:
            made[name] = found
    for message in report.warnings + report.messages:
        print(message, file=sys.stderr)
    if "common" in report.broken:
        return 1
    output.write("problems.h", problems.problems_header(contracts))
    output.write("problems.c", problems.problems_source(contracts))
    output.write("common/sql.h", c_sql.sql_header("common/sql.h", common))
    output.write("common/sql.c", c_sql.sql_source("common", "gen/common/sql.h", common))
    for part in made.values():
        part.write(output)
    write_gateway(contracts, made, output)
    write_makefile(made, report, options.out)
    output.finish()
    return 1 if report.messages and options.strict else 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--proto", default="proto", help="directory of the contracts")
    parser.add_argument("--common", help="the shared contract, if not <proto>/common.yaml")
    parser.add_argument("--services", default="services", help="directory of the services: sql/ and migrations/ of each")
    parser.add_argument("--libcommon", default="libcommon")
    parser.add_argument("--out", default="build/gen")
    parser.add_argument("--strict", action="store_true")
    return parser.parse_args()


class Report(yaml_file.Report):
    def __init__(self):
        super().__init__()
        self.warnings = []

    def warn(self, message):
        self.warnings.append("warning: " + message)


def common_statements(options, report):
    """libcommon/*/sql/*.sql, part of every service with a database."""
    found = {}
    for layer in sorted(os.listdir(options.libcommon)) if os.path.isdir(options.libcommon) else []:
        for name, statement in c_sql.load_directory(os.path.join(options.libcommon, layer, "sql"), "common", report).items():
            if name in found:
                report.error("common", statement.file, f"statement {name} is also {found[name].file}")
            found[name] = statement
    return found


@functools.lru_cache
def library_structs(directory):
    """Names of the structs libcommon shows to generated code and handlers, which a schema must not take."""
    names, seen, waiting = set(), set(), ["service/service.h", "wire/decode.h"]
    while waiting:
        file = waiting.pop()
        if file in seen or not os.path.exists(os.path.join(directory, file)):
            continue
        seen.add(file)
        with open(os.path.join(directory, file), encoding="utf-8") as stream:
            text = stream.read()
        names.update(re.findall(r"^struct (\w+)", text, re.M))
        waiting += re.findall(r'^#include "([^"]+)"', text, re.M)
    return names


class ServiceParts:
    """What is generated for one service."""
    def __init__(self, contracts, name, options, common, report):
        directory = os.path.join(options.services, name)
        self.document = contracts.documents[name]
        self.common = common
        self.inputs = c_routes.ServiceInputs(contracts, self.document, library_structs(options.libcommon))
        self.statements = c_sql.load_directory(os.path.join(directory, "sql"), name, report)
        for statement in self.statements.values():
            if statement.name in common:
                report.error(name, statement.file, f"statement {statement.name} is also {common[statement.name].file}: rename this one")
        own = c_tables.migrations([os.path.join(directory, "migrations")])
        self.has_database = bool(own or self.statements)
        self.migrations = c_tables.migrations([os.path.join(options.libcommon, "bus", "migrations")]) + own
        c_tables.check(self.document, self.statements, own, directory, report)

    def write(self, output):
        name = self.document.name
        output.write(f"{name}/api.h", c_routes.api_header(self.inputs))
        output.write(f"{name}/api.c", c_routes.api_source(self.inputs))
        output.write(f"{name}/bodies.c", c_routes.bodies_source(self.inputs))
        output.write(f"{name}/sql.h", c_sql.sql_header(f"{name}/sql.h", self.statements))
        output.write(f"{name}/sql.c", c_sql.sql_source(name, f"gen/{name}/sql.h", self.statements))
        output.write(f"{name}/tables.h", c_tables.tables_header(name, bool(self.inputs.entries), self.has_database))
        output.write(f"{name}/tables.c", c_tables.tables_source(self.document, self.statements, self.common, self.migrations, self.has_database))


DOCUMENTS = """#include "base/slice.h"

/* GET /openapi.json and GET /docs, as they are sent. */
extern const struct slice gateway_openapi;
extern const struct slice gateway_docs;
"""


def write_gateway(contracts, made, output):
    document = openapi.merged(contracts)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"
    html = docs_page.page(document, public_problems(contracts))
    output.write("openapi.json", text)
    output.write("internal.json", json.dumps(openapi.merged(contracts, internal=True), ensure_ascii=False, separators=(",", ":")) + "\n")
    output.write("access.json", json.dumps(access.rules(contracts, loader.SERVICES), indent=1) + "\n")
    output.write("docs.html", html)
    if "gateway" not in made:
        return
    output.write("gateway/upstreams.h", c_routes.upstreams_header())
    output.write("gateway/upstreams.c", c_routes.upstreams_source(contracts))
    output.write("gateway/documents.h", header("gateway/documents.h", DOCUMENTS))
    output.write("gateway/documents.c", BANNER + '#include "gen/gateway/documents.h"\n\n' + embedded("openapi", text) + embedded("docs", html))


def public_problems(contracts):
    """Those of the published services and the shared ones."""
    return {c: p for c, p in contracts.problems.items() if p[2] == "common" or p[2] in loader.SERVICES}


def embedded(name, text):
    return (f"static const char {name}[] =\n{c_text(text)};\n"
            f"const struct slice gateway_{name} = {{ {name}, sizeof({name}) - 1 }};\n\n")


def write_makefile(made, report, directory):
    """Read by the Makefile; always touched, for its time says when the generator last ran."""
    broken = sorted(report.broken)
    os.makedirs(directory, exist_ok=True)
    temporary = os.path.join(directory, f"gen.mk.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as stream:
        stream.write(f"GEN_SERVICES := {' '.join(made)}\nGEN_BROKEN := {' '.join(broken)}\n")
    os.replace(temporary, os.path.join(directory, "gen.mk"))


if __name__ == "__main__":
    sys.exit(main())
