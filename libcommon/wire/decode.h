/* What the generated decoders are written with: JSON bodies, query strings and path arguments checked against the contract.
 * Every violation is recorded on the unit of work as PROBLEM_validation_failed with an RFC 6901 pointer ("/lines/0/quantity"), or
 * "query:limit", "path:id", "header:Idempotency-Key"; up to PROBLEM_FIELDS_MAX of them. What looks like a card number is PROBLEM_card_number_refused, which
 * stands above the others; it is never repeated. Decoding goes on after a failure to report all;
 * the caller looks at work_failed once, at the end. All results live in the work's arena. Nothing here suspends.
 *
 * A generated object decoder:
 *     static void decode_cart_line(struct decoder *d, const cJSON *value, struct cart_line *out)
 *     {
 *         static const struct decode_member members[] = { { "product_id", DECODE_REQUIRED }, { "quantity", DECODE_REQUIRED },
 *                                                         { "tags", DECODE_NULLABLE } };
 *         static const struct string_rule product_id = { .max = 36, .format = FORMAT_UUID };
 *         const cJSON *at[3];
 *         if (!decode_object(d, value, members, 3, at))
 *             return;
 *         decode_string(d, "product_id", at[0], &product_id, &out->product_id);
 *         decode_int64(d, "quantity", at[1], 1, 1000, &out->quantity, &out->has_quantity);
 *         if (decode_array(d, "tags", at[2], 0, 10, &out->tags_count)) {
 *             struct slice *tags = ARENA_ARRAY(d->work->arena, struct slice, out->tags_count);
 *             decode_enter(d, "tags");
 *             for (const cJSON *item = decode_first(d, at[2]); item; item = decode_next(d, item))
 *                 decode_string(d, NULL, item, &tag, &tags[decode_index(d)]);
 *             decode_leave(d);
 *             out->tags = tags;
 *         }
 *     }
 * and a nested object: decode_enter(d, "buyer"); decode_buyer(d, at[3], buyer); decode_leave(d); guarded by `if (at[3])`. */
#ifndef CUOTAS_WIRE_DECODE_H
#define CUOTAS_WIRE_DECODE_H

#include "base/limits.h"
#include "base/work.h"

#include <cjson/cJSON.h>

struct decode_step {
    const char *name;    /* NULL: an array element */
    size_t index;
};

struct decoder {
    struct work *work;
    size_t depth;
    struct decode_step path[JSON_DEPTH_MAX + 1];
    bool failed;         /* something was recorded through this decoder */
};

struct decoder decoder_new(struct work *work);

/* Parses a request body. NULL with PROBLEM_malformed_json recorded when malformed, or empty although `required`; NULL
 * without a failure when empty and not required. */
const cJSON *decode_body(struct work *work, struct slice body, bool required);

/* The path: enter a member or, through decode_first / decode_next, the elements of an array. */
void decode_enter(struct decoder *d, const char *name);
void decode_leave(struct decoder *d);
/* Walks an array's elements, keeping the path: enters at the first, leaves after the last (NULL). Do not break out of the loop. */
const cJSON *decode_first(struct decoder *d, const cJSON *array);
const cJSON *decode_next(struct decoder *d, const cJSON *item);
size_t decode_index(const struct decoder *d);

enum { DECODE_REQUIRED = 1, DECODE_NULLABLE = 2 };
struct decode_member {
    const char *name;
    unsigned flags;
};
/* Checks that `value` is an object whose members are these: each unknown, duplicate, missing required, or null one that
 * is not nullable is recorded. found[i] gets member i, NULL when absent, null or duplicate. False only when value is not an
 * object at all (recorded); value must not be NULL. count <= 64. */
bool decode_object(struct decoder *d, const cJSON *value, const struct decode_member *members, size_t count, const cJSON **found);

/* In all of these `name` is the member the value came from (NULL: the current path itself), and value NULL means absent: nothing is
 * recorded, and the output is none / has = false / NULL. On a violation the output is the same as for absent. */
enum string_format {
    FORMAT_NONE, FORMAT_UUID, FORMAT_DATE, FORMAT_DATE_TIME, FORMAT_EMAIL, FORMAT_CURRENCY, FORMAT_DECIMAL, FORMAT_URI,
    FORMAT_LANGUAGE, FORMAT_PHONE
};
struct string_rule {
    size_t min, max;              /* characters (code points); max 0: no maximum */
    enum string_format format;
    const char *const *values;    /* enum, NULL-terminated; NULL: any */
    bool numbers;                 /* a JSON number is its text; members only */
    bool multiline;               /* allows \n \r \t; all other control characters are always refused */
    bool long_numbers;            /* what looks like a card number may stand in it; in bodies and queries it is refused elsewhere */
};
void decode_string(struct decoder *d, const char *name, const cJSON *value, const struct string_rule *rule, struct slice *out);
void decode_int64(struct decoder *d, const char *name, const cJSON *value, int64_t min, int64_t max, int64_t *out, bool *has);
void decode_bool(struct decoder *d, const char *name, const cJSON *value, bool *out, bool *has);
/* True when value is an array of min..max elements; *count is set (0 otherwise). Walk it with decode_first. */
bool decode_array(struct decoder *d, const char *name, const cJSON *value, size_t min, size_t max, size_t *count);
/* `additionalProperties: true`: any object without duplicate names, as compact JSON text of at most `bytes_max` bytes (0: no
 * maximum). */
void decode_raw(struct decoder *d, const char *name, const cJSON *value, size_t bytes_max, struct slice *out);

/* Values that came as text. */
enum decode_place { IN_QUERY, IN_PATH, IN_HEADER };
struct decode_parameter {
    const char *name;
    bool required;
};
/* Splits and percent-decodes a query string: unknown, duplicate, missing required and malformed parameters are recorded.
 * found[i] gets parameter i's decoded text, none when absent. count <= 64. */
void decode_query(struct decoder *d, struct slice query, const struct decode_parameter *parameters, size_t count, struct slice *found);
/* text: from decode_query, a still percent-encoded path argument, or a header's value. */
void decode_text_string(struct decoder *d, enum decode_place place, const char *name, struct slice text,
                        const struct string_rule *rule, struct slice *out);
void decode_text_int64(struct decoder *d, enum decode_place place, const char *name, struct slice text, int64_t min, int64_t max,
                       int64_t *out, bool *has);
void decode_text_bool(struct decoder *d, enum decode_place place, const char *name, struct slice text, bool *out, bool *has);

/* The formats on their own (imports, tests). NULL when `text` follows it, else what it must be ("must be a UUID"). */
const char *format_check(enum string_format format, struct slice text);

#endif
