/* See cache_etag.h. The hash tells contents apart, it guards nothing. */
#include "cache_etag.h"

#include "base/hash.h"

#include <assert.h>

#define HEX_DIGITS 16

static_assert(1 + HEX_DIGITS + 1 + HEX_DIGITS + 1 <= ETAG_TEXT, "quotes, hash, dash, size");

uint64_t etag_hash(struct slice body)
{
    return hash_contents(body);
}

/* Without leading zeros when `width` is 0. */
static char *put_hex(char *at, uint64_t value, int width)
{
    int digits = width;
    while (digits < HEX_DIGITS && (digits == 0 || value >> (4 * digits)))
        digits++;
    while (digits-- > 0)
        *at++ = "0123456789abcdef"[value >> (4 * digits) & 15];
    return at;
}

struct slice etag_write(char out[ETAG_TEXT], uint64_t hash, size_t body_size)
{
    char *at = out;
    *at++ = '"';
    at = put_hex(at, hash, HEX_DIGITS);
    *at++ = '-';
    at = put_hex(at, body_size, 0);
    *at++ = '"';
    return slice_of(out, (size_t)(at - out));
}

/* Takes one tag off the list's front, without W/; none when there is no well-formed one. */
static struct slice take_tag(struct slice *list)
{
    const char *at = list->data, *end = at + list->size;
    while (at < end && (*at == ' ' || *at == '\t' || *at == ','))   /* empty elements are allowed */
        at++;
    if (end - at >= 2 && at[0] == 'W' && at[1] == '/')
        at += 2;
    const char *close = at < end && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
    if (!close)
        return SLICE_NONE;
    struct slice tag = slice_of(at, (size_t)(close + 1 - at));
    for (at = close + 1; at < end && (*at == ' ' || *at == '\t'); at++)
        ;
    if (at < end && *at != ',')
        return SLICE_NONE;
    *list = slice_of(at, (size_t)(end - at));
    return tag;
}

static bool line_names(struct slice value, struct slice etag)
{
    if (slice_equals(value, SLICE("*")))
        return true;
    for (struct slice tag; !slice_is_none(tag = take_tag(&value));)
        if (slice_equals(tag, etag))
            return true;
    return false;
}

bool etag_named(const struct http_head *head, struct slice etag)
{
    if (slice_is_none(http_header_find(head, "if-none-match")))
        return false;
    for (size_t i = 0; i < head->header_count; i++)
        if (slice_equals_nocase(head->headers[i].name, SLICE("if-none-match")) && line_names(slice_trim(head->headers[i].value), etag))
            return true;
    return false;
}
