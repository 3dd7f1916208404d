/* One request and its reply, on a server's connection: the request the handler sees, how far its body is read, how far the reply
 * is written. Private to http/. Lives in the request's arena. */
#ifndef CUOTAS_HTTP_EXCHANGE_H
#define CUOTAS_HTTP_EXCHANGE_H

#include "http/connection.h"
#include "http/request.h"

/* STARTED: streaming, the head may still be held back. ENDED: all of it was written. BROKEN: it can not be completed. */
enum reply_state { REPLY_NONE, REPLY_STARTED, REPLY_ENDED, REPLY_BROKEN };

struct exchange {
    struct request request;       /* must stay first */
    /* The request's body. */
    bool body_started;
    bool body_broken;             /* nothing behind it can be read */
    int64_t body_started_us;
    uint64_t received;
    /* The reply. */
    enum reply_state state;
    int status;
    bool close;                   /* the connection ends after it */
    bool bodyless;                /* to HEAD, or 204, 304 */
    int64_t left;                 /* bytes of its body still to come, or REPLY_CHUNKED, REPLY_UNTIL_CLOSE */
    struct slice held;            /* the head, to be sent with the first piece */
    /* While the client is waited for. */
    struct exchange *slow_next, *slow_previous;
    bool slow;                    /* in the server's list */
    int64_t slow_since_us;        /* when it was first waited for; 0: never */
    uint64_t sent;
};

#define REPLY_CHUNKED (-1)
#define REPLY_UNTIL_CLOSE (-2)

static inline struct exchange *exchange_of(struct request *rq)
{
    return (struct exchange *)rq;
}

/* body.c: may the connection go on although the body was not read, once what little is left of it was dropped? */
bool body_may_settle(const struct exchange *x);
/* Drops that rest; false when it did not come soon. */
SUSPENDS bool body_settle(struct exchange *x);

/* slow.c: around every wait for the client to send or to take bytes. When too many are waited for, the slowest of them gives way:
 * its wait ends as if its time were up. */
void slow_begin(struct exchange *x);
void slow_end(struct exchange *x);

/* reply_write.c: the reply a handler returned, unless it wrote one itself. */
SUSPENDS void reply_finish(struct exchange *x, const struct reply *reply);

#endif
