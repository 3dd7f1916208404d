/* service_main: what every process of Cuotas does from start to stop. Blocking set-up first (configuration),
 * then the loop; the start-up itself is a coroutine, so it can wait for the database like any request.
 *
 * SIGTERM, SIGINT and SIGHUP end it gracefully, with status 0 and within DRAIN_TIMEOUT_MS: not ready, no new jobs, every answer says
 * Connection: close, and requests are served on until jobs and connections from before have come to their end; only then the door closes,
 * since a successor may start only after us. (There is nothing to reload: a supervisor that starts us again is a reload.) A second signal
 * cuts all that short, with status 1. Before the loop runs, nothing is under way: a signal ends the process at once. */
#include "service/service.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bus/changes.h"
#include "gen/common/sql.h"
#include "http/server.h"
#include "http/upstream.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/threads.h"
#include "service/builtin.h"
#include "service/capacity.h"
#include "service/config.h"
#include "service/day_close.h"
#include "service/identity.h"
#include "service/metrics.h"
#include "service/router_setup.h"
#include "service/signals.h"
#include "service/spare.h"
#include "service/workers.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define PEERS_MAX 16
#define START_TIMEOUT_US (30 * INT64_C(1000000))
#define IDENTITY_SECRET_MIN 32
/* Of the drain's time: for the connections and the bus, after the jobs. */
#define DRAIN_AFTER_JOBS_US (6 * INT64_C(1000000))
#define DRAIN_AFTER_CONNECTIONS_US (1500 * INT64_C(1000))

static struct {
    const struct service *service;
    const char *listen, *database_url, *redis_url, *zone;
    int workers, read_connections, write_connections, slow_connections;
    int64_t stop_delay_ms;
    bool test_clock, share_port;
    struct {
        const char *name;
        const char *url;
    } peers[PEERS_MAX];
    size_t peer_count;
    struct http_server *server;
    bool stopping, failed;
    struct event *signals[END_SIGNALS];
} process;

bool service_test_clock(void)
{
    return process.test_clock;
}

bool service_stopping(void)
{
    return process.stopping;
}

const char *service_peer_url(const char *name)
{
    for (size_t i = 0; i < process.peer_count; i++)
        if (strcmp(process.peers[i].name, name) == 0)
            return process.peers[i].url;
    return NULL;
}

static void configure_peers(const struct service *service)
{
    static char names[PEERS_MAX][40];
    for (const char *const *peer = service->peers; peer && *peer && process.peer_count < PEERS_MAX; peer++) {
        char *name = names[process.peer_count];
        int length = snprintf(name, sizeof names[0], "%s_URL", *peer);
        for (int i = 0; i < length && name[i]; i++)
            name[i] = (char)toupper((unsigned char)name[i]);
        process.peers[process.peer_count].name = *peer;
        process.peers[process.peer_count++].url = config_base_url(name);
    }
}

static enum log_level configure_log_level(void)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    const char *wanted = config_text_or("LOG_LEVEL", "info");
    for (int level = 0; level < 4; level++)
        if (strcmp(wanted, names[level]) == 0)
            return (enum log_level)level;
    config_problem("LOG_LEVEL", "must be debug, info, warn or error");
    return LOG_INFO;
}

static void configure(const struct service *service)
{
    log_setup(service->name, configure_log_level());
    process.service = service;
    process.listen = config_text("LISTEN");
    process.zone = config_text_or("MERCHANT_ZONE", "America/Bogota");
    process.test_clock = config_flag("TEST_CLOCK");
    process.workers = (int)config_int_or("WORKERS", 1, 1, 64);
    process.share_port = config_flag("SHARE_PORT");
    process.stop_delay_ms = config_int_or("STOP_DELAY_MS", 0, 0, 60000);
    process.read_connections = (int)config_int_or("DB_READ_CONNECTIONS", 4, 1, 64);
    process.write_connections = (int)config_int_or("DB_WRITE_CONNECTIONS", 8, 1, 64);
    process.slow_connections = (int)config_int_or("DB_SLOW_CONNECTIONS", 2, 1, 64);
    if (service->statements) {
        process.database_url = config_text("DATABASE_URL");
        process.redis_url = config_text_or("REDIS_URL", NULL);
    }
    identity_setup(config_secret("IDENTITY_SECRET", IDENTITY_SECRET_MIN), service->name);
    configure_peers(service);
    capacity_configure(service);
    if (service->configure)
        service->configure();
    config_check();
    if (process.test_clock && process.workers > 1) {
        log_error("configuration", LOG_TEXT("problem", "TEST_CLOCK=on needs WORKERS=1: one process holds the clock"));
        exit(78);
    }
    setenv("TZ", process.zone, 1);
    tzset();
}

