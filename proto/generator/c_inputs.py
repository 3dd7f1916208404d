"""C of the inputs: the structs of api.h, and the static decoders of api.c, written in calls of wire/decode.h."""
from emit import c_string
from schemas import FORMATS, integer_range, takes_numbers


def struct_text(struct_name, members, note):
    lines = [f"/* {note} */", f"struct {struct_name} {{"]
    for member in members:
        lines.append("    " + declaration(member))
    if not members:
        lines.append("    char none;")
    return "\n".join(lines + ["};", ""])


def declaration(member):
    name, kind = member.c_name, member.type.kind
    if kind == "integer":
        return f"int64_t {name}; bool has_{name};"
    if kind == "boolean":
        return f"bool {name}, has_{name};"
    if kind == "object":
        return f"const struct {member.type.struct.c_name} *{name};"
    if kind == "array":
        return f"const {item_type(member.type)} *{name}; size_t {name}_count;"
    return f"struct slice {name};"


def item_type(array):
    items = array.items
    return {"string": "struct slice", "integer": "int64_t", "boolean": "bool"}.get(items.kind) or f"struct {items.struct.c_name}"


def rules(members):
    """The static rules of the strings among members."""
    lines = []
    for member in members:
        spec = member.type.items.spec if member.type.kind == "array" else member.type.spec
        kind = member.type.items.kind if member.type.kind == "array" else member.type.kind
        if kind != "string":
            continue
        parts = []
        values = [v for v in spec.get("enum") or [] if v is not None]
        if values:
            lines.append(f"    static const char *const values_{member.c_name}[] = {{ " + ", ".join(map(c_string, values)) + ", NULL };")
        if spec.get("minLength"):
            parts.append(f".min = {spec['minLength']}")
        if spec.get("maxLength"):
            parts.append(f".max = {spec['maxLength']}")
        if FORMATS.get(spec.get("format"), "NONE") != "NONE":
            parts.append(f".format = FORMAT_{FORMATS[spec['format']]}")
        if values:
            parts.append(f".values = values_{member.c_name}")
        if takes_numbers(spec):
            parts.append(".numbers = true")
        if spec.get("x-multiline"):
            parts.append(".multiline = true")
        if spec.get("x-long-numbers"):
            parts.append(".long_numbers = true")
        lines.append(f"    static const struct string_rule rule_{member.c_name} = {{ {', '.join(parts) or '.min = 0'} }};")
    return lines


def decode_json(member, index):
    """Decodes at[index] into out->member."""
    name, wire, kind = member.c_name, c_string(member.name), member.type.kind
    at = f"at[{index}]"
    if kind == "string":
        return [f"    decode_string(d, {wire}, {at}, &rule_{name}, &out->{name});"]
    if kind == "integer":
        low, high = integer_range(member.type.spec)
        return [f"    decode_int64(d, {wire}, {at}, {int64(low)}, {int64(high)}, &out->{name}, &out->has_{name});"]
    if kind == "boolean":
        return [f"    decode_bool(d, {wire}, {at}, &out->{name}, &out->has_{name});"]
    if kind == "raw":
        return [f"    decode_raw(d, {wire}, {at}, 0, &out->{name});"]
    if kind == "object":
        struct = member.type.struct.c_name
        return [f"    if ({at}) {{",
                f"        struct {struct} *nested = ARENA_NEW(d->work->arena, struct {struct});",
                f"        decode_enter(d, {wire});",
                f"        decode_{struct}(d, {at}, nested);",
                "        decode_leave(d);",
                f"        out->{name} = nested;",
                "    }"]
    return decode_array(member, at)


def decode_array(member, at):
    name, wire, items = member.c_name, c_string(member.name), member.type.items
    spec, c_type = member.type.spec, item_type(member.type)
    slot = "items[decode_index(d)]"
    if items.kind == "string":
        call = f"decode_string(d, NULL, item, &rule_{name}, &{slot});"
    elif items.kind == "integer":
        low, high = integer_range(items.spec)
        call = f"decode_int64(d, NULL, item, {int64(low)}, {int64(high)}, &{slot}, &(bool){{ false }});"
    elif items.kind == "boolean":
        call = f"decode_bool(d, NULL, item, &{slot}, &(bool){{ false }});"
    else:
        call = f"decode_{items.struct.c_name}(d, item, &{slot});"
    return [f"    if (decode_array(d, {wire}, {at}, {spec.get('minItems', 0)}, {spec['maxItems']}, &out->{name}_count)) {{",
            f"        {c_type} *items = ARENA_ARRAY(d->work->arena, {c_type}, out->{name}_count);",
            f"        decode_enter(d, {wire});",
            f"        for (const cJSON *item = decode_first(d, {at}); item; item = decode_next(d, item))",
            f"            {call}",
            "        decode_leave(d);",
            f"        out->{name} = items;",
            "    }"]


def int64(value):
    return f"INT64_C({value})"


