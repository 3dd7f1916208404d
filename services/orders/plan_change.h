/* A plan in force, and what may become of it after the sale: settled early, prepaid, rescheduled, a period skipped, its due day moved, a part of what was bought returned. One question for all:
 * terms + rows + what was paid for each row, as of a date -> new rows. Pure: no clock, no allocation, the same input gives the same bytes. Only plans with
 * carry rounded are owed, and so can be changed.
 *
 * Amounts are minor units. Rows that are due by the date, and rows that are paid in full ahead of it, stay (`kept`); the others are made anew from where interest
 * has run to. What the new rows keep:
 *   - principals of kept and new rows, and what was prepaid, add up to the balance before (exactly: nothing is rounded away);
 *   - balances chain, but for the prepayment between kept and new rows, and end at 0; no part is negative; due dates strictly increase;
 *   - interest that has run by the date stays owed: it is due with the first new row (`brought`), and bears no interest itself;
 *   - fees of rows due that move into new rows, and their tax, stay owed through every later change (`brought_fees`): they are no price of the rows they are in;
 *   - interest of later days runs on the new balance. Add-on interest (flat), which runs on no balance, falls as `rebate` says.
 *
 * Money paid for a row covers its fees and their tax, then its interest and the tax on it, in proportion, then principal. Money paid for part of a row that is not due yet counts as prepaid.
 * A return takes a price out of the plan: off the principal of rows due, the oldest first, then off the balance, as a prepayment would, then off what was paid.
 * Interest of before the date stays owed, but for the share of it that is given back (`refund`); that of later days falls as the balance does.
 *   - What is due falls by all of the price, as far as that goes: what the price covers of it beyond principal - interest, fees and taxes, which are owed all the same - is
 *     due with the first new row instead.
 *   - Money that is too much for a row once its interest was given back is principal of that row: it lowers what is owed as the price does.
 *   - More than is owed of principal (`beyond`) comes off principal that was paid. It pays the interest, fees and taxes that are still owed (`covered`); the rest goes back.
 *
 * Interest on what is overdue is not the engine's: see late_interest.h; what is moved from rows overdue into new ones (PLAN_ARREARS_SPREAD) bears the plan's interest from the
 * date on, its interest none. */
#ifndef CUOTAS_ORDERS_PLAN_CHANGE_H
#define CUOTAS_ORDERS_PLAN_CHANGE_H

#include "plan.h"

/* All of it the caller's, read only. To keep a plan in a database, keep every member of its rows and terms: or the terms of the sale and the changes, since applying
 * them again gives the same rows. */
struct plan_in_force {
    const struct plan_terms *terms;    /* of the sale, or `terms` of the last change */
    const struct plan_row *rows;       /* of plan_build, or of the last change */
    size_t row_count;
    const int64_t *paid;               /* for each row, 0 to its total; NULL: nothing */
    int32_t date;                      /* as of the end of this day: what is due on it is due; not before that of the last change */
};

/* How much of the interest of a running or future period is owed by who pays early. */
enum plan_rebate {
    PLAN_REBATE_ACTUARIAL,    /* of the running period the part of its calendar days that has passed, nothing of later ones; of add-on interest too (pro rata) */
    PLAN_REBATE_PERIOD,       /* the running period in full, nothing of later ones */
    PLAN_REBATE_RULE_OF_78,   /* interest of the whole plan falls period by period as n, n-1, .. 1; the running period is owed in full */
    PLAN_REBATE_NONE          /* all interest is owed */
};

/* The parts of an amount of money. */
struct plan_parts {
    int64_t principal, interest, fees, tax;
};

static inline int64_t plan_parts_total(const struct plan_parts *parts)
{
    return parts->principal + parts->interest + parts->fees + parts->tax;
}

struct plan_payoff {
    int64_t principal, interest, fees, tax, total;   /* what settles the plan: parts of each row not yet paid; total their sum */
    int64_t rebate;                                  /* interest of the rows that is not owed */
    int64_t arrears;                                 /* of total: rows due by the date */
    int64_t refund;                                  /* money paid ahead beyond what is owed; total is 0 then but for arrears */
};

/* Rows due by the date are owed in full, of the later ones the principal and the interest above; fees of later rows are for what has not been done and are not owed,
 * but those that moved there from rows due are.
 * Money paid ahead is taken off. fault: `/date` before the start or a prepayment already made, `/paid` more than a row's total. */
struct plan_fault plan_payoff_of(const struct plan_in_force *plan, enum plan_rebate rebate, struct plan_payoff *out);