/* The access log and the request metrics. */
static void request_finished(struct request *rq, const struct reply *reply, int64_t started_us)
{
    int64_t duration_us = clock_monotonic_us() - started_us;
    const char *operation = rq->route ? rq->route->operation : "none";
    metrics_request(operation, reply->status, duration_us);
    log_info("request", LOG_TEXT("operation", operation), LOG_TEXT("method", http_method_name(rq->head->method)),
             LOG_SLICE("path", request_path_to_log(rq)), LOG_INT("status", reply->status), LOG_INT("us", duration_us),
             LOG_SLICE("trace_id", rq->work.trace_id), LOG_SLICE("subject", rq->work.identity.subject));
}

static struct slice own_identity(struct arena *arena)
{
    return identity_header(arena, NULL);
}

static bool tells_changes(const struct service *service)
{
    for (const struct statement *const *st = service->statements; *st; st++)
        if ((*st)->tells_changes)
            return true;
    return false;
}

static SUSPENDS bool open_database(struct work *w)
{
    const struct service *service = process.service;
    bool tells = process.redis_url && tells_changes(service);
    struct db_config config = {
        .conninfo = process.database_url,
        .migrations = service->migrations,
        .migration_count = service->migration_count,
        .read_connections = process.read_connections,
        .write_connections = process.write_connections,
        .slow_connections = process.slow_connections,
        .statements = service->statements,
        .on_events = bus_wake_relay,
        .on_jobs = jobs_wake,
        .on_change = tells ? changes_tell : NULL,
    };
    if (db_open(&config, w->deadline_us) != RESULT_OK)
        return false;
    const struct row *clock = db_one(w, SQL(clock_read));
    if (!clock)
        return false;
    int64_t offset_s = row_int(clock, "offset_s");
    if (process.test_clock)
        clock_set_offset_s(offset_s);
    else if (offset_s > 0)
        log_warn("the database was used with a test clock; TEST_CLOCK is off now", LOG_INT("offset_s", offset_s));
    static struct bus_config bus;
    bus = (struct bus_config){ .service = service->name, .redis_url = process.redis_url, .rules = service->rules,
                               .producer_url = service_peer_url, .identity_header = own_identity, .seal = identity_seal_event };
    return bus_start(&bus) && (!tells || changes_start(service->name, process.redis_url)) && jobs_start(day_close_kinds(service, process.zone)) && day_close_begin(w);
}

static SUSPENDS bool start_everything(struct work *w)
{
    const struct service *service = process.service;
    if (service->statements && !open_database(w))
        return false;
    if (service->start && !service->start(w))
        return false;
    struct http_server_config config = {
        .listen = process.listen,
        .reuse_port = process.share_port || process.workers > 1,
        .drain_delay_ms = (int)process.stop_delay_ms,
        .drain_idle_ms = service->faces_clients ? HTTP_DRAIN_IDLE_MS : HTTP_DRAIN_IDLE_PEER_MS,
        .dispatch = service->dispatch ? service->dispatch : dispatch_route,
        .finished = request_finished,
    };
    capacity_apply(&config);
    if (process.stopping || http_server_start(&config, &process.server) != RESULT_OK)
        return false;
    builtin_watch(process.server);
    builtin_set_ready(true);
    log_info("ready", LOG_INT("port", http_server_port(process.server)));
    return true;
}

static void begin_stop(void);

