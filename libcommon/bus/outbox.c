/* See outbox.h. outbox_read suspends. */
#include "bus/outbox.h"

#include "gen/common/sql.h"

#include <stdio.h>

#define NUMBER_BYTES 24

int cursor_compare(struct cursor a, struct cursor b)
{
    if (a.epoch != b.epoch)
        return a.epoch < b.epoch ? -1 : 1;
    if (a.xid != b.xid)
        return a.xid < b.xid ? -1 : 1;
    return a.id < b.id ? -1 : a.id > b.id;
}

/* Not at the oldest itself: that may be the number of the next transaction, and a cursor there would look as if it were ahead of us. */
struct cursor cursor_at_watermark(int64_t epoch, int64_t oldest)
{
    return (struct cursor){ epoch, oldest - 1, INT64_MAX };
}

static int64_t member_of(const struct lane_cursor *at, enum cursor_member member)
{
    switch (member) {
    case CURSOR_LANE:
        return at->lane;
    case CURSOR_EPOCH:
        return at->cursor.epoch;
    case CURSOR_XID:
        return at->cursor.xid;
    default:
        return at->cursor.id;
    }
}

struct slice cursor_array(struct arena *arena, const struct lane_cursor *lanes, size_t count, enum cursor_member member)
{
    size_t capacity = count * NUMBER_BYTES + 3, size = 0;
    char *text = arena_alloc(arena, capacity);
    text[size++] = '{';
    for (size_t i = 0; i < count; i++)
        size += (size_t)snprintf(text + size, capacity - size, "%s%lld", i ? "," : "", (long long)member_of(&lanes[i], member));
    text[size++] = '}';
    return slice_of(text, size);
}

static struct slice type_array(struct arena *arena, const struct outbox_query *query)
{
    struct slice out = SLICE("{");
    for (size_t i = 0; i < query->type_count; i++)
        out = arena_printf(arena, "%.*s%s%.*s", SLICE_FMT(out), i ? "," : "", SLICE_FMT(query->types[i]));
    return query->type_count ? arena_printf(arena, "%.*s}", SLICE_FMT(out)) : SLICE_NONE;
}

/* The rows' events, and how far they go. */
static void take_rows(struct work *w, const struct rows *rows, int64_t limit, struct outbox_page *page)
{
    struct slice *events = ARENA_ARRAY(w->arena, struct slice, rows_count(rows));
    int64_t places = 0;
    for (size_t i = 0; i < rows_count(rows); i++) {
        const struct row *row = rows_at(rows, i);
        if (slice_is_none(row_text(row, "lane")))
            continue;   /* the row that is there always */
        places++;
        page->passed = (struct cursor){ row_int(row, "epoch"), row_int(row, "xid"), row_int(row, "id") };
        events[page->count] = row_text(row, "event");
        page->skipped |= slice_is_none(events[page->count]);
        page->bytes += events[page->count].size;
        page->count += !slice_is_none(events[page->count]);
    }
    page->events = events;
    page->more = places == limit || page->bytes >= EVENT_PAGE_BYTES;
    if (!page->more)
        page->passed = cursor_at_watermark(page->epoch, page->oldest);
}

SUSPENDS bool outbox_read(struct work *w, const char *service, const struct outbox_query *query, struct outbox_page *page, bool *ahead)
{
    struct arena *arena = w->arena;
    const struct rows *rows = db_all(
        w, SQL(bus_read_outbox, .lanes = cursor_array(arena, query->lanes, query->count, CURSOR_LANE),
               .epochs = cursor_array(arena, query->lanes, query->count, CURSOR_EPOCH),
               .xids = cursor_array(arena, query->lanes, query->count, CURSOR_XID),
               .ids = cursor_array(arena, query->lanes, query->count, CURSOR_ID), .types = type_array(arena, query),
               .service = slice_from_text(service), .limit = work_int(w, query->limit), .bytes = work_int(w, EVENT_PAGE_BYTES)));
    if (!rows)
        return false;
    const struct row *first = rows_at(rows, 0);
    *page = (struct outbox_page){ .held = row_bool(first, "held"), .epoch = row_int(first, "current_epoch"),
                                  .oldest = row_int(first, "oldest"), .next = row_int(first, "next") };
    *ahead = row_bool(first, "ahead");
    take_rows(w, rows, query->limit, page);
    return true;
}
