/* The HTTP/1.1 server: strict parser, one coroutine per request (none per idle connection), one writev per reply. */
#ifndef CUOTAS_HTTP_SERVER_H
#define CUOTAS_HTTP_SERVER_H

#include "http/route.h"

struct http_server;

/* What a request is to the limits. VITAL: health checks, answered whatever else goes on. INTERNAL: from our own services, on behalf of
 * something that was let in already. READ and CHANGE by the method: changes stuck behind a lock must leave room for reads. */
enum request_class { REQUEST_READ, REQUEST_CHANGE, REQUEST_INTERNAL, REQUEST_VITAL };

struct http_server_config {
    const char *listen;               /* "127.0.0.1:8080", "[::]:80", "127.0.0.1:0", or a unix socket path */
    bool reuse_port;
    /* While draining: how long new connections are taken at least (a balancer needs its time to see that we are not ready), and how
     * long an idle connection may still bring a request before it is ended. */
    int drain_delay_ms, drain_idle_ms;
    size_t connections_max;           /* 0: HTTP_CONNECTIONS_MAX */
    size_t connections_per_address;   /* 0: no limit. IPv6 is counted by /64 */
    size_t requests_max;              /* in flight, the VITAL ones apart; 0: as many as there are coroutines */
    size_t changes_max;               /* of them REQUEST_CHANGE; 0: no limit of their own */
    enum request_class (*classify)(const struct http_head *head);   /* NULL: by the method */
    /* Runs in the request's coroutine for every well-formed head: finds the route, authenticates, reads the body
     * (request_read_all), calls the handler. service/dispatch.c is the usual one; the gateway has its own. */
    SUSPENDS struct reply (*dispatch)(struct request *rq);
    /* After the reply was written (or failed to be): access log, metrics. May be NULL. */
    void (*finished)(struct request *rq, const struct reply *reply, int64_t started_us);
};

MUST_CHECK enum result http_server_start(const struct http_server_config *config, struct http_server **out);
int http_server_port(const struct http_server *server);
/* Whole body into rq->body; problem body_too_large / malformed recorded and false otherwise. */
SUSPENDS bool request_read_all(struct request *rq, size_t maximum);
/* The client's address as text ("192.0.2.7"), valid as long as the request; "unix" for a unix socket. */
struct slice request_peer(struct request *rq);
/* Body already on the wire to pass on: how much is declared (-1: chunked, 0: none). */
int64_t request_body_declared(const struct request *rq);
/* Streaming replies (the gateway): head now, then pieces, then the end. length -1: chunked. */
SUSPENDS MUST_CHECK enum result reply_start(struct request *rq, int status, struct slice headers, int64_t length);
SUSPENDS MUST_CHECK enum result reply_write(struct request *rq, struct slice piece);
SUSPENDS MUST_CHECK enum result reply_end(struct request *rq);
/* The first step of a drain, at once: from now on every answer says Connection: close, and idle connections have drain_idle_ms left.
 * New ones are taken and served still. */
void http_server_wind_down(struct http_server *server);
/* Graceful: winds down; when no connection from before idles any more (and drain_delay_ms have passed) stops accepting, such that whoever
 * had got in is served; returns when the last connection has ended, or at the deadline. A connection that says nothing until its time is
 * over is told so (408, Connection: close) before it is ended: a request that crossed that word on the wire was not taken up, and
 * its sender knows. */
SUSPENDS void http_server_drain(struct http_server *server, int64_t deadline_us);
void http_server_free(struct http_server *server);
/* rejected: refused without a handler (a bad head, a limit). */
struct http_server_stats { size_t connections, requests_active, changes_active, slow_clients; uint64_t requests, rejected; };
struct http_server_stats http_server_stats(const struct http_server *server);

#endif
