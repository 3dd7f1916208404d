/* W3C Trace Context. Pure, but for the random ids of traceparent_next. */
#include "wire/traceparent.h"

#include "base/random.h"
#include "wire/hex.h"

static bool lower_hex(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (!((s.data[i] >= '0' && s.data[i] <= '9') || (s.data[i] >= 'a' && s.data[i] <= 'f')))
            return false;
    return true;
}

static bool all_zero(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] != '0')
            return false;
    return true;
}

bool traceparent_parse(struct slice text, struct traceparent *out)
{
    if (text.size < TRACEPARENT_BYTES || text.data[2] != '-' || text.data[35] != '-' || text.data[52] != '-')
        return false;
    struct slice version = slice_of(text.data, 2), trace = slice_of(text.data + 3, 32), span = slice_of(text.data + 36, 16),
                 flags = slice_of(text.data + 53, 2);
    if (!lower_hex(version) || !lower_hex(trace) || !lower_hex(span) || !lower_hex(flags) || all_zero(trace) || all_zero(span))
        return false;
    if (slice_equals_text(version, "ff"))
        return false;
    bool exact = text.size == TRACEPARENT_BYTES;
    if (!exact && (slice_equals_text(version, "00") || text.data[TRACEPARENT_BYTES] != '-'))
        return false;
    uint8_t bits;
    if (!hex_read(flags, &bits, 1))
        return false;
    *out = (struct traceparent){ .trace_id = trace, .span_id = span, .flags = bits };
    return true;
}

/* `size` random bytes, not all zero, as hex. */
static void put_id(char *out, size_t size)
{
    unsigned char bytes[16];
    do
        random_bytes(bytes, size);
    while (bytes[0] == 0);
    hex_write(bytes, size, out);
}

struct slice traceparent_next(struct arena *arena, struct slice incoming)
{
    struct traceparent parent;
    bool known = traceparent_parse(incoming, &parent);
    char *out = arena_alloc(arena, TRACEPARENT_BYTES + 1);
    memcpy(out, "00-", 3);
    if (known)
        memcpy(out + 3, parent.trace_id.data, 32);
    else
        put_id(out + 3, 16);
    out[35] = '-';
    put_id(out + 36, 8);
    memcpy(out + 52, !known || parent.flags & 1 ? "-01" : "-00", 3);
    return slice_of(out, TRACEPARENT_BYTES);
}
