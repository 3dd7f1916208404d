/* See events_serve.h. Invariant of serving: an event is only ever shown when no event before it in its lane can still appear.
 * A consumer whose cursor is ahead of this database has read what a restore has undone: a new epoch begins, so that what is written
 * from now on lies behind that cursor again. Everything here suspends. */
#include "bus/events_serve.h"

#include "base/log.h"
#include "bus/internal.h"
#include "bus/job.h"
#include "bus/news.h"
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

/* "order.placed": what needs no quotes in an array of PostgreSQL's. */
static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_.-", text.data[i]) || !text.data[i])
            return false;
    return text.size > 0;
}

bool event_types_read(struct slice text, struct slice types[EVENT_TYPES_MAX], size_t *count)
{
    for (*count = 0; !slice_is_none(text); (*count)++)
        if (*count == EVENT_TYPES_MAX || !is_word(types[*count] = slice_cut(text, ',', &text)))
            return false;
    return true;
}

/* "<epoch>:<xid>:<id>" */
bool cursor_read(struct slice text, struct cursor *out)
{
    return cut_number(&text, ':', INT64_MAX, &out->epoch) && cut_number(&text, ':', INT64_MAX, &out->xid) &&
           cut_number(&text, ':', INT64_MAX, &out->id) && slice_is_none(text);
}

struct asked {
    struct outbox_query query;
    struct slice seen;     /* none: what is answered must have been read after the request came */
    struct cursor seen_at;
};

static bool events_query(struct request *rq, struct asked *asked)
{
    struct arena *arena = rq->work.arena;
    struct outbox_query *query = &asked->query;
    struct slice cursors = uri_query_find(arena, rq->query, "cursors"), limit = uri_query_find(arena, rq->query, "limit");
    query->limit = EVENT_BATCH_MAX;
    asked->seen = uri_query_find(arena, rq->query, "seen");
    if (!lane_cursors_read(cursors, query->lanes, &query->count) || query->count == 0)
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:cursors"), "format", "must be <lane>:<epoch>:<xid>:<id>,...");
    if (!slice_is_none(limit) && (!slice_to_int64(limit, &query->limit) || query->limit < 1 || query->limit > EVENT_BATCH_MAX))
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:limit"), "range", "must be 1 to %d", EVENT_BATCH_MAX);
    if (!event_types_read(uri_query_find(arena, rq->query, "types"), query->types, &query->type_count))
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:types"), "format", "must be at most %d words", EVENT_TYPES_MAX);
    if (!slice_is_none(asked->seen) && !cursor_read(asked->seen, &asked->seen_at))
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("query:seen"), "format", "must be <epoch>:<xid>:<id>");
    return !work_failed(&rq->work);
}

static int64_t latest_epoch(const struct outbox_query *query)
{
    int64_t latest = 0;
    for (size_t i = 0; i < query->count; i++)
        if (query->lanes[i].cursor.epoch > latest)
            latest = query->lanes[i].cursor.epoch;
    return latest;
}

SUSPENDS static bool read_from_database(struct work *w, const struct outbox_query *query, struct outbox_page *page)
{
    bool ahead = false;
    if (!outbox_read(w, bus.config.service, query, page, &ahead))
        return false;
    if (!ahead)
        return true;
    const struct row *row = db_one(w, SQL(bus_new_epoch, .seen = work_int(w, latest_epoch(query))));
    if (!row)
        return false;
    log_error("a consumer has read events this database does not know: it was set back; a new epoch begins",
              LOG_SLICE("consumer", w->identity.subject), LOG_SLICE("epoch", row_text(row, "epoch")));
    return outbox_read(w, bus.config.service, query, page, &ahead);
}

/* From memory where it reaches back far enough, else from the database. Memory is read anew before, unless the consumer only wants
 * what it was told of and that is there. */
SUSPENDS static bool events_read(struct work *w, const struct asked *asked, struct outbox_page *page)
{
    bool known = !slice_is_none(asked->seen) && news_reaches(asked->seen_at);
    if (!known && news_reaches_back(&asked->query))
        known = news_refresh(w->deadline_us);
    if (known && news_answer(w->arena, &asked->query, page))
        return true;
    return read_from_database(w, &asked->query, page);
}

static struct slice events_body(struct arena *arena, const struct outbox_page *page)
{
    char *body = arena_alloc(arena, page->bytes + page->count + 2);
    size_t used = 0;
    body[used++] = '[';
    for (size_t i = 0; i < page->count; i++) {
        if (i > 0)
            body[used++] = ',';
        memcpy(body + used, page->events[i].data, page->events[i].size);
        used += page->events[i].size;
    }
    body[used++] = ']';
    assert(used <= page->bytes + page->count + 2);
    return slice_of(body, used);
}

static struct slice bool_text(bool value)
{
    return value ? SLICE("true") : SLICE("false");
}

SUSPENDS struct reply bus_serve_events(struct request *rq)
{
    struct asked *asked = ARENA_NEW(rq->work.arena, struct asked);
    struct outbox_page page = { 0 };
    if (!events_query(rq, asked) || !events_read(&rq->work, asked, &page))
        return reply_problem(rq);
    struct reply reply = reply_json(rq, 200, events_body(rq->work.arena, &page));
    reply.content_type = "application/cloudevents-batch+json";
    reply_header(rq, &reply, "Cuotas-Held", bool_text(page.held));
    reply_header(rq, &reply, "Cuotas-More", bool_text(page.more));
    reply_header(rq, &reply, "Cuotas-Skipped", bool_text(page.skipped));
    reply_header(rq, &reply, "Cuotas-Passed", arena_printf(rq->work.arena, "%lld:%lld:%lld", (long long)page.passed.epoch,
                                                           (long long)page.passed.xid, (long long)page.passed.id));
    reply_header(rq, &reply, "Cuotas-Watermark", arena_printf(rq->work.arena, "%lld:%lld:%lld", (long long)page.epoch,
                                                              (long long)page.oldest, (long long)page.next));
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