static void start_coroutine(void *unused)
{
    (void)unused;
    struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + START_TIMEOUT_US };
    if (!start_everything(&w) && !process.stopping) {
        log_error("start failed", LOG_TEXT("code", work_failed(&w) ? w.failure.problem->code : "see above"),
                  LOG_SLICE("detail", w.failure.detail));
        process.failed = true;
        begin_stop();   /* what did start, coroutines above all, must end before the loop does */
    }
    arena_free(w.arena);
}

static void stop_coroutine(void *unused)
{
    (void)unused;
    int64_t deadline_us = clock_monotonic_us() + (process.stop_delay_ms + DRAIN_TIMEOUT_MS) * INT64_C(1000);
    bool has_bus = process.service->statements;
    builtin_set_ready(false);
    log_info("draining");
    if (process.server)
        http_server_wind_down(process.server);
    if (has_bus)
        jobs_drain(deadline_us - DRAIN_AFTER_JOBS_US);
    if (process.server)
        http_server_drain(process.server, deadline_us - DRAIN_AFTER_CONNECTIONS_US);
    if (has_bus) {
        bus_drain(deadline_us);
        jobs_give_back();
    }
    if (process.service->stop)
        process.service->stop();
    co_cancel_all();
    loop_stop();
}

static void begin_stop(void)
{
    if (process.stopping)
        return;
    process.stopping = true;
    if (co_spawn(stop_coroutine, NULL) != RESULT_OK)
        loop_stop();
}

static void on_signal(evutil_socket_t number, short events, void *unused)
{
    (void)events;
    (void)unused;
    if (process.stopping) {
        log_warn("second signal: stopping at once", LOG_INT("signal", number));
        log_flush();
        _exit(1);   /* as a kill would: coroutines are in the middle of something, and nothing may be taken down under them */
    }
    begin_stop();
}

static bool watch_signals(void)
{
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < END_SIGNALS; i++) {
        process.signals[i] = evsignal_new(loop_base(), end_signals[i], on_signal, NULL);
        if (!process.signals[i] || event_add(process.signals[i], NULL) != 0)
            return false;
    }
    return true;
}

static void flush_log_each_turn(void *unused)
{
    (void)unused;
    log_flush();
}

/* One worker: everything from the loop on. Returns the exit status. */
static int worker_run(void)
{
    if (!loop_init() || !watch_signals()) {
        log_error("start failed", LOG_TEXT("code", "the loop cannot be made"), LOG_INT("errno", errno));
        log_flush();
        return 1;
    }
    loop_each_turn(flush_log_each_turn, NULL);
    spare_start();
    builtin_setup(process.service);
    router_setup(process.service);
    if (co_spawn(start_coroutine, NULL) == RESULT_OK) {
        loop_run();
    } else {
        log_error("start failed", LOG_TEXT("code", "no stack for a coroutine"));
        process.failed = true;
    }
    log_info("stopped");
    for (size_t i = 0; i < END_SIGNALS; i++)
        event_free(process.signals[i]);
    spare_stop();
    http_server_free(process.server);
    upstream_close_all();
    if (process.service->statements)
        db_close();
    threads_close();
    loop_close();
    router_close();
    config_close();
    arena_pool_close();
    log_flush();
    return process.failed ? 1 : 0;
}

static int migrate(const struct service *service)
{
    signals_handle(db_migrate_interrupt);
    log_setup(service->name, LOG_INFO);
    const char *owner = config_text("DATABASE_OWNER_URL");
    const char *app = config_text("DATABASE_URL");
    config_check();
    enum result result = db_migrate(owner, app, service->migrations, service->migration_count);
    log_flush();
    return result == RESULT_OK ? 0 : 1;
}

int service_main(int argc, char **argv, const struct service *service)
{
    if (!memory_open()) {
        fprintf(stderr, "%s: no memory to start with\n", service->name);
        return 1;
    }
    if (argc == 2 && strcmp(argv[1], "migrate") == 0 && service->migrations)
        return migrate(service);
    if (argc > 1) {
        fprintf(stderr, "usage: %s%s\n", argv[0], service->migrations ? " [migrate]" : "");
        return 64;
    }
    signals_handle(signals_end_at_once);
    configure(service);
    capacity_claim(service);
    return process.workers > 1 ? workers_run(process.workers, worker_run) : worker_run();
}