def defaults(members, out):
    lines = []
    for member in members:
        name, value = member.c_name, member.type.default
        if value is None:
            continue
        if member.type.kind == "string":
            lines.append(f"    if (slice_is_none({out}->{name}))\n        {out}->{name} = SLICE({c_string(value)});")
        else:
            text = int64(value) if member.type.kind == "integer" else str(value).lower()
            lines += [f"    if (!{out}->has_{name}) {{", f"        {out}->{name} = {text};", f"        {out}->has_{name} = true;", "    }"]
    return lines


def object_decoder(function, struct, members):
    """void <function>(struct decoder *d, const cJSON *value, struct <struct> *out)"""
    lines = [f"void {function}(struct decoder *d, const cJSON *value, struct {struct} *out)", "{"]
    lines += rules(members)
    if members:
        lines.append("    static const struct decode_member members[] = {")
        for member in members:
            flags = [f for f, on in (("DECODE_REQUIRED", member.required), ("DECODE_NULLABLE", member.type.nullable)) if on]
            lines.append(f"        {{ {c_string(member.name)}, {' | '.join(flags) or '0'} }},")
        lines += ["    };", f"    const cJSON *at[{len(members)}];", f"    if (!decode_object(d, value, members, {len(members)}, at))", "        return;"]
    else:
        lines += ["    (void)out;", "    (void)decode_object(d, value, NULL, 0, NULL);"]
    for index, member in enumerate(members):
        lines += decode_json(member, index)
    lines += defaults(members, "out")
    return "\n".join(lines + ["}", ""])


def text_call(place, member, value):
    name, wire, kind = member.c_name, c_string(member.name), member.type.kind
    if kind == "string":
        return f"    decode_text_string(&d, {place}, {wire}, {value}, &rule_{name}, &in->{name});"
    if kind == "integer":
        low, high = integer_range(member.type.spec)
        return f"    decode_text_int64(&d, {place}, {wire}, {value}, {int64(low)}, {int64(high)}, &in->{name}, &in->has_{name});"
    return f"    decode_text_bool(&d, {place}, {wire}, {value}, &in->{name}, &in->has_{name});"


def operation_decoder(entry):
    """static const struct <op>_in *read_<op>(struct request *rq): NULL with every violation recorded."""
    operation = entry.operation
    struct = operation.id + "_in"
    lines = [f"static const struct {struct} *read_{operation.id}(struct request *rq)", "{"]
    lines += rules(entry.path + entry.query + entry.header)
    lines += [f"    struct {struct} *in = ARENA_NEW(rq->work.arena, struct {struct});", "    struct decoder d = decoder_new(&rq->work);"]
    for member in entry.path:
        lines.append(text_call("IN_PATH", member, f"rq->path_args[{operation.path_args.index(member.name)}]"))
    lines += query_part(entry.query)
    for member in entry.header:
        value = f"request_header(rq, {c_string(member.name.lower())})"
        if member.required and member.name != "If-Match":
            lines += [f"    if (slice_is_none({value}))",
                      f"        work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE({c_string('header:' + member.name)}), "
                      '"required", "is required");']
        lines.append(text_call("IN_HEADER", member, value))
    lines += body_part(entry)
    lines += defaults(entry.path + entry.query + entry.header, "in")
    if operation.version == "pinned":   # last: whoever does it wrong anyway is told that
        lines += ["    if (!work_failed(&rq->work) && slice_is_none(in->if_match))",
                  '        work_fail(&rq->work, &PROBLEM_precondition_required, "send the ETag of what you have read as If-Match");']
    return "\n".join(lines + ["    return work_failed(&rq->work) ? NULL : in;", "}", ""])


def query_part(query):
    if not query:
        return ["    decode_query(&d, rq->query, NULL, 0, NULL);"]
    lines = ["    static const struct decode_parameter parameters[] = {"]
    lines += [f"        {{ {c_string(m.name)}, {'true' if m.required else 'false'} }}," for m in query]
    lines += ["    };", f"    struct slice query[{len(query)}];", f"    decode_query(&d, rq->query, parameters, {len(query)}, query);"]
    return lines + [text_call("IN_QUERY", member, f"query[{index}]") for index, member in enumerate(query)]


def body_part(entry):
    operation = entry.operation
    if entry.raw_body:
        return ["    in->body = rq->body;"]
    if entry.body is None:
        return []
    required = "true" if operation.body_required else "false"
    call = "decode_raw(&d, NULL, body, 0, &in->body);" if entry.raw_json else f"read_{operation.id}_body(&d, body, in);"
    lines = [f"    const cJSON *body = decode_body(&rq->work, rq->body, {required});", "    if (body)", f"        {call}"]
    if not entry.raw_json and any(m.type.default is not None for m in entry.body) and not operation.body_required:
        lines += ["    if (!body) {"] + ["    " + line.replace("\n", "\n    ") for line in defaults(entry.body, "in")] + ["    }"]
    return lines
