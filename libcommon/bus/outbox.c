/* See outbox.h. outbox_read suspends. */
#include "bus/outbox.h"

#include "gen/common/sql.h"

#include <stdio.h>

#define NUMBER_BYTES 24

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

SUSPENDS const struct rows *outbox_read(struct work *w, const char *service, const struct lane_cursor *lanes, size_t count,
                                        int64_t limit)
{
    return db_all(w, SQL(bus_read_outbox, .lanes = cursor_array(w->arena, lanes, count, CURSOR_LANE),
                         .epochs = cursor_array(w->arena, lanes, count, CURSOR_EPOCH),
                         .xids = cursor_array(w->arena, lanes, count, CURSOR_XID),
                         .ids = cursor_array(w->arena, lanes, count, CURSOR_ID), .service = slice_from_text(service),
                         .limit = work_int(w, limit), .bytes = work_int(w, EVENT_PAGE_BYTES)));
}

bool outbox_event(const struct row *row, struct lane_cursor *at, struct slice *event)
{
    *event = row_text(row, "event");
    if (slice_is_none(*event))
        return false;
    *at = (struct lane_cursor){ .lane = (int)row_int(row, "lane"),
                                .cursor = { row_int(row, "epoch"), row_int(row, "xid"), row_int(row, "id") } };
    return true;
}
