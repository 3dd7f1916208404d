/* The gate: one pass over a JSON document that refuses everything json.h lists, and tells the tree, when one is wanted, of each part as it
 * is found good. Invariants: `at` never passes `end`; no recursion (the open brackets are a bit each); the first thing wrong is what
 * is reported. Pure. */
#include "base/limits.h"
#include "base/utf8.h"
#include "wire/json_tree.h"

#include <stdlib.h>

#define NUMBER_MAX 9007199254740991.0

struct gate {
    const char *at, *end;
    size_t values;
    int depth;
    uint64_t objects;            /* bit d: bracket d is '{' */
    const char *why;
    struct json_tree *tree;      /* NULL: only checked */
};

static_assert(JSON_DEPTH_MAX < 64, "one bit a bracket");

static bool refuse(struct gate *g, const char *why)
{
    g->why = why;
    return false;
}

static void skip_space(struct gate *g)
{
    while (g->at < g->end && (*g->at == ' ' || *g->at == '\n' || *g->at == '\r' || *g->at == '\t'))
        g->at++;
}

/* The next byte, or NUL at the end: nowhere is a NUL byte allowed. */
static char peek(const struct gate *g)
{
    return g->at < g->end ? *g->at : '\0';
}

static bool take_literal(struct gate *g, struct slice literal, int type)
{
    if (!slice_starts_with(slice_of(g->at, (size_t)(g->end - g->at)), literal))
        return refuse(g, "a value was expected");
    g->at += literal.size;
    if (g->tree)
        json_tree_literal(g->tree, type);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t take_digits(struct gate *g)
{
    const char *start = g->at;
    while (is_digit(peek(g)))
        g->at++;
    return (size_t)(g->at - start);
}

static bool read_fraction(struct slice text, double *value)
{
    char copy[JSON_NUMBER_BYTES_MAX + 1];
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    *value = strtod(copy, NULL);
    return *value >= -NUMBER_MAX && *value <= NUMBER_MAX;
}

static bool read_integer(struct slice text, double *value)
{
    int64_t exact;
    if (!slice_to_int64(text, &exact) || exact > (INT64_C(1) << 53) - 1 || exact < -((INT64_C(1) << 53) - 1))
        return false;
    *value = (double)exact;
    return true;
}

static bool take_number(struct gate *g)
{
    const char *start = g->at;
    if (peek(g) == '-')
        g->at++;
    bool zero = peek(g) == '0';
    size_t digits = take_digits(g);
    if (!digits || (zero && digits > 1))
        return refuse(g, "a number is malformed");
    bool whole = true;
    if (peek(g) == '.') {
        whole = false;
        g->at++;
        if (!take_digits(g))
            return refuse(g, "a number is malformed");
    }
    if (peek(g) == 'e' || peek(g) == 'E') {
        whole = false;
        g->at++;
        if (peek(g) == '+' || peek(g) == '-')
            g->at++;
        if (!take_digits(g))
            return refuse(g, "a number is malformed");
    }
    const struct slice text = slice_of(start, (size_t)(g->at - start));
    double value;
    if (text.size > JSON_NUMBER_BYTES_MAX || !(whole ? read_integer(text, &value) : read_fraction(text, &value))) {
        g->at = start;
        return refuse(g, "a number is out of range (at most 2^53 - 1 in size)");
    }
    if (g->tree)
        json_tree_number(g->tree, value);
    return true;
}

/* Four hex digits; -1 when they are not. */
static int32_t take_hex4(struct gate *g)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) {
        char c = peek(g);
        int digit = is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
        g->at++;
    }
    return value;
}

/* After "\u". */
static bool take_unicode_escape(struct gate *g)
{
    int32_t unit = take_hex4(g);
    if (unit < 0)
        return refuse(g, "an escape is malformed");
    if (unit == 0)
        return refuse(g, "\\u0000 is not allowed");
    if (unit >= 0xdc00 && unit <= 0xdfff)
        return refuse(g, "a surrogate stands alone");
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    if (g->end - g->at < 2 || g->at[0] != '\\' || g->at[1] != 'u')
        return refuse(g, "a surrogate stands alone");
    g->at += 2;
    int32_t low = take_hex4(g);
    return (low >= 0xdc00 && low <= 0xdfff) || refuse(g, "a surrogate stands alone");
}

static bool take_escape(struct gate *g)
{
    g->at++;
    char c = peek(g);
    if (c == '\0' || !strchr("\"\\/bfnrtu", c))
        return refuse(g, "an escape is malformed");
    g->at++;
    return c != 'u' || take_unicode_escape(g);
}

static bool is_plain(char c)
{
    return c >= 0x20 && c != '"' && c != '\\' && !(c & 0x80);
}

