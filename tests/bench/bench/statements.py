"""The SQL the services run, read from what the generator wrote (gen/<service>/sql.c), as pgbench scripts."""

import os
import re

from .measure import Failed

PICK = "\\set pick random(1, {})\n"   # one of `picked`, for a whole transaction
_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def _unescape(text):
    """C's escapes; bytes beyond ASCII are written in octal."""
    raw = re.sub(rb"\\([0-7]{3}|.)", lambda match: bytes([int(match[1], 8)]) if len(match[1]) == 3 else _ESCAPES[match[1].decode()].encode(), text.encode())
    return raw.decode()


def literal(text):
    """A text as SQL that pgbench finds no variable in."""
    escaped = str(text).replace("\\", "\\\\").replace("'", "''").replace(":", "\\003a")
    return f"U&'{escaped}'"


def picked(arguments):
    """Arguments (a list of dicts with the same keys) as values for Statement.script() and as pgbench variables. What is the same in
    all is a variable. Of the rest, one is picked by the number of PICK from an array in the statement's text: so every transaction
    has other values, and yet each client prepares one statement and not one for each value."""
    values, variables = {}, {}
    for name in arguments[0]:
        texts = [str(each[name]) for each in arguments]
        if len(set(texts)) == 1:
            values[name], variables[name] = f":{name}", texts[0]
        else:
            values[name] = f"(ARRAY[{', '.join(map(literal, texts))}])[:pick]"
    return values, variables


class Statement:
    """text with $1..$n, and the parameters' names in that order."""

    def __init__(self, generated, service, name):
        self.name = name
        source = _read(os.path.join(generated, service, "sql.c"))
        header = _read(os.path.join(generated, service, "sql.h"))
        found = re.search(rf"const struct statement sql_{name} = \{{.*?\.text =\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+),", source, re.S)
        fields = re.search(rf"struct sql_{name}_args \{{(.*?)\}};", header, re.S)
        if not found or not fields:
            raise Failed(f"no statement {name} in {generated}/{service}/sql.c")
        self.text = _unescape("".join(_LITERAL.findall(found[1])))
        self.parameters = re.findall(r"struct slice (\w+);", fields[1])

    def script(self, values, rename=None):
        """One command of a pgbench script. values: by parameter, a pgbench variable (":id") or an SQL expression of text with
        such in it. rename: words of the SQL to be written differently."""
        def argument(match):
            return f"({values[self.parameters[int(match[1]) - 1]]})::text"   # all parameters are text, as the services send them
        text = self.text
        for word, other in (rename or {}).items():
            text, times = re.subn(rf"\b{word}\b", other, text)
            if not times:
                raise Failed(f"{self.name} does not mention {word}")
        stray = re.search(r"(?<!:):[A-Za-z0-9_]", text)
        if stray:
            raise Failed(f"pgbench would take {text[stray.start():][:20]!r} in {self.name} for a variable")
        return re.sub(r"\$(\d+)", argument, text).rstrip().rstrip(";") + ";\n"


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        raise Failed(f"{path} is not there; `make` writes it") from None
