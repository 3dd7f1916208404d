/* The operations every service answers by itself. Liveness looks at nothing but the process; readiness at the
 * database and the service's own condition; `quiet` is the test clock's barrier: is anything left to do now? */
#include "service/builtin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "bus/events_serve.h"
#include "gen/common/sql.h"
#include "gen/problems.h"
#include "io/co.h"
#include "service/metrics.h"
#include "wire/json.h"

#define METRICS_BYTES_MAX (512 * 1024)
#define JOBS_LOOK_EVERY_US INT64_C(1000000)
#define JOBS_LOOK_TIMEOUT_US INT64_C(500000)
#define OFFSET_S_MAX (INT64_C(200) * 366 * 86400)

static const struct service *self;
static bool is_ready;
static struct job_stats jobs_seen;
static int64_t jobs_looked_us = -JOBS_LOOK_EVERY_US;
static const struct http_server *watched;
static struct metric refused = { .name = "cuotas_http_refused_total", .help = "Requests refused before any handler: malformed, too slow, too many." };

void builtin_set_ready(bool ready)
{
    is_ready = ready;
}

static SUSPENDS struct reply livez(struct request *rq)
{
    return reply_ok(rq, SLICE("{\"status\":\"ok\"}"));
}

static SUSPENDS struct reply readyz(struct request *rq)
{
    const char *missing = NULL;
    if (!is_ready)
        missing = "starting or draining";
    else if (self->statements && !db_ready())
        missing = "no connection to the database";
    else if (self->ready && !self->ready(&rq->work))
        missing = "a dependency is not ready";
    if (!missing)
        return reply_ok(rq, SLICE("{\"status\":\"ready\"}"));
    rq->work.failure = (struct failure){ 0 };
    work_fail(&rq->work, &PROBLEM_unavailable, "%s", missing);
    return reply_problem(rq);
}

/* At most once a second, however many ask, and soon or not at all: what was seen last is told then. */
static SUSPENDS void look_at_jobs(struct arena *arena)
{
    const int64_t now_us = clock_monotonic_us();
    if (!self->statements || now_us < jobs_looked_us + JOBS_LOOK_EVERY_US)
        return;
    jobs_looked_us = now_us;
    struct work w = { .arena = arena, .deadline_us = now_us + JOBS_LOOK_TIMEOUT_US, .identity = { .kind = IDENTITY_SERVICE } };
    struct job_stats stats;
    if (jobs_stats(&w, &stats))
        jobs_seen = stats;
}

static SUSPENDS struct reply metrics(struct request *rq)
{
    look_at_jobs(rq->work.arena);
    struct buf *out = ARENA_NEW(rq->work.arena, struct buf);
    buf_init(out, METRICS_BYTES_MAX);
    metric_add(&refused, http_server_stats(watched).rejected - refused.value);
    arena_defer(rq->work.arena, (void (*)(void *))buf_free, out);
    enum result result = metrics_render(out);
    if (result != RESULT_OK) {
        work_fail(&rq->work, result == RESULT_BUSY ? &PROBLEM_overloaded : &PROBLEM_internal, "metrics outgrew their buffer, or what memory is left");
        return reply_problem(rq);
    }
    struct reply reply = reply_ok(rq, buf_slice(out));
    reply.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return reply;
}

/* Applies what the peers have committed, then tells whether jobs are due. `activity` grows with everything done, so two
 * equal rounds over all services mean that nothing moved in between. */
static SUSPENDS struct reply quiet(struct request *rq)
{
    struct work *w = &rq->work;
    int64_t applied = 0;
    struct job_stats jobs = { 0 };
    if (self->statements && (!bus_catch_up(w, NULL, &applied) || !jobs_stats(w, &jobs)))
        return reply_problem(rq);
    jobs_wake();
    uint64_t activity = bus_stats().applied + bus_stats().parked + jobs.done + jobs.retried + jobs.died;
    return reply_ok(rq, arena_printf(w->arena, "{\"quiet\":%s,\"due_jobs\":%lld,\"applied\":%lld,\"activity\":%llu}",
                                     jobs.due == 0 && applied == 0 ? "true" : "false", (long long)jobs.due,
                                     (long long)applied, (unsigned long long)activity));
}

static struct reply clock_reply(struct request *rq)
{
    return reply_ok(rq, arena_printf(rq->work.arena, "{\"offset_s\":%lld}", (long long)clock_offset_s()));
}

static SUSPENDS struct reply get_clock(struct request *rq)
{
    return clock_reply(rq);
}

static bool clock_offset_read(struct request *rq, int64_t *offset_s)
{
    const char *why = NULL;
    size_t at = 0;
    const cJSON *body = json_parse(rq->work.arena, rq->body, &why, &at);
    if (!json_int64(json_member(body, "offset_s"), offset_s) || *offset_s < 0 || *offset_s > OFFSET_S_MAX) {
        work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE("/offset_s"), "range", "must be seconds from 0 on");
        return false;
    }
    return true;
}

