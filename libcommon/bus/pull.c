/* A page of a producer's events: over HTTP, as this service (suspends), or of what messages brought. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "gen/problems.h"
#include "http/upstream.h"

#include <stdio.h>

/* Cursors of the lanes that are not paused; *lanes gets a bit for each. */
static struct slice pull_cursors(struct arena *arena, const struct producer *producer, unsigned *lanes)
{
    char text[EVENT_LANES * 64];
    size_t size = 0;
    int64_t now_us = clock_monotonic_us();
    for (int i = 0; i < EVENT_LANES; i++) {
        const struct lane *lane = &producer->lanes[i];
        if (lane->paused_until_us > now_us)
            continue;
        *lanes |= 1u << i;
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%d:%lld:%lld:%lld", size ? "," : "", i,
                                 (long long)lane->cursor.epoch, (long long)lane->cursor.xid, (long long)lane->cursor.id);
    }
    return arena_copy(arena, slice_of(text, size));
}

static struct slice pull_target(struct arena *arena, const struct producer *producer, bool look, unsigned *lanes)
{
    struct slice cursors = pull_cursors(arena, producer, lanes);
    const struct cursor *told = &producer->told;
    struct slice seen = look ? SLICE("") : arena_printf(arena, "&seen=%lld:%lld:%lld", (long long)told->epoch,
                                                                  (long long)told->xid, (long long)told->id);
    return arena_printf(arena, "/internal/events?cursors=%.*s&limit=%d%s%s%.*s", SLICE_FMT(cursors), EVENT_BATCH_MAX,
                        producer->types[0] ? "&types=" : "", producer->types, SLICE_FMT(seen));
}

static bool read_watermark(struct slice text, struct page *page)
{
    return slice_to_int64(slice_cut(text, ':', &text), &page->epoch) && slice_to_int64(slice_cut(text, ':', &text), &page->oldest) &&
           slice_to_int64(text, &page->next);
}

static bool header_is_true(const struct upstream_reply *reply, const char *name)
{
    return slice_equals_text(http_header_find(reply->head, name), "true");
}

static bool page_read(struct work *w, const struct upstream_reply *reply, struct page *page)
{
    struct slice passed = http_header_find(reply->head, "cuotas-passed");
    if (!event_read_all(w->arena, reply->body, page) || (!slice_is_none(passed) && !cursor_read(passed, &page->passed)) ||
        !read_watermark(http_header_find(reply->head, "cuotas-watermark"), page)) {
        log_error("a producer's events are malformed");
        return false;
    }
    page->held = header_is_true(reply, "cuotas-held");
    page->skipped = header_is_true(reply, "cuotas-skipped");
    page->full = header_is_true(reply, "cuotas-more");
    /* A producer of the version before does not say; it gives a lane a quarter of the limit at most, and a page of about EVENT_PAGE_BYTES. */
    if (slice_is_none(passed))
        page->full = page->count >= EVENT_BATCH_MAX / 4 || reply->body.size >= EVENT_PAGE_BYTES;
    return true;
}

SUSPENDS bool pull_page(struct work *w, const struct producer *producer, bool look, struct page *page)
{
    *page = (struct page){ 0 };
    const struct upstream_request rq = { .method = "GET", .target = pull_target(w->arena, producer, look, &page->lanes),
                                         .headers = bus.config.identity_header(w->arena), .repeatable = true };
    struct upstream_reply reply = { 0 };
    if (page->lanes == 0)
        return true;   /* every one is paused */
    enum result result = upstream_call(w, upstream_for(producer->url), &rq, &reply);
    if (result != RESULT_OK || reply.status != 200) {
        upstream_fail(w, result, &reply);
        return false;
    }
    if (page_read(w, &reply, page))
        return true;
    work_fail(w, &PROBLEM_bad_gateway, "the events of %s cannot be read", producer->name);
    return false;
}

/* ---- Out of messages ---- */

/* False when some lane waits, or did and has not been read up to where the others are. */
static bool stands_together(const struct producer *producer)
{
    for (int i = 0; i < EVENT_LANES; i++)
        if (producer->lanes[i].paused_until_us || cursor_compare(producer->lanes[i].cursor, producer->passed) < 0)
            return false;
    return true;
}

/* Adds the event to the page. False: it is not what it seemed, or its lane has got further than all together. */
static bool add_pushed(struct arena *arena, const struct producer *producer, const struct pushed_event *pushed, struct page *page)
{
    struct event *event = &page->events[page->count];
    if (!event_read(arena, arena_copy(arena, slice_of(pushed->text, pushed->size)), event) || cursor_compare(event->at.cursor, pushed->at) != 0 ||
        cursor_compare(event->at.cursor, producer->lanes[event->at.lane].cursor) <= 0)
        return false;
    page->count++;
    return true;
}

static void collect_pushed(struct arena *arena, const struct producer *producer, struct page *page)
{
    const struct pushed *pushed = &producer->pushed;
    for (size_t i = 0; i < pushed->count; i++) {
        const struct pushed_event *next = &pushed->events[i];
        if (cursor_compare(next->upto, page->passed) <= 0)
            continue;
        if (cursor_compare(page->passed, next->after) < 0)
            return;
        bool wanted = next->text && cursor_compare(page->passed, next->at) < 0;
        if (wanted && !add_pushed(arena, producer, next, page))
            return;
        page->skipped |= !wanted || cursor_compare(next->at, next->upto) < 0;
        page->passed = next->upto;
    }
}

bool pull_pushed(struct work *w, struct producer *producer, struct page *page)
{
    *page = (struct page){ .events = ARENA_ARRAY(w->arena, struct event, EVENT_PUSHED_MAX), .passed = producer->passed };
    bool usable = !producer->look && producer->passed.epoch > 0 && stands_together(producer);
    if (usable)
        collect_pushed(w->arena, producer, page);
    pushed_forget(&producer->pushed);
    for (int i = 0; i < EVENT_LANES; i++)
        page->lanes |= 1u << i;
    page->full = cursor_compare(page->passed, producer->told) < 0;   /* the rest is asked for at once */
    return usable && cursor_compare(producer->passed, page->passed) < 0;
}
