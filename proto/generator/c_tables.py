"""tables.h and tables.c of a service: the macro SERVICE_TABLES with everything service_main wants, from the contract, the SQL
files and the migrations."""
import os

from c_sql import index_of
from emit import BANNER, c_string, c_text, header

RULE_PARAMETERS = ("event_id", "event_type", "subject", "customer_id", "data", "occurred_at")


def migrations(directories):
    """(name, text) of each .sql in the directories, common ones first, each directory in the order of its names."""
    found = []
    for directory in directories:
        for file in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
            if file.endswith(".sql"):
                with open(os.path.join(directory, file), encoding="utf-8") as stream:
                    found.append((file[:-4], stream.read()))
    return found


def check(document, statements, own_migrations, service_directory, report):
    """Files the contract names must be there."""
    name = document.name
    for producer, rules in document.extension("consumes").items():
        for event, statement in rules.items():
            if statement not in statements:
                report.error(name, rules, f"x-consumes {producer} {event}: there is no {service_directory}/sql/{statement}.sql")
    for kind in document.extension("jobs"):
        written = os.path.exists(os.path.join(service_directory, "main.c"))   # else there is nothing to link yet
        if written and not os.path.exists(os.path.join(service_directory, f"job_{kind}.c")):
            report.warn(f"{document.file}: job {kind} has no {service_directory}/job_{kind}.c yet: linking will say job_{kind} is undefined")
    if any(o.cache for o in document.operations) and not any(s.tells_changes for s in statements.values()):
        report.error(name, document.file, "x-cache, and no statement tells of changes: `-- tells: changes` in those that change what is answered")
    names = [n for n, _ in own_migrations]
    for first, second in zip(names, names[1:]):
        if first[:4] == second[:4]:
            report.error(name, document.file, f"two migrations have the number {first[:4]}: {first} and {second}")


def tables_header(name, has_routes, has_database):
    """A service without operations may have routes of its own making: the macro leaves them alone."""
    fields = [f".routes = {name}_routes", f".route_count = {name}_route_count"] if has_routes else []
    if has_database:
        fields += [f".statements = {name}_statements", f".migrations = {name}_migrations", f".migration_count = {name}_migration_count"]
    fields += [f".rules = {name}_rules", f".job_kinds = {name}_job_kinds", f".peers = {name}_peers"]
    body = [f'#include "gen/{name}/api.h"', '#include "service/service.h"', "",
            f"extern const struct statement *const {name}_statements[];", f"extern const struct migration {name}_migrations[];",
            f"extern const size_t {name}_migration_count;", f"extern const struct consumer_rule {name}_rules[];",
            f"extern const struct job_kind {name}_job_kinds[];", f"extern const char *const {name}_peers[];", "",
            "/* Designated initialisers of struct service. */", "#define SERVICE_TABLES \\",
            ", \\\n".join(f"    {f}" for f in fields), ""]
    return header(f"{name}/tables.h", "\n".join(body))


def tables_source(document, statements, common, files, has_database):
    name = document.name
    out = [BANNER + f'#include "gen/{name}/tables.h"', "", '#include "gen/common/sql.h"', f'#include "gen/{name}/sql.h"', ""]
    listed = list(statements) + list(common) if has_database else []
    out += [f"const struct statement *const {name}_statements[] = {{"] + [f"    &sql_{s}," for s in listed] + ["    NULL,", "};", ""]
    out.append(f"const struct migration {name}_migrations[] = {{")
    for migration, text in files if has_database else []:
        out += ["    {", f"        .name = {c_string(migration)},", "        .sql =", c_text(text, "            ") + ",", "    },"]
    out += ["    { .name = NULL },", "};", f"const size_t {name}_migration_count = {len(files) if has_database else 0};", ""]
    out += rules_text(document, statements) + jobs_text(document)
    peers = document.root.get("x-peers") or []
    out += [f"const char *const {name}_peers[] = {{ " + "".join(c_string(p) + ", " for p in peers) + "NULL };", ""]
    return "\n".join(out)


def rules_text(document, statements):
    out = [f"const struct consumer_rule {document.name}_rules[] = {{"]
    for producer, rules in document.extension("consumes").items():
        for event, statement in rules.items():
            indexes = ", ".join(f".{p} = {index_of(statements[statement], p)}" for p in RULE_PARAMETERS)
            out += [f"    {{ .producer = {c_string(producer)}, .type = {c_string(event)}, .statement = &sql_{statement},", f"      {indexes} }},"]
    return out + ["    { .producer = NULL },", "};", ""]


def jobs_text(document):
    out = [f"const struct job_kind {document.name}_job_kinds[] = {{"]
    for kind, job in document.extension("jobs").items():
        out.append(f"    {{ .kind = {c_string(kind)}, .run = job_{kind}, .attempts_max = {job['attempts']}, .timeout_s = {job['timeout_s']} }},")
    return out + ["    { .kind = NULL },", "};", ""]
