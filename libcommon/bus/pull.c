/* A page of a producer's events over HTTP, as this service. Suspends. */
#include "bus/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "gen/problems.h"
#include "http/upstream.h"

#include <stdio.h>

static struct slice pull_target(struct arena *arena, const struct producer *producer)
{
    char text[HTTP_TARGET_BYTES_MAX];
    size_t size = 0;
    int64_t now_us = clock_monotonic_us();
    for (int i = 0; i < EVENT_LANES; i++) {
        const struct lane *lane = &producer->lanes[i];
        if (lane->paused_until_us > now_us)
            continue;
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%d:%lld:%lld:%lld", size ? "," : "", i,
                                 (long long)lane->cursor.epoch, (long long)lane->cursor.xid, (long long)lane->cursor.id);
    }
    if (size == 0)
        return SLICE_NONE;
    return arena_printf(arena, "/internal/events?cursors=%.*s&limit=%d", (int)size, text, EVENT_BATCH_MAX);
}

static bool read_watermark(struct slice text, struct page *page)
{
    return slice_to_int64(slice_cut(text, ':', &text), &page->epoch) && slice_to_int64(slice_cut(text, ':', &text), &page->oldest) &&
           slice_to_int64(text, &page->next);
}

static bool page_read(struct work *w, const struct upstream_reply *reply, struct page *page)
{
    if (!event_read_all(w->arena, reply->body, page) ||
        !read_watermark(http_header_find(reply->head, "cuotas-watermark"), page)) {
        log_error("a producer's events are malformed");
        return false;
    }
    page->held = slice_equals_text(http_header_find(reply->head, "cuotas-held"), "true");
    /* A lane gives a quarter of the limit at most, a page about EVENT_PAGE_BYTES: below both there is no more. */
    page->full = page->count >= EVENT_BATCH_MAX / 4 || reply->body.size >= EVENT_PAGE_BYTES;
    return true;
}

SUSPENDS bool pull_page(struct work *w, const struct producer *producer, struct page *page)
{
    *page = (struct page){ 0 };
    const struct upstream_request rq = { .method = "GET", .target = pull_target(w->arena, producer),
                                         .headers = bus.config.identity_header(w->arena), .repeatable = true };
    struct upstream_reply reply = { 0 };
    if (slice_is_none(rq.target))
        return true;   /* every lane is paused */
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
