/* Character classes of HTTP/1.x (RFC 9110, RFC 9112), as tables: one look-up a byte. Private to
 * wire/http1*.c. */
#ifndef CUOTAS_WIRE_HTTP1_TABLES_H
#define CUOTAS_WIRE_HTTP1_TABLES_H

#include "wire/http1.h"

/* tchar, lower-cased; 0 for anything else. */
extern const unsigned char http_token[256];
/* What a header value, a reason phrase or a chunk extension may hold: HTAB, SP, VCHAR, obs-text. */
extern const unsigned char http_value[256];
/* What a request target may hold, as far as its end is to be found: VCHAR without '#'. */
extern const unsigned char http_target[256];
/* What a Host value may hold: a name or address and a port. No blank, comma, slash, question mark, at. */
extern const unsigned char http_host[256];

bool http_method_find(struct slice name, enum http_method *out);

static inline bool http_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static inline bool http_blank(unsigned char c)
{
    return c == ' ' || c == '\t';
}

#endif
