/* A plan of the shop applied to what is bought: what an offer shows and an order agrees to. */
#ifndef CUOTAS_ORDERS_OFFER_H
#define CUOTAS_ORDERS_OFFER_H

#include "base/work.h"
#include "db/db.h"
#include "deposit.h"

struct sale_line {
    struct slice product_id, category;   /* category may be none */
    int64_t quantity, total;
};

/* What is bought: of a cart, or one product. */
struct sale {
    const struct sale_line *lines;
    size_t count;
    int64_t total;
};

/* Lines as a cart keeps them, [{product_id, category, quantity, line_total}]; members beside these say nothing. */
struct sale sale_read(struct arena *arena, struct slice lines);
/* Such a list, as plans_offered (migrations) takes it. */
struct slice sale_json(struct arena *arena, const struct sale *sale);

struct offer {
    struct plan_terms terms;
    struct plan_schedule schedule;       /* rows in the arena */
    int64_t upfront;                     /* fees and their tax that are due with the deposit */
    int64_t total_payable;               /* deposit, upfront and all installments */
    struct sale sale;
    const struct deposit_line *deposits; /* one for each line of the sale */
};

enum offer_verdict {
    OFFER_GOOD,
    OFFER_NOT_FOR_THIS,        /* outside its limits, or the terms make no schedule of it: nothing financed, an installment of nothing */
    OFFER_ABOVE_LEGAL_RATE
};

/* `row` has the columns of plans_offered, legal_rate and legal_basis, and closures where the terms name a calendar. Starts today by the merchant's calendar. NULL, without a failure, and why in *verdict when
 * the plan is not for this. Nothing suspends. */
const struct offer *offer_make(struct work *w, const struct row *row, const struct sale *sale, enum offer_verdict *verdict);
/* Records why there is none. */
void offer_refuse(struct work *w, enum offer_verdict verdict, const struct row *row);
/* What is owed in installments: without what is due when ordering. */
static inline int64_t offer_on_credit(const struct offer *offer)
{
    return offer->total_payable - offer->schedule.deposit - offer->upfront;
}
/* {"data": [Offer of the contract], "next_cursor": null} of all rows that make an offer. They have name and terms_version, too. */
struct slice offer_list_json(struct work *w, const struct rows *rows, const struct sale *sale, struct slice currency);
/* As JSON: its terms, which POST /v1/simulations computes the same schedule from, and its rows, what is paid when ordering before them as row 0. */
struct slice offer_terms_json(struct arena *arena, const struct offer *offer, struct slice currency);
struct slice offer_rows_json(struct arena *arena, const struct offer *offer);

#endif
