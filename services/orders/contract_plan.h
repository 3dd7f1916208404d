/* A contract's schedule as it stands: the engine's plan, kept with every member of its rows so that no later engine computes it anew, and billing's account,
 * which says what is owed and paid. Each row of the plan is asked for by one receivable; receivables that no row names (the deposit, what was prepaid) are
 * behind the plan. */
#ifndef CUOTAS_ORDERS_CONTRACT_PLAN_H
#define CUOTAS_ORDERS_CONTRACT_PLAN_H

#include "base/work.h"
#include "plan_standing.h"

#define RECEIVABLES_MAX 1200   /* as many as billing replaces at once */

struct contract_plan {
    struct plan_terms terms;
    struct plan_row *rows;
    int *numbers;              /* of the receivable that asks for each row */
    struct plan_parts *waived; /* of each row, as it was kept: what had been waived of it by then, and is taken off */
    size_t row_count;
    const struct account *account;   /* what it says was waived is taken off (contract_plan_waive); NULL: nothing is but `waived` */
};

struct receivable {
    int number;
    int32_t due_date;
    struct plan_parts parts;   /* of its total */
    int64_t total, paid;
    int64_t penalty, paid_penalty;   /* beside them: what being late costs, and what was paid of that */
    struct plan_parts waived;  /* of the parts, since it was first asked for: neither owed nor paid */
    int64_t opening_balance;   /* as the schedule in force shows it */
    int days;
    bool replaced;             /* by an earlier change: nothing is left of it */
};

struct account {
    struct slice revision, status;
    bool payment_in_progress;
    int64_t total, paid;
    int64_t late;              /* beside them: owed for being late */
    struct receivable *rows;   /* by number */
    size_t row_count;
    int highest;               /* number */
};

/* The plan in force: `kept` is the JSON of contract_plan_write, none before the first change, when the terms of the sale say it. `closures`: the shop's of now, for rows
 * that a change makes; none: it makes none by dates of their own. NULL with a failure, logged: no contract has such a plan but by a mistake. */
const struct contract_plan *contract_plan_read(struct work *w, struct slice terms, struct slice kept, struct slice closures);
struct slice contract_plan_write(struct arena *arena, const struct contract_plan *plan);

/* As of the end of a day. What is left of a plan may begin later: rows that were paid ahead and then returned are gone (change_return.c), and the engine knows no day before a
 * plan's first. Until then nothing runs, so it stands as on that one. */
struct plan_in_force contract_plan_in_force(const struct contract_plan *plan, const int64_t *paid, int32_t date);

/* Billing's answer; `schedule`: the rows of the version in force, for their balances. NULL with a failure. */
const struct account *account_read(struct work *w, struct slice answer, struct slice schedule);
const struct receivable *account_row(const struct account *account, int number);
/* The plan less what was waived of its rows since it was kept (contract_waived.c). In the arena. */
const struct contract_plan *contract_plan_waive(struct arena *arena, const struct contract_plan *plan, const struct account *account);
/* A row less some of its parts; the balances are the caller's. */
void contract_row_lower(struct plan_row *row, const struct plan_parts *by);
/* The rows' money by the account; NULL with a failure, logged, when the two do not agree. */
const int64_t *account_paid(struct work *w, const struct account *account, const struct contract_plan *plan);

#endif
