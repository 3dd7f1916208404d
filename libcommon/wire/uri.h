/* URIs (RFC 3986) and query strings, strict. Pure. */
#ifndef CUOTAS_WIRE_URI_H
#define CUOTAS_WIRE_URI_H

#include "base/arena.h"

/* Percent-decodes. False on a malformed escape, a NUL, or a result that is not UTF-8. plus_is_space: as forms and queries have
 * it. Without escapes the result is a view of `text`; else it is in the arena. */
bool uri_decode(struct arena *arena, struct slice text, bool plus_is_space, struct slice *out);
/* Escapes all but unreserved characters (A-Z a-z 0-9 - . _ ~): for one path segment or query value. */
struct slice uri_encode(struct arena *arena, struct slice text);

/* Walks "a=1&b=2" without decoding; empty pieces are skipped, a piece without '=' has a none value.
 *     struct slice rest = query;
 *     while (uri_query_next(&rest, &name, &value)) ... */
bool uri_query_next(struct slice *rest, struct slice *name, struct slice *value);
/* First parameter of that name, decoded; none when absent or malformed. */
struct slice uri_query_find(struct arena *arena, struct slice query, const char *name);

/* True for a path that means the same to everybody: starts with '/', only pchar, well-formed escapes, none of them '/', '\',
 * NUL or another control character, no empty segment (but a lone "/"), no "." or ".." segment, escaped or not. */
bool uri_path_valid(struct slice path);

/* "scheme://[user@]host[:port][/path][?query]"; no fragment, IPv6 in brackets (host without them). */
struct uri {
    struct slice scheme;     /* as written */
    struct slice userinfo;   /* none when absent */
    struct slice host;
    int port;                /* -1 when absent */
    struct slice path;       /* empty or starts with '/' */
    struct slice query;      /* none when absent */
};
bool uri_split(struct slice text, struct uri *out);

#endif
