"""SQL files to C: named parameters become $n, {{remember N}} and {{part NAME}} are expanded, comments go, and the statement's table entry is made.

The reader knows quotes, dollar quotes, comments and casts, so a `:name` in any of them stays what it is."""
import os
import re
from dataclasses import dataclass, field

from yaml_file import NAME
from emit import BANNER, c_string, c_text, header
from schemas import c_identifier

AUTOFILL = ("now", "today", "owner", "trace", "idem_operation", "idem_subject", "idem_key", "idem_hash")
PARAMETERS_MAX = 48
POOLS = ("read", "write", "slow")

TOKEN = re.compile(r"""
    (?P<comment> --[^\n]* )
  | (?P<block> /\* )
  | (?P<escaped> \b[eE]'(?:[^'\\]|\\.|'')*' )
  | (?P<quoted> '(?:[^']|'')*' )
  | (?P<identifier> "(?:[^"]|"")*" )
  | (?P<dollar> (?<![A-Za-z0-9_$])\$(?P<tag>[A-Za-z_][A-Za-z0-9_]*)?\$ )
  | (?P<number> (?<![A-Za-z0-9_])\$\d+ )
  | (?P<cast> :: | := )
  | (?P<remember> \{\{[^}]*\}\} )
  | (?P<parameter> (?<![A-Za-z0-9_:\]]):(?P<name>[a-z_][a-z0-9_]*) )
  | (?P<open> ['"] )
""", re.VERBOSE | re.DOTALL)

REMEMBER = """remembered AS (
    INSERT INTO idempotency (operation, subject, key, request_hash, status, body)
    SELECT :idem_operation::text, :idem_subject::text, :idem_key::text, :idem_hash::text, {status}, reply.body::text
    FROM reply WHERE :idem_key::text IS NOT NULL AND reply.body IS NOT NULL
)"""


@dataclass
class Statement:
    name: str
    file: str
    text: str = ""
    parameters: list = field(default_factory=list)
    pool: str = "write"
    emits_events: bool = False
    adds_jobs: bool = False
    jobs_are_for_later: bool = False
    tells_changes: bool = False
    parts: dict = field(default_factory=dict)   # what {{part NAME}} may name; those that were named
    named: set = field(default_factory=set)


class SqlMistake(Exception):
    pass


def load_directory(directory, service, report):
    """name -> Statement of every .sql file in a directory; none when there is no directory."""
    statements, texts, parts = {}, read_directory(directory), read_directory(os.path.join(directory, "parts"))
    for name, text in texts.items():
        file = os.path.relpath(os.path.join(directory, name + ".sql"))
        try:
            statements[name] = parse(name, file, text, parts)
        except SqlMistake as mistake:
            report.error(service, file, str(mistake))
    for name in parts.keys() - {each for statement in statements.values() for each in statement.named}:
        report.error(service, os.path.relpath(os.path.join(directory, "parts", name + ".sql")), "no statement has this part")
    return statements


def read_directory(directory):
    """{name: text} of its .sql files."""
    texts = {}
    for file in sorted(os.listdir(directory)) if os.path.isdir(directory) else []:
        if file.endswith(".sql"):
            with open(os.path.join(directory, file), encoding="utf-8") as stream:
                texts[file[:-4]] = stream.read()
    return texts


def parse(name, file, text, parts=None):
    if not NAME.fullmatch(name):
        raise SqlMistake("an SQL file is named in snake_case")
    statement = Statement(name, file, parts=parts or {})
    directives(statement, text)
    plain = []                                  # the text without comments and quoted parts, for detection
    result = rewrite(statement, text, plain).strip()
    if result.endswith(";"):
        result = result[:-1].rstrip()
    bare = " ".join("".join(plain).rstrip().rstrip(";").split())
    if not bare:
        raise SqlMistake("there is no statement in it")
    if ";" in bare:
        raise SqlMistake("one statement a file: there is a ';' inside")
    if len(statement.parameters) > PARAMETERS_MAX:
        raise SqlMistake(f"more than {PARAMETERS_MAX} parameters")
    statement.text = result
    statement.emits_events |= bool(re.search(r"\binsert\s+into\s+(?:public\.)?outbox\b", bare, re.I))
    statement.adds_jobs |= bool(re.search(r"\binsert\s+into\s+(?:public\.)?job\b", bare, re.I)) and not statement.jobs_are_for_later
    check_read(statement, bare)
    if statement.tells_changes and not re.search(r"\bas\s+changed\b", bare, re.I):
        raise SqlMistake("`-- tells: changes` and no column `AS changed`")
    return statement


def check_read(statement, bare):
    """What the read pools run must not write: their sessions are read-only in spirit and their order is free."""
    verb = re.search(r"\b(insert\s+into|delete\s+from|update\s+\w+(?:\s+(?:as\s+)?\w+)?\s+set|merge\s+into)\b", bare, re.I)
    if statement.pool != "write" and verb:
        raise SqlMistake(f"`-- pool: {statement.pool}` and '{verb.group(1)}' do not go together")


