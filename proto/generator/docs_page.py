"""GET /docs: the API reference as one page made from the merged document. It loads nothing: style and script stand in it, and its
own content policy allows nothing else. Without the script all is still readable; it adds search and copying."""
import base64
import hashlib
import html
import os
import re

import openapi
import samples

HERE = os.path.dirname(os.path.abspath(__file__))
DEPTH_MAX = 6


def page(document, problems):
    style, script = asset("docs.css"), asset("docs.js")
    policy = (f"default-src 'none'; style-src '{digest(style)}'; script-src '{digest(script)}'; img-src data:; base-uri 'none'; form-action 'none'")
    title = text(document["info"].get("title", "API"))
    groups = [Group(document, tag) for tag in document["tags"]]
    body = "".join(group.section() for group in groups)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} API</title>
<link rel="icon" href="data:,">
<style>{style}</style>
</head>
<body>
<a class="skip" href="#content">Skip to content</a>
<nav aria-label="Operations">
<a class="brand" href="#content">{title} API</a>
<input class="search" type="search" placeholder="Search ( / )" aria-label="Search operations" autocomplete="off" spellcheck="false">
<p class="found" role="status"></p>
<details open><summary>Operations</summary>
<h2>Start</h2>
<ul><li><a href="#content">Conventions</a></li><li><a href="#problems">Problems</a></li><li><a href="/openapi.json">openapi.json</a></li></ul>
{"".join(group.menu() for group in groups)}</details>
</nav>
<main id="content">
<h1>{title} API</h1>
<p><span class="badge">{text(document["info"].get("version", ""))}</span> <span class="badge">OpenAPI {text(document["openapi"])}</span></p>
{markdown(document["info"].get("description", ""))}
<p>The calls below use two variables:</p>
<pre><code>{text(TOKEN)}</code></pre>
{body}
{problem_table(problems)}
</main>
<script>{script}</script>
</body>
</html>
"""


TOKEN = """CUOTAS=http://localhost:8080
TOKEN=$(curl -s $CUOTAS/v1/auth/token -H 'Content-Type: application/json' \\
  -d '{"grant_type":"password","username":"...","password":"..."}' | jq -r .access_token)"""


def asset(name):
    with open(os.path.join(HERE, name), encoding="utf-8") as stream:
        return stream.read()


def digest(content):
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode()


def text(value):
    return html.escape(str(value), quote=True)


def markdown(source):
    """Paragraphs, lists, `code` and **bold**: what the contracts use."""
    out = []
    for block in re.split(r"\n\s*\n", str(source).strip()):
        if not block:
            continue
        lines = block.splitlines()
        if re.match(r"[-*] ", lines[0]) and all(re.match(r"[-*] |  ", line) for line in lines):
            out.append(bullets(lines))
        else:
            out.append(f"<p>{inline(' '.join(lines))}</p>")
    return "\n".join(out)


def bullets(lines):
    """An item is a line with a mark and the indented ones after it."""
    items = []
    for line in lines:
        if re.match(r"[-*] ", line):
            items.append(line[2:])
        else:
            items[-1] += " " + line.strip()
    return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items) + "</ul>"


def inline(source):
    parts = re.split(r"(`[^`]+`)", source)
    return "".join(f"<code>{text(p[1:-1])}</code>" if p.startswith("`") and len(p) > 2 else
                   re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", text(p)) for p in parts)


class Group:
    """The operations of one tag."""
    def __init__(self, document, tag):
        self.document, self.tag = document, tag
        self.operations = [(path, method, operation) for path, item in document["paths"].items() for method, operation in item.items()
                           if tag["name"] in operation["tags"]]

    @property
    def anchor(self):
        return "tag-" + self.tag["name"]

    def menu(self):
        items = "".join(f'<li><a href="#op-{o["operationId"]}"><span class="method {m}">{m.upper()}</span><span>{text(o.get("summary", o["operationId"]))}'
                        f"</span></a></li>\n" for _, m, o in self.operations)
        return f'<div data-group><h2><a href="#{self.anchor}">{text(self.tag["name"])}</a></h2>\n<ul>{items}</ul></div>\n'

    def section(self):
        articles = "".join(article(self.document, *o) for o in self.operations)
        about = self.tag.get("description", "")
        about = markdown(about) if about and about != self.tag["name"] else ""
        return f'<section data-group id="{self.anchor}"><h2>{text(self.tag["name"].capitalize())}</h2>\n{about}\n{articles}</section>\n'


def article(document, path, method, operation):
    scopes = [scope for requirement in operation.get("security", []) for scope in requirement.get("token", [])]
    access = "Public" if not operation.get("security") else "Token: " + " or ".join(scopes)
    shown = re.sub(r"(\{[^}]*\})", r"<wbr>\1", text(path))
    badges = f'<span class="badge">{text(access)}</span>' + ('<span class="badge">Deprecated</span>' if operation.get("deprecated") else "")
    anchor = "op-" + operation["operationId"]
    return f"""<article id="{anchor}" data-words="{text(words(path, method, operation))}">
