/* The chunked transfer coding (RFC 9112, 7.1), strict and resumable at any byte: sizes of at most 8 hex digits, lines that
 * end in CRLF and nothing else, extensions skipped, trailers checked and dropped. Extensions and trailers share one
 * budget for the whole body, so that a body cannot be mostly padding. Pure; suspends nowhere. */
#include "wire/http1.h"

#include "wire/http1_tables.h"

#define SIZE_DIGITS_MAX 8

/* The order of one chunk, then of the end. Zero: a body starts with a chunk size. */
enum state {
    SIZE_FIRST, SIZE_MORE, EXTENSION_BLANK, EXTENSION, SIZE_LF, DATA, DATA_CR, DATA_LF,
    TRAILER_FIRST, TRAILER_NAME, TRAILER_VALUE, TRAILER_LF, LAST_LF
};

static int hex_value(unsigned char c)
{
    if (http_digit(c))
        return c - '0';
    unsigned char lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A byte of the chunk size: a digit, the start of an extension, or the end of the line. -1: refused. */
static int size_byte(struct http_chunked *chunked, unsigned char c)
{
    int digit = hex_value(c);
    if (digit >= 0) {
        chunked->left = chunked->left * 16 + (unsigned)digit;
        return ++chunked->line <= SIZE_DIGITS_MAX ? SIZE_MORE : -1;
    }
    if (chunked->state == SIZE_FIRST)
        return -1;
    if (c == '\r')
        return SIZE_LF;
    if (c == ';')
        return EXTENSION;
    return http_blank(c) ? EXTENSION_BLANK : -1;
}

/* A blank is only forgiven before an extension: "5 \r\n" is read differently by different parsers. */
static int extension_byte(struct http_chunked *chunked, unsigned char c)
{
    chunked->aside++;
    if (++chunked->line > HTTP_CHUNK_LINE_MAX || chunked->aside > HTTP_TRAILER_BYTES_MAX)
        return -1;
    if (chunked->state == EXTENSION_BLANK) {
        if (c == ';')
            return EXTENSION;
        return http_blank(c) ? EXTENSION_BLANK : -1;
    }
    if (c == '\r')
        return SIZE_LF;
    return http_value[c] ? EXTENSION : -1;
}

static int size_end(struct http_chunked *chunked, unsigned char c)
{
    chunked->line = 0;
    if (c != '\n')
        return -1;
    return chunked->left > 0 ? DATA : TRAILER_FIRST;
}

static int trailer_byte(struct http_chunked *chunked, unsigned char c)
{
    if (++chunked->aside > HTTP_TRAILER_BYTES_MAX)
        return -1;
    switch (chunked->state) {
    case TRAILER_FIRST:
        if (c == '\r')
            return LAST_LF;
        return http_token[c] ? TRAILER_NAME : -1;
    case TRAILER_NAME:
        if (c == ':')
            return TRAILER_VALUE;
        return http_token[c] ? TRAILER_NAME : -1;
    case TRAILER_VALUE:
        if (c == '\r')
            return TRAILER_LF;
        return http_value[c] ? TRAILER_VALUE : -1;
    default:
        return c == '\n' ? TRAILER_FIRST : -1;
    }
}

/* One byte that is not body; the next state or -1. */
static int control_byte(struct http_chunked *chunked, unsigned char c)
{
    switch (chunked->state) {
    case SIZE_FIRST:
    case SIZE_MORE:
        return size_byte(chunked, c);
    case EXTENSION_BLANK:
    case EXTENSION:
        return extension_byte(chunked, c);
    case SIZE_LF:
        return size_end(chunked, c);
    case DATA_CR:
        return c == '\r' ? DATA_LF : -1;
    case DATA_LF:
        return c == '\n' ? SIZE_FIRST : -1;
    case LAST_LF:
        chunked->done = c == '\n';
        return chunked->done ? LAST_LF : -1;
    default:
        return trailer_byte(chunked, c);
    }
}

enum http_parse http_chunked_next(struct http_chunked *chunked, struct slice in, size_t *used, struct slice *data)
{
    size_t at = 0;
    *used = 0;
    *data = slice_of(in.data, 0);
    while (at < in.size && !chunked->done && chunked->state != DATA) {
        int next = control_byte(chunked, (unsigned char)in.data[at]);
        if (next < 0)
            return HTTP_PARSE_BAD;
        chunked->state = next;
        at++;
    }
    if (chunked->state == DATA && at < in.size) {
        size_t rest = in.size - at;
        size_t size = chunked->left < rest ? (size_t)chunked->left : rest;
        *data = slice_of(in.data + at, size);
        chunked->left -= size;
        at += size;
        if (chunked->left == 0)
            chunked->state = DATA_CR;
    }
    *used = at;
    return HTTP_PARSE_OK;
}
