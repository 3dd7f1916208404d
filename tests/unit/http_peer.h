/* A client of raw bytes for the tests of http/: says exactly what it is told to, and reads what comes back as strictly as
 * wire/http1 does. Everything runs in the test's own coroutine and loop; failures fail the test. */
#ifndef CUOTAS_TESTS_HTTP_PEER_H
#define CUOTAS_TESTS_HTTP_PEER_H

#include "http/server.h"
#include "io/stream.h"

#define PEER_BYTES_MAX (512 * 1024)

struct peer {
    struct stream *stream;
    size_t begin, end;          /* in[begin..end): received, not looked at yet */
    bool ended;                 /* the other side closed */
    char in[PEER_BYTES_MAX];
};

struct peer_reply {
    struct http_head head;      /* its slices point into the peer's bytes */
    struct slice body;          /* decoded; valid until the next peer_reply */
};

struct http_server *peer_serve(struct reply (*dispatch)(struct request *rq));
/* Drains, checks that nothing is left, frees. */
void peer_stop(struct http_server *server);

struct peer *peer_connect(int port);
struct peer *peer_open(const struct http_server *server);
/* Over a connection that is there already. */
struct peer *peer_from(struct stream *stream);
void peer_send(struct peer *peer, struct slice bytes);
void peer_say(struct peer *peer, const char *text);
/* Lets the other side read what was sent before anything else happens. */
void peer_settle(void);
/* Ends our side only. */
void peer_end(struct peer *peer);
/* The next reply, whole. Interim replies are replies of their own. Fails the test when there is none. */
void peer_reply(struct peer *peer, bool to_head, struct peer_reply *out);
/* Sends and reads the reply, which must have that status; gives its body. */
struct slice peer_ask(struct peer *peer, const char *request, int status);
/* The other side closes without saying anything more. */
void peer_expect_close(struct peer *peer);
/* Raw: what came until the other side closed. */
struct slice peer_read_all(struct peer *peer);
void peer_close(struct peer *peer);

/* Fails unless `haystack` has `needle`. */
void assert_has(struct slice haystack, const char *needle);

#endif
