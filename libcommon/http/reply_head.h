/* The head of a reply as bytes. Private to http/. */
#ifndef CUOTAS_HTTP_REPLY_HEAD_H
#define CUOTAS_HTTP_REPLY_HEAD_H

#include "base/arena.h"

enum { REPLY_LENGTH_NONE = -2, REPLY_LENGTH_CHUNKED = -1 };

struct reply_head {
    int status;
    int64_t length;              /* Content-Length, or one of REPLY_LENGTH_* */
    const char *connection;      /* "close", "keep-alive", or NULL */
    const char *content_type;    /* NULL: no such line, or it is among `lines` */
    struct slice request_id;     /* none: no such line */
    struct slice lines;          /* more header lines, each ending in CRLF */
};

/* With the empty line at its end. Adds Date. */
struct slice reply_head_make(struct arena *arena, const struct reply_head *head);

#endif
