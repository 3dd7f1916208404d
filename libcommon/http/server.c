/* The server itself: accepting, the table of connections, draining. Invariants: stats.connections is the length of the list; at most
 * HTTP_SURPLUS_MAX connections beyond the limits wait to be told so (admit.c). A server freed while requests run goes on for them and is
 * released with its last connection. Only http_server_drain suspends. */
#include "http/server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "http/connection.h"
#include "io/co.h"
#include "io/listen.h"
#include "io/loop.h"
#include "io/resolve.h"

#include <stdlib.h>

#define DRAIN_LOOK_MS 20
#define DRAIN_RESERVE_MS 3000   /* of the deadline, for those who come until the door closes */

static void server_accepted(void *arg, int fd, const struct address *from)
{
    struct http_server *server = arg;
    uint64_t group = server->config.connections_per_address ? address_group(from) : 0;
    connection_open(server, fd, group, admit_connection(server, group));
}

enum result http_server_start(const struct http_server_config *config, struct http_server **out)
{
    struct http_server *server = memory_new(sizeof *server);
    *out = NULL;
    server->config = *config;
    struct listen_config listening = {
        .address = config->listen,
        .reuse_port = config->reuse_port,
        .accepted = server_accepted,
        .arg = server,
    };
    enum result result = listen_start(&listening, &server->listener);
    if (result != RESULT_OK) {
        memory_free(server);
        return result;
    }
    server->port = listen_port(server->listener);
    *out = server;
    return RESULT_OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

struct http_server_stats http_server_stats(const struct http_server *server)
{
    return server->stats;
}

static void server_release_when_empty(struct http_server *server)
{
    if (!server->freed || server->connections)
        return;
    inbound_pool_close();
    memory_free(server->addresses);
    loop_defer(memory_free, server);
}

void server_forget(struct http_connection *c)
{
    struct http_server *server = c->server;
    if (c->previous)
        c->previous->next = c->next;
    else
        server->connections = c->next;
    if (c->next)
        c->next->previous = c->previous;
    server->stats.connections--;
    admit_closed(c);
    if (!server->connections && server->drained) {
        wait_finish(server->drained, RESULT_OK);
        server->drained = NULL;
    }
    server_release_when_empty(server);
}

static void server_stop_accepting(struct http_server *server)
{
    listen_close(server->listener);
    server->listener = NULL;
}

/* All that no coroutine has. */
static void server_close_connections(struct http_server *server)
{
    for (struct http_connection *c = server->connections, *next; c; c = next) {
        next = c->next;
        if (c->state != CONNECTION_BUSY)
            connection_close(c);
    }
}

void http_server_wind_down(struct http_server *server)
{
    if (server->draining)
        return;
    server->draining = true;
    server->drain_since_us = clock_monotonic_us();
    for (struct http_connection *c = server->connections; c; c = c->next)
        if (c->state == CONNECTION_IDLE)
            connection_hurry(c);
}

/* One from before the drain still has its last request, or may bring it. */
static bool server_awaits_old(const struct http_server *server)
{
    for (const struct http_connection *c = server->connections; c; c = c->next)
        if (c->state != CONNECTION_LINGER && c->opened_us <= server->drain_since_us)
            return true;
    return false;
}

/* False when the process is stopped at once, or the deadline has passed. */
SUSPENDS static bool server_pause(int64_t pause_ms, int64_t deadline_us)
{
    struct wait wait = { 0 };
    int64_t until_us = clock_monotonic_us() + pause_ms * 1000;
    enum result result = wait_for(&wait, until_us < deadline_us ? until_us : deadline_us);
    return result == RESULT_TIMEOUT && until_us < deadline_us;
}

static void drain_abandoned(struct wait *wait)
{
    struct http_server *server = wait->owner;
    server->drained = NULL;
}

void http_server_drain(struct http_server *server, int64_t deadline_us)
{
    http_server_wind_down(server);
    int64_t taking_until_us = server->drain_since_us + server->config.drain_delay_ms * INT64_C(1000);
    int64_t reserve_us = deadline_us - DRAIN_RESERVE_MS * INT64_C(1000);
    bool in_time = true;
    /* Whoever had a connection is through with it before the door closes: nobody may stand in for us until we are gone. */
    while (in_time && (clock_monotonic_us() < taking_until_us || server_awaits_old(server)))
        in_time = server_pause(DRAIN_LOOK_MS, reserve_us);
    listen_refuse_new(server->listener);
    (void)server_pause(HTTP_DRAIN_SETTLE_MS, deadline_us);
    listen_accept_rest(server->listener);
    server_stop_accepting(server);
    if (!server->connections)
        return;
    struct wait wait = { .abandon = drain_abandoned, .owner = server };
    server->drained = &wait;
    (void)wait_for(&wait, deadline_us);
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    http_server_wind_down(server);
    server_stop_accepting(server);
    server->freed = true;
    if (!server->connections)
        server_release_when_empty(server);
    else
        server_close_connections(server);
}
