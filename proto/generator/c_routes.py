"""api.h, bodies.c and api.c of a service: prototypes of its handlers and jobs, decoders, and the route table; and the gateway's table of
every public operation of every service."""
from c_inputs import object_decoder, operation_decoder, struct_text
from emit import BANNER, c_string, header
from openapi import creates
from schemas import InputTypes, OperationInput
from yaml_file import Mistake


class ServiceInputs:
    """The input types of a service's operations; mistakes go to the report. reserved: struct names of libcommon."""
    def __init__(self, contracts, document, reserved):
        self.contracts, self.document = contracts, document
        self.types = InputTypes(contracts, reserved | {o.id + "_in" for o in document.operations})
        self.entries = []
        for operation in document.operations:
            try:
                self.entries.append(OperationInput(self.types, operation))
            except Mistake as mistake:
                contracts.report.error(document.name, mistake.where, f"{operation.id}: {mistake.message}")


def api_header(inputs):
    name = inputs.document.name
    parts = ['#include "http/request.h"\n#include "http/route.h"\n#include "bus/job.h"\n#include "wire/decode.h"\n']
    for struct in inputs.types.structs:
        parts.append(struct_text(struct.c_name, struct.members, "Schema of a body's part."))
    for entry in inputs.entries:
        operation = entry.operation
        note = f"{operation.method.upper()} {operation.path}"
        parts.append(struct_text(operation.id + "_in", entry.members(), note.replace("*/", "* /")) +
                     f"SUSPENDS struct reply {operation.id}(struct request *rq, const struct {operation.id}_in *in);\n")
        if has_body_decoder(entry):
            parts.append(f"void read_{operation.id}_body(struct decoder *d, const cJSON *value, struct {operation.id}_in *out);\n")
    for kind in inputs.document.extension("jobs"):
        parts.append(f"SUSPENDS enum job_outcome job_{kind}(struct work *w, const struct job *job);\n")
    parts.append(f"extern const struct route {name}_routes[];\nextern const size_t {name}_route_count;\n")
    return header(f"{name}/api.h", "\n".join(parts))


def bodies_source(inputs):
    """Decoders of bodies, apart from the handlers: a program without a server may read them, too."""
    parts = [BANNER + f'#include "gen/{inputs.document.name}/api.h"\n']
    for struct in inputs.types.structs:
        parts.append("static " + object_decoder("decode_" + struct.c_name, struct.c_name, struct.members))
    for entry in inputs.entries:
        if has_body_decoder(entry):
            parts.append(object_decoder(f"read_{entry.operation.id}_body", entry.operation.id + "_in", entry.body))
    return "\n".join(parts)


def has_body_decoder(entry):
    return entry.body is not None and not entry.raw_json


def api_source(inputs):
    name = inputs.document.name
    parts = [BANNER + f'#include "gen/{name}/api.h"\n\n#include "gen/problems.h"\n']
    for entry in inputs.entries:
        operation = entry.operation
        parts.append(operation_decoder(entry))
        parts.append(f"SUSPENDS static struct reply handle_{operation.id}(struct request *rq)\n{{\n"
                     f"    const struct {operation.id}_in *in = read_{operation.id}(rq);\n"
                     f"    return in ? {operation.id}(rq, in) : reply_problem(rq);\n}}\n")
    operations = [entry.operation for entry in inputs.entries]
    parts += [scopes_text(o) for o in operations if o.scopes]
    parts.append(route_table(inputs.contracts, f"{name}_routes", operations, lambda o: f"handle_{o.id}"))
    parts.append(f"const size_t {name}_route_count = {len(operations)};\n")
    return "\n".join(parts)


def scopes_text(operation):
    names = ", ".join(c_string(scope) for scope in operation.scopes)
    return f"static const char *const scopes_{operation.id}[] = {{ {names}, NULL }};"


