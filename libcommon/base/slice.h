/* A view of bytes owned by somebody else: never freed, never NUL-terminated by promise. data == NULL means
 * "absent" (SQL NULL, a missing header, an optional field that was not sent), which differs from empty. */
#ifndef CUOTAS_BASE_SLICE_H
#define CUOTAS_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t size;
};

#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_NONE ((struct slice){ NULL, 0 })
/* For printf's "%.*s". */
#define SLICE_FMT(slice) (int)(slice).size, (slice).data ? (slice).data : ""

static inline struct slice slice_from_text(const char *text)
{
    return text ? (struct slice){ text, strlen(text) } : SLICE_NONE;
}

static inline struct slice slice_of(const char *data, size_t size)
{
    return (struct slice){ data, size };
}

static inline bool slice_is_none(struct slice s)
{
    return s.data == NULL;
}

static inline bool slice_equals(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool slice_equals_text(struct slice s, const char *text);
/* ASCII case-insensitive, for header names and schemes. */
bool slice_equals_nocase(struct slice a, struct slice b);
bool slice_starts_with(struct slice s, struct slice prefix);
/* Everything before the first `separator`, and what follows it; rest is none when there is no separator. */
struct slice slice_cut(struct slice s, char separator, struct slice *rest);
/* Strips spaces and tabs at both ends. */
struct slice slice_trim(struct slice s);
/* Decimal integer, optional leading '-', no '+', no blanks, no overflow. */
bool slice_to_int64(struct slice s, int64_t *out);

#endif
