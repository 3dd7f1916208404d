/* The server itself: accepting, the table of connections, draining. Invariants: stats.connections is the length of the list;
 * past HTTP_CONNECTIONS_MAX a connection is answered 503 and closed. A server freed while requests run goes on for them and is
 * released with its last connection. Only http_server_drain suspends. */
#include "http/server.h"

#include "gen/problems.h"
#include "http/connection.h"
#include "io/co.h"
#include "io/listen.h"
#include "io/loop.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void server_reject(struct http_server *server, int fd)
{
    struct arena *arena = arena_new();
    struct slice refusal = refusal_make(arena, &PROBLEM_overloaded, "too many connections", true);
    (void)!send(fd, refusal.data, refusal.size, MSG_DONTWAIT | MSG_NOSIGNAL);   /* best effort */
    arena_free(arena);
    (void)close(fd);
    server->stats.rejected++;
}

static void server_accepted(void *arg, int fd)
{
    struct http_server *server = arg;
    if (server->stats.connections >= HTTP_CONNECTIONS_MAX)
        server_reject(server, fd);
    else
        connection_open(server, fd);
}

enum result http_server_start(const struct http_server_config *config, struct http_server **out)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
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
        free(server);
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
    loop_defer(free, server);
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
    if (!server->connections && server->drained) {
        wait_finish(server->drained, RESULT_OK);
        server->drained = NULL;
    }
    server_release_when_empty(server);
}

static void server_stop_accepting(struct http_server *server)
{
    server->draining = true;
    listen_close(server->listener);
    server->listener = NULL;
}

/* Closes the connections in that state, or all that no coroutine has. */
static void server_close_connections(struct http_server *server, bool idle_only)
{
    for (struct http_connection *c = server->connections, *next; c; c = next) {
        next = c->next;
        if (idle_only ? c->state == CONNECTION_IDLE : c->state != CONNECTION_BUSY)
            connection_close(c);
    }
}

static void drain_abandoned(struct wait *wait)
{
    struct http_server *server = wait->owner;
    server->drained = NULL;
}

void http_server_drain(struct http_server *server, int64_t deadline_us)
{
    server_stop_accepting(server);
    server_close_connections(server, true);
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
    server_stop_accepting(server);
    server->freed = true;
    if (!server->connections)
        server_release_when_empty(server);
    else
        server_close_connections(server, false);
}
