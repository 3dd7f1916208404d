/* Cent allocation as moneyphp does it, first come first served; rounding of decimal digits as java.math.RoundingMode defines it. Pure. */
#include "allocate.h"

#include <stdlib.h>

#include "find_name.h"

static int64_t floor_share(int64_t amount, int64_t ratio, int64_t sum)
{
    const __int128 product = (__int128)amount * ratio;
    return (int64_t)(product / sum - (product % sum < 0));
}

bool allocate(int64_t amount, const int64_t *ratios, size_t count, int64_t *parts)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        if (ratios[i] < 0 || __builtin_add_overflow(sum, ratios[i], &sum))
            return false;
    if (sum <= 0)
        return false;
    __int128 left = amount;
    for (size_t i = 0; i < count; i++)
        left -= parts[i] = floor_share(amount, ratios[i], sum);
    /* Each part of a ratio above 0 is short by less than one unit: there are more of them than units left. */
    for (size_t i = 0; left > 0; i++)
        if (ratios[i] > 0) {
            parts[i]++;
            left--;
        }
    return true;
}

/* A decimal taken apart: the digits before and behind the point. */
struct digits {
    bool negative;
    struct slice whole, fraction;
};

static bool only_digits(struct slice s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
    return s.size > 0;
}

static bool take_apart(struct slice text, struct digits *out)
{
    out->negative = text.size > 0 && text.data[0] == '-';
    if (out->negative)
        text = slice_of(text.data + 1, text.size - 1);
    out->whole = slice_cut(text, '.', &out->fraction);
    const bool has_fraction = !slice_is_none(out->fraction);
    if (!has_fraction)
        out->fraction = SLICE("");
    if (!only_digits(out->whole) || (has_fraction && !only_digits(out->fraction)))
        return false;
    while (out->whole.size > 1 && out->whole.data[0] == '0')
        out->whole = slice_of(out->whole.data + 1, out->whole.size - 1);
    return true;
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* What is cut off against a half of the last digit kept: -2 nothing, -1 less, 0 a tie, 1 more. */
static int compare_to_half(struct slice cut)
{
    bool rest = false;
    for (size_t i = 1; i < cut.size; i++)
        rest |= cut.data[i] != '0';
    if (!cut.size || (cut.data[0] == '0' && !rest))
        return -2;
    return cut.data[0] == '5' ? rest : sign(cut.data[0] - '5');
}

static bool rounds_away(int half, bool negative, bool odd, enum decimal_rounding mode)
{
    if (half == -2)
        return false;
    switch (mode) {
    case DECIMAL_HALF_EVEN: return half > 0 || (half == 0 && odd);
    case DECIMAL_HALF_UP: return half >= 0;
    case DECIMAL_HALF_DOWN: return half > 0;
    case DECIMAL_UP: return true;
    case DECIMAL_DOWN: return false;
    case DECIMAL_CEILING: return !negative;
    case DECIMAL_FLOOR: return negative;
    case DECIMAL_ROUNDINGS: break;
    }
    abort();
}

/* One more at the last digit; text starts with a 0 to carry into. */
static void increment(char *text, size_t size)
{
    for (size_t i = size; i-- > 0;) {
        if (text[i] == '.')
            continue;
        if (text[i] != '9') {
            text[i]++;
            return;
        }
        text[i] = '0';
    }
}

static bool is_zero(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '0' && text[i] != '.')
            return false;
    return true;
}

bool decimal_round(struct slice text, int decimals, enum decimal_rounding mode, char *out, size_t size)
{
    struct digits d;
    if (decimals < 0 || !take_apart(text, &d))
        return false;
    const size_t places = (size_t)decimals, kept = d.fraction.size < places ? d.fraction.size : places;
    /* Sign, a digit to carry into, the point, NUL: sure to be enough, if at times two more than needed. */
    if (size < d.whole.size + places + 4)
        return false;
    char *const number = out + 1, *p = number;
    *p++ = '0';
    memcpy(p, d.whole.data, d.whole.size);
    p += d.whole.size;
    if (places) {
        *p++ = '.';
        memcpy(p, d.fraction.data, kept);
        memset(p + kept, '0', places - kept);
        p += places;
    }
    const int half = compare_to_half(slice_of(d.fraction.data + kept, d.fraction.size - kept));
    if (rounds_away(half, d.negative, (p[-1] - '0') % 2 != 0, mode))
        increment(number, (size_t)(p - number));
    const size_t unused = *number == '0', length = (size_t)(p - number) - unused;
    const bool negative = d.negative && !is_zero(number, (size_t)(p - number));
    memmove(out + negative, number + unused, length);
    out[0] = negative ? '-' : out[0];
    out[negative + length] = '\0';
    return true;
}

static const char *const names[] = {
    [DECIMAL_HALF_EVEN] = "half_even", [DECIMAL_HALF_UP] = "half_up", [DECIMAL_HALF_DOWN] = "half_down", [DECIMAL_UP] = "up",
    [DECIMAL_DOWN] = "down", [DECIMAL_CEILING] = "ceiling", [DECIMAL_FLOOR] = "floor"
};

bool decimal_rounding_parse(struct slice text, enum decimal_rounding *out)
{
    const int index = FIND_NAME(text, names, slice_equals_nocase);
    if (index >= 0)
        *out = (enum decimal_rounding)index;
    return index >= 0;
}

struct slice decimal_rounding_name(enum decimal_rounding mode)
{
    return slice_from_text(names[mode]);
}
