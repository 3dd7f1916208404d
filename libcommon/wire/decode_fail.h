/* Between decode.c and decode_text.c: recording a violation, and the rules both share. Not for others. */
#ifndef CUOTAS_WIRE_DECODE_FAIL_H
#define CUOTAS_WIRE_DECODE_FAIL_H

#include "wire/decode.h"

/* Where a value came from: "query" and its name, or (prefix NULL) the body: the path, and a member of it unless name is NULL. */
struct decode_where {
    const char *prefix;
    const char *name;
};

static inline struct decode_where in_body(const char *name)
{
    return (struct decode_where){ .name = name };
}

void decode_fail(struct decoder *d, struct decode_where where, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A text that holds what looks like a card number. */
void decode_refuse_card(struct decoder *d, struct decode_where where);
/* No room for more failures. */
bool decode_full(const struct decoder *d);
/* Record and return false when broken. */
bool decode_rule_holds(struct decoder *d, struct decode_where where, const struct string_rule *rule, struct slice text);
bool decode_range_holds(struct decoder *d, struct decode_where where, int64_t value, int64_t min, int64_t max);

#endif
