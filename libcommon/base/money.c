/* Amounts as integers: the ISO 4217 table, one rounding division, checked arithmetic, decimal text. Pure; no floating point. */
#include "base/money.h"

#include <stdio.h>
#include <stdlib.h>

/* ISO 4217 list one, published 2026-01-01, without the entries that have no minor unit (metals, XDR, XTS, XXX: nothing is priced
 * in them). Sorted. */
static const struct currency currencies[] = {
    { "AED", 2 }, { "AFN", 2 }, { "ALL", 2 }, { "AMD", 2 }, { "AOA", 2 }, { "ARS", 2 }, { "AUD", 2 }, { "AWG", 2 },
    { "AZN", 2 }, { "BAM", 2 }, { "BBD", 2 }, { "BDT", 2 }, { "BHD", 3 }, { "BIF", 0 }, { "BMD", 2 }, { "BND", 2 },
    { "BOB", 2 }, { "BOV", 2 }, { "BRL", 2 }, { "BSD", 2 }, { "BTN", 2 }, { "BWP", 2 }, { "BYN", 2 }, { "BZD", 2 },
    { "CAD", 2 }, { "CDF", 2 }, { "CHE", 2 }, { "CHF", 2 }, { "CHW", 2 }, { "CLF", 4 }, { "CLP", 0 }, { "CNY", 2 },
    { "COP", 2 }, { "COU", 2 }, { "CRC", 2 }, { "CUP", 2 }, { "CVE", 2 }, { "CZK", 2 }, { "DJF", 0 }, { "DKK", 2 },
    { "DOP", 2 }, { "DZD", 2 }, { "EGP", 2 }, { "ERN", 2 }, { "ETB", 2 }, { "EUR", 2 }, { "FJD", 2 }, { "FKP", 2 },
    { "GBP", 2 }, { "GEL", 2 }, { "GHS", 2 }, { "GIP", 2 }, { "GMD", 2 }, { "GNF", 0 }, { "GTQ", 2 }, { "GYD", 2 },
    { "HKD", 2 }, { "HNL", 2 }, { "HTG", 2 }, { "HUF", 2 }, { "IDR", 2 }, { "ILS", 2 }, { "INR", 2 }, { "IQD", 3 },
    { "IRR", 2 }, { "ISK", 0 }, { "JMD", 2 }, { "JOD", 3 }, { "JPY", 0 }, { "KES", 2 }, { "KGS", 2 }, { "KHR", 2 },
    { "KMF", 0 }, { "KPW", 2 }, { "KRW", 0 }, { "KWD", 3 }, { "KYD", 2 }, { "KZT", 2 }, { "LAK", 2 }, { "LBP", 2 },
    { "LKR", 2 }, { "LRD", 2 }, { "LSL", 2 }, { "LYD", 3 }, { "MAD", 2 }, { "MDL", 2 }, { "MGA", 2 }, { "MKD", 2 },
    { "MMK", 2 }, { "MNT", 2 }, { "MOP", 2 }, { "MRU", 2 }, { "MUR", 2 }, { "MVR", 2 }, { "MWK", 2 }, { "MXN", 2 },
    { "MXV", 2 }, { "MYR", 2 }, { "MZN", 2 }, { "NAD", 2 }, { "NGN", 2 }, { "NIO", 2 }, { "NOK", 2 }, { "NPR", 2 },
    { "NZD", 2 }, { "OMR", 3 }, { "PAB", 2 }, { "PEN", 2 }, { "PGK", 2 }, { "PHP", 2 }, { "PKR", 2 }, { "PLN", 2 },
    { "PYG", 0 }, { "QAR", 2 }, { "RON", 2 }, { "RSD", 2 }, { "RUB", 2 }, { "RWF", 0 }, { "SAR", 2 }, { "SBD", 2 },
    { "SCR", 2 }, { "SDG", 2 }, { "SEK", 2 }, { "SGD", 2 }, { "SHP", 2 }, { "SLE", 2 }, { "SOS", 2 }, { "SRD", 2 },
    { "SSP", 2 }, { "STN", 2 }, { "SVC", 2 }, { "SYP", 2 }, { "SZL", 2 }, { "THB", 2 }, { "TJS", 2 }, { "TMT", 2 },
    { "TND", 3 }, { "TOP", 2 }, { "TRY", 2 }, { "TTD", 2 }, { "TWD", 2 }, { "TZS", 2 }, { "UAH", 2 }, { "UGX", 0 },
    { "USD", 2 }, { "USN", 2 }, { "UYI", 0 }, { "UYU", 2 }, { "UYW", 4 }, { "UZS", 2 }, { "VED", 2 }, { "VES", 2 },
    { "VND", 0 }, { "VUV", 0 }, { "WST", 2 }, { "XAD", 2 }, { "XAF", 0 }, { "XCD", 2 }, { "XCG", 2 }, { "XOF", 0 },
    { "XPF", 0 }, { "YER", 2 }, { "ZAR", 2 }, { "ZMW", 2 }, { "ZWG", 2 },
};

static int compare_code(const void *key, const void *entry)
{
    return memcmp(key, ((const struct currency *)entry)->code, 3);
}

