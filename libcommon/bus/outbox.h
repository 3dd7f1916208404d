/* The own outbox as a consumer asks for it: what GET /internal/events, the news in memory and the statement behind both share. */
#ifndef CUOTAS_BUS_OUTBOX_H
#define CUOTAS_BUS_OUTBOX_H

#include "base/limits.h"
#include "db/db.h"

/* A place in a producer's outbox. Events are ordered by it; what is read up to a place has nothing missing before it. (0, 0, 0) is before
 * the first event. */
struct cursor {
    int64_t epoch, xid, id;
};

/* Below, at or above 0. */
int cursor_compare(struct cursor a, struct cursor b);
/* Behind everything below the watermark: epoch, and the oldest running transaction. */
struct cursor cursor_at_watermark(int64_t epoch, int64_t oldest);

/* One lane and the place in it. */
struct lane_cursor {
    int lane;
    struct cursor cursor;
};

/* What a consumer asks for. */
struct outbox_query {
    struct lane_cursor lanes[EVENT_LANES];
    size_t count;
    struct slice types[EVENT_TYPES_MAX];   /* plain words */
    size_t type_count;                     /* 0: all types */
    int64_t limit;
};

/* What it gets. Events of one lane are in order. */
struct outbox_page {
    const struct slice *events;            /* CloudEvents */
    size_t count, bytes;
    struct cursor passed;                  /* everything up to here is in the page, or of another type */
    bool skipped;                          /* there were such */
    bool more;                             /* behind `passed` there may be more at once */
    bool held;                             /* events exist that must wait for a running transaction */
    int64_t epoch, oldest, next;           /* the watermark: see sql/bus_read_outbox.sql */
};

/* Reads it from the database; *ahead: a cursor is past what this database has issued, and nothing else counts. False with w->failure. */
SUSPENDS bool outbox_read(struct work *w, const char *service, const struct outbox_query *query, struct outbox_page *page, bool *ahead);

/* Arrays of one member each of several lanes, as PostgreSQL's text. */
enum cursor_member { CURSOR_LANE, CURSOR_EPOCH, CURSOR_XID, CURSOR_ID };
struct slice cursor_array(struct arena *arena, const struct lane_cursor *lanes, size_t count, enum cursor_member member);

#endif
