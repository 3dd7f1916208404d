/* Money: int64 minor units and an ISO 4217 code. Never floating point. |amount| < 2^53 wherever it crosses the wire
 * (JSON numbers of other languages are doubles). */
#ifndef CUOTAS_BASE_MONEY_H
#define CUOTAS_BASE_MONEY_H

#include "base/slice.h"

#define MONEY_MAX ((INT64_C(1) << 53) - 1)

struct currency {
    char code[4];
    int exponent;   /* minor digits: COP 2, CLP 0, USD 2, KWD 3 */
};

/* ISO 4217 list of 2026-01-01; NULL when not a currency. */
const struct currency *currency_find(struct slice code);

enum rounding { ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_HALF_DOWN, ROUND_UP, ROUND_DOWN };

/* numerator / denominator rounded once to an integer; half and up/down refer to the absolute value ("up" = away from
 * zero). denominator > 0. Aborts when the result leaves int64 (callers bound their inputs). */
int64_t money_divide(__int128 numerator, __int128 denominator, enum rounding rounding);
/* False on overflow or when the result leaves +-MONEY_MAX. */
bool money_add(int64_t a, int64_t b, int64_t *out);
bool money_multiply(int64_t amount, int64_t count, int64_t *out);
static inline int64_t money_lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A decimal string such as "0.0199" or "-12.5" as digits / 10^scale; at most `scale_max` decimals and 18 digits, no
 * exponent, no blanks. */
struct decimal {
    int64_t digits;
    int scale;
};
bool decimal_parse(struct slice text, int scale_max, struct decimal *out);
/* An amount with a decimal point as a CSV or a person writes it ("130.98" USD -> 13098): exact, or false. */
bool money_parse_major(struct slice text, const struct currency *currency, int64_t *out);
/* An amount as people read it, with the minor digits of the currency (two when it is none): 1234567 COP is "12.345,67" in Spanish, "12,345.67" in
 * English. Returns its size; NUL-terminated. */
#define MONEY_TEXT_BYTES 48
size_t money_write(int64_t amount, struct slice code, bool spanish, char out[MONEY_TEXT_BYTES]);

#endif
