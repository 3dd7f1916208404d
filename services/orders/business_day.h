/* Moving a date off days on which nobody can pay. Pure.
 *
 * The words are FpML's and ISDA's. What is closed is the weekend, the holidays of a calendar and any further dates, each optional. */
#ifndef CUOTAS_ORDERS_BUSINESS_DAY_H
#define CUOTAS_ORDERS_BUSINESS_DAY_H

#include "calendar.h"

enum business_day_convention {
    BUSINESS_DAY_NONE,                 /* the date stays */
    BUSINESS_DAY_FOLLOWING,            /* the next open day */
    BUSINESS_DAY_MODIFIED_FOLLOWING,   /* the next, but the one before when that is in another month */
    BUSINESS_DAY_MODIFIED_FOLLOWING_BI_MONTHLY,   /* or in the other half of the month: from the 15th never to the 16th */
    BUSINESS_DAY_PRECEDING,            /* the open day before */
    BUSINESS_DAY_MODIFIED_PRECEDING,   /* the one before, but the next when that is in another month */
    BUSINESS_DAY_NEAREST,              /* whichever is nearer, the next when both are as near */
    BUSINESS_DAY_CONVENTIONS
};

struct closed_days {
    unsigned weekend;                  /* bit date_weekday() of each closed day of the week */
    const struct calendar *calendar;   /* or NULL */
    struct calendar_cache *cache;      /* or NULL: makes many questions about one calendar cheap */
    const int32_t *extra;              /* further closed dates, ascending */
    size_t extra_count;
};

/* No closed time is longer than this: dates further away are not looked at. */
#define BUSINESS_DAY_REACH 366

bool business_day_is_open(const struct closed_days *closed, int32_t date);
/* False, with out untouched, when there is no open day within reach. closed may be NULL: every day is open. */
bool business_day_adjust(const struct closed_days *closed, enum business_day_convention convention, int32_t date, int32_t *out);
/* The open day at or before / at or after a date. */
bool business_day_at_or_before(const struct closed_days *closed, int32_t date, int32_t *out);
bool business_day_at_or_after(const struct closed_days *closed, int32_t date, int32_t *out);

/* "modified_following", the API's spelling, or "MODIFIED_FOLLOWING". */
bool business_day_parse(struct slice text, enum business_day_convention *out);
struct slice business_day_name(enum business_day_convention convention);

#endif