static SUSPENDS struct reply set_clock(struct request *rq)
{
    int64_t offset_s = 0;
    if (!service_test_clock()) {
        work_fail(&rq->work, &PROBLEM_not_found, "TEST_CLOCK is off");
        return reply_problem(rq);
    }
    if (!clock_offset_read(rq, &offset_s))
        return reply_problem(rq);
    if (self->statements) {
        const struct row *row = db_one(&rq->work, SQL(clock_set, .offset_s = work_int(&rq->work, offset_s)));
        if (!row)
            return reply_problem(rq);
        offset_s = row_int(row, "offset_s");
    }
    clock_set_offset_s(offset_s);
    jobs_wake();
    return clock_reply(rq);
}

static const char *const service_scope[] = { "service", NULL };

const struct route builtin_routes[] = {
    { .method = HTTP_GET, .path = "/livez", .operation = "livez", .handle = livez, .timeout_ms = 1000 },
    { .method = HTTP_GET, .path = "/readyz", .operation = "readyz", .handle = readyz, .timeout_ms = 2000 },
    { .method = HTTP_GET, .path = "/metrics", .operation = "metrics", .handle = metrics, .timeout_ms = 2000 },
    { .method = HTTP_GET, .path = "/internal/events", .operation = "internal_events", .handle = bus_serve_events,
      .scopes = service_scope, .timeout_ms = 5000 },
    { .method = HTTP_GET, .path = "/internal/dead-letters", .operation = "internal_dead_letters",
      .handle = bus_serve_dead_letters, .scopes = service_scope, .timeout_ms = 5000 },
    { .method = HTTP_POST, .path = "/internal/dead-letters/{id}/retry", .operation = "internal_retry_dead_letter",
      .handle = bus_retry_dead_letter, .scopes = service_scope, .timeout_ms = 5000 },
    { .method = HTTP_GET, .path = "/internal/quiet", .operation = "internal_quiet", .handle = quiet,
      .scopes = service_scope, .timeout_ms = 10000 },
    { .method = HTTP_GET, .path = "/internal/test-clock", .operation = "internal_get_clock", .handle = get_clock,
      .scopes = service_scope, .timeout_ms = 5000 },
    { .method = HTTP_POST, .path = "/internal/test-clock", .operation = "internal_set_clock", .handle = set_clock,
      .scopes = service_scope, .accepts_json = true, .body_max = 1024, .timeout_ms = 5000 },
};
const size_t builtin_route_count = sizeof builtin_routes / sizeof *builtin_routes;

static int64_t read_dead_letters(void)
{
    return bus_stats().dead_letters;
}

static int64_t read_jobs_due(void)
{
    return jobs_seen.due;
}

static int64_t read_jobs_oldest(void)
{
    return jobs_seen.oldest_due_s;
}

static int64_t read_jobs_dead(void)
{
    return jobs_seen.dead;
}

static int64_t read_db_in_flight(void)
{
    return (int64_t)(db_stats().in_flight + db_stats().waiting);
}

static int64_t read_coroutines(void)
{
    return (int64_t)co_count();
}

static int64_t read_memory_refused(void)
{
    return (int64_t)memory_stats().refused;
}

static int64_t read_memory_reserve(void)
{
    return (int64_t)memory_stats().reserve_used;
}

static int64_t read_redis(void)
{
    return bus_stats().redis_connected;
}

static int64_t read_connections(void)
{
    return (int64_t)http_server_stats(watched).connections;
}

static int64_t read_requests(void)
{
    return (int64_t)http_server_stats(watched).requests_active;
}

static int64_t read_slow(void)
{
    return (int64_t)http_server_stats(watched).slow_clients;
}

void builtin_watch(const struct http_server *server)
{
    watched = server;
    metrics_gauge("cuotas_http_connections", "Connections of clients.", read_connections);
    metrics_gauge("cuotas_http_requests_active", "Requests in flight.", read_requests);
    metrics_gauge("cuotas_http_slow_clients", "Clients waited for, to send a body or to take a reply.", read_slow);
}

void builtin_setup(const struct service *service)
{
    self = service;
    metrics_gauge("cuotas_coroutines", "Coroutines running or waiting.", read_coroutines);
    metrics_gauge("cuotas_memory_refused", "Times malloc failed since the start.", read_memory_refused);
    metrics_gauge("cuotas_memory_reserve_bytes", "Bytes of the reserve in use.", read_memory_reserve);
    if (!service->statements)
        return;
    metrics_gauge("cuotas_dead_letters", "Events parked after failing to apply.", read_dead_letters);
    metrics_gauge("cuotas_jobs_due", "Jobs due, running ones included, of all processes; counted up to 10000.", read_jobs_due);
    metrics_gauge("cuotas_jobs_oldest_due_seconds", "How long the oldest due job that nobody runs has waited.", read_jobs_oldest);
    metrics_gauge("cuotas_jobs_dead", "Jobs given up, of all processes; counted up to 10000.", read_jobs_dead);
    metrics_gauge_each("cuotas_consumer_lag_seconds", "How far behind a producer events are applied.", "producer", bus_lag);
    metrics_gauge("cuotas_db_units", "Database units in flight or waiting.", read_db_in_flight);
    metrics_gauge("cuotas_redis_connected", "Whether wake-ups arrive by Redis (1) or by polling only (0).", read_redis);
}
