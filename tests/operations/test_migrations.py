"""Migrations are applied while the version before works on the same tables (libcommon/README.md, "Migrations"): what would stop it, break it or rewrite a table
under it is refused here, in every migration that was added since the last version (released.sha256); and jobs that version could not run."""

import os
import re

import pytest

from operations import previous

# Findings that are right as they are, and why. A line: (migration, finding): reason.
ACCEPTED = {
    ("services/billing/migrations/0005_revisions.sql", "index"): "no version was in production yet; refunds are few",
    ("services/billing/migrations/0006_ledger_chain.sql", "index"): "no version was in production yet; the chain must be whole when the trigger comes",
    ("services/orders/migrations/0022_watched_carts.sql", "job"): "only of carts that are `watched`, which the version before does not say of any",
    ("services/billing/migrations/0006_ledger_chain.sql", "rewrite"): "no version was in production yet; the chain must be whole when the trigger comes",
    ("services/crm/migrations/0003_selling_scopes.sql", "rewrite"): "role is a handful of rows that no program writes",
    ("services/crm/migrations/0007_staff.sql", "rewrite"): "the same",
    ("services/crm/migrations/0009_billing_scopes.sql", "rewrite"): "the same",
}

RULES = (   # (finding, pattern over statements without comments, strings and function bodies, what to do instead)
    ("type", r"\bALTER (COLUMN )?\w+ (SET DATA )?TYPE\b", "add another column, fill it in batches, read both, drop the old one a version later"),
    ("not null", r"\bADD (COLUMN )?(?!CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE)\w+ [^,;]*\bNOT NULL\b(?![^,;]*\bDEFAULT\b)(?<!DEFAULT)", "give it a DEFAULT: the old version inserts without it"),
    ("volatile default", r"\bADD (COLUMN )?\w+ [^,;]*\bDEFAULT (gen_random_uuid|clock_timestamp|random|nextval|cuotas_\w+|pg_\w+)\b", "a volatile DEFAULT rewrites the table: add it without, set the default, fill in batches"),
    ("set not null", r"\bSET NOT NULL\b", "reads the whole table under its lock: CHECK (... IS NOT NULL) NOT VALID, then VALIDATE in a migration of its own"),
    ("rename", r"\bRENAME\b", "the old version knows the old name: add the new one, drop the old one a version later"),
    ("drop", r"\bDROP (TABLE|COLUMN|VIEW|FUNCTION|TYPE|DOMAIN|TRIGGER|SCHEMA|SEQUENCE)\b|\bDROP (?!CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION|IDENTITY|INDEX)\w+", "only what the last version does not use any more: say so in ACCEPTED, the upgrade test will tell"),
    ("constraint", r"\bADD (CONSTRAINT \w+ )?(CHECK|FOREIGN KEY)\b(?![^;]*\bNOT VALID\b)", "NOT VALID, then VALIDATE CONSTRAINT in a migration of its own"),
    ("unique", r"\bADD (CONSTRAINT \w+ )?(UNIQUE|PRIMARY KEY|EXCLUDE)\b(?! USING INDEX)", "make the index CONCURRENTLY first, then ADD CONSTRAINT ... USING INDEX"),
    ("lock", r"\b(TRUNCATE|LOCK TABLE|VACUUM|CLUSTER|REINDEX)\b(?! ON)", "not while others work on it"),
    ("transaction", r"^\s*(BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT \w+)( WORK| TRANSACTION)?\s*$", "each migration is one transaction already"),
)


def plain(sql):
    """Statements as one line of text, keywords findable: no comments, no strings, no function bodies. DO blocks stay: they run."""
    sql = re.sub(r"--[^\n]*", " ", sql)
    sql = re.sub(r"/\*.*?\*/", " ", sql, flags=re.S)
    sql = re.sub(r"(\bDO\s+)\$(\w*)\$(.*?)\$\2\$", r"\1 \3 ", sql, flags=re.S)
    sql = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", sql, flags=re.S)
    sql = re.sub(r"'(?:[^']|'')*'", "''", sql)
    sql = re.sub(r"\b(GRANT|REVOKE)\b[^;]*", " ", sql)   # rights name statements
    return re.sub(r"\s+", " ", sql)


def tables_of(sql):
    return set(re.findall(r"\bCREATE TABLE (?:IF NOT EXISTS )?(\w+)", plain(sql)))


