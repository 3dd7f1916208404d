/* Events, both ends. Producer: statements insert into `outbox`; the relay publishes each committed row on Redis
 * channel events.<service> (a wake-up that brings the event along) and GET /internal/events serves them by cursor. Consumer: for each
 * producer it subscribes, pulls what is past its cursors unless a message has brought all of it, and applies the batch AND
 * moves the cursors in one database unit: exactly-once effect. An event's effect is one SQL statement, named by `x-consumes` in the contract, with
 * parameters among :event_id :event_type :subject :customer_id :data :occurred_at :trace :now :today. */
#ifndef CUOTAS_BUS_EVENTS_H
#define CUOTAS_BUS_EVENTS_H

#include "base/result.h"
#include "base/work.h"
#include "bus/pushed.h"
#include "db/db.h"

/* Generated: which statement applies an event type of a producer, and which parameter is which. */
struct consumer_rule {
    const char *producer;      /* "orders" */
    const char *type;          /* "order.placed" */
    const struct statement *statement;
    signed char event_id, event_type, subject, customer_id, data, occurred_at;   /* parameter index or -1 */
};

struct bus_config {
    const char *service;                 /* own name: channel events.<service> */
    const char *redis_url;               /* redis://host:port or unix path; NULL: polling only */
    const struct consumer_rule *rules;   /* grouped by producer, ends with { NULL } */
    const char *(*producer_url)(const char *producer);   /* base URL of a service */
    /* Signed identity header of this service for a call (service/identity). */
    struct slice (*identity_header)(struct arena *arena);
    event_seal_fn *seal;                 /* under a key of our services alone; NULL: messages wake, and nothing more */
};

/* False: not all of its coroutines could be made; bus_drain ends those that were. */
bool bus_start(const struct bus_config *config);
/* A commit added outbox rows. */
void bus_wake_relay(void);
SUSPENDS void bus_drain(int64_t deadline_us);

/* Pulls and applies everything `producer` has committed before the call: read-your-writes across services. False with w->failure when the
 * producer cannot be reached, or an event still waits to be tried again at the deadline. NULL: all producers,
 * and cursors that only passed events are stored at once. applied (may be NULL) gets the number of events. */
SUSPENDS bool bus_catch_up(struct work *w, const char *producer, int64_t *applied);

struct bus_stats {
    uint64_t published, publish_failures;
    uint64_t woken;   /* messages of Redis about events that something is done about */
    uint64_t pulled, pushed, applied, parked;   /* events that were asked for; that came with a message */
    bool redis_connected;
    int64_t dead_letters;
};
struct bus_stats bus_stats(void);
/* How far behind a producer this process has applied, in seconds of logical time: the age of its last event while more are waiting, else the time since it last
 * had nothing to do (a second at most when idle, for it looks then), which grows while the producer, or the own database, does not answer. False: there are fewer. */
bool bus_lag(size_t which, const char **producer, int64_t *seconds);

#endif
