/* How much of a year lies between two dates, by the conventions of ISDA, ICMA, FBF and the markets. Pure.
 *
 * The start is counted, the end is not. Fractions are exact. All of one convention have the same denominator, whatever the dates, so that
 * the fractions of periods can be added by their numerators; ACT/ACT ICMA alone has periods of different lengths in its own. */
#ifndef CUOTAS_ORDERS_DAY_COUNT_H
#define CUOTAS_ORDERS_DAY_COUNT_H

#include "base/slice.h"

enum day_count {
    DAY_COUNT_30_360_BOND,     /* ISDA 2006 4.16(f): the 31st is a 30th; at the end only when the start is one, too */
    DAY_COUNT_30E_360,         /* ISDA 2006 4.16(g), Eurobond: the 31st is a 30th */
    DAY_COUNT_30E_360_ISDA,    /* ISDA 2006 4.16(h): so is the last of February, but for the termination date */
    DAY_COUNT_30_360_US,       /* bond basis where the last of February is a 30th: at the end only when the start is one, too */
    DAY_COUNT_30_360_PSA,      /* the same at the start, never at the end */
    DAY_COUNT_30E_PLUS_360,    /* Eurobond where an end on the 31st is the 1st of the next month */
    DAY_COUNT_30_365,          /* ISO 20022 A002: days of 30E/360 over 365 */
    DAY_COUNT_ACT_360,
    DAY_COUNT_ACT_364,
    DAY_COUNT_ACT_365F,
    DAY_COUNT_ACT_365_25,
    DAY_COUNT_NL_365,          /* 29 February is not counted */
    DAY_COUNT_ACT_ACT_ISDA,    /* ISDA 2006 4.16(b): days in leap years over 366, the others over 365 */
    DAY_COUNT_ACT_ACT_ICMA,    /* ICMA rule 251: days over those of the regular period they are in, over periods a year */
    DAY_COUNT_ACT_ACT_AFB,     /* FBF: whole years back from the end; the rest over 366 when it has a 29 February */
    DAY_COUNTS
};

/* What some conventions want to know beside the dates; all zero otherwise. */
struct day_count_context {
    /* ICMA: one regular period, of which the others follow in both directions. Without it from..to is regular itself. */
    bool has_reference;
    int32_t reference_start, reference_end;
    int periods_per_year;      /* ICMA; 0: as many as the reference period is months long, which must divide a year */
    /* 30E/360 ISDA: the contract's last day. Without it no date is that. */
    bool has_termination;
    int32_t termination;
};

struct day_fraction {
    int32_t days;              /* by the convention */
    int64_t numerator, denominator;
};

/* False, with out untouched: `to` lies before `from` (the definitions know no such period: Strata refuses it, QuantLib negates some and
 * not others), or ICMA's period cannot be told. A period without days is 0 by every convention. `context` may be NULL. */
bool day_count_measure(enum day_count convention, int32_t from, int32_t to, const struct day_count_context *context, struct day_fraction *out);

/* The customary name ("ACT/ACT ISDA"), or the API's word for a plan's convention ("actual/actual"). False when it is none of them. */
bool day_count_parse(struct slice text, enum day_count *out);
struct slice day_count_name(enum day_count convention);
/* The API's word, or none where a plan cannot have the convention. */
struct slice day_count_plan_name(enum day_count convention);

#endif
