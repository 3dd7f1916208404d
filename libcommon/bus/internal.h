/* What the files of bus/ about events tell each other and nobody else.
 *
 *   bus.c           starting, draining, counters
 *   outbox.c        reading the own outbox
 *   news.c          its newest events in memory
 *   relay.c         publishing them on Redis
 *   redis.c         Redis itself
 *   subscription.c  listening to channels of Redis
 *   subscribe.c     wake-ups from Redis to the consumers
 *   changes.c       what looks different now, told by Redis alone
 *   consumer.c      one loop a producer: pull, apply, wait
 *   pull.c          a page of a producer's events, over HTTP or out of messages
 *   pushed.c        events inside messages
 *   apply.c         events and cursors in one database unit; poison
 *   event.c         a CloudEvent's text to its parts
 *   events_serve.c  the producer's side over HTTP, dead letters */
#ifndef CUOTAS_BUS_INTERNAL_H
#define CUOTAS_BUS_INTERNAL_H

#include "bus/events.h"
#include "bus/outbox.h"
#include "bus/pushed.h"
#include "bus/subscription.h"
#include "io/co.h"

/* A lane of a producer as this process knows it. */
struct lane {
    struct cursor cursor;      /* read, and applied, up to here */
    struct cursor stored;      /* what the database says: behind the cursor when nothing of ours came in between */
    int failures;              /* of the event after the cursor */
    int64_t paused_until_us;   /* monotonic: a poisoned lane waits, the others go on */
};

struct producer {
    const char *name, *url;
    char types[EVENT_TYPES_BYTES];   /* those with a rule, joined by ','; empty: all */
    struct co_signal signal;   /* there may be something */
    struct pushed pushed;      /* what messages brought */
    struct cursor told;        /* the latest event of ours that one of us told of: it can be read */
    bool look;                 /* there may be more than we were told: what was read before will not do */
    struct cursor passed;      /* all lanes but paused ones were read and applied up to here */
    int64_t fresh_us;          /* logical: what the producer had told of before then is applied */
    int64_t skipped_us;        /* monotonic: since when events of other types lie between a cursor and what is stored; 0: none do */
    struct co_lock lock;       /* one pull at a time: the loop's or a catch-up's */
    bool loaded;               /* the lanes hold what the database says */
    bool reachable;            /* for the log: only changes are told */
    struct lane lanes[EVENT_LANES];
};

/* One event: views into the page it came in. */
struct event {
    struct slice text;         /* the CloudEvent whole */
    struct slice id, type, subject, time, customer_id, trace;   /* decoded; none when absent */
    struct slice data;         /* raw JSON */
    struct lane_cursor at;
};

struct page {
    struct event *events;
    size_t count;
    bool held, full;           /* more must wait; more are there now */
    bool skipped;              /* events of other types were left out */
    unsigned lanes;            /* which were asked for: a bit each */
    struct cursor passed;      /* they were read up to here; (0, 0, 0): up to the events' own places */
    int64_t epoch, oldest, next;   /* the watermark */
};
static_assert(EVENT_LANES <= 32, "a bit each");

/* The process's bus. */
struct bus {
    struct bus_config config;
    struct producer producers[EVENT_PRODUCERS_MAX];
    size_t producer_count;
    bool stopping;
    size_t loops;              /* coroutines a drain waits for */
    struct co_signal loop_ended;
    struct co_signal relay;
    bool relay_connected;
    struct subscription subscription;
    uint64_t published, publish_failures, woken, pulled, pushed, applied, parked;
    int64_t dead_letters;
};
extern struct bus bus;

/* Coroutines of bus_start. */
void relay_main(void *unused);
void subscribe_main(void *unused);
void consumer_main(void *producer);
/* A loop that drains wait for has ended. */
void bus_loop_ended(void);

/* subscribe.c: a message wakes the consumer of its channel. */
void subscribe_heard(struct slice channel, struct slice message);

/* event.c: false when the text is no event of ours. Views into `text` or the arena. */
bool event_read(struct arena *arena, struct slice text, struct event *out);
/* A JSON array of events. False when one is malformed, or there are more than EVENT_BATCH_MAX. */
bool event_read_all(struct arena *arena, struct slice array, struct page *page);

/* What a message on Redis tells: false when it is no event of ours. `type` is a view into the text or the arena. */
bool event_glance(struct arena *arena, struct slice text, struct slice *type, struct cursor *at);

/* events_serve.c: "<lane>:<epoch>:<xid>:<id>,..." as a consumer asks; false when malformed or more than EVENT_LANES. */
bool lane_cursors_read(struct slice text, struct lane_cursor lanes[EVENT_LANES], size_t *count);
/* "<epoch>:<xid>:<id>" */
bool cursor_read(struct slice text, struct cursor *out);
/* "<type>,..."; none: none. */
bool event_types_read(struct slice text, struct slice types[EVENT_TYPES_MAX], size_t *count);

/* pull.c: the lanes that are not paused. look: what the producer read before will not do. False with w->failure. */
SUSPENDS bool pull_page(struct work *w, const struct producer *producer, bool look, struct page *page);

/* The same without asking, out of what messages brought: what follows, without a gap, on everything read and applied. False when nothing
 * does. What was brought is used up either way. */
bool pull_pushed(struct work *w, struct producer *producer, struct page *page);

/* apply.c */
enum apply { APPLY_DONE, APPLY_LATER, APPLY_MOVED };
/* Loads the cursors from the database. */
SUSPENDS bool apply_load(struct work *w, struct producer *producer);
/* Applies a page and moves the cursors. LATER: the database cannot now, nothing is lost. MOVED: another process was first; the cursors
 * must be loaded again. Poison only pauses its lane. */
SUSPENDS enum apply apply_page(struct work *w, struct producer *producer, const struct page *page);
/* Stores cursors that only passed events of other types. MOVED and LATER as above. */
SUSPENDS enum apply apply_store(struct work *w, struct producer *producer);
/* The statement that applies this type here; NULL when nothing is done about it. */
const struct consumer_rule *apply_rule(const char *producer, struct slice type);
/* Adds what applies an event to a batch; false when nothing is done about its type here. */
bool apply_add(struct work *w, struct batch *batch, const char *producer, const struct event *event);
/* Refreshes bus.dead_letters. */
SUSPENDS void apply_count_parked(void);

#endif
