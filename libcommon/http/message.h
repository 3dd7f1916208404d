/* An incoming HTTP/1.x message, a request or a reply: the bytes read from a stream, the head they begin with, and the body
 * behind it, piece by piece. Private to http/. Pooled: a connection has one only while bytes of a message are there. */
#ifndef CUOTAS_HTTP_MESSAGE_H
#define CUOTAS_HTTP_MESSAGE_H

#include "base/result.h"
#include "io/stream.h"
#include "wire/http1.h"

#define MESSAGE_BYTES (2 * HTTP_HEAD_BYTES_MAX)

struct message {
    struct message *next;         /* in the pool */
    struct http_head head;
    size_t begin, end;            /* in[begin..end): received, not used yet */
    size_t pinned;                /* in[0..pinned): the head (and a body given out whole), which stays in place */
    int64_t left;                 /* of a body of known length */
    struct http_chunked chunked;
    bool done;                    /* the body is read to its end */
    char in[MESSAGE_BYTES];
};

static_assert(MESSAGE_BYTES > HTTP_HEAD_BYTES_MAX, "beside a head there must be room for body bytes");

struct message *message_take(void);
/* NULL is ignored. */
void message_release(struct message *m);
/* Frees the pool. */
void message_pool_close(void);

static inline struct slice message_unread(const struct message *m)
{
    return slice_of(m->in + m->begin, m->end - m->begin);
}

/* Forgets the message that was, keeps what came behind it. */
void message_restart(struct message *m);
/* Where the next bytes go; *size is 0 when the message is full. What was received is added to m->end. */
char *message_room(struct message *m, size_t *size);
/* m->head was parsed from the first `used` unread bytes: they stay in place, the body begins behind them. */
void message_head_parsed(struct message *m, size_t used);
/* Reads at least one byte. RESULT_TOO_LARGE when there is no room. */
SUSPENDS MUST_CHECK enum result message_fill(struct message *m, struct stream *stream, int64_t deadline_us);
/* The next piece of the body, of at most `limit` bytes: a view, valid until the next call; empty at the end (m->done). RESULT_MALFORMED
 * for broken chunks, RESULT_CLOSED when the stream ended before the body did. */
SUSPENDS MUST_CHECK enum result message_body(struct message *m, struct stream *stream, int64_t deadline_us, size_t limit,
                                             struct slice *piece);

#endif
