/* Reading this service's own outbox: what the relay and GET /internal/events share. */
#ifndef CUOTAS_BUS_OUTBOX_H
#define CUOTAS_BUS_OUTBOX_H

#include "base/limits.h"
#include "db/db.h"

/* A place in one lane of a producer's outbox: the last event read. (0, 0, 0) is before the first. */
struct cursor {
    int64_t epoch, xid, id;
};

/* One lane and the place in it. */
struct lane_cursor {
    int lane;
    struct cursor cursor;
};

/* A page of events, at least one row. Columns: held, ahead, current_epoch, oldest, next; lane, epoch, xid, id, event (NULL when there is
 * no event). See sql/bus_read_outbox.sql. NULL with w->failure when the database fails. */
SUSPENDS const struct rows *outbox_read(struct work *w, const char *service, const struct lane_cursor *lanes, size_t count,
                                        int64_t limit);
/* The row's event: false when it holds none. */
bool outbox_event(const struct row *row, struct lane_cursor *at, struct slice *event);

/* Arrays of one member each of several lanes, as PostgreSQL's text. */
enum cursor_member { CURSOR_LANE, CURSOR_EPOCH, CURSOR_XID, CURSOR_ID };
struct slice cursor_array(struct arena *arena, const struct lane_cursor *lanes, size_t count, enum cursor_member member);

#endif
