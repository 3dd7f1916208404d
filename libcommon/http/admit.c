/* Who is let in: connections by number and by address, requests by class. Everything is decided from counters, before a coroutine, a
 * handler or a database hears of it, so a refusal costs next to nothing and what was let in is not slowed by what was not.
 *
 * Connections of one address are counted in a fixed table by keyed hash. Two addresses may share a counter, which matters only to
 * who meets somebody at the limit, one in ADDRESS_SLOTS; nobody can choose whom to meet. Nothing here suspends. */
#include "base/memory.h"
#include "gen/problems.h"
#include "http/connection.h"

#include <stdlib.h>

#define ADDRESS_SLOTS 65536

static uint16_t *address_counter(const struct http_server *server, uint64_t group)
{
    return &server->addresses[group / 2 % ADDRESS_SLOTS];   /* the lowest bit is always set */
}

const struct problem *admit_connection(const struct http_server *server, uint64_t group)
{
    const struct http_server_config *config = &server->config;
    if (memory_short())
        return &PROBLEM_overloaded;
    size_t maximum = config->connections_max ? config->connections_max : HTTP_CONNECTIONS_MAX;
    if (server->stats.connections - server->surplus_count >= maximum)
        return &PROBLEM_overloaded;
    if (group && server->addresses && *address_counter(server, group) >= config->connections_per_address)
        return &PROBLEM_rate_limited;
    return NULL;
}

static void surplus_opened(struct http_connection *c)
{
    struct http_server *server = c->server;
    server->surplus_count++;
    queue_join(&server->surplus, c);
    if (server->surplus.count > HTTP_SURPLUS_MAX)
        connection_refuse(server->surplus.first, server->surplus.first->surplus, "there are too many connections");
}

void admit_opened(struct http_connection *c)
{
    struct http_server *server = c->server;
    if (c->surplus) {
        surplus_opened(c);
        return;
    }
    if (server->config.connections_per_address && !server->addresses)
        server->addresses = memory_array(ADDRESS_SLOTS, sizeof *server->addresses);
    if (c->group && server->addresses)
        ++*address_counter(server, c->group);
}

void admit_closed(struct http_connection *c)
{
    queue_leave(c);
    if (c->surplus)
        c->server->surplus_count--;
    else if (c->group && c->server->addresses)
        --*address_counter(c->server, c->group);
}

static enum request_class class_by_method(const struct http_head *head)
{
    return head->method == HTTP_GET || head->method == HTTP_HEAD || head->method == HTTP_OPTIONS ? REQUEST_READ : REQUEST_CHANGE;
}

const struct problem *admit_request(struct http_connection *c, const char **why)
{
    const struct http_server_config *config = &c->server->config;
    const struct http_server_stats *stats = &c->server->stats;
    c->class = config->classify ? config->classify(&c->in->head) : class_by_method(&c->in->head);
    if (c->class == REQUEST_VITAL)
        return NULL;
    *why = "out of memory";
    if (memory_short())
        return &PROBLEM_overloaded;
    *why = c->surplus == &PROBLEM_rate_limited ? "there are too many connections from this address" : "there are too many connections";
    if (c->surplus)
        return c->surplus;
    *why = "as many requests are running as can be answered in time";
    bool full = config->requests_max && stats->requests_active >= config->requests_max;
    if (c->class == REQUEST_CHANGE)
        full = full || (config->changes_max && stats->changes_active >= config->changes_max);
    return full ? &PROBLEM_overloaded : NULL;
}

/* ---- queues ---- */

void queue_join(struct connection_queue *queue, struct http_connection *c)
{
    assert(!c->queue);
    c->queue = queue;
    c->queue_next = NULL;
    c->queue_previous = queue->last;
    if (queue->last)
        queue->last->queue_next = c;
    else
        queue->first = c;
    queue->last = c;
    queue->count++;
}

void queue_leave(struct http_connection *c)
{
    struct connection_queue *queue = c->queue;
    if (!queue)
        return;
    if (c->queue_previous)
        c->queue_previous->queue_next = c->queue_next;
    else
        queue->first = c->queue_next;
    if (c->queue_next)
        c->queue_next->queue_previous = c->queue_previous;
    else
        queue->last = c->queue_previous;
    queue->count--;
    c->queue = NULL;
}