def directives(statement, text):
    for line in text.splitlines():
        found = re.match(r"\s*--\s*(pool|emits|adds|tells)\s*:\s*(.*?)\s*$", line)
        if not found:
            continue
        key, value = found.groups()
        if key == "pool":
            if value not in POOLS:
                raise SqlMistake(f"`-- pool: {value}` must be one of {', '.join(POOLS)}")
            statement.pool = value
        elif key == "emits" and value == "events":
            statement.emits_events = True
        elif key == "adds" and value == "jobs":
            statement.adds_jobs = True
        elif key == "adds" and value == "jobs for later":
            statement.jobs_are_for_later = True
        elif key == "tells" and value == "changes":
            statement.tells_changes = True


def rewrite(statement, text, plain):
    """Appends what is outside quotes and comments to `plain`; returns the text for PostgreSQL."""
    out, at = [], 0
    while True:
        found = TOKEN.search(text, at)
        if not found:
            break
        between = text[at:found.start()]
        out.append(tidy(between))
        plain.append(between)
        at = found.end()
        kind = next(k for k in ("comment", "block", "escaped", "quoted", "identifier", "dollar", "number", "cast", "remember", "parameter", "open")
                    if found.group(k) is not None)
        if kind == "comment":
            out[-1] = out[-1].rstrip(" \t")
            continue
        if kind == "block":
            at = after_block(text, at)
            out.append(" ")
        elif kind == "dollar":
            end = text.find(found.group(0), at)
            if end < 0:
                raise SqlMistake(f"{found.group(0)} is never closed")
            at = end + len(found.group(0))
            out.append(text[found.start():at])
            plain.append("''")
        elif kind == "remember":
            out.append(expand(statement, found.group(0), plain))
        elif kind == "parameter":
            out.append(f"${number(statement, found.group('name'))}")
            plain.append("$")
        elif kind == "number":
            raise SqlMistake(f"{found.group(0)}: parameters are named, as :id")
        elif kind == "open":
            raise SqlMistake(f"a {found.group(0)} is never closed")
        else:
            out.append(found.group(0))
            plain.append(found.group(0) if kind == "cast" else '"' if kind == "identifier" else "''")
    out.append(tidy(text[at:]))
    plain.append(text[at:])
    return "".join(out)


def tidy(between):
    """Empty lines and blanks at the ends of lines go; never called on what is quoted."""
    return re.sub(r"[ \t]*\n\s*?(?=\n)", "", re.sub(r"[ \t]+\n", "\n", between))


def after_block(text, at):
    depth = 1
    for found in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if found.group(0) == "/*" else -1
        if depth == 0:
            return found.end()
    raise SqlMistake("a /* is never closed")


def expand(statement, macro, plain):
    found = re.fullmatch(r"\{\{\s*(?:remember\s+(?P<status>[1-5]\d\d)|part\s+(?P<part>[a-z_]+))\s*\}\}", macro)
    if not found:
        raise SqlMistake(f"{macro} is not known: only {{{{remember 201}}}} (a status) and {{{{part name}}}} are")
    if found["status"]:
        return rewrite(statement, REMEMBER.format(status=found["status"]), plain)
    if found["part"] not in statement.parts or found["part"] in statement.named:
        raise SqlMistake(f"{macro}: there is no parts/{found['part']}.sql, or it stands here already")
    statement.named.add(found["part"])
    return rewrite(statement, statement.parts[found["part"]], plain).strip()


def number(statement, name):
    if name not in statement.parameters:
        statement.parameters.append(name)
    return statement.parameters.index(name) + 1


def index_of(statement, name):
    return statement.parameters.index(name) if name in statement.parameters else -1


def sql_header(path, statements):
    body = ["#include \"db/db.h\"", ""]
    for statement in statements.values():
        body += [f"/* {statement.file} */", f"struct sql_{statement.name}_args {{"]
        body += [f"    struct slice {c_identifier(p)};" for p in statement.parameters] or ["    struct slice none;"]
        body += ["};", f"extern const struct statement sql_{statement.name};", ""]
    return header(path, "\n".join(body))


def sql_source(owner, include, statements):
    out = [BANNER, f'#include "{include}"', ""]
    for statement in statements.values():
        auto = ", ".join(f".{name} = {index_of(statement, name)}" for name in AUTOFILL)
        out += [f"const struct statement sql_{statement.name} = {{",
                f"    .name = {c_string(statement.name)},",
                "    .text =",
                c_text(f"/* {owner}.{statement.name} */ {statement.text}", "        ") + ",",
                f"    .parameter_count = {len(statement.parameters)},",
                f"    .pool = POOL_{statement.pool.upper()},",
                f"    .emits_events = {str(statement.emits_events).lower()},",
                f"    .adds_jobs = {str(statement.adds_jobs).lower()},",
                f"    .tells_changes = {str(statement.tells_changes).lower()},",
                f"    .autofill = {{ {auto} }},",
                "};", ""]
    return "\n".join(out)
