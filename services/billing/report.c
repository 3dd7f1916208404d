/* See report.h. A cell that a spreadsheet would take for a formula gets an apostrophe before it; numbers are numbers (OWASP, CSV Injection). */
#include "billing/report.h"

#include "base/clock.h"
#include "base/date.h"
#include "gen/problems.h"
#include "wire/json.h"

#define DAYS_MAX 3660
#define MONTHS 12

static bool date_or(struct slice given, int32_t otherwise, int32_t *out)
{
    if (!slice_is_none(given))
        return date_parse(given, out);
    *out = otherwise;
    return true;
}

bool report_days(struct work *w, struct slice given_from, struct slice given_to, bool ahead, struct report_days *out)
{
    const int32_t today = date_of_time(clock_logical_us());
    int32_t from, to;
    char text[DATE_BYTES + 1];
    if (!date_or(given_to, ahead ? date_add_months(today, MONTHS, 31) : today, &to) ||
        !date_or(given_from, ahead ? today : date_add_months(to, -MONTHS, 1) + 1, &from) || from > to || to - from > DAYS_MAX) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:to"), "range", "must not be before `from`, nor more than ten years after it");
        return false;
    }
    date_format(from, text);
    out->from = arena_copy(w->arena, slice_from_text(text));
    date_format(to, text);
    out->to = arena_copy(w->arena, slice_from_text(text));
    return true;
}

struct slice report_format(const struct request *rq, struct slice asked)
{
    struct slice accept = request_header(rq, "accept"), parameters;
    while (slice_is_none(asked) && !slice_is_none(accept)) {
        const struct slice kind = slice_trim(slice_cut(slice_cut(accept, ',', &accept), ';', &parameters));
        if (slice_equals_nocase(kind, SLICE("text/csv")))
            asked = SLICE("csv");
        else if (slice_equals_nocase(kind, SLICE("application/pdf")))
            asked = SLICE("pdf");
        else if (slice_equals_nocase(kind, SLICE("application/json")) || slice_equals_text(kind, "*/*"))
            asked = SLICE("json");
    }
    return slice_is_none(asked) ? SLICE("json") : asked;
}

static struct slice text_cell(struct arena *arena, struct slice text)
{
    const bool formula = text.size > 0 && memchr("=+-@\t\r", text.data[0], 6);
    char *out = arena_alloc(arena, 2 * text.size + 4), *at = out;
    *at++ = '"';
    if (formula)
        *at++ = '\'';
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            *at++ = '"';
        *at++ = text.data[i];
    }
    *at++ = '"';
    return slice_of(out, (size_t)(at - out));
}

static struct slice cell(struct arena *arena, const cJSON *value)
{
    int64_t number;
    if (json_int64(value, &number))
        return arena_printf(arena, "%lld", (long long)number);
    return cJSON_IsString(value) ? text_cell(arena, json_text(value)) : SLICE("");
}

struct text {
    char *data;
    size_t size;
};

static void add(struct arena *arena, struct text *out, struct slice part)
{
    out->data = arena_grow(arena, out->data, out->size, out->size + part.size);
    memcpy(out->data + out->size, part.data, part.size);
    out->size += part.size;
}

static void add_row(struct arena *arena, struct text *out, const cJSON *object, struct slice columns)
{
    for (const char *before = ""; !slice_is_none(columns); before = ",") {
        const struct slice name = arena_copy(arena, slice_cut(columns, ',', &columns));
        const struct slice value = cell(arena, json_member(object, name.data));
        add(arena, out, arena_printf(arena, "%s%.*s", before, SLICE_FMT(value)));
    }
    add(arena, out, SLICE("\r\n"));
}

static struct slice as_csv(struct arena *arena, const cJSON *data, struct slice columns)
{
    struct text out = { 0 };
    add(arena, &out, columns);
    add(arena, &out, SLICE("\r\n"));
    for (const cJSON *each = data->child; each; each = each->next) {
        struct arena *own = arena_new();
        struct text line = { 0 };
        add_row(own, &line, each, columns);
        add(arena, &out, slice_of(line.data, line.size));
        arena_free(own);
    }
    return slice_of(out.data, out.size);
}

struct reply report_reply(struct request *rq, const struct row *row, struct slice format, const char *name, struct slice columns)
{
    struct work *w = &rq->work;
    if (!row)
        return reply_problem(rq);
    if (!slice_equals_text(report_format(rq, format), "csv"))
        return reply_ok(rq, row_text(row, "body"));
    const cJSON *report = json_parse(w->arena, row_text(row, "body"), NULL, NULL), *data = json_member(report, "data");
    if (!data) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:format"), "range", "is too much for one table: ask for fewer periods");
        return reply_problem(rq);
    }
    struct reply reply = reply_ok(rq, as_csv(w->arena, data, columns));
    reply.content_type = "text/csv; charset=utf-8";
    reply_header(rq, &reply, "Content-Disposition", arena_printf(w->arena, "attachment; filename=\"%s.csv\"", name));
    return reply;
}