def lint(sql, existing):
    """[(finding, what was found and what to do instead)]. existing: the tables the last version works on."""
    text, found = plain(sql), []
    made_here = tables_of(sql)
    for name, pattern, instead in RULES:
        for statement in text.split(";"):
            table = re.search(r"\bALTER TABLE (?:IF EXISTS )?(?:ONLY )?(\w+)", statement)
            if table and table[1] in made_here:
                continue
            match = re.search(pattern, statement)
            if match and not (name in ("not null", "constraint", "unique", "drop", "volatile default") and not table and name != "drop"):
                found.append((name, f"{match[0].strip()!r}: {instead}"))
    for match in re.finditer(r"\bCREATE (UNIQUE )?INDEX (CONCURRENTLY )?(IF NOT EXISTS )?(\w+ )?ON (?:ONLY )?(\w+)", text):
        if match[5] in existing and not match[2]:
            found.append(("index", f"on {match[5]}: writers wait until it is made; CREATE INDEX CONCURRENTLY IF NOT EXISTS in a migration of its own that "
                                   "begins with `-- no transaction`"))
    for match in re.finditer(r"\b(UPDATE|DELETE FROM) (\w+)\b(?! OF)", text):
        if match[2] in existing:
            found.append(("rewrite", f"{match[0]}: holds the locks of all those rows until the end; let the program or a job do it in batches"))
    if "CONCURRENTLY" in text:
        alone = [statement for statement in text.split(";") if statement.strip()]
        if not sql.startswith("-- no transaction\n") or len(alone) != 1 or "IF NOT EXISTS" not in text and "IF EXISTS" not in text:
            found.append(("concurrently", "one statement, IF [NOT] EXISTS, and `-- no transaction` as the first line"))
    elif sql.startswith("-- no transaction\n"):
        found.append(("concurrently", "only what cannot run in a transaction"))
    return found


def lint_functions(sql, tables):
    """PostgreSQL 15.20 refuses a column with a default to a table whose rows a function with a parsed body takes."""
    return [("parsed body", f"function {name}: takes a row of a table, so its body is text: AS $$ SELECT ... $$")
            for name, arguments in re.findall(r"\bCREATE (?:OR REPLACE )?FUNCTION (\w+) ?\(([^)]*)\) [^;]*?\bRETURN ", plain(sql))
            if {argument.split()[-1] for argument in arguments.split(",") if argument.strip()} & tables]


def queued(sql):
    """Kinds of the jobs that statements of a migration, or functions it makes, queue; None among them: one that cannot be told."""
    text = re.sub(r"/\*.*?\*/", " ", re.sub(r"--[^\n]*", " ", sql), flags=re.S)
    kinds = set()
    for insert in re.finditer(r"\bINSERT INTO job\b\s*(?:AS \w+\s*)?\(\s*(\w+)([^;]*)", text, flags=re.I):
        found = re.findall(r"(?:\bSELECT|\bVALUES\s*\(|\)\s*,\s*\()\s*'(\w+)'", insert[2], flags=re.I) if insert[1] == "kind" else []
        kinds.update(found or {None})
    return kinds


def lint_jobs(sql, known):
    """A job that the version before cannot run stays where it is for as long as that version is the only one, and for ever when it is gone back to."""
    return [("job", f"queues {kind or 'a job of a kind that cannot be told'}: what the version before calls or fires queues only kinds it runs "
                    f"({', '.join(sorted(known))}); let the program of this version queue it, or the close of a day") for kind in sorted(queued(sql), key=str)
            if kind not in known]


def read(path):
    with open(os.path.join(previous.ROOT, path), encoding="utf-8") as file:
        return file.read()


def existing_tables(place):
    """Those of the last version, in the databases these migrations are for."""
    paths = [path for path in previous.released() if os.path.dirname(path) == place or path.startswith("libcommon/") or place.startswith("libcommon/")]
    return set().union(*(tables_of(read(path)) for path in paths if os.path.exists(os.path.join(previous.ROOT, path))))


def all_tables(place):
    return set().union(*(tables_of(read(path)) for path in previous.present() if os.path.dirname(path) == place))


def known_jobs(path):
    """Those of the service whose migration it is; of every service's, what every service runs."""
    try:
        return previous.job_kinds(path.split("/")[1]) if path.startswith("services/") else {"day_close"}
    except previous.Unknown as why:
        pytest.skip(str(why))


ADDED = sorted(previous.present().keys() - previous.released().keys())


@pytest.mark.parametrize("path", ADDED or [None])
def test_added_migrations_leave_the_version_before_working(path):
    if path is None:
        pytest.skip("no migration was added since the last version")
    found = lint(read(path), existing_tables(os.path.dirname(path))) + lint_functions(read(path), all_tables(os.path.dirname(path)))
    if queued(read(path)):   # only then the history is asked for
        found += lint_jobs(read(path), known_jobs(path))
    assert [f"{path}: {name}: {what}" for name, what in found if (path, name) not in ACCEPTED] == []


