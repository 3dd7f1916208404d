/* Connections between requests. An idle one is this struct and a registered stream; when bytes arrive it takes a message from
 * the pool and reads the head in callbacks, within HTTP_HEAD_TIMEOUT_MS of the first byte however slowly they come. A whole head
 * gets a coroutine; a refused one, or one that is one too many (admit.c), is answered from here without waiting.
 *
 * Invariants: while BUSY nothing here touches the connection but connection_done; in every other state exactly one of
 * "waiting to be readable" and CLOSED holds. A refused head ends the connection: what follows it is never parsed.
 * Owns the stream and the message; freed at the end of the turn it was closed in. Nothing here suspends. */
#include "http/connection.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "io/co.h"
#include "io/loop.h"

#include <stdlib.h>
#include <sys/socket.h>

#define LINGER_BYTES_MAX (256 * 1024)

static void connection_readable(void *arg);

static void connection_become(struct http_connection *c, enum connection_state state)
{
    assert(c->state != CONNECTION_CLOSED);
    assert(state != CONNECTION_BUSY || (c->in && c->state != CONNECTION_LINGER));
    if (state >= CONNECTION_BUSY || (state == CONNECTION_IDLE && !c->surplus))
        queue_leave(c);
    c->state = state;
}

/* Deadlines only ever move the timer nearer; one that fires early looks at the deadline again. So a request that comes whole
 * never touches it. */
static void connection_set_deadline(struct http_connection *c, int64_t deadline_us)
{
    c->deadline_us = deadline_us;
    if (c->timer.place && c->timer_due_us <= deadline_us)
        return;
    c->timer_due_us = deadline_us;
    timer_set(&c->timer, deadline_us);
}

static void connection_await(struct http_connection *c)
{
    if (!stream_when_readable(c->stream, connection_readable, c))
        connection_close(c);
}

void connection_close(struct http_connection *c)
{
    connection_become(c, CONNECTION_CLOSED);
    timer_clear(&c->timer);
    inbound_release(c->in);
    c->in = NULL;
    stream_close(c->stream);
    server_forget(c);
    loop_defer(memory_free, c);
}

static void connection_linger(struct http_connection *c)
{
    connection_become(c, CONNECTION_LINGER);
    inbound_release(c->in);
    c->in = NULL;
    (void)shutdown(stream_fd(c->stream), SHUT_WR);
    int64_t patience_ms = c->server->draining ? HTTP_LINGER_DRAIN_MS : HTTP_LINGER_TIMEOUT_MS;
    connection_set_deadline(c, clock_monotonic_us() + patience_ms * INT64_C(1000));
    connection_await(c);
}

/* ---- refusals ---- */

void connection_refuse(struct http_connection *c, const struct problem *problem, const char *why)
{
    struct arena *arena = arena_new();
    log_debug("request refused", LOG_TEXT("code", problem->code), LOG_TEXT("why", why));
    bool sent = stream_write_now(c->stream, refusal_make(arena, problem, why, true)) == RESULT_OK;
    arena_free(arena);
    c->server->stats.rejected++;
    if (sent && !c->surplus)   /* lingering would hold a place that others wait for */
        connection_linger(c);
    else
        connection_close(c);
}

/* An idle connection's time is over while the server drains. A request that crosses this on the wire was not taken up, and its sender
 * can tell: a bare end would leave it in doubt. */
static void connection_part(struct http_connection *c)
{
    struct arena *arena = arena_new();
    struct slice word = refusal_make(arena, &PROBLEM_request_timeout, "this process ends; nothing was received", true);
    bool sent = stream_write_now(c->stream, word) == RESULT_OK;
    arena_free(arena);
    if (sent)
        connection_linger(c);
    else
        connection_close(c);
}

/* It is one too many. A request without a body, or whose body is here, can be refused and the connection kept: making clients connect
 * again would only add to the load. False when the connection is gone or going. */
static bool connection_refuse_busy(struct http_connection *c, const struct problem *problem, const char *why)
{
    const struct http_head *head = &c->in->head;
    bool body_is_here = head->framing == HTTP_NO_BODY ||
                        (head->framing == HTTP_LENGTH && c->in->left <= (int64_t)(c->in->end - c->in->begin));
    if (!body_is_here || !head->keep_alive || head->method == HTTP_HEAD || c->server->draining || c->surplus) {
        connection_refuse(c, problem, why);
        return false;
    }
    c->in->begin += (size_t)c->in->left;
    struct arena *arena = arena_new();
    bool sent = stream_write_now(c->stream, refusal_make(arena, problem, why, false)) == RESULT_OK;
    arena_free(arena);
    c->server->stats.rejected++;
    if (!sent) {
        connection_close(c);
        return false;
    }
    inbound_restart(c->in);
    connection_become(c, CONNECTION_IDLE);   /* what follows is a new head, with its own time */
    return true;
}

/* ---- heads ---- */

static int64_t idle_patience_ms(const struct http_server *server)
{
    if (!server->draining)
        return HTTP_IDLE_TIMEOUT_MS;
    int64_t wanted_ms = server->config.drain_idle_ms;
    return wanted_ms > HTTP_DRAIN_SETTLE_MS ? wanted_ms : HTTP_DRAIN_SETTLE_MS;
}

static void connection_idle(struct http_connection *c, int64_t now_us)
{
    connection_become(c, CONNECTION_IDLE);
    inbound_release(c->in);
    c->in = NULL;
    connection_set_deadline(c, now_us + (c->surplus ? HTTP_SURPLUS_TIMEOUT_MS : idle_patience_ms(c->server)) * 1000);
    connection_await(c);
}

