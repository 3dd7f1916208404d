/* See news.h. A ring of events in the order of (epoch, xid, id), with a mark: everything up to the mark was read, and what is not in the
 * ring any more lies, lane by lane, at or before `from`. So a consumer whose cursor in each lane is within from..mark gets from memory
 * exactly what the statement would have given it, as of the last read. Reads are commit-safe (sql/bus_read_news.sql), and what a snapshot
 * shows is durable: nothing in the ring can vanish, unless the database is set back under us. That takes a start of the server, or
 * transaction numbers going backwards; each read looks for both, and then, as after a read that failed, everything is forgotten. A mark may lie
 * behind numbers that a recovery hands out again: what is written under them is of a later epoch (cuotas_epoch), so behind the mark.
 *
 * Reads go one at a time. Who needs a fresh one waits for a read that began after he came, and shares it: that is what makes wake-ups
 * and catching up right with several processes, each of which has a ring of its own and knows only what it read itself.
 * Invariant: count events lie in the ring from `first` on, `bytes` is the sum of their blocks. Only news_refresh suspends. */
#include "bus/news.h"

#include "base/memory.h"
#include "bus/internal.h"
#include "gen/common/sql.h"
#include "io/co.h"

#include <assert.h>
#include <stdio.h>

#define LIFE_BYTES 64

static struct {
    struct news_event ring[NEWS_EVENTS_MAX];
    size_t first, count, bytes;
    uint64_t next;                         /* number of the next event */
    bool placed;                           /* the rest holds */
    char life[LIFE_BYTES];                 /* the server's start */
    struct cursor mark, from[EVENT_LANES];
    struct cursor last;                    /* the newest event's place; where reading began before there is one */
    bool more, held;
    int64_t epoch, oldest, next_xid;       /* watermark of the last read */
    struct co_lock lock;
    uint64_t begun, done;                  /* reads begun; the last of them that succeeded */
} news = { .next = 1 };

static struct news_event *event_at(size_t place)
{
    return &news.ring[(news.first + place) % NEWS_EVENTS_MAX];
}

static size_t event_bytes(const struct news_event *event)
{
    return event->type.size + event->text.size;
}

static void drop_first(void)
{
    struct news_event *event = event_at(0);
    assert(news.count > 0 && news.bytes >= event_bytes(event));
    news.from[event->at.lane] = event->at.cursor;
    news.bytes -= event_bytes(event);
    memory_free((void *)event->type.data);
    news.first = (news.first + 1) % NEWS_EVENTS_MAX;
    news.count--;
}

void news_keep_from(uint64_t number)
{
    while (news.count > 0 && news.next - news.count < number)
        drop_first();
}

void news_forget(void)
{
    while (news.count > 0)
        drop_first();
    news.placed = news.more = news.held = false;
}

/* ---- Reading ---- */

static void keep(const struct row *row, struct lane_cursor at)
{
    struct slice type = row_text(row, "type"), text = row_text(row, "event");
    char *block = memory_new(type.size + text.size);
    memcpy(block, type.data, type.size);
    memcpy(block + type.size, text.data, text.size);
    if (news.count == NEWS_EVENTS_MAX)
        drop_first();
    *event_at(news.count++) = (struct news_event){ at, slice_of(block, type.size), slice_of(block + type.size, text.size), news.last };
    news.last = at.cursor;
    news.bytes += type.size + text.size;
    news.next++;
    while (news.bytes > NEWS_BYTES_MAX && news.count > 1)
        drop_first();
}

/* All lanes to the head of the outbox. Asking for the epoch also begins a new one when the server was started again. */
SUSPENDS static bool place_at_head(struct work *w)
{
    const struct row *head = db_one(w, SQL(bus_outbox_head));
    if (!head)
        return false;
    news.mark = news.last = cursor_at_watermark(row_int(head, "epoch"), row_int(head, "xid"));
    for (int lane = 0; lane < EVENT_LANES; lane++)
        news.from[lane] = news.mark;
    (void)snprintf(news.life, sizeof news.life, "%s", row_text(head, "life").data);
    news.placed = true;
    return true;
}

/* Another server, or the same one at an earlier state than we have seen. */
static bool was_set_back(const struct row *row)
{
    return !slice_equals_text(row_text(row, "life"), news.life) || row_int(row, "current_epoch") < news.mark.epoch ||
           (row_int(row, "current_epoch") == news.mark.epoch && row_int(row, "next") <= news.mark.xid);
}

