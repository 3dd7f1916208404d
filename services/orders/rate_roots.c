/* Flows that go back and forth can be balanced by several rates, or none: roots are counted before one is given, for no rate is better than one of
 * several. The range is cut into cells; a pair of roots within one shows by the gap's slope. Pure. */
#include "plan_rates.h"

#include <math.h>

#define CELLS 128
#define DIP_STEPS 60
#define NOISE 1e-12L      /* a gap of less at the ends of a range is rounding: flows with no time between them */

/* Point i of CELLS: close together near no growth, where rates are, and ever farther apart. */
static long double grid(const struct rate_search *search, long double per_year, int i)
{
    const long double from = asinhl(search->low * per_year), to = asinhl(search->high * per_year);
    return sinhl(from + (to - from) * i / CELLS) / per_year;
}

/* Between two points on the same side of 0: does the gap turn round only beyond 0? Then there are two roots between them. */
static bool dips(const struct rate_search *search, long double low, long double high, struct rate_gap left, struct rate_gap right)
{
    const long double side = left.gap > 0 ? 1 : -1;
    if (!(side * left.slope < 0 && side * right.slope > 0))
        return false;
    for (int i = 0; i < DIP_STEPS; i++) {
        const long double middle = low + (high - low) / 2;
        const struct rate_gap at = search->at(search->flows, middle);
        if (side * at.gap <= 0)
            return true;
        if (side * at.slope < 0)
            low = middle;
        else
            high = middle;
    }
    return false;
}

/* Counts roots; `only` is narrowed to where the last one is. */
static int roots_between(const struct rate_search *search, long double per_year, struct rate_search *only)
{
    int roots = 0;
    long double low = search->low;
    struct rate_gap left = search->at(search->flows, low);
    for (int i = 1; i <= CELLS && roots < 2; i++) {
        const long double high = i < CELLS ? grid(search, per_year, i) : search->high;
        const struct rate_gap right = search->at(search->flows, high);
        if ((left.gap > 0) != (right.gap > 0)) {
            roots++;
            only->low = low;
            only->high = high;
        } else if (dips(search, low, high, left, right)) {
            roots += 2;
        }
        low = high;
        left = right;
    }
    return roots;
}

enum rate_found rate_only(const struct rate_search *search, bool falling, long double per_year, long double guess, long double *growth)
{
    const struct rate_gap low = search->at(search->flows, search->low), high = search->at(search->flows, search->high);
    if (!low.defined || !high.defined)
        return RATE_NONE;
    struct rate_search only = *search;
    if (!falling) {
        const int roots = roots_between(search, per_year, &only);
        if (roots > 1)
            return RATE_SEVERAL;
        guess = only.low + (only.high - only.low) / 2;
    }
    if (low.gap <= NOISE || high.gap >= -NOISE)
        return RATE_NONE;
    return rate_newton(&only, guess, growth) ? RATE_ONE : RATE_NONE;
}
