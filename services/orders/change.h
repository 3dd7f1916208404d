/* A change after the sale, computed: from the plan in force and billing's account to what each row becomes, new rows, the plan that follows. Pure; what the API shows
 * and what billing is asked are written from the same draft, so they cannot differ. */
#ifndef CUOTAS_ORDERS_CHANGE_H
#define CUOTAS_ORDERS_CHANGE_H

#include "contract_plan.h"
#include "gen/orders/api.h"
#include "legal_rate.h"
#include "plan_change.h"

/* The members of a request that kinds take. */
enum {
    CHANGE_DATE = 1 << 0, CHANGE_AMOUNT = 1 << 1, CHANGE_CHOICE = 1 << 2, CHANGE_REBATE = 1 << 3, CHANGE_INSTALLMENTS = 1 << 4, CHANGE_RATE = 1 << 5,
    CHANGE_FREQUENCY = 1 << 6, CHANGE_FIRST_DUE_DATE = 1 << 7, CHANGE_ARREARS = 1 << 8, CHANGE_PERIODS = 1 << 9, CHANGE_SAME_END = 1 << 10,
    CHANGE_DAYS = 1 << 11, CHANGE_LINES = 1 << 12, CHANGE_REFUND_INTEREST = 1 << 13, CHANGE_RESTOCK = 1 << 14
};

/* What a receivable becomes: these parts stay of it, as much as is paid; by a return more, which stays owed. */
struct change_replaced {
    const struct receivable *row;
    struct plan_parts stays;
};

struct change_added {
    int32_t due_date;
    int days;
    int64_t opening_balance;
    struct plan_parts parts;
};

/* Where the goods are, and what customers may do by themselves. Days by the merchant's calendar; 0: it did not happen. */
struct change_facts {
    bool sent, goods, delivered;
    int32_t confirmed_on, delivered_on;
    struct slice lines;                /* JSON: line, quantity, line_total, returned, picking */
    struct slice country, basis, refund_interest;   /* of the policy; none: there is none */
    struct legal_rate legal;           /* of the day */
    int withdrawal_days, due_day_later;
    int due_days_moved;                /* by customers' changes, in all; earlier: negative */
    bool open_days, due_day_moved;
};

/* What new rows cost for what they repay, by the measures of an offer. */
struct change_rate {
    bool shown;                        /* the rows are agreed anew: rescheduled, refinanced */
    bool anew;                         /* at a rate that was not agreed before: the law of the day counts */
    char apr_nominal[PLAN_RATE_TEXT], effective[PLAN_RATE_TEXT];
};

struct change_draft {
    const struct compute_change_in *in;
    struct slice kind;
    int32_t as_of;
    bool by_customer;
    struct change_facts facts;
    const struct plan_in_force *force;
    const struct contract_plan *before;
    const struct account *account;
    int64_t returned;                  /* price of what comes back */
    /* What it comes to. */
    struct contract_plan after;
    struct change_replaced *replaced;
    size_t replaced_count;
    struct change_added *added;        /* numbered on from the account's highest */
    size_t added_count;
    int64_t rebate, refund;
    struct slice refund_interest;      /* of a return: the rule for interest of before; none of other kinds */
    struct plan_parts refunded;        /* what that gave back */
    struct change_rate rate;
    int64_t pay;                       /* to be paid by as_of, arrears included, or it is undone; 0: nothing is to be paid for it */
    int pay_number;                    /* the row of that; 0: none */
};

struct change_rule {
    const char *kind;
    unsigned takes, needs;             /* members */
    bool for_customers;                /* it is theirs by law or policy; staff may do all */
    unsigned customers_give;           /* members that are theirs to say */
    bool approved;                     /* confirmed by another than who asked, with orders.approve */
    const char *contract_becomes, *order_becomes;   /* once it is applied; NULL: stays as it is */
    bool (*compute)(struct work *w, struct change_draft *draft);   /* false with the failure */
};

/* NULL: no such kind. */
const struct change_rule *change_rule_of(struct slice kind);
/* Whether the request has what its kind needs and nothing else; false with the failures. */
bool change_request_check(struct work *w, const struct change_rule *rule, const struct compute_change_in *in);

/* What each kind does (change_kinds.c, change_return.c, change_goods.c, change_undo.c). */
bool change_payoff(struct work *w, struct change_draft *draft);
bool change_prepayment(struct work *w, struct change_draft *draft);
bool change_reschedule(struct work *w, struct change_draft *draft);
bool change_due_day(struct work *w, struct change_draft *draft);
bool change_skip(struct work *w, struct change_draft *draft);
bool change_acceleration(struct work *w, struct change_draft *draft);
bool change_cancellation(struct work *w, struct change_draft *draft);
bool change_withdrawal(struct work *w, struct change_draft *draft);
bool change_return(struct work *w, struct change_draft *draft);
bool change_write_off(struct work *w, struct change_draft *draft);
/* A payoff or prepayment that was not paid in time: the rows of the plan before it as they were, or, where a part was paid, with that part prepaid. `unpaid`: its row. */
bool change_restore(struct work *w, struct change_draft *draft, const struct contract_plan *original, const struct receivable *unpaid);

/* For those. */
void change_draft_begin(struct work *w, struct change_draft *draft);
void change_replace(struct change_draft *draft, const struct receivable *row, struct plan_parts stays);
/* The number of the new row. */
int change_add(struct change_draft *draft, struct change_added added);
/* By the engine, to the plan it makes; NULL with the failure. */
struct plan_changed *change_by_engine(struct work *w, const struct plan_in_force *force, const struct plan_change *change);
/* Its rows: those kept, and new ones for those that are not. */
void change_adopt(struct change_draft *draft, const struct plan_changed *changed);
/* Keeps the row of the plan as it is now; the rows from `kept` on go, and what was paid ahead of them stays as principal. */
void change_keep_row(struct change_draft *draft, size_t row, const struct plan_row *now);
void change_replace_behind(struct change_draft *draft, size_t kept);
enum plan_rebate change_rebate_of(const struct compute_change_in *in);
struct plan_parts change_parts_of(const struct plan_row *row);
bool change_refuse(struct work *w, struct plan_fault fault);

/* change_rate.c: what the new rows cost a year. Above what the law allows it is refused where it was not agreed before; false with the failure, which names `pointer`. */
bool change_rate_of(struct work *w, struct change_draft *draft, const struct plan_changed *changed, const char *pointer);
/* As the result of a computed change shows it, none where it shows none, by the law of now; false with the failure. */
bool change_rate_stands(struct work *w, struct slice shown, const struct legal_rate *legal);

/* change_write.c */
struct slice change_result_json(struct work *w, const struct change_draft *draft);
/* None: nothing for billing to do. */
struct slice change_posting_json(struct work *w, const struct change_draft *draft, struct slice id, struct slice reason);

#endif
