/* The tables from results and parser verdicts to problems, and the renderer of problem documents. No state; suspends nowhere.
 * Problems themselves (code, status, title) come from `x-problems` in the contracts. */
#include "http/problem.h"

#include "gen/problems.h"
#include "wire/json_write.h"

const struct problem *problem_of_parse(enum http_parse verdict)
{
    switch (verdict) {
    case HTTP_PARSE_HEAD_TOO_LARGE:
        return &PROBLEM_head_too_large;
    case HTTP_PARSE_TARGET_TOO_LONG:
        return &PROBLEM_uri_too_long;
    case HTTP_PARSE_NOT_IMPLEMENTED:
        return &PROBLEM_not_implemented;
    case HTTP_PARSE_BAD_VERSION:
        return &PROBLEM_http_version;
    case HTTP_PARSE_EXPECTATION:
        return &PROBLEM_expectation_failed;
    case HTTP_PARSE_OK:
    case HTTP_PARSE_MORE:
    case HTTP_PARSE_BAD:
        return &PROBLEM_bad_request;
    }
    return &PROBLEM_internal;
}

const struct problem *problem_of_body(enum result result)
{
    switch (result) {
    case RESULT_CLOSED:
    case RESULT_MALFORMED:
        return &PROBLEM_bad_request;
    case RESULT_TIMEOUT:
        return &PROBLEM_request_timeout;
    case RESULT_TOO_LARGE:
        return &PROBLEM_body_too_large;
    case RESULT_CANCELLED:
        return &PROBLEM_unavailable;
    case RESULT_BUSY:
        return &PROBLEM_overloaded;
    case RESULT_OK:
    case RESULT_REFUSED:
    case RESULT_FAILED:
        return &PROBLEM_internal;
    }
    return &PROBLEM_internal;
}

const struct problem *problem_of_upstream(enum result result)
{
    switch (result) {
    case RESULT_CLOSED:
    case RESULT_REFUSED:
    case RESULT_CANCELLED:
    case RESULT_FAILED:   /* of a socket: the log says which call */
        return &PROBLEM_unavailable;
    case RESULT_TIMEOUT:
        return &PROBLEM_gateway_timeout;
    case RESULT_BUSY:
        return &PROBLEM_overloaded;
    case RESULT_MALFORMED:
    case RESULT_TOO_LARGE:
        return &PROBLEM_bad_gateway;
    case RESULT_OK:
        return &PROBLEM_internal;
    }
    return &PROBLEM_internal;
}

static void put_fields(struct json_writer *out, const struct failure *failure)
{
    json_begin(out, "errors", '[');
    for (size_t i = 0; i < failure->field_count; i++) {
        const struct problem_field *field = &failure->fields[i];
        json_begin(out, NULL, '{');
        json_put_text(out, "pointer", field->pointer);
        json_put_text(out, "code", field->code);
        json_put_text(out, "detail", field->detail);
        json_end(out, '}');
    }
    json_end(out, ']');
}

struct slice problem_document(struct arena *arena, const struct failure *failure, struct slice trace_id)
{
    const struct problem *problem = failure->problem;
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "type", arena_printf(arena, "urn:cuotas:problem:%s", problem->code));
    json_put_text(&out, "title", slice_from_text(problem->title));
    json_put_int(&out, "status", problem->status);
    json_put_text(&out, "code", slice_from_text(problem->code));
    if (!slice_is_none(failure->detail))
        json_put_text(&out, "detail", failure->detail);
    if (failure->field_count > 0)
        put_fields(&out, failure);
    if (!slice_is_none(trace_id))
        json_put_text(&out, "trace_id", trace_id);
    json_end(&out, '}');
    return json_done(&out);
}

int problem_retry_after_s(const struct failure *failure)
{
    if (failure->retry_after_s > 0)
        return failure->retry_after_s;
    return failure->problem->status == 429 || failure->problem->status == 503 || failure->problem->status == 504 ? 1 : 0;
}