const struct currency *currency_find(struct slice code)
{
    if (code.size != 3)
        return NULL;
    return bsearch(code.data, currencies, sizeof currencies / sizeof currencies[0], sizeof currencies[0], compare_code);
}

/* Whether a division's remainder moves the quotient one away from zero. */
static bool rounds_away(__int128 remainder, __int128 denominator, bool odd, enum rounding rounding)
{
    if (remainder == 0)
        return false;
    __int128 other = denominator - remainder;   /* compares with the half without doubling, which could overflow */
    switch (rounding) {
    case ROUND_HALF_EVEN: return remainder > other || (remainder == other && odd);
    case ROUND_HALF_UP: return remainder >= other;
    case ROUND_HALF_DOWN: return remainder > other;
    case ROUND_UP: return true;
    case ROUND_DOWN: return false;
    }
    abort();
}

int64_t money_divide(__int128 numerator, __int128 denominator, enum rounding rounding)
{
    if (denominator <= 0)
        abort();
    __int128 quotient, remainder;
    if (numerator == (int64_t)numerator && denominator == (int64_t)denominator) {   /* nearly always, and a tenth of the cost */
        quotient = (int64_t)numerator / (int64_t)denominator;
        remainder = (int64_t)numerator % (int64_t)denominator;
    } else {
        quotient = numerator / denominator;
        remainder = numerator % denominator;
    }
    bool negative = numerator < 0;
    if (rounds_away(negative ? -remainder : remainder, denominator, quotient & 1, rounding))
        quotient += negative ? -1 : 1;
    if (quotient < INT64_MIN || quotient > INT64_MAX) {
        fprintf(stderr, "money: a result leaves 64 bits\n");
        abort();
    }
    return (int64_t)quotient;
}

static bool money_fits(int64_t value, int64_t *out)
{
    if (value > MONEY_MAX || value < -MONEY_MAX)
        return false;
    *out = value;
    return true;
}

bool money_add(int64_t a, int64_t b, int64_t *out)
{
    int64_t sum;
    return !__builtin_add_overflow(a, b, &sum) && money_fits(sum, out);
}

bool money_multiply(int64_t amount, int64_t count, int64_t *out)
{
    int64_t product;
    return !__builtin_mul_overflow(amount, count, &product) && money_fits(product, out);
}

static size_t digit_run(struct slice s)
{
    size_t count = 0;
    while (count < s.size && s.data[count] >= '0' && s.data[count] <= '9')
        count++;
    return count;
}

bool decimal_parse(struct slice text, int scale_max, struct decimal *out)
{
    bool negative = text.size && text.data[0] == '-';
    if (negative)
        text = slice_of(text.data + 1, text.size - 1);
    struct slice fraction;
    struct slice whole = slice_cut(text, '.', &fraction);
    size_t decimals = slice_is_none(fraction) ? 0 : fraction.size;
    if (!whole.size || digit_run(whole) != whole.size || (whole.size > 1 && whole.data[0] == '0'))
        return false;
    if (!slice_is_none(fraction) && (!decimals || digit_run(fraction) != decimals))
        return false;
    if (scale_max < 0 || decimals > (size_t)scale_max || whole.size + decimals > 18)
        return false;
    int64_t digits = 0;
    for (size_t i = 0; i < whole.size; i++)
        digits = digits * 10 + (whole.data[i] - '0');
    for (size_t i = 0; i < decimals; i++)
        digits = digits * 10 + (fraction.data[i] - '0');
    *out = (struct decimal){ .digits = negative ? -digits : digits, .scale = (int)decimals };
    return true;
}

bool money_parse_major(struct slice text, const struct currency *currency, int64_t *out)
{
    struct decimal decimal;
    if (!decimal_parse(text, 18, &decimal))
        return false;
    for (; decimal.scale > currency->exponent; decimal.scale--) {
        if (decimal.digits % 10 != 0)
            return false;
        decimal.digits /= 10;
    }
    for (; decimal.scale < currency->exponent; decimal.scale++)
        if (__builtin_mul_overflow(decimal.digits, 10, &decimal.digits))
            return false;
    return money_fits(decimal.digits, out);
}

size_t money_write(int64_t amount, struct slice code, bool spanish, char out[MONEY_TEXT_BYTES])
{
    const struct currency *currency = currency_find(code);
    const int exponent = currency ? currency->exponent : 2;
    uint64_t rest = amount < 0 ? 0 - (uint64_t)amount : (uint64_t)amount;
    char reversed[MONEY_TEXT_BYTES];
    size_t size = 0;
    for (int digit = 0; digit < exponent; digit++, rest /= 10)
        reversed[size++] = (char)('0' + rest % 10);
    if (exponent > 0)
        reversed[size++] = spanish ? ',' : '.';
    for (int digit = 0; digit == 0 || rest > 0; digit++, rest /= 10) {
        if (digit > 0 && digit % 3 == 0)
            reversed[size++] = spanish ? '.' : ',';
        reversed[size++] = (char)('0' + rest % 10);
    }
    if (amount < 0)
        reversed[size++] = '-';
    for (size_t i = 0; i < size; i++)
        out[i] = reversed[size - 1 - i];
    out[size] = '\0';
    return size;
}
