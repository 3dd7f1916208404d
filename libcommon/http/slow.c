/* Clients that are waited for: those whose body has not come yet, or who do not take their reply. Each holds a coroutine, an arena and
 * a buffer, so only a part of the places for requests may be held like that; one more, and the slowest of all gives way, by bytes a
 * second since it was first waited for. So thousands that drip or never read cost each other their places, and a client on a bad
 * line keeps its own. Nothing here suspends. */
#include "base/clock.h"
#include "base/limits.h"
#include "http/exchange.h"
#include "io/loop.h"

/* What a client counts as having moved to begin with: a newcomer is not the slowest for having moved nothing yet. */
#define HANDICAP_BYTES 1024

static size_t slow_max(const struct http_server_config *config)
{
    size_t requests = config->requests_max ? config->requests_max : HTTP_REQUESTS_MAX;
    size_t changes = config->changes_max && config->changes_max < requests ? config->changes_max : requests;
    return (changes < requests / 2 ? changes : requests / 2) / 2 + 1;
}

static double pace(const struct exchange *x, int64_t now_us)
{
    return (double)(x->received + x->sent + HANDICAP_BYTES) / (double)(now_us - x->slow_since_us + 1);
}

static struct exchange *slowest(const struct http_server *server, const struct exchange *newcomer)
{
    struct exchange *found = NULL;
    int64_t now_us = clock_monotonic_us();
    for (struct exchange *x = server->slow; x; x = x->slow_next)
        if (x != newcomer && (!found || pace(x, now_us) < pace(found, now_us)))
            found = x;
    return found;
}

void slow_end(struct exchange *x)
{
    struct http_server *server = x->request.connection->server;
    if (!x->slow)
        return;
    if (x->slow_previous)
        x->slow_previous->slow_next = x->slow_next;
    else
        server->slow = x->slow_next;
    if (x->slow_next)
        x->slow_next->slow_previous = x->slow_previous;
    x->slow = false;
    server->stats.slow_clients--;
}

void slow_begin(struct exchange *x)
{
    struct http_server *server = x->request.connection->server;
    assert(!x->slow);
    if (!x->slow_since_us)
        x->slow_since_us = loop_now_us();
    x->slow = true;
    x->slow_previous = NULL;
    x->slow_next = server->slow;
    if (x->slow_next)
        x->slow_next->slow_previous = x;
    server->slow = x;
    if (++server->stats.slow_clients <= slow_max(&server->config))
        return;
    struct exchange *last = slowest(server, x);
    if (!last)
        return;
    slow_end(last);
    stream_end_waits(last->request.connection->stream, RESULT_TIMEOUT);
}