def test_every_accepted_finding_is_still_one():
    for path, name in ACCEPTED:
        if path in ADDED:
            found = lint_jobs(read(path), known_jobs(path)) if name == "job" else lint(read(path), existing_tables(os.path.dirname(path)))
            assert name in {each for each, _ in found}, (path, name)


BAD = {
    "type": "ALTER TABLE old ALTER COLUMN a TYPE bigint", "not null": "ALTER TABLE old ADD COLUMN b int NOT NULL",
    "volatile default": "ALTER TABLE old ADD COLUMN b uuid NOT NULL DEFAULT gen_random_uuid()", "set not null": "ALTER TABLE old ALTER a SET NOT NULL",
    "rename": "ALTER TABLE old RENAME a TO b", "drop": "ALTER TABLE old DROP COLUMN a", "constraint": "ALTER TABLE old ADD CONSTRAINT c CHECK (a > 0)",
    "unique": "ALTER TABLE old ADD CONSTRAINT c UNIQUE (a)", "lock": "TRUNCATE old", "transaction": "SELECT 1; COMMIT; SELECT 2",
    "index": "CREATE INDEX i ON old (a)", "rewrite": "UPDATE old SET a = 1",
    "concurrently": "CREATE INDEX CONCURRENTLY i ON old (a)",
}
GOOD = (
    "CREATE TABLE fresh (a int NOT NULL, CHECK (a > 0)); CREATE INDEX i ON fresh (a); ALTER TABLE fresh ADD CONSTRAINT c UNIQUE (a); UPDATE fresh SET a = 2",
    "ALTER TABLE old ADD COLUMN b int NOT NULL DEFAULT 0, ADD COLUMN c text",
    "ALTER TABLE old ADD CONSTRAINT c CHECK (a > 0) NOT VALID", "ALTER TABLE old VALIDATE CONSTRAINT c",
    "ALTER TABLE old ADD CONSTRAINT c UNIQUE USING INDEX i",
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE old SET a = 1; RETURN NEW; END $$; CREATE TRIGGER t BEFORE UPDATE OF a ON old "
    "FOR EACH ROW EXECUTE FUNCTION f()",
    "-- no transaction\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON old (a)", "INSERT INTO old VALUES ('DROP TABLE old; COMMIT')",
    "REVOKE UPDATE, DELETE, TRUNCATE ON old FROM {{app}}", "-- RENAME nothing, DROP nothing\nCREATE VIEW v AS SELECT a FROM old",
)


@pytest.mark.parametrize("name", BAD)
def test_what_is_dangerous_is_found(name):
    assert name in {found for found, _ in lint(BAD[name], {"old"})}


@pytest.mark.parametrize("sql", GOOD)
def test_what_is_not_is_left_alone(sql):
    assert lint(sql, {"old"}) == []


BODIES = (   # (statement, whether it may stand)
    ("CREATE FUNCTION f(o old) RETURNS json LANGUAGE sql STABLE RETURN json_build_object('a', o.a)", False),
    ("CREATE OR REPLACE FUNCTION f(x int, o old) RETURNS int LANGUAGE sql\n    RETURN x + o.a", False),
    ("CREATE FUNCTION f(o old) RETURNS json LANGUAGE sql STABLE AS $$ SELECT json_build_object('a', o.a) $$", True),
    ("CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql RETURN a + 1", True),
)


@pytest.mark.parametrize("sql, good", BODIES)
def test_functions_over_rows_are_text(sql, good):
    assert [name for name, _ in lint_functions(sql, {"old"})] == ([] if good else ["parsed body"])


QUEUES = (   # (statements, the kinds they queue)
    ("INSERT INTO job (kind, key, run_at) VALUES ('known', 'a', now()), ('other', 'b', now())", {"known", "other"}),
    ("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO job (kind, key)\n SELECT 'other', id FROM cart UNION ALL SELECT 'known', id FROM cart; END $$",
     {"known", "other"}),
    ("INSERT INTO job (key, kind) VALUES ('a', 'known')", {None}), ("INSERT INTO job (kind, key) SELECT kind, 'x' FROM cart", {None}),
    ("-- INSERT INTO job (kind) VALUES ('other')\nINSERT INTO job_log (kind) VALUES ('other')", set()), ("GRANT INSERT ON job TO {{app}}", set()),
)


@pytest.mark.parametrize("sql, kinds", QUEUES)
def test_jobs_that_nobody_could_run_are_found(sql, kinds):
    assert queued(sql) == kinds
    assert {name for name, _ in lint_jobs(sql, {"known"})} == ({"job"} if kinds - {"known"} else set())


def test_the_version_before_is_known_by_its_contracts():
    known = known_jobs("services/orders/migrations/0001_plans.sql")
    assert {"expire_order", "day_close"} <= known and "no_such_job" not in known
