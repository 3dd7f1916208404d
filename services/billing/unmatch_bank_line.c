/* POST /v1/bank-lines/{id}/unmatch: what became of a line is undone; the payment that it made is reversed. One unit, behind reading what it is. Again it answers the same. */
#include "base/date.h"
#include "billing/manual_payment.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"

static SUSPENDS const struct row *undo(struct work *w, const struct unmatch_bank_line_in *in, const struct row *line)
{
    const struct slice payment_id = row_text(line, "payment_id");
    struct batch *batch = batch_new(w, POOL_WRITE);
    if (!slice_is_none(payment_id))
        (void)manual_payment_reverse(batch, w, payment_id, in->reason);
    const size_t at = batch_count(batch);
    batch_add(batch, SQL(release_bank_line, .id = in->id, .status = row_text(line, "status"), .payment_id = payment_id, .reason = in->reason, .by = w->identity.subject));
    if (!batch_run(batch))
        return NULL;
    const struct row *row = batch_row(batch, at);
    return row ? row : work_fail(w, &PROBLEM_bank_line_decided, "somebody else has decided about it just now");
}

SUSPENDS struct reply unmatch_bank_line(struct request *rq, const struct unmatch_bank_line_in *in)
{
    struct work *w = &rq->work;
    const struct row *row = db_one(w, SQL(read_bank_line, .id = in->id, .zone = date_zone()));
    const bool waits = row && (slice_equals_text(row_text(row, "status"), "unmatched") || slice_equals_text(row_text(row, "status"), "proposed"));
    if (row && !waits)
        row = undo(w, in, row);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
