/* GET /v1/ledger/entries: the journal. What names a customer, an order or a payment is found by its customer, anything else by its business day.
 * Suspends in one statement. */
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/page.h"

#define POSTINGS_LOOKED_AT 10000   /* a page */

static struct slice or_else(struct slice given, struct slice otherwise)
{
    return slice_is_none(given) ? otherwise : given;
}

struct reply list_ledger_entries(struct request *rq, const struct list_ledger_entries_in *in)
{
    struct work *w = &rq->work;
    struct slice after[2];   /* business day, posting */
    if (!page_cursor(w, in->cursor, "di", after))
        return reply_problem(rq);
    const struct slice from = or_else(in->from, SLICE("-infinity")), to = or_else(in->to, SLICE("infinity"));
    const struct slice after_on = or_else(after[0], from), after_id = or_else(after[1], SLICE("0"));
    const bool by_customer = !slice_is_none(in->customer_id) || !slice_is_none(in->order_id) || !slice_is_none(in->payment_id);
    const struct row *row = by_customer
        ? db_one(w, SQL(list_ledger_entries_customer, .customer_id = in->customer_id, .order_id = in->order_id, .payment_id = in->payment_id, .kind = in->kind,
                        .account = in->account, .from = from, .to = to, .after_on = after_on, .after_id = after_id, .limit = work_int(w, in->limit)))
        : db_one(w, SQL(list_ledger_entries, .kind = in->kind, .account = in->account, .from = from, .to = to, .after_on = after_on, .after_id = after_id,
                        .limit = work_int(w, in->limit), .look = work_int(w, POSTINGS_LOOKED_AT)));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
