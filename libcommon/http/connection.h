/* A server's connection: what stays of it while nothing happens, and the requests' heads read in loop callbacks. Private to
 * http/. */
#ifndef CUOTAS_HTTP_CONNECTION_H
#define CUOTAS_HTTP_CONNECTION_H

#include "base/problem.h"
#include "http/inbound.h"
#include "http/server.h"
#include "io/timer.h"

#include <netinet/in.h>

/* IDLE: no byte of a request is there. HEAD: some are. BUSY: a coroutine has the request. LINGER: our side is ended, what
 * still comes is dropped. CLOSED: gone at the end of this turn. */
enum connection_state { CONNECTION_IDLE, CONNECTION_HEAD, CONNECTION_BUSY, CONNECTION_LINGER, CONNECTION_CLOSED };

/* First come, first to give way. */
struct connection_queue {
    struct http_connection *first, *last;
    size_t count;
};

struct http_connection {
    enum connection_state state;
    unsigned requests;              /* answered or running */
    struct http_server *server;
    struct stream *stream;
    struct inbound *in;             /* NULL while idle and while lingering */
    struct timer timer;
    int64_t timer_due_us;           /* the timer may be set too early, never too late */
    int64_t deadline_us;            /* of the state; none while BUSY */
    int64_t started_us;             /* of the request that runs */
    int64_t opened_us;
    size_t dropped;                 /* while lingering */
    char peer[INET6_ADDRSTRLEN];    /* the client's address, once somebody asked; "" before */
    struct http_connection *next, *previous;
    struct connection_queue *queue;                        /* the one it stands in, or NULL */
    struct http_connection *queue_next, *queue_previous;
    uint64_t group;                 /* what its address counts as, 0: it does not count */
    const struct problem *surplus;  /* beyond a limit: why. Only a health check is answered, then it ends */
    enum request_class class;       /* of the request that runs */
};

struct http_server {
    struct http_server_config config;
    struct listener *listener;
    int port;
    bool draining;
    int64_t drain_since_us;
    bool freed;                     /* by its owner; goes when the last connection does */
    struct http_connection *connections;
    struct connection_queue heads;      /* in state HEAD */
    struct connection_queue surplus;    /* beyond a limit, no request running */
    size_t surplus_count;               /* all beyond a limit */
    uint16_t *addresses;                /* connections by address, hashed; NULL: not counted */
    struct exchange *slow;              /* clients that are waited for */
    struct http_server_stats stats;
    struct wait *drained;           /* who waits for the last connection */
};

/* Takes the fd over. */
void connection_open(struct http_server *server, int fd, uint64_t group, const struct problem *surplus);
/* The coroutine is through with the request. go_on: the message was read to its end and the next may follow. Else the connection
 * is ended: gently when the client may still be sending. */
void connection_done(struct http_connection *c, bool go_on, bool answered);
/* It idles, and the server has begun to drain: its time is shorter now. */
void connection_hurry(struct http_connection *c);
/* At once. */
void connection_close(struct http_connection *c);

/* A whole reply that refuses a request, for when there is no coroutine to make one. */
struct slice refusal_make(struct arena *arena, const struct problem *problem, const char *why, bool close);

/* connection.c: says so, if that is possible at once, and ends it. */
void connection_refuse(struct http_connection *c, const struct problem *problem, const char *why);

/* admit.c: who is let in. Of a new connection: NULL, or why it is one too many. */
const struct problem *admit_connection(const struct http_server *server, uint64_t group);
/* It is counted from now on; and no more. */
void admit_opened(struct http_connection *c);
void admit_closed(struct http_connection *c);
/* Of the request whose head was parsed (sets c->class): NULL, or the refusal. */
const struct problem *admit_request(struct http_connection *c, const char **why);
void queue_join(struct connection_queue *queue, struct http_connection *c);
void queue_leave(struct http_connection *c);

/* server.c: a connection is gone. */
void server_forget(struct http_connection *c);
/* exchange.c: the request's coroutine; arg is the connection, BUSY, its head parsed. */
void exchange_main(void *arg);

#endif
