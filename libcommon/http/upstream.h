/* HTTP/1.1 client for our own services: keep-alive pool per base URL, strict response parser, no TLS, no redirects.
 * For anything outside use http/outside.h (libcurl). */
#ifndef CUOTAS_HTTP_UPSTREAM_H
#define CUOTAS_HTTP_UPSTREAM_H

#include "base/result.h"
#include "base/work.h"
#include "wire/http1.h"

struct upstream;

/* "http://127.0.0.1:8081" or "unix:/run/cuotas/billing.sock". Kept for the process's life. Aborts on anything else: base URLs are
 * configuration, checked at start. */
struct upstream *upstream_for(const char *base_url);
bool upstream_url_valid(const char *base_url);
/* Closes the idle connections and forgets the upstreams: after the drain, when no exchange is open. */
void upstream_close_all(void);

struct upstream_request {
    const char *method;
    struct slice target;          /* path?query */
    struct slice headers;         /* extra lines, each ending in CRLF; Host, Content-Length, traceparent are added */
    struct slice body;            /* none: no body */
    const char *content_type;     /* NULL: application/json */
    bool repeatable;              /* GET, or carries its own idempotency: sent again when the connection died without an answer */
};

struct upstream_reply {
    int status;
    const struct http_head *head;
    struct slice body;            /* in the work's arena */
};

/* One call with the work's deadline, whole reply buffered (UPSTREAM_BODY_MAX). An HTTP error status is still RESULT_OK. */
SUSPENDS MUST_CHECK enum result upstream_call(struct work *w, struct upstream *up, const struct upstream_request *rq,
                                              struct upstream_reply *out);
/* A service's answer as this request's own failure: a problem document is taken over (code looked up; body, status kept),
 * anything else is `unavailable`. For replies with status >= 400 and results other than OK. */
void *upstream_fail(struct work *w, enum result result, const struct upstream_reply *reply);

/* Streaming form for the gateway: send head, pass body pieces, read head, read pieces. Same connection pool. */
struct upstream_exchange;
SUSPENDS MUST_CHECK enum result upstream_open(struct work *w, struct upstream *up, struct upstream_exchange **out);
/* On a connection of its own, for a request that could not be sent again: a kept one may be ended by the other side as it comes. */
SUSPENDS MUST_CHECK enum result upstream_open_new(struct work *w, struct upstream *up, struct upstream_exchange **out);
/* One writev of head (as it goes out, with its empty line) and piece; either may be none. After a failure the other side may
 * still have said why: upstream_read_head can be tried. */
SUSPENDS MUST_CHECK enum result upstream_send(struct upstream_exchange *x, struct slice head, struct slice piece);
SUSPENDS MUST_CHECK enum result upstream_read_head(struct upstream_exchange *x, bool to_head_request, const struct http_head **head);
/* Content-Length, or -1 when chunked or until close; 0 for none. Of a reply to HEAD: what the body would have had, -1 unknown. */
int64_t upstream_body_length(const struct upstream_exchange *x);
/* A view into the exchange's buffer, valid until the next call; size 0 at the end. */
SUSPENDS MUST_CHECK enum result upstream_read(struct upstream_exchange *x, struct slice *piece);
/* Back to the pool when the exchange ended cleanly, closed otherwise. */
void upstream_finish(struct upstream_exchange *x);
/* After a failure, or an answer: may the request be sent again, on another connection? Whatever it is, when the other side said that it
 * was not taken up (it ended the connection as the request came: 408, Connection: close); a repeatable one also when the connection
 * died before a byte of an answer. That it died while idle proves nothing about a request that was on the wire. */
bool upstream_may_repeat(const struct upstream_exchange *x, bool repeatable);
#define UPSTREAM_TRIES 3

#endif
