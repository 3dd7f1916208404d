/* Events and cursors in one database unit: exactly-once effect. A unit first moves the cursors by compare-and-set, then runs one statement
 * for each event; when the process dies, or the answer is lost, the cursors in the database say what has happened.
 *
 * A lane has two cursors. `stored` is the database's, moved only by units; `cursor` is what is asked from. Events of types that nothing is
 * done about do not come here at all: reading past them moves `cursor` alone, and a unit now and then (apply_store) takes `stored` after
 * it. Read twice, they still have no effect. Between the two there is never an event that has one.
 *
 * A unit that fails is applied event by event: what can be applied is, and the event that cannot be makes only its lane wait, a
 * few times and longer each time; then it is parked in dead_letter by the unit that moves the cursor past it. Failures that are not the
 * event's (no database, a deadline) count for nothing. Everything that touches the database suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "gen/common/sql.h"
#include "gen/problems.h"

#include <assert.h>

#define CURSORS_AT 0   /* the cursors' statement is the first of every unit */

SUSPENDS bool apply_load(struct work *w, struct producer *producer)
{
    const struct rows *rows = db_all(w, SQL(bus_load_cursors, .producer = slice_from_text(producer->name),
                                            .lanes = work_int(w, EVENT_LANES)));
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const struct row *row = rows_at(rows, i);
        int64_t lane = row_int(row, "lane");
        if (lane >= 0 && lane < EVENT_LANES)
            producer->lanes[lane].stored = producer->lanes[lane].cursor =
                (struct cursor){ row_int(row, "epoch"), row_int(row, "xid"), row_int(row, "id") };
    }
    producer->loaded = rows != NULL;
    producer->passed = (struct cursor){ 0 };
    producer->skipped_us = 0;
    producer->look = true;
    return producer->loaded;
}

/* ---- Units ---- */

const struct consumer_rule *apply_rule(const char *producer, struct slice type)
{
    for (const struct consumer_rule *rule = bus.config.rules; rule && rule->producer; rule++)
        if (strcmp(rule->producer, producer) == 0 && slice_equals_text(type, rule->type))
            return rule;
    return NULL;
}

static void set_argument(struct slice *args, int index, struct slice value)
{
    if (index >= 0)
        args[index] = value;
}

bool apply_add(struct work *w, struct batch *batch, const char *producer, const struct event *event)
{
    const struct consumer_rule *rule = apply_rule(producer, event->type);
    struct slice args[DB_PARAMETERS_MAX] = { { NULL, 0 } };
    if (!rule)
        return false;
    set_argument(args, rule->event_id, event->id);
    set_argument(args, rule->event_type, event->type);
    set_argument(args, rule->subject, event->subject);
    set_argument(args, rule->customer_id, event->customer_id);
    set_argument(args, rule->data, event->data);
    set_argument(args, rule->occurred_at, event->time);
    set_argument(args, rule->statement->autofill.trace, event->trace);
    (void)w;
    batch_add(batch, rule->statement, args);
    return true;
}

static void add_moves(struct work *w, struct batch *batch, const struct producer *producer, const struct lane_cursor *from,
                      const struct lane_cursor *to, size_t lanes)
{
    struct arena *arena = w->arena;
    batch_add(batch, SQL(bus_move_cursors, .producer = slice_from_text(producer->name),
                         .lanes = cursor_array(arena, from, lanes, CURSOR_LANE),
                         .from_epochs = cursor_array(arena, from, lanes, CURSOR_EPOCH),
                         .from_xids = cursor_array(arena, from, lanes, CURSOR_XID),
                         .from_ids = cursor_array(arena, from, lanes, CURSOR_ID),
                         .to_epochs = cursor_array(arena, to, lanes, CURSOR_EPOCH),
                         .to_xids = cursor_array(arena, to, lanes, CURSOR_XID),
                         .to_ids = cursor_array(arena, to, lanes, CURSOR_ID)));
}

/* Moves the lanes these events are in to behind the last of each. */
static void add_cursors(struct work *w, struct batch *batch, const struct producer *producer, const struct event *events,
                        size_t count)
{
    struct lane_cursor from[EVENT_LANES], to[EVENT_LANES];
    int place[EVENT_LANES];
    size_t lanes = 0;
    for (int lane = 0; lane < EVENT_LANES; lane++)
        place[lane] = -1;
    for (size_t i = 0; i < count; i++) {
        int lane = events[i].at.lane;
        if (place[lane] < 0) {
            place[lane] = (int)lanes++;
            from[place[lane]] = (struct lane_cursor){ lane, producer->lanes[lane].stored };
        }
        to[place[lane]] = events[i].at;
    }
    add_moves(w, batch, producer, from, to, lanes);
}

