/* See digits.h. Digits come out last first: the number is written from the end of where it will be, which its length tells. */
#include "base/digits.h"

const char digits_pairs[201] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
                               "495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static const uint64_t powers_of_ten[] = {
    UINT64_C(0), UINT64_C(10), UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000), UINT64_C(1000000), UINT64_C(10000000),
    UINT64_C(100000000), UINT64_C(1000000000), UINT64_C(10000000000), UINT64_C(100000000000), UINT64_C(1000000000000),
    UINT64_C(10000000000000), UINT64_C(100000000000000), UINT64_C(1000000000000000), UINT64_C(10000000000000000),
    UINT64_C(100000000000000000), UINT64_C(1000000000000000000), UINT64_C(10000000000000000000),
};

/* 1233 / 4096 is log10(2), near enough for 64 bits: at most one too many, which the power tells. */
static unsigned count_digits(uint64_t value)
{
    const unsigned about = (unsigned)(64 - __builtin_clzll(value | 1)) * 1233 >> 12;
    return about + 1 - (value < powers_of_ten[about]);
}

char *digits_put_long(char *at, int64_t value)
{
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    *at = '-';
    at += value < 0;
    char *const end = at + count_digits(rest);
    char *p = end;
    for (; rest >= 100; rest /= 100)
        digits_put_pair(p -= 2, (unsigned)(rest % 100));
    if (rest >= 10)
        digits_put_pair(p - 2, (unsigned)rest);
    else
        p[-1] = (char)('0' + rest);
    return end;
}