void connection_hurry(struct http_connection *c)
{
    assert(c->state == CONNECTION_IDLE && c->server->draining);
    connection_set_deadline(c, clock_monotonic_us() + idle_patience_ms(c->server) * 1000);
}

/* Each holds a buffer: when there are too many, the one that has dripped for longest ends. */
static void connection_begin_head(struct http_connection *c)
{
    struct connection_queue *heads = &c->server->heads;
    connection_become(c, CONNECTION_HEAD);
    if (c->surplus)
        return;   /* its deadline stands */
    connection_set_deadline(c, clock_monotonic_us() + HTTP_HEAD_TIMEOUT_MS * INT64_C(1000));
    queue_join(heads, c);
    if (heads->count > HTTP_HEADS_MAX)
        connection_refuse(heads->first, &PROBLEM_request_timeout, "the request head came slower than those of too many others");
}

/* Some of a head is there, or nothing. */
static void connection_await_head(struct http_connection *c)
{
    if (c->in->begin == c->in->end) {
        connection_idle(c, clock_monotonic_us());
        return;
    }
    if (c->state != CONNECTION_HEAD)
        connection_begin_head(c);
    connection_await(c);
}

static void connection_count(struct http_connection *c, size_t by)
{
    struct http_server_stats *stats = &c->server->stats;
    if (c->class != REQUEST_VITAL)
        stats->requests_active += by;
    if (c->class == REQUEST_CHANGE)
        stats->changes_active += by;
}

/* False: it was refused, and the connection goes on or not as connection_refuse_busy has it. */
static bool connection_spawn(struct http_connection *c, const struct problem **refusal, const char **why)
{
    *refusal = admit_request(c, why);
    if (!*refusal && co_spawn(exchange_main, c) != RESULT_OK) {
        *refusal = &PROBLEM_overloaded;
        *why = "all of this process's places for requests are taken";
    }
    if (*refusal)
        return false;
    connection_become(c, CONNECTION_BUSY);
    c->started_us = clock_monotonic_us();
    c->requests++;
    c->server->stats.requests++;
    connection_count(c, 1);
    return true;
}

/* Parses what is there; ends with the connection busy, waiting for more, or ended. */
static void connection_advance(struct http_connection *c)
{
    for (;;) {
        const char *why = NULL;
        size_t used = 0;
        enum http_parse verdict = http_parse_request(inbound_unread(c->in), &c->in->head, &used, &why);
        if (verdict == HTTP_PARSE_MORE) {
            connection_await_head(c);
            return;
        }
        if (verdict != HTTP_PARSE_OK) {
            connection_refuse(c, problem_of_parse(verdict), why);
            return;
        }
        const struct problem *refusal;
        inbound_head_parsed(c->in, used);
        if (connection_spawn(c, &refusal, &why) || !connection_refuse_busy(c, refusal, why))
            return;
    }
}

/* ---- what the loop calls ---- */

static void connection_drop(struct http_connection *c)
{
    static char dropped[16 * 1024];   /* written, never read */
    size_t got;
    enum result result = stream_read_now(c->stream, dropped, sizeof dropped, &got);
    c->dropped += got;
    if ((result != RESULT_OK && result != RESULT_BUSY) || c->dropped > LINGER_BYTES_MAX)
        connection_close(c);
    else
        connection_await(c);
}

static void connection_readable(void *arg)
{
    struct http_connection *c = arg;
    if (c->state == CONNECTION_LINGER) {
        connection_drop(c);
        return;
    }
    if (!c->in)
        c->in = inbound_take();
    size_t room, got;
    char *at = inbound_room(c->in, &room);
    assert(room > 0);   /* a head that fills the message is refused before */
    enum result result = stream_read_now(c->stream, at, room, &got);
    c->in->end += got;
    if (result == RESULT_OK || result == RESULT_BUSY)
        connection_advance(c);
    else
        connection_close(c);
}

static void connection_timer(void *arg)
{
    struct http_connection *c = arg;
    int64_t now_us = clock_monotonic_us();
    if (c->state == CONNECTION_BUSY)
        c->deadline_us = now_us + HTTP_IDLE_TIMEOUT_MS * INT64_C(1000);
    if (c->deadline_us > now_us)
        connection_set_deadline(c, c->deadline_us);
    else if (c->surplus && c->state != CONNECTION_LINGER)
        connection_refuse(c, c->surplus, "there are too many connections");
    else if (c->state == CONNECTION_HEAD)
        connection_refuse(c, &PROBLEM_request_timeout, "the request head did not arrive in time");
    else if (c->state == CONNECTION_IDLE && c->server->draining)
        connection_part(c);
    else
        connection_close(c);
}

void connection_done(struct http_connection *c, bool go_on, bool answered)
{
    connection_count(c, (size_t)-1);
    if (go_on) {
        inbound_restart(c->in);
        connection_become(c, CONNECTION_IDLE);
        if (c->in->begin == c->in->end)
            connection_idle(c, loop_now_us());
        else
            connection_advance(c);
        return;
    }
    bool client_may_send = !c->in->done || c->in->begin < c->in->end;
    if (answered && client_may_send)
        connection_linger(c);
    else
        connection_close(c);
}

void connection_open(struct http_server *server, int fd, uint64_t group, const struct problem *surplus)
{
    struct http_connection *c = memory_new(sizeof *c);
    c->server = server;
    c->opened_us = clock_monotonic_us();
    c->group = group;
    c->surplus = surplus;
    c->stream = stream_from_fd(fd);
    c->timer = (struct timer){ .fn = connection_timer, .arg = c };
    c->next = server->connections;
    if (c->next)
        c->next->previous = c;
    server->connections = c;
    server->stats.connections++;
    admit_opened(c);                 /* first: when it cannot be watched, it is closed and counted out at once */
    connection_idle(c, c->opened_us);
}