<h3><a href="#{anchor}">{text(operation.get("summary", operation["operationId"]))}</a></h3>
<div class="path"><span class="method {method}">{method.upper()}</span><code>{shown}</code>{badges}</div>
<div class="columns"><div>
{markdown(operation.get("description", ""))}
{parameters(document, operation)}
{request(document, operation)}
{answers(document, operation)}
</div><div class="sample">
{sample_blocks(document, path, method, operation)}
</div></div>
</article>
"""


def words(path, method, operation):
    codes = [code for r in operation["responses"].values() for m in (r.get("content") or {}).values() for code in m.get("examples") or {}]
    parts = [path, method, operation["operationId"], operation.get("summary", ""), operation.get("description", ""), *operation["tags"],
             *(p["name"] for p in operation.get("parameters", [])), *codes]
    return " ".join(" ".join(parts).lower().split())


def parameters(document, operation):
    rows = []
    for parameter in operation.get("parameters", []):
        schema = samples.resolved(document, parameter.get("schema") or {})
        note = parameter.get("description") or schema.get("description") or ""
        rows.append(field(document, parameter["name"], {**schema, "description": note}, parameter.get("required"), 0, f"in {parameter['in']}"))
    return f'<h4>Parameters</h4>\n<dl class="fields">{"".join(rows)}</dl>' if rows else ""


def request(document, operation):
    body = operation.get("requestBody")
    if not body:
        return ""
    parts = []
    for media, node in body["content"].items():
        parts.append(f'<h4>Body: {text(media)}{"" if body.get("required") else " (optional)"}</h4>{markdown(body.get("description", ""))}')
        parts.append(members(document, node.get("schema") or {}, 0))
    return "\n".join(parts)


def answers(document, operation):
    """Its own answers unfolded or at hand; what any operation can answer, together at the end."""
    own, common = [], []
    for status, answer in operation["responses"].items():
        problem = (answer.get("content") or {}).get("application/problem+json")
        codes = list((problem or {}).get("examples") or {})
        everywhere = codes and all(code in (*openapi.ALWAYS, *openapi.OTHERWISE, "gateway_timeout") for code in codes)
        (common if everywhere else own).append(one_answer(document, status, answer, codes))
    rest = f'<details class="answer"><summary><span>What any operation can answer</span></summary>{"".join(common)}</details>' if common else ""
    return "<h4>Answers</h4>\n" + "\n".join(own) + rest


def one_answer(document, status, answer, codes):
    about = answer.get("description", "")
    first = re.split(r": `|\. |\.$", about)[0].split("\n")[0]
    if codes:
        items = "".join(f'<li><a href="#problem-{text(c)}"><code>{text(c)}</code></a> '
                        f'{text(document["components"]["examples"]["problem-" + c]["summary"])}</li>' for c in codes)
        inside = f'<ul class="codes">{items}</ul>'
    else:
        inside = markdown(about) if about.strip().rstrip(".") != first else ""
        inside += headers(document, answer)
        inside += "".join(f'<p class="type">{text(media)}</p>{members(document, node.get("schema") or {}, 0, answer=True)}'
                          for media, node in (answer.get("content") or {}).items())
    kind = "delete" if status >= "400" else ""   # `default` too
    return (f'<details class="answer"{" open" if status < "300" else ""}><summary><span class="status {kind}">{status}</span>'
            f"<span>{inline(first)}</span></summary>{inside}</details>")


def headers(document, answer):
    rows = [field(document, name, {**samples.resolved(document, node.get("schema") or {}), "description": node.get("description", "")}, False, 0, "header")
            for name, node in ((n, samples.resolved(document, h)) for n, h in (answer.get("headers") or {}).items())
            if name not in openapi.EVERYWHERE]
    return f'<dl class="fields">{"".join(rows)}</dl>' if rows else ""


def members(document, schema, depth, answer=False):
    """The members of an object (or of an array's objects) as a definition list; nothing for a plain value. What comes in is marked when it is
    required, what goes out when it can be absent."""
    schema = samples.resolved(document, schema)
    if depth > DEPTH_MAX:
        return ""
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return "".join(members(document, option, depth, answer) for option in schema[key])
    if schema.get("allOf"):
        return "".join(members(document, part, depth, answer) for part in schema["allOf"])
    if "items" in schema:
        return members(document, schema["items"], depth, answer)
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    rows = "".join(field(document, name, value, name in required, depth, answer=answer) for name, value in properties.items())
    return f'<dl class="fields">{rows}</dl>' if rows else "" if depth else f'<p class="type">{text(type_name(document, schema))}</p>'


def field(document, name, schema, required, depth, place="", answer=False):
    schema = samples.resolved(document, schema)
    marks = " ".join(filter(None, [f'<span class="type">{text(type_name(document, schema))}</span>', f'<span class="type">{text(place)}</span>' if place else "",
                                   '<span class="required">required</span>' if required and not answer else "",
                                   '<span class="type">may be absent</span>' if answer and not required else ""]))
    about = markdown(schema.get("description", ""))
    limits = constraints(schema)
    inner = members(document, schema, depth + 1, answer) if depth < DEPTH_MAX else ""
    if inner and depth:
        inner = f'<details class="inner"><summary>Members</summary>{inner}</details>'
    dd = about + (f"<p>{limits}</p>" if limits else "") + inner
    return f"<div><dt><code>{text(name)}</code> {marks}</dt>" + (f"<dd>{dd}</dd>" if dd else "") + "</div>\n"


def type_name(document, schema):
    schema = samples.resolved(document, schema)
    if "enum" in schema and "type" not in schema:
        return "one of"
    for key in ("oneOf", "anyOf"):
        if schema.get(key):
            return " or ".join(dict.fromkeys(type_name(document, option) for option in schema[key]))
    kind = schema.get("type", "object" if "properties" in schema else "any")
    kinds = kind if isinstance(kind, list) else [kind]
    names = []
    for one in kinds:
        if one == "array":
            one = "array of " + type_name(document, schema.get("items") or {})
        elif one == "string" and "format" in schema:
            one = schema["format"]
        names.append(one)
    return " or ".join(names)


def constraints(schema):
    parts = []
    if "enum" in schema:
        parts.append("One of " + ", ".join(f"<code>{text(v)}</code>" for v in schema["enum"] if v is not None) + ".")
    if "const" in schema:
        parts.append(f"Always <code>{text(samples.pretty(schema['const']))}</code>.")
    low, high = schema.get("minimum"), schema.get("maximum")
    if isinstance(high, int) and high >= 2 ** 53 - 1:
        high = None
    if isinstance(low, int) and low <= -(2 ** 53 - 1):
        low = None
    parts += between(low, high, "") + between(schema.get("minLength"), schema.get("maxLength"), " characters")
    parts += between(schema.get("minItems"), schema.get("maxItems"), " entries")
    if "pattern" in schema:
        parts.append(f"Matches <code>{text(schema['pattern'])}</code>.")
    if "default" in schema:
        parts.append(f"Default <code>{text(samples.pretty(schema['default']))}</code>.")
    return " ".join(parts)


def between(low, high, unit):
    if low is not None and high is not None:
        return [f"{low:,} to {high:,}{unit}." if low != high else f"{low:,}{unit}."]
    if low:
        return [f"At least {low:,}{unit}."]
    return [f"At most {high:,}{unit}."] if high is not None else ["Not negative."] if low == 0 and not unit else []


def sample_blocks(document, path, method, operation):
    parts = [block("Request", samples.curl(document, path, method, operation))]
    for status, answer in operation["responses"].items():
        node = (answer.get("content") or {}).get("application/json")
        if status < "300" and node:
            parts.append(block(f"Answer {status}", samples.pretty(samples.of_media(document, node))))
    return "\n".join(parts)


def block(title, content):
    return (f'<div class="samplehead"><h4>{text(title)}</h4><button class="copy" type="button" hidden>Copy</button></div>'
            f'<pre tabindex="0" aria-label="{text(title)}"><code>{text(content)}</code></pre>')


def problem_table(problems):
    rows = "".join(f'<tr id="problem-{text(code)}"><td><code>{text(code)}</code></td><td>{status}</td><td>{text(title)}</td></tr>\n'
                   for code, (status, title, _) in sorted(problems.items(), key=lambda p: (p[1][0], p[0])))
    return f"""<section id="problems"><h2>Problems</h2>
<p>Every refusal is an <code>application/problem+json</code> document; decide by its <code>code</code>.</p>
<div class="scroll"><table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>{rows}</tbody></table></div></section>"""
