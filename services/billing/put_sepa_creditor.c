/* PUT /v1/sepa-creditor: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. Suspends in two statements. */
#include "billing/sepa.h"
#include "billing/sepa_input.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "service/version.h"

SUSPENDS struct reply put_sepa_creditor(struct request *rq, const struct put_sepa_creditor_in *in)
{
    struct work *w = &rq->work;
    struct slice creditor_id = SLICE_NONE, iban = SLICE_NONE, bic = SLICE_NONE;
    const struct row *known = db_one(w, SQL(get_sepa_creditor));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")) || !sepa_read_creditor_id(w, in->creditor_id, &creditor_id) ||
        !sepa_read_account(w, in->iban, in->bic, &iban, &bic) || !sepa_check_name(w, in->name, "/name"))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(put_sepa_creditor, .version = row_text(known, "version"), .creditor_id = creditor_id, .name = in->name, .iban = iban, .bic = bic,
                                          .first_sequence = in->first_sequence, .batch_booking = in->batch_booking ? SLICE("true") : SLICE("false"),
                                          .notice_days = work_int(w, in->notice_days), .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
