/* URIs and query strings, strict. Invariant: what decoding accepts holds no NUL and is UTF-8, so it can go on to SQL and C strings. Pure. */
#include "wire/uri.h"

#include "base/utf8.h"

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(char c)
{
    return is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static bool is_one_of(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

/* A table: every request's path is looked at. */
static const bool pchars[256] = {
    ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['0' ... '9'] = true, ['-'] = true, ['.'] = true, ['_'] = true, ['~'] = true,
    ['!'] = true, ['$'] = true, ['&'] = true, ['\''] = true, ['('] = true, [')'] = true, ['*'] = true, ['+'] = true, [','] = true,
    [';'] = true, ['='] = true, [':'] = true, ['@'] = true,
};

static bool is_pchar(char c)
{
    return pchars[(unsigned char)c];
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte "%xx" at `at` stands for; -1 when it is not one. */
static int escaped_byte(struct slice s, size_t at)
{
    if (s.size - at < 3)
        return -1;
    int high = hex_digit(s.data[at + 1]), low = hex_digit(s.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* False on a malformed escape or a NUL. */
static bool unescape(struct slice text, bool plus_is_space, char *out, size_t *size)
{
    *size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int c = (unsigned char)text.data[i];
        if (c == '%') {
            c = escaped_byte(text, i);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c <= 0)
            return false;
        out[(*size)++] = (char)c;
    }
    return true;
}

bool uri_decode(struct arena *arena, struct slice text, bool plus_is_space, struct slice *out)
{
    bool plain = !text.size || !(memchr(text.data, '%', text.size) || (plus_is_space && memchr(text.data, '+', text.size)));
    struct slice result = text;
    if (!plain) {
        char *data = arena_alloc(arena, text.size + 1);
        size_t size;
        if (!unescape(text, plus_is_space, data, &size))
            return false;
        result = slice_of(data, size);
    } else if (text.size && memchr(text.data, '\0', text.size)) {
        return false;
    }
    if (!utf8_valid(result))
        return false;
    *out = result;
    return true;
}

struct slice uri_encode(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.size * 3 + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (is_unreserved((char)c)) {
            out[size++] = (char)c;
        } else {
            out[size++] = '%';
            out[size++] = "0123456789ABCDEF"[c >> 4];
            out[size++] = "0123456789ABCDEF"[c & 0xf];
        }
    }
    return slice_of(out, size);
}

bool uri_query_next(struct slice *rest, struct slice *name, struct slice *value)
{
    while (!slice_is_none(*rest)) {
        struct slice piece = slice_cut(*rest, '&', rest);
        if (!piece.size)
            continue;
        *name = slice_cut(piece, '=', value);
        return true;
    }
    return false;
}

struct slice uri_query_find(struct arena *arena, struct slice query, const char *wanted)
{
    struct slice name, value;
    while (uri_query_next(&query, &name, &value)) {
        if (!uri_decode(arena, name, true, &name) || !slice_equals_text(name, wanted))
            continue;
        return uri_decode(arena, slice_is_none(value) ? SLICE("") : value, true, &value) ? value : SLICE_NONE;
    }
    return SLICE_NONE;
}

/* One path segment; *dots tells whether it is only dots, escaped or not. */
static bool segment_valid(struct slice s)
{
    size_t dots = 0, characters = 0, plain = 0;
    while (plain < s.size && is_pchar(s.data[plain]))
        plain++;
    if (plain == s.size && plain > 2)   /* almost every one */
        return true;
    for (size_t i = 0; i < s.size; i++, characters++) {
        int c = (unsigned char)s.data[i];
        if (c == '%') {
            c = escaped_byte(s, i);
            i += 2;
            if (c < 0x20 || c == 0x7f || c == '/' || c == '\\')
                return false;
        } else if (!is_pchar((char)c)) {
            return false;
        }
        dots += c == '.';
    }
    return characters && !(dots == characters && dots <= 2);
}

bool uri_path_valid(struct slice path)
{
    if (!path.size || path.data[0] != '/')
        return false;
    if (path.size == 1)
        return true;
    struct slice rest = slice_of(path.data + 1, path.size - 1);
    while (!slice_is_none(rest))
        if (!segment_valid(slice_cut(rest, '/', &rest)))
            return false;
    return true;
}

static bool all_in(struct slice s, bool (*allowed)(char c))
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] == '%' ? escaped_byte(s, i) < 0 : !allowed(s.data[i]))
            return false;
    return true;
}

static bool scheme_char(char c)
{
    return is_alnum(c) || is_one_of(c, "+-.");
}

static bool userinfo_char(char c)
{
    return is_unreserved(c) || is_one_of(c, "!$&'()*+,;=:");
}

static bool host_char(char c)
{
    return is_unreserved(c);
}

static bool address6_char(char c)
{
    return hex_digit(c) >= 0 || c == ':' || c == '.';
}

static bool tail_char(char c)
{
    return is_pchar(c) || c == '/' || c == '?';
}

static bool port_read(struct slice s, int *port)
{
    int64_t value;
    *port = -1;
    if (slice_is_none(s))
        return true;
    if (s.size > 5 || !s.size || s.data[0] == '-' || !slice_to_int64(s, &value) || value < 1 || value > 65535)
        return false;
    *port = (int)value;
    return true;
}

/* "[user@]host[:port]" */
static bool authority_read(struct slice s, struct uri *out)
{
    out->userinfo = SLICE_NONE;
    if (s.size && memchr(s.data, '@', s.size))
        out->userinfo = slice_cut(s, '@', &s);
    struct slice port;
    if (s.size && s.data[0] == '[') {
        out->host = slice_cut(slice_of(s.data + 1, s.size - 1), ']', &s);
        if (slice_is_none(s) || (s.size && s.data[0] != ':') || !out->host.size || !all_in(out->host, address6_char))
            return false;
        port = s.size ? slice_of(s.data + 1, s.size - 1) : SLICE_NONE;
    } else {
        out->host = slice_cut(s, ':', &port);
        if (!all_in(out->host, host_char))
            return false;
    }
    return all_in(out->userinfo, userinfo_char) && port_read(port, &out->port);
}

bool uri_split(struct slice text, struct uri *out)
{
    struct slice after, scheme = slice_cut(text, ':', &after);
    if (slice_is_none(after) || !scheme.size || !all_in(scheme, scheme_char) || !slice_starts_with(after, SLICE("//")))
        return false;
    after = slice_of(after.data + 2, after.size - 2);
    size_t authority = 0;
    while (authority < after.size && after.data[authority] != '/' && after.data[authority] != '?')
        authority++;
    struct uri uri = { .scheme = scheme };
    uri.path = slice_cut(slice_of(after.data + authority, after.size - authority), '?', &uri.query);
    if (!authority_read(slice_of(after.data, authority), &uri) || !all_in(uri.path, tail_char) || !all_in(uri.query, tail_char))
        return false;
    *out = uri;
    return true;
}