/* What a prepayment changes. */
enum plan_prepay_choice {
    PLAN_SHORTER_TERM,        /* installments stay as they are, the last ones go */
    PLAN_LOWER_INSTALLMENT,   /* due dates stay, installments fall */
    PLAN_NEXT_INSTALLMENTS    /* pays the next rows as they stand, interest included: no row changes */
};

enum plan_arrears {
    PLAN_ARREARS_KEEP,        /* rows overdue stay as they are, owed */
    PLAN_ARREARS_SPREAD       /* what is unpaid of them moves into the new rows: they shrink to what was paid */
};

enum plan_change_type { PLAN_PREPAY, PLAN_ADVANCE, PLAN_RESCHEDULE, PLAN_SKIP, PLAN_DUE_DAY, PLAN_RETURN };

/* Members of other types are ignored. */
struct plan_change {
    enum plan_change_type type;
    /* prepay: pays rows overdue first, then principal. advance: is added to the balance, installments rise (a purchase joins the plan). 1 to MONEY_MAX. return: the price of
     * what comes back, from 0. */
    int64_t amount;
    enum plan_prepay_choice choice;
    enum plan_rebate rebate;           /* prepay and return, of flat: of the share of the balance that is prepaid */
    /* reschedule: what is not given stays. With nothing given and arrears spread it is re-amortized:
     * the rows that are left take the arrears; where principal is in parts, an equal part each on top of its own. */
    int installments;                  /* new rows; 0: as many as are left */
    bool has_annual_rate;
    struct decimal annual_rate;        /* from the date on */
    bool has_frequency;
    struct plan_frequency frequency;
    bool has_first_due_date;           /* of the new rows; else the first due date after the date, of the plan's or of the new frequency */
    int32_t first_due_date;
    enum plan_arrears arrears;
    /* skip: the next so many periods have no installment; interest runs on. */
    int periods;
    bool same_end;                     /* so many installments fewer; else the plan ends so many periods later */
    /* due_day, of plans by months or semimonths: the first new due date is the nearest such day to the old one after the date, so that asking
     * again and again postpones nothing; the period is that much shorter or longer. */
    int days[2];                       /* month: days[0], 1 to 31; semimonth: both */
    /* return: the share of all interest up to the date, and of its tax, that is not owed any more: 0/d none, at most d/d. */
    struct plan_rate refund;
};

struct plan_changed {
    struct plan_row *rows;             /* the caller's, PLAN_INSTALLMENTS_MAX of them, not those of the plan: kept and new ones, numbers running on */
    int64_t *paid;                     /* the caller's, as many, not those of the plan: money paid for each row; of new rows 0 but for next_installments */
    size_t row_count;
    size_t kept;                       /* rows before the new ones; with next_installments all are */
    struct plan_terms terms;           /* for the next change; points to what the plan's terms point to */
    struct plan_totals totals;         /* of all rows */
    int64_t arrears;                   /* of a prepayment: what went to rows overdue */
    int64_t prepaid;                   /* taken off the balance: the rest of it, and money paid ahead for parts of rows */
    int64_t balance;                   /* principal of the new rows */
    int64_t brought;                   /* interest of before the date, due with the first new row */
    int64_t interest_before, interest_after;   /* of all rows */
    struct plan_parts moved;           /* from rows due into the new ones */
    /* Of a return. */
    struct plan_parts refunded;        /* interest of before the date, and its tax, that is not owed any more */
    int64_t beyond;                    /* of the price, what comes off principal that was paid, in rows or before them */
    struct plan_parts covered;         /* of that, interest, fees and tax that it pays: they are in no row any more; the rest goes back */
};

/* fault: as of plan_payoff_of, or the member that cannot be (`/amount` would settle the plan: ask for its payoff). Nothing is left to change: `/date`. */
struct plan_fault plan_change_of(const struct plan_in_force *plan, const struct plan_change *change, struct plan_changed *out);

/* The spelling of the API and of cuotas-plan. */
bool plan_rebate_parse(struct slice text, enum plan_rebate *out);
struct slice plan_rebate_name(enum plan_rebate rebate);
bool plan_prepay_choice_parse(struct slice text, enum plan_prepay_choice *out);
struct slice plan_prepay_choice_name(enum plan_prepay_choice choice);
bool plan_arrears_parse(struct slice text, enum plan_arrears *out);
struct slice plan_arrears_name(enum plan_arrears arrears);

#endif