static void take_news(const struct rows *rows)
{
    const struct row *first = rows_at(rows, 0);
    news.epoch = row_int(first, "current_epoch");
    news.oldest = row_int(first, "oldest");
    news.next_xid = row_int(first, "next");
    news.held = false;
    for (size_t i = 0; i < rows_count(rows) && !news.held; i++) {
        const struct row *row = rows_at(rows, i);
        struct lane_cursor at = { (int)row_int(row, "lane"), { row_int(row, "epoch"), row_int(row, "xid"), row_int(row, "id") } };
        news.held = !slice_is_none(row_text(row, "lane")) && slice_is_none(row_text(row, "event"));
        if (slice_is_none(row_text(row, "event")))
            continue;
        assert(cursor_compare(news.mark, at.cursor) < 0 && at.lane >= 0 && at.lane < EVENT_LANES);
        keep(row, at);
        news.mark = at.cursor;
    }
    news.more = row_bool(first, "more") && !news.held;
    if (!news.more)
        news.mark = cursor_at_watermark(news.epoch, news.oldest);
}

SUSPENDS static const struct rows *rows_after_mark(struct work *w)
{
    if (!news.placed && !place_at_head(w))
        return NULL;
    return db_all(w, SQL(bus_read_news, .epoch = work_int(w, news.mark.epoch), .xid = work_int(w, news.mark.xid),
                         .id = work_int(w, news.mark.id), .lanes = work_int(w, EVENT_LANES), .service = slice_from_text(bus.config.service)));
}

SUSPENDS static bool read_news(struct work *w)
{
    const struct rows *rows = rows_after_mark(w);
    if (rows && was_set_back(rows_at(rows, 0))) {
        news_forget();
        rows = rows_after_mark(w);
    }
    if (!rows || was_set_back(rows_at(rows, 0)))
        return false;
    take_news(rows);
    return true;
}

SUSPENDS bool news_refresh(int64_t deadline_us)
{
    uint64_t came = news.begun;
    if (co_lock_acquire(&news.lock, deadline_us) != RESULT_OK)
        return false;
    if (news.done <= came) {
        struct work w = { .arena = arena_new(), .deadline_us = deadline_us };
        uint64_t number = ++news.begun;
        if (!memory_short() && read_news(&w))
            news.done = number;
        else
            news_forget();
        arena_free(w.arena);
    }
    co_lock_release(&news.lock);
    return news.done > came;
}

/* ---- Answering ---- */

bool news_reaches(struct cursor place)
{
    return news.placed && cursor_compare(place, news.mark) <= 0;
}

bool news_reaches_back(const struct outbox_query *query)
{
    for (size_t i = 0; i < query->count; i++)
        if (news.placed && cursor_compare(query->lanes[i].cursor, news.from[query->lanes[i].lane]) < 0)
            return false;
    return true;
}

static bool is_within(const struct outbox_query *query)
{
    for (size_t i = 0; i < query->count; i++)
        if (!news_reaches(query->lanes[i].cursor))
            return false;
    return news_reaches_back(query);
}

/* The place in the ring of the first event behind the least of these cursors. */
static size_t place_behind(const struct outbox_query *query)
{
    size_t low = query->count > 0 ? 0 : news.count, high = news.count;
    struct cursor least = query->lanes[0].cursor;
    for (size_t i = 1; i < query->count; i++)
        if (cursor_compare(query->lanes[i].cursor, least) < 0)
            least = query->lanes[i].cursor;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (cursor_compare(event_at(middle)->at.cursor, least) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_asked_for(const struct outbox_query *query, const struct news_event *event, bool *skipped)
{
    bool lane_asked = false, type_asked = query->type_count == 0;
    for (size_t i = 0; i < query->count && !lane_asked; i++)
        lane_asked = query->lanes[i].lane == event->at.lane && cursor_compare(query->lanes[i].cursor, event->at.cursor) < 0;
    for (size_t i = 0; i < query->type_count && !type_asked; i++)
        type_asked = slice_equals(query->types[i], event->type);
    *skipped |= lane_asked && !type_asked;
    return lane_asked && type_asked;
}

bool news_answer(struct arena *arena, const struct outbox_query *query, struct outbox_page *page)
{
    if (!is_within(query))
        return false;
    struct slice *events = ARENA_ARRAY(arena, struct slice, (size_t)query->limit);
    *page = (struct outbox_page){ .events = events, .passed = news.mark, .more = news.more, .held = news.held, .epoch = news.epoch,
                                  .oldest = news.oldest, .next = news.next_xid };
    for (size_t i = place_behind(query); i < news.count; i++) {
        const struct news_event *event = event_at(i);
        if (!is_asked_for(query, event, &page->skipped))
            continue;
        events[page->count++] = event->text;
        page->bytes += event->text.size;
        if (page->count < (size_t)query->limit && page->bytes < EVENT_PAGE_BYTES)
            continue;
        page->passed = event->at.cursor;
        page->more = true;
        break;
    }
    return true;
}

uint64_t news_next(void)
{
    return news.next;
}

const struct news_event *news_at(uint64_t *number)
{
    uint64_t first = news.next - news.count;
    if (*number < first)
        *number = first;
    return *number < news.next ? event_at((size_t)(*number - first)) : NULL;
}

bool news_more(void)
{
    return news.more;
}

bool news_held(void)
{
    return news.held;
}
