/* Connections to the services behind us, and the exchange running on each. Private to http/upstream*.c. */
#ifndef CUOTAS_HTTP_UPSTREAM_POOL_H
#define CUOTAS_HTTP_UPSTREAM_POOL_H

#include "http/inbound.h"
#include "http/upstream.h"
#include "io/timer.h"

struct upstream {
    struct upstream *next;
    struct slice base_url;
    struct slice host;                 /* or the path of a unix socket */
    int port;
    struct slice authority;            /* for Host */
    int64_t down_since_us;             /* nobody listens there; 0: somebody does, as far as we know */
    bool probing;                      /* one of those who wait for it is trying */
    size_t count;                      /* connections, idle or not, and places promised to waiters */
    struct upstream_exchange *idle;    /* latest first */
    size_t idle_count;
    struct upstream_waiter *first, *last;
    size_t waiting;
    /* Is it alive? */
    size_t open;                       /* exchanges under way */
    int64_t heard_us;                  /* when it last answered, or was asked with nothing else under way */
    bool silent;                       /* it did not even answer a probe: nobody is kept waiting for it */
    bool watching;                     /* a coroutine asks it */
    struct timer watch;
};

/* A connection; what is said on it now, or nothing while idle. */
struct upstream_exchange {
    struct upstream *up;
    struct stream *stream;
    struct upstream_exchange *next, *previous;   /* while idle */
    int64_t idle_since_us;
    bool reused;                       /* an exchange ended well on it before */
    /* This exchange. */
    struct work *work;
    struct inbound *in;
    bool answered;                     /* a byte came back */
    bool broken;
    bool head_read;
    bool passed_over;                  /* told that the request was not taken up */
    bool to_head;
};

/* A connection, idle or new; waits its turn, for a moment, when all UPSTREAM_CONNECTIONS_MAX are taken. RESULT_BUSY when too many wait, the
 * moment is over, or the other side is silent. */
SUSPENDS MUST_CHECK enum result upstream_take(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out);
/* Not an idle one. */
SUSPENDS MUST_CHECK enum result upstream_take_new(struct upstream *up, int64_t deadline_us, struct upstream_exchange **out);
/* It can be used again. */
void upstream_put(struct upstream_exchange *x);
/* It cannot. */
void upstream_drop(struct upstream_exchange *x);
void upstream_drop_idle(struct upstream *up);
/* Those in line hear RESULT_BUSY. */
void upstream_turn_away(struct upstream *up);

/* upstream_watch.c: an exchange begins, ends; the other side said something. */
void watch_opened(struct upstream *up);
void watch_closed(struct upstream *up);
void watch_heard(struct upstream *up);

#endif
