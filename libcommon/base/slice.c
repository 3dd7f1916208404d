/* Views of bytes: comparing, cutting, trimming, and the one strict integer parser. Pure; owns nothing. */
#include "base/slice.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool slice_equals_text(struct slice s, const char *text)
{
    return s.data && slice_equals(s, slice_from_text(text));
}

bool slice_equals_nocase(struct slice a, struct slice b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (a.data[i] != b.data[i] && lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

bool slice_starts_with(struct slice s, struct slice prefix)
{
    return s.size >= prefix.size && (prefix.size == 0 || memcmp(s.data, prefix.data, prefix.size) == 0);
}

struct slice slice_cut(struct slice s, char separator, struct slice *rest)
{
    const char *at = s.size ? memchr(s.data, separator, s.size) : NULL;
    if (!at) {
        *rest = SLICE_NONE;
        return s;
    }
    size_t before = (size_t)(at - s.data);
    *rest = slice_of(at + 1, s.size - before - 1);
    return slice_of(s.data, before);
}

struct slice slice_trim(struct slice s)
{
    while (s.size && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.size--;
    }
    while (s.size && (s.data[s.size - 1] == ' ' || s.data[s.size - 1] == '\t'))
        s.size--;
    return s;
}

bool slice_to_int64(struct slice s, int64_t *out)
{
    bool negative = s.size && s.data[0] == '-';
    size_t i = negative ? 1 : 0;
    if (i == s.size)
        return false;
    int64_t value = 0;   /* built as a negative number: INT64_MIN has no positive twin */
    for (; i < s.size; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, s.data[i] - '0', &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *out = value;
    return true;
}