/* One character of a string that is not plain ASCII. */
static bool take_special(struct gate *g)
{
    if (*g->at == '\\')
        return take_escape(g);
    if ((unsigned char)*g->at < 0x20)
        return refuse(g, "a control character in a string must be escaped");
    size_t size = utf8_sequence(slice_of(g->at, (size_t)(g->end - g->at)));
    g->at += size;
    return size || refuse(g, "the text is not valid UTF-8");
}

/* *raw: what stands between the quotes. */
static bool take_quoted(struct gate *g, struct slice *raw)
{
    if (peek(g) != '"')
        return refuse(g, "a name in double quotes was expected");
    const char *start = ++g->at;
    for (;;) {
        const char *at = g->at, *end = g->end;
        while (at < end && is_plain(*at))
            at++;
        g->at = at;
        if (at == end)
            return refuse(g, "the text ends inside a string");
        if (*at == '"')
            break;
        if (!take_special(g))
            return false;
    }
    *raw = slice_of(start, (size_t)(g->at - start));
    g->at++;
    return true;
}

static bool take_string(struct gate *g)
{
    struct slice raw;
    if (!take_quoted(g, &raw))
        return false;
    if (g->tree)
        json_tree_string(g->tree, raw);
    return true;
}

static bool inside_object(const struct gate *g)
{
    return g->objects >> g->depth & 1;
}

/* A member's name and colon. */
static bool take_name(struct gate *g)
{
    struct slice raw;
    skip_space(g);
    if (!take_quoted(g, &raw))
        return false;
    skip_space(g);
    if (peek(g) != ':')
        return refuse(g, "a colon was expected");
    g->at++;
    if (g->tree)
        json_tree_name(g->tree, raw);
    return true;
}

static void close_bracket(struct gate *g)
{
    g->at++;
    g->depth--;
    if (g->tree)
        json_tree_close(g->tree);
}

/* An opening bracket. *whole is set when it closes at once. */
static bool open_bracket(struct gate *g, bool *whole)
{
    if (g->depth == JSON_DEPTH_MAX)
        return refuse(g, "values are nested too deep");
    bool object = *g->at++ == '{';
    g->depth++;
    g->objects = (g->objects & ~(UINT64_C(1) << g->depth)) | (uint64_t)object << g->depth;
    if (g->tree)
        json_tree_open(g->tree, object ? cJSON_Object : cJSON_Array);
    skip_space(g);
    *whole = peek(g) == (object ? '}' : ']');
    if (*whole) {
        close_bracket(g);
        return true;
    }
    return !object || take_name(g);
}

/* One scalar, or an opening bracket (then *whole is false and a value comes next). */
static bool take_value(struct gate *g, bool *whole)
{
    skip_space(g);
    if (++g->values > JSON_VALUES_MAX)
        return refuse(g, "there are too many values");
    *whole = true;
    switch (peek(g)) {
    case '{':
    case '[': return open_bracket(g, whole);
    case '"': return take_string(g);
    case 't': return take_literal(g, SLICE("true"), cJSON_True);
    case 'f': return take_literal(g, SLICE("false"), cJSON_False);
    case 'n': return take_literal(g, SLICE("null"), cJSON_NULL);
    default: return peek(g) == '-' || is_digit(peek(g)) ? take_number(g) : refuse(g, "a value was expected");
    }
}

/* After a value: closing brackets, then a comma (and name), or the end of the document (*done). */
static bool take_separators(struct gate *g, bool *done)
{
    for (*done = false; g->depth;) {
        skip_space(g);
        bool object = inside_object(g);
        if (peek(g) == ',') {
            g->at++;
            return !object || take_name(g);
        }
        if (peek(g) != (object ? '}' : ']'))
            return refuse(g, object ? "a comma or a closing brace was expected" : "a comma or a closing bracket was expected");
        close_bracket(g);
    }
    *done = true;
    return true;
}

static bool take_document(struct gate *g)
{
    for (bool done = false, whole; !done;) {
        if (!take_value(g, &whole))
            return false;
        if (whole && !take_separators(g, &done))
            return false;
    }
    skip_space(g);
    return g->at == g->end || refuse(g, "there is text after the document");
}

bool json_read(struct slice text, struct json_tree *tree, const char **why, size_t *offset)
{
    if (slice_is_none(text))
        text = SLICE("");
    struct gate gate = { .at = text.data, .end = text.data + text.size, .tree = tree };
    bool ok = text.size > JSON_BYTES_MAX ? refuse(&gate, "the document is too long") : take_document(&gate);
    if (why)
        *why = gate.why;
    if (offset)
        *offset = ok ? 0 : (size_t)(gate.at - text.data);
    return ok;
}

bool json_check(struct slice text, const char **why, size_t *offset)
{
    return json_read(text, NULL, why, offset);
}
