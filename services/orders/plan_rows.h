/* The parts of a schedule that plan_build puts together. Each relies on terms that passed plan_check. */
#ifndef CUOTAS_ORDERS_PLAN_ROWS_H
#define CUOTAS_ORDERS_PLAN_ROWS_H

#include "plan.h"

static const struct plan_fault plan_fine = { .pointer = NULL };

/* Deposit, fees paid or financed at the start, and what is financed (plan_charges.c). */
struct plan_fault plan_charges_at_start(const struct plan_terms *terms, struct plan_schedule *schedule);
/* Fees and tax of the rows, and their totals. False when one outgrows MONEY_MAX. */
bool plan_charges_of_rows(const struct plan_terms *terms, struct plan_schedule *schedule);

/* The rate of each row, from its dates (plan_schedule.c). */
void plan_rates_of_rows(const struct plan_terms *terms, struct plan_schedule *schedule);
/* Fees, and their tax, of every row and of the first. */
struct plan_row_charges {
    int64_t each, each_tax, first, first_tax;
};
bool plan_charges_each(const struct plan_terms *terms, int64_t credit, struct plan_row_charges *out);
/* Fees and tax of one row, by its number and its interest; they join its total. False when that outgrows MONEY_MAX. */
bool plan_charge_row(const struct plan_terms *terms, const struct plan_row_charges *charges, struct plan_row *row);
/* Adds a row to the totals; likewise. */
bool plan_total_row(struct plan_totals *totals, const struct plan_row *row);

/* Principal, interest and balances of the rows from their rates, every figure rounded and carried as such (plan_rows.c). */
struct plan_fault plan_rows_fill(const struct plan_terms *terms, struct plan_schedule *schedule);
/* The same where principals are given in the rows; and where their interest is, too. */
struct plan_fault plan_rows_of_principals(const struct plan_terms *terms, struct plan_schedule *schedule);
struct plan_fault plan_rows_of_parts(const struct plan_terms *terms, struct plan_schedule *schedule);
/* The same with exact balances, each figure rounded for itself (plan_exact.c). */
struct plan_fault plan_exact_fill(const struct plan_terms *terms, struct plan_schedule *schedule);

/* Sum of the rates of all rows, over *common. */
__int128 plan_add_on_rate(const struct plan_schedule *schedule, int64_t *common);

/* Principal of a custom row, rounded to a minor unit where it is a share. */
int64_t plan_custom_principal(const struct plan_terms *terms, const struct plan_custom_row *row, int64_t financed);
/* Shares are of the amount financed: together with the amounts they must make it up exactly, before rounding. */
bool plan_custom_adds_up(const struct plan_terms *terms, int64_t financed);
/* A share of an amount, rounded once to a multiple of `unit`. */
int64_t plan_share(int64_t amount, struct decimal share, int64_t unit, enum rounding mode);

#endif