enum unit_result { UNIT_APPLIED, UNIT_LATER, UNIT_MOVED, UNIT_POISON };

/* Runs a batch that begins with add_cursors for these events. */
SUSPENDS static enum unit_result run_unit(struct work *w, struct producer *producer, struct batch *batch,
                                          const struct event *events, size_t count)
{
    bool ok = batch_run(batch);
    if (!ok && !batch_committed(batch)) {
        if (batch_failed_at(batch) == CURSORS_AT && w->failure.problem == &PROBLEM_conflict)
            return UNIT_MOVED;
        return batch_failed_at(batch) > CURSORS_AT ? UNIT_POISON : UNIT_LATER;
    }
    if (!ok)
        log_warn("an event's statement names a problem it did not fail with: it counts as applied",
                 LOG_TEXT("problem", w->failure.problem->code));
    for (size_t i = 0; i < count; i++) {
        struct lane *lane = &producer->lanes[events[i].at.lane];
        lane->cursor = lane->stored = events[i].at.cursor;
        lane->failures = 0;
        lane->paused_until_us = 0;
    }
    return UNIT_APPLIED;
}

/* A work for one unit: its failure and memory are its own. */
static struct work unit_work(const struct work *w)
{
    return (struct work){ .arena = arena_new(), .deadline_us = w->deadline_us, .identity = { .kind = IDENTITY_SERVICE } };
}

SUSPENDS static enum unit_result apply_together(struct work *w, struct producer *producer, const struct event *events, size_t count)
{
    struct work unit = unit_work(w);
    struct batch *batch = batch_new(&unit, POOL_WRITE);
    uint64_t effects = 0;
    add_cursors(&unit, batch, producer, events, count);
    for (size_t i = 0; i < count; i++)
        effects += apply_add(&unit, batch, producer->name, &events[i]);
    enum unit_result result = run_unit(&unit, producer, batch, events, count);
    if (result == UNIT_APPLIED)
        bus.applied += effects;
    if (result == UNIT_POISON)
        w->failure = (struct failure){ .problem = unit.failure.problem, .detail = arena_copy(w->arena, unit.failure.detail) };
    arena_free(unit.arena);
    return result;
}

/* ---- Poison ---- */

SUSPENDS static enum unit_result park(struct work *w, struct producer *producer, const struct event *event, int attempts)
{
    struct work unit = unit_work(w);
    struct batch *batch = batch_new(&unit, POOL_WRITE);
    struct slice error = arena_printf(unit.arena, "%s: %.*s", w->failure.problem->code, SLICE_FMT(w->failure.detail));
    add_cursors(&unit, batch, producer, event, 1);
    batch_add(batch, SQL(bus_park_event, .producer = slice_from_text(producer->name), .lane = work_int(&unit, event->at.lane),
                         .event_id = event->id, .type = event->type, .event = event->text, .error = error,
                         .attempts = work_int(&unit, attempts)));
    enum unit_result result = run_unit(&unit, producer, batch, event, 1);
    if (result == UNIT_APPLIED) {
        bus.parked++;
        log_error("event parked", LOG_TEXT("producer", producer->name), LOG_SLICE("type", event->type),
                  LOG_SLICE("event_id", event->id), LOG_SLICE("error", error));
        apply_count_parked();
    }
    arena_free(unit.arena);
    return result == UNIT_POISON ? UNIT_LATER : result;
}

/* w->failure says why the event failed. */
SUSPENDS static enum unit_result event_failed(struct work *w, struct producer *producer, const struct event *event)
{
    struct lane *lane = &producer->lanes[event->at.lane];
    int64_t pause_ms = EVENT_RETRY_MIN_MS << lane->failures;
    if (++lane->failures >= EVENT_ATTEMPTS_MAX)
        return park(w, producer, event, lane->failures);
    log_warn("event failed", LOG_TEXT("producer", producer->name), LOG_SLICE("type", event->type), LOG_SLICE("event_id", event->id),
             LOG_TEXT("problem", w->failure.problem->code), LOG_INT("attempt", lane->failures));
    lane->paused_until_us = clock_monotonic_us() + pause_ms * INT64_C(1000);
    return UNIT_APPLIED;   /* seen to: the others go on */
}

