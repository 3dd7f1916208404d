/* See events_serve.h. Invariant of serving: an event is only ever shown when no event before it in its lane can still appear.
 * A consumer whose cursor is ahead of this database has read what a restore has undone: a new epoch begins, so that what is written
 * from now on lies behind that cursor again. Everything here suspends. */
#include "bus/events_serve.h"

#include "base/log.h"
#include "bus/internal.h"
#include "bus/job.h"
#include "gen/common/sql.h"
#include "gen/problems.h"
#include "wire/uri.h"

#include <assert.h>

/* ---- GET /internal/events ---- */

static bool cut_number(struct slice *rest, char separator, int64_t maximum, int64_t *out)
{
    struct slice number = slice_cut(*rest, separator, rest);
    return slice_to_int64(number, out) && *out >= 0 && *out <= maximum;
}

/* "<lane>:<epoch>:<xid>:<id>" */
static bool cursor_parse(struct slice text, struct lane_cursor *out)
{
    int64_t lane = 0;
    struct slice rest = text;
    bool ok = cut_number(&rest, ':', EVENT_LANES - 1, &lane) && cut_number(&rest, ':', INT64_MAX, &out->cursor.epoch) &&
              cut_number(&rest, ':', INT64_MAX, &out->cursor.xid) && cut_number(&rest, ':', INT64_MAX, &out->cursor.id);
    out->lane = (int)lane;
    return ok && slice_is_none(rest);
}

bool lane_cursors_read(struct slice text, struct lane_cursor lanes[EVENT_LANES], size_t *count)
{
    for (*count = 0; !slice_is_none(text); (*count)++)
        if (*count == EVENT_LANES || !cursor_parse(slice_cut(text, ',', &text), &lanes[*count]))
            return false;
    return true;
}

static bool events_query(struct request *rq, struct lane_cursor lanes[EVENT_LANES], size_t *count, int64_t *limit)
{
    struct slice cursors = uri_query_find(rq->work.arena, rq->query, "cursors");
    struct slice asked = uri_query_find(rq->work.arena, rq->query, "limit");
    *limit = EVENT_BATCH_MAX;
    if (!lane_cursors_read(cursors, lanes, count) || *count == 0)
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:cursors"), "format", "must be <lane>:<epoch>:<xid>:<id>,...");
    if (!slice_is_none(asked) && (!slice_to_int64(asked, limit) || *limit < 1 || *limit > EVENT_BATCH_MAX))
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:limit"), "range", "must be 1 to %d", EVENT_BATCH_MAX);
    return !work_failed(&rq->work);
}

static int64_t latest_epoch(const struct lane_cursor *lanes, size_t count)
{
    int64_t latest = 0;
    for (size_t i = 0; i < count; i++)
        if (lanes[i].cursor.epoch > latest)
            latest = lanes[i].cursor.epoch;
    return latest;
}

SUSPENDS static const struct rows *events_read(struct work *w, const struct lane_cursor *lanes, size_t count, int64_t limit)
{
    const struct rows *rows = outbox_read(w, bus.config.service, lanes, count, limit);
    if (!rows || !row_bool(rows_at(rows, 0), "ahead"))
        return rows;
    const struct row *row = db_one(w, SQL(bus_new_epoch, .seen = work_int(w, latest_epoch(lanes, count))));
    if (!row)
        return NULL;
    log_error("a consumer has read events this database does not know: it was set back; a new epoch begins",
              LOG_SLICE("consumer", w->identity.subject), LOG_SLICE("epoch", row_text(row, "epoch")));
    return outbox_read(w, bus.config.service, lanes, count, limit);
}

static struct slice events_body(struct arena *arena, const struct rows *rows)
{
    struct lane_cursor at;
    struct slice event;
    size_t size = 2, used = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        if (outbox_event(rows_at(rows, i), &at, &event))
            size += event.size + 1;
    char *body = arena_alloc(arena, size);
    body[used++] = '[';
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (!outbox_event(rows_at(rows, i), &at, &event))
            continue;
        if (used > 1)
            body[used++] = ',';
        memcpy(body + used, event.data, event.size);
        used += event.size;
    }
    body[used++] = ']';
    assert(used <= size);
    return slice_of(body, used);
}

SUSPENDS struct reply bus_serve_events(struct request *rq)
{
    struct lane_cursor lanes[EVENT_LANES];
    size_t count = 0;
    int64_t limit = 0;
    const struct rows *rows = events_query(rq, lanes, &count, &limit) ? events_read(&rq->work, lanes, count, limit) : NULL;
    if (!rows)
        return reply_problem(rq);
    const struct row *first = rows_at(rows, 0);
    struct reply reply = reply_json(rq, 200, events_body(rq->work.arena, rows));
    reply.content_type = "application/cloudevents-batch+json";
    reply_header(rq, &reply, "Cuotas-Held", row_bool(first, "held") ? SLICE("true") : SLICE("false"));
    reply_header(rq, &reply, "Cuotas-Watermark",
                 arena_printf(rq->work.arena, "%lld:%lld:%lld", (long long)row_int(first, "current_epoch"),
                              (long long)row_int(first, "oldest"), (long long)row_int(first, "next")));
    return reply;
}

/* ---- Dead letters ---- */

SUSPENDS struct reply bus_serve_dead_letters(struct request *rq)
{
    const struct row *row = db_one(&rq->work, SQL(bus_list_dead_letters));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}

/* In one unit: the event is applied and no longer parked. */
SUSPENDS static bool retry_event(struct work *w, struct slice id)
{
    struct event event;
    const struct row *row = db_one(w, SQL(bus_get_dead_letter, .id = id));
    if (!row)
        return false;
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(bus_take_dead_letter, .id = id));
    if (!event_read(w->arena, row_text(row, "event"), &event) ||
        !apply_add(w, batch, row_text(row, "producer").data, &event)) {
        work_fail(w, &PROBLEM_conflict, "nothing is done about such an event here any more");
        return false;
    }
    bool ok = batch_run(batch);
    if (!ok && w->failure.problem != &PROBLEM_unavailable) {
        struct work note = { .arena = w->arena, .deadline_us = w->deadline_us };
        (void)db_run(&note, SQL(bus_fail_dead_letter, .id = id,
                                .error = arena_printf(w->arena, "%s: %.*s", w->failure.problem->code, SLICE_FMT(w->failure.detail))));
    }
    apply_count_parked();
    return ok;
}

SUSPENDS static bool retry_job(struct work *w, struct slice id)
{
    if (!db_one(w, SQL(jobs_revive, .id = id)))
        return false;
    jobs_wake();
    return true;
}

SUSPENDS struct reply bus_retry_dead_letter(struct request *rq)
{
    struct slice number, kind = slice_cut(rq->path_args[0], '-', &number);
    int64_t id;
    bool is_event = slice_equals_text(kind, "event"), retried = false;
    if ((!is_event && !slice_equals_text(kind, "job")) || !slice_to_int64(number, &id))
        work_fail(&rq->work, &PROBLEM_not_found, "ids are event-<number> and job-<number>");
    else
        retried = is_event ? retry_event(&rq->work, number) : retry_job(&rq->work, number);
    if (!retried)
        return reply_problem(rq);
    return reply_ok(rq, arena_printf(rq->work.arena, "{\"id\":\"%.*s\",\"retried\":true}", SLICE_FMT(rq->path_args[0])));
}
