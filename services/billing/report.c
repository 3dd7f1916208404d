/* See report.h. A cell that a spreadsheet would take for a formula gets an apostrophe before it; numbers are numbers (OWASP, CSV Injection). */
#include "billing/report.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/text.h"
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

static int32_t on_that_day(int32_t date, int months)
{
    return date_add_months(date, months, date_to_civil(date).day);
}

bool report_days(struct work *w, struct slice given_from, struct slice given_to, bool ahead, struct report_days *out)
{
    const int32_t today = date_of_time(clock_logical_us());
    int32_t from, to;
    char text[DATE_BYTES + 1];
    if (!date_or(given_to, ahead ? on_that_day(today, MONTHS) : today, &to) ||
        !date_or(given_from, ahead ? today : on_that_day(to, -MONTHS) + 1, &from) || from > to || to - from > DAYS_MAX) {
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
    static const char *const kinds[] = { "application/json", "text/csv", "application/pdf" }, *const names[] = { "json", "csv", "pdf" };
    return slice_is_none(asked) ? slice_from_text(names[request_accepted(rq, kinds, sizeof kinds / sizeof *kinds)]) : asked;
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

static void put_row(struct text *out, struct arena *arena, const cJSON *object, struct slice columns)
{
    for (struct slice before = SLICE(""); !slice_is_none(columns); before = SLICE(",")) {
        const struct slice name = arena_copy(arena, slice_cut(columns, ',', &columns));
        text_put(out, before);
        text_put(out, cell(arena, json_member(object, name.data)));
    }
    text_put(out, SLICE("\r\n"));
}

static struct slice as_csv(struct arena *arena, const cJSON *data, struct slice columns)
{
    struct text out = text_to_arena(arena);
    text_put(&out, columns);
    text_put(&out, SLICE("\r\n"));
    for (const cJSON *each = data->child; each; each = each->next) {
        struct arena *cells = arena_new();
        put_row(&out, cells, each, columns);
        arena_free(cells);
    }
    return text_done(&out);
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
