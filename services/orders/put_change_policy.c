/* PUT /v1/change-policy: the next version, whole. What If-Match names must be what is there, when it is read and when it is written. The law's days are the least. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "service/version.h"

SUSPENDS struct reply put_change_policy(struct request *rq, const struct put_change_policy_in *in)
{
    struct work *w = &rq->work;
    const struct row *known = db_one(w, SQL(change_policy_known, .country = merchant_country()));
    if (!known || !version_is(w, in->if_match, row_int(known, "version")))
        return reply_problem(rq);
    const int64_t law = row_int(known, "law_days");
    if (in->has_withdrawal_days && in->withdrawal_days < law) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/withdrawal_days"), "range", "must be at least the %lld that the law gives", (long long)law);
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(put_change_policy, .country = merchant_country(), .version = row_text(known, "version"),
                                          .withdrawal_days = in->has_withdrawal_days ? work_int(w, in->withdrawal_days) : SLICE_NONE,
                                          .due_day_later = work_int(w, in->due_day_later), .due_day_months = work_int(w, in->due_day_months),
                                          .refund_interest = in->refund_interest, .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
