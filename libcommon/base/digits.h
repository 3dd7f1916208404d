/* Decimal digits of integers, two at a time: what JSON, the log and dates are written with. Pure. */
#ifndef CUOTAS_BASE_DIGITS_H
#define CUOTAS_BASE_DIGITS_H

#include <stdint.h>
#include <string.h>

#define DIGITS_INT_MAX 20   /* of an int64_t, with its sign */

/* "00" to "99", one after the other. */
extern const char digits_pairs[201];

/* As digits_put_int, which calls it: of any number. */
char *digits_put_long(char *at, int64_t value);

/* A number below 100 as two digits; what comes after them. */
static inline char *digits_put_pair(char *at, unsigned value)
{
    memcpy(at, digits_pairs + 2 * value, 2);
    return at + 2;
}

/* The number at `at`, where DIGITS_INT_MAX bytes are free; what comes after it. No NUL. Half of all numbers are small. */
static inline char *digits_put_int(char *at, int64_t value)
{
    if ((uint64_t)value >= 100)
        return digits_put_long(at, value);
    if (value >= 10)
        return digits_put_pair(at, (unsigned)value);
    *at = (char)('0' + value);
    return at + 1;
}

#endif
