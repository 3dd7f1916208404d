/* ETag and If-None-Match (RFC 9110, 8.8.3 and 13.1.2). Pure. */
#ifndef CUOTAS_GATEWAY_CACHE_ETAG_H
#define CUOTAS_GATEWAY_CACHE_ETAG_H

#include "wire/http1.h"

#define ETAG_TEXT 40

/* A hash of a body's bytes, the same in every process: two versions of one thing collide by chance once in 2^64. */
uint64_t etag_hash(struct slice body);
/* A strong tag, with its quotes, of that hash and the body's size. */
struct slice etag_write(char out[ETAG_TEXT], uint64_t hash, size_t body_size);
/* Does the request's If-None-Match, which may be of several lines, name it? Weak tags are compared by their text; `*` names whatever there is. What is not
 * well formed names nothing from there on. */
bool etag_named(const struct http_head *head, struct slice etag);

#endif
