/* What the files of plan_change.h share: a change under way. */
#ifndef CUOTAS_ORDERS_PLAN_CHANGE_INTERNAL_H
#define CUOTAS_ORDERS_PLAN_CHANGE_INTERNAL_H

#include "plan_standing.h"

struct plan_draft {
    const struct plan_in_force *plan;
    const struct plan_change *change;
    struct plan_changed *out;
    struct plan_standing at;
    struct plan_terms terms;        /* of the new rows alone: grace is what is left of it */
    struct plan_schedule rows;      /* the new rows, in out->rows behind the kept ones; amount_financed: the new balance */
    bool charged;                   /* the rows have all their parts: no fees, no taxes join them */
};

/* So many new rows, with what is left of a grace. */
void plan_draft_count(struct plan_draft *draft, size_t count);
/* Balance and interest that the new rows begin with; `added` is advanced, negative where it is prepaid. */
struct plan_fault plan_draft_begin(struct plan_draft *draft, int64_t added);
/* A return (plan_return.c): all of it, but for the charges of the new rows and the totals. */
struct plan_fault plan_draft_return(struct plan_draft *draft);

/* Where the rows come from: those in force keep their dates, the first cut at where interest has run to ... */
void plan_draft_same_dates(struct plan_draft *draft);
/* ... at another annual rate ... */
void plan_draft_new_rate(struct plan_draft *draft, struct decimal annual_rate);
/* ... or they follow a series: `due` is its first date at or after, `skip` dates of it are left out. */
struct plan_fault plan_draft_series(struct plan_draft *draft, int32_t due, int skip);

/* Principal and interest of the rows, whose dates and rates are there. */
struct plan_fault plan_draft_fill(struct plan_draft *draft);
/* The same as long as the installments in force last. */
struct plan_fault plan_draft_fill_shorter(struct plan_draft *draft);

/* Whether the same dates go on with another balance, and nothing else. */
static inline bool plan_draft_of_balance(const struct plan_draft *draft)
{
    return draft->change->type == PLAN_PREPAY || draft->change->type == PLAN_ADVANCE || draft->change->type == PLAN_RETURN;
}

static inline size_t plan_draft_left(const struct plan_draft *draft)
{
    return draft->plan->row_count - draft->at.kept;
}

/* The first row that does not stay, where there is one. */
static inline const struct plan_row *plan_draft_old(const struct plan_draft *draft)
{
    return &draft->plan->rows[draft->at.kept];
}

#endif
