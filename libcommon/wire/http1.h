/* HTTP/1.x heads and framing (RFC 9112), strict: bytes in, structs out, no I/O. What is refused and why is the table in
 * tests/unit/http1_hostile.h. All slices point into the bytes given. */
#ifndef CUOTAS_WIRE_HTTP1_H
#define CUOTAS_WIRE_HTTP1_H

#include "base/limits.h"
#include "base/slice.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS, HTTP_METHODS };

struct http_header {
    struct slice name;    /* as sent */
    struct slice value;   /* trimmed */
};

enum http_framing { HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED, HTTP_UNTIL_CLOSE /* replies only */ };

struct http_head {
    enum http_method method;       /* requests */
    struct slice target;           /* requests: origin-form, or "*" for OPTIONS */
    int status;                    /* replies */
    int minor;                     /* 0 or 1 */
    bool keep_alive;
    bool expects_continue;
    enum http_framing framing;
    int64_t content_length;        /* as declared; -1 when not. The body's length only when framing is HTTP_LENGTH */
    uint64_t names;                /* a bit per header name present (http_name_bit): absent ones are told at once */
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

enum http_parse {
    HTTP_PARSE_OK = 0,
    HTTP_PARSE_MORE,               /* the head is not whole yet */
    HTTP_PARSE_BAD,                /* 400, close */
    HTTP_PARSE_HEAD_TOO_LARGE,     /* 431, close */
    HTTP_PARSE_TARGET_TOO_LONG,    /* 414, close */
    HTTP_PARSE_NOT_IMPLEMENTED,    /* 501, close: a transfer coding or method we do not know */
    HTTP_PARSE_BAD_VERSION,        /* 505, close */
    HTTP_PARSE_EXPECTATION         /* 417, close */
};

/* Parses a request head from the start of `bytes`; *used gets its size with the empty line. `why` (may be NULL) gets a static
 * text for the log and the problem's detail when the head is refused. */
enum http_parse http_parse_request(struct slice bytes, struct http_head *head, size_t *used, const char **why);
/* Same for a reply head; `to_head`: it answers a HEAD request. 1xx replies are returned like any other. */
enum http_parse http_parse_reply(struct slice bytes, bool to_head, struct http_head *head, size_t *used, const char **why);

static inline uint64_t http_name_bit(const char *name, size_t size)
{
    unsigned mix = (unsigned)size * 5 + ((unsigned char)name[0] | 0x20u) * 3 + ((unsigned char)name[size - 1] | 0x20u);
    return UINT64_C(1) << (mix & 63);
}
struct slice http_header_search(const struct http_head *head, const char *name, size_t size);

/* First header of that lower-case name, none when absent. */
static inline struct slice http_header_find(const struct http_head *head, const char *name)
{
    size_t size = strlen(name);
    return head->names & http_name_bit(name, size) ? http_header_search(head, name, size) : SLICE_NONE;
}

const char *http_method_name(enum http_method method);
const char *http_reason(int status);

/* A chunked body, piece by piece. Zero-initialise. */
struct http_chunked {
    int state;
    uint64_t left;         /* bytes of the current chunk still to come */
    size_t line;           /* bytes of the current control line */
    size_t aside;          /* bytes of extensions and trailers, of the whole body */
    bool done;
};
/* Consumes from `in`: *used bytes, of which *data is a view of body bytes (may be empty). HTTP_PARSE_OK, or BAD. Call until
 * done or all is used. */
enum http_parse http_chunked_next(struct http_chunked *chunked, struct slice in, size_t *used, struct slice *data);

#endif
