/* gateway: the one public address. Routes by the contracts, verifies tokens, limits rates, passes on. No database. */
#include "base/log.h"
#include "base/clock.h"
#include "cache.h"
#include "gateway.h"
#include "gen/gateway/tables.h"
#include "io/co.h"
#include "service/service.h"
#include "test_clock.h"

#define KEYS_REFRESH_US (300 * INT64_C(1000000))
#define KEYS_RETRY_US (500 * INT64_C(1000))
#define KEYS_TIMEOUT_US (5 * INT64_C(1000000))

static void configure(void)
{
    tokens_configure();
    test_clock_configure();
    limits_configure();
    cache_configure();
    gateway_routes_setup();
}

/* Keeps crm's keys fresh for the life of the process. crm may start after the gateway: until its keys are here the gateway is not
 * ready and answers 503 where a token is needed. */
static void keys_coroutine(void *unused)
{
    (void)unused;
    for (;;) {
        struct work w = { .arena = arena_new(), .deadline_us = clock_monotonic_us() + KEYS_TIMEOUT_US };
        bool fetched = tokens_fetch_keys(&w);
        arena_free(w.arena);
        struct wait pause = { 0 };
        if (wait_for(&pause, clock_monotonic_us() + (fetched ? KEYS_REFRESH_US : KEYS_RETRY_US)) == RESULT_CANCELLED)
            return;
    }
}

static SUSPENDS bool start(struct work *w)
{
    (void)w;
    return co_spawn(keys_coroutine, NULL) == RESULT_OK && cache_start();
}

static SUSPENDS bool ready(struct work *w)
{
    (void)w;
    return tokens_ready();
}

static void stop(void)
{
    tokens_close();
    gateway_routes_close();
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "gateway", SERVICE_TABLES, .configure = configure, .start = start,
                                     .ready = ready, .dispatch = gateway_dispatch, .stop = stop,
                                     .faces_clients = true };
    return service_main(argc, argv, &service);
}