SUSPENDS static enum unit_result apply_alone(struct work *w, struct producer *producer, const struct event *event)
{
    if (producer->lanes[event->at.lane].paused_until_us)
        return UNIT_APPLIED;   /* an event before it in its lane waits */
    enum unit_result result = apply_together(w, producer, event, 1);
    if (result == UNIT_POISON)
        result = event_failed(w, producer, event);
    w->failure = (struct failure){ 0 };
    return result;
}

static enum apply apply_result(struct producer *producer, enum unit_result result)
{
    if (result == UNIT_MOVED)
        producer->loaded = false;
    return result == UNIT_APPLIED ? APPLY_DONE : result == UNIT_MOVED ? APPLY_MOVED : APPLY_LATER;
}

SUSPENDS static enum unit_result apply_one_by_one(struct work *w, struct producer *producer, const struct event *events, size_t count)
{
    enum unit_result result = UNIT_APPLIED;
    for (size_t i = 0; i < count && result == UNIT_APPLIED; i++)
        result = apply_alone(w, producer, &events[i]);
    return result;
}

/* In pieces: while a unit runs, events written after its begin cannot be read by anybody in the cluster. From the first poison on one by
 * one, for its lane has to stay where it is. */
SUSPENDS static enum unit_result apply_events(struct work *w, struct producer *producer, const struct page *page)
{
    enum unit_result result = UNIT_APPLIED;
    bool poisoned = false;
    for (size_t i = 0; i < page->count && result == UNIT_APPLIED; i += EVENT_UNIT_MAX) {
        size_t count = page->count - i < EVENT_UNIT_MAX ? page->count - i : EVENT_UNIT_MAX;
        if (!poisoned)
            result = apply_together(w, producer, page->events + i, count);
        poisoned |= result == UNIT_POISON;
        w->failure = (struct failure){ 0 };
        if (poisoned)
            result = apply_one_by_one(w, producer, page->events + i, count);
    }
    return result;
}

/* What was asked for was read up to there, but for lanes whose event has to wait. */
static void pass(struct producer *producer, const struct page *page)
{
    for (int i = 0; i < EVENT_LANES; i++) {
        struct lane *lane = &producer->lanes[i];
        if ((page->lanes & 1u << i) && !lane->paused_until_us && cursor_compare(lane->cursor, page->passed) < 0)
            lane->cursor = page->passed;
    }
    producer->passed = page->passed;
    if (page->skipped && !producer->skipped_us)
        producer->skipped_us = clock_monotonic_us();
}

SUSPENDS enum apply apply_page(struct work *w, struct producer *producer, const struct page *page)
{
    /* What was asked for is no longer paused. */
    for (int i = 0; i < EVENT_LANES; i++)
        if (page->lanes & 1u << i)
            producer->lanes[i].paused_until_us = 0;
    enum unit_result result = apply_events(w, producer, page);
    if (result == UNIT_APPLIED)
        pass(producer, page);
    return apply_result(producer, result);
}

SUSPENDS enum apply apply_store(struct work *w, struct producer *producer)
{
    struct lane_cursor from[EVENT_LANES], to[EVENT_LANES];
    size_t lanes = 0;
    for (int i = 0; i < EVENT_LANES; i++) {
        const struct lane *lane = &producer->lanes[i];
        if (cursor_compare(lane->stored, lane->cursor) >= 0)
            continue;
        from[lanes] = (struct lane_cursor){ i, lane->stored };
        to[lanes++] = (struct lane_cursor){ i, lane->cursor };
    }
    struct work unit = unit_work(w);
    struct batch *batch = batch_new(&unit, POOL_WRITE);
    if (lanes > 0)
        add_moves(&unit, batch, producer, from, to, lanes);
    enum unit_result result = run_unit(&unit, producer, batch, NULL, 0);
    for (size_t i = 0; result == UNIT_APPLIED && i < lanes; i++)
        producer->lanes[to[i].lane].stored = to[i].cursor;
    if (result == UNIT_APPLIED)
        producer->skipped_us = 0;
    arena_free(unit.arena);
    return apply_result(producer, result);
}

SUSPENDS void apply_count_parked(void)
{
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + 5 * INT64_C(1000000) };
    const struct row *row = db_one(&w, SQL(bus_count_dead_letters));
    if (row)
        bus.dead_letters = row_int(row, "parked");
    arena_free(w.arena);
}
