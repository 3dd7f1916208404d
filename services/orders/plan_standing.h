/* Where a plan in force stands on a date: which rows have to stay, and what is left of the others. */
#ifndef CUOTAS_ORDERS_PLAN_STANDING_H
#define CUOTAS_ORDERS_PLAN_STANDING_H

#include "plan_change.h"

struct plan_standing {
    size_t kept;                /* rows due by the date, and those behind them that are paid in full */
    struct plan_parts arrears;  /* of kept rows, unpaid */
    int64_t balance;            /* principal of the rows behind */
    int32_t from;               /* where interest of those runs from now: the date, or the end of the kept rows when that is later */
    int64_t carried;            /* interest of kept rows that is due behind them */
    int64_t carried_fees, carried_tax;   /* fees of rows due, and their tax, that changes moved behind them */
    int64_t run;                /* interest of the first row behind, up to the date */
    int64_t unearned;           /* of all rows behind, what they accrue later */
    int64_t running;            /* of that, in the first row behind, when it has begun */
    int64_t ahead;              /* money paid for rows behind */
};

/* What a row leaves unpaid once `paid` has covered fees and their tax, interest and its tax, and principal. paid: 0 to the row's total. */
struct plan_parts plan_unpaid(const struct plan_terms *terms, const struct plan_row *row, int64_t paid);

/* Of a tax, what is on the interest beside it, and what is not. */
int64_t plan_tax_of_interest(const struct plan_terms *terms, int64_t interest, int64_t tax);
int64_t plan_tax_beside(const struct plan_terms *terms, int64_t interest, int64_t tax);

/* The tax on interest of rows behind that is owed in one: no more than theirs, each rounded by itself, or who has paid them all would owe again. */
int64_t plan_tax_behind(const struct plan_in_force *plan, const struct plan_standing *at, int64_t interest);

/* fault as of plan_payoff_of. */
struct plan_fault plan_standing_of(const struct plan_in_force *plan, struct plan_standing *out);

/* Interest that rows behind would still accrue and that the rule says is not owed by who pays all of it now. */
int64_t plan_rebate_of(const struct plan_in_force *plan, const struct plan_standing *standing, enum plan_rebate rebate);

#endif