def route_table(contracts, name, operations, handler):
    lines = [f"\nconst struct route {name}[] = {{"]
    for operation in operations:
        lines += ["    {", f"        .method = HTTP_{operation.method.upper()}, .path = {c_string(operation.path)}, "
                  f".operation = {c_string(operation.id)},"]
        if handler(operation):
            lines.append(f"        .handle = {handler(operation)},")
        if operation.scopes:
            lines.append(f"        .scopes = scopes_{operation.id},")
        lines.append(f"        .idempotency = IDEMPOTENCY_{operation.idempotency.upper()}, "
                     f".streams_body = {str(operation.streaming).lower()}, .accepts_json = {str(operation.json_body).lower()},")
        if creates(contracts, operation):
            lines.append("        .creates = true,")
        if operation.version:
            lines.append(f"        .version = ROUTE_VERSION_{operation.version.upper()},")
        if operation.cache:
            lines.append("        .cache = ROUTE_KEPT,")
        elif operation.method != "get" and any(other.cache for other in operation.document.operations):
            lines.append("        .cache = ROUTE_CHANGES_KEPT,")
        if operation.cost:
            lines.append(f"        .cost = {operation.cost},")
        if operation.limit:
            lines.append("        .limited_as_auth = true,")
        lines.append(f"        .body_max = {body_max(operation)}, .timeout_ms = {operation.timeout_ms or 'REQUEST_TIMEOUT_MS'},")
        lines.append("    },")
    if not operations:
        lines.append("    { .path = NULL },")
    return "\n".join(lines + ["};"])


def body_max(operation):
    if not operation.media:
        return 0
    return operation.body_max or ("HTTP_STREAMED_BYTES_MAX" if operation.streaming else "HTTP_BODY_BYTES_MAX")


UPSTREAMS_HEADER = """#include "http/route.h"

/* Every public operation of every service, for router_new: the gateway's own have a handler, the others none, and
 * upstream_services[i] names the service that serves upstream_routes[i]. */
extern const struct route upstream_routes[];
extern const char *const upstream_services[];
extern const size_t upstream_route_count;
/* The services behind, each once; ends with NULL. */
extern const char *const upstream_names[];
/* Those of them whose answers may be kept (x-cache); ends with NULL. */
extern const char *const upstream_kept[];
"""


def upstreams_header():
    return header("gateway/upstreams.h", UPSTREAMS_HEADER)


def upstreams_source(contracts):
    operations = list(contracts.operations(published=True))
    own = [o for o in operations if o.service == "gateway"]
    names = list(dict.fromkeys(o.service for o in operations if o.service != "gateway"))
    parts = [BANNER + '#include "gen/gateway/upstreams.h"\n\n#include "gen/gateway/api.h"\n#include "base/limits.h"\n' if own else
             BANNER + '#include "gen/gateway/upstreams.h"\n\n#include "base/limits.h"\n']
    if own:
        parts.append('/* The handlers of the gateway itself, through its own table. */\n')
        parts += [f"SUSPENDS static struct reply handle_{o.id}(struct request *rq)\n{{\n    return gateway_routes[{i}].handle(rq);\n}}\n"
                  for i, o in enumerate(contracts.documents["gateway"].operations) if not o.internal]
    parts += [scopes_text(o) for o in operations if o.scopes]
    parts.append(route_table(contracts, "upstream_routes", operations, lambda o: f"handle_{o.id}" if o.service == "gateway" else None))
    parts.append("\nconst char *const upstream_services[] = {")
    parts.append("\n".join(f"    {c_string(o.service)}," for o in operations) + ("\n" if operations else "") + "    NULL,\n};")
    parts.append(f"const size_t upstream_route_count = {len(operations)};")
    kept = [n for n in names if any(o.cache for o in operations if o.service == n)]
    for name, listed in (("upstream_names", names), ("upstream_kept", kept)):
        parts.append(f"const char *const {name}[] = {{ " + "".join(c_string(n) + ", " for n in listed) + "NULL };\n")
    return "\n".join(parts)
