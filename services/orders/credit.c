/* See credit.h. What get_checkout brought is a hint that spares a hold of stock; the statements decide. */
#include "credit.h"

#include "base/uuid.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"

#define HOUR_US (INT64_C(3600) * 1000000)

static bool within(const struct credit *credit, const char *limit)
{
    return slice_is_none(row_text(credit->row, limit)) || credit->amount <= row_int(credit->row, limit);
}

/* False when it is no refusal. */
static SUSPENDS bool refused(struct work *w, const struct credit *credit)
{
    const struct rows *reasons = db_all(w, SQL(refuse_credit, .id = uuid_new(w->arena), .cart_id = credit->cart_id, .on_credit = work_int(w, credit->amount),
                                               .currency = row_text(credit->row, "currency"), .credit_policy = row_text(credit->row, "credit_policy")));
    for (size_t i = 0; reasons && i < rows_count(reasons); i++)
        work_fail_field(w, &PROBLEM_credit_declined, SLICE(""), row_text(rows_at(reasons, i), "reason").data, "%s", "the order is not possible on credit now");
    return work_failed(w);
}

SUSPENDS bool credit_allows(struct work *w, const struct credit *credit)
{
    return (!row_bool(credit->row, "credit_refused") && within(credit, "credit_room")) || !refused(w, credit);
}

SUSPENDS void credit_refuse(struct work *w, const struct credit *credit)
{
    w->failure = (struct failure){ 0 };
    if (!refused(w, credit))
        work_fail(w, &PROBLEM_credit_declined, "another order was being placed; try again");
}

int64_t credit_hold_us(const struct credit *credit)
{
    return within(credit, "credit_free") ? 0 : row_int(credit->row, "credit_hours") * HOUR_US;
}
