/* A service that consumes its own events: database, bus and HTTP server of one process, over real sockets. Producing is done by
 * SQL; what consuming did is in table `effect`. */
#ifndef CUOTAS_TESTS_BUS_FIXTURE_H
#define CUOTAS_TESTS_BUS_FIXTURE_H

#include "base/work.h"

#include <libpq-fe.h>

/* Empties the tables of events, then starts. redis_url NULL: polling only. Inside a coroutine. */
void bus_fixture_start(const char *redis_url);
void bus_fixture_stop(void);
/* The service's name: of its own, for Redis is shared. */
const char *bus_fixture_name(void);

/* The first step of bus_fixture_start alone, blocking: for tests whose service is another process. */
void bus_fixture_prepare(void);
/* The rest: opens, serves and consumes. */
void bus_fixture_serve(const char *redis_url);

/* Commits an event as superuser, beside the service. `customer`: 0..15 is the lane. Types: "good.thing" leaves an effect; "bad.thing"
 * fails while table `broken` has a row; "slow.thing" waits for advisory lock 42; "other.thing" is nobody's. */
void bus_fixture_emit(const char *type, int customer, const char *subject);
/* The same on a connection of the caller's, whose transaction may be open. */
void bus_fixture_emit_on(PGconn *pg, const char *type, int customer, const char *subject);
/* The same through the service's own database layer, whose hook wakes the relay. */
void bus_fixture_emit_own(const char *type, int customer, const char *subject);

/* Subjects of the effects in the order they happened, joined by ','. */
const char *bus_fixture_effects(void);
/* Waits until that many effects are there. */
void bus_fixture_await(int count);

/* GET or POST on the service; the status, and the body in the work's arena. */
int bus_fixture_call(struct work *w, const char *method, const char *target, struct slice *body);
/* The header of the last bus_fixture_call. */
struct slice bus_fixture_header(const char *lower_case_name);

#endif
