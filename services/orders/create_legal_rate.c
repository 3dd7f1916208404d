/* POST /v1/legal-rates. One statement. */
#include "base/date.h"
#include "base/money.h"
#include "base/uuid.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "plan.h"

#define RATE_DECIMALS_MAX 8
#define RATE_MAX 100

static void check(struct work *w, const struct create_legal_rate_in *in)
{
    struct decimal rate;
    int32_t from, until;
    for (size_t i = 0; i < in->country.size; i++)
        if (in->country.data[i] < 'A' || in->country.data[i] > 'Z') {
            work_fail_field(w, &PROBLEM_validation_failed, SLICE("/country"), "format", "must be two capital letters");
            break;
        }
    if (!decimal_parse(in->max_rate, RATE_DECIMALS_MAX, &rate) || rate.digits < 0 || rate.digits > RATE_MAX * plan_power_of_ten(rate.scale))
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/max_rate"), "range", "must be from 0 to 100 with at most 8 decimals");
    if (date_parse(in->valid_from, &from) && date_parse(in->valid_until, &until) && until < from)
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/valid_until"), "range", "is before valid_from");
}

SUSPENDS struct reply create_legal_rate(struct request *rq, const struct create_legal_rate_in *in)
{
    struct work *w = &rq->work;
    check(w, in);
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(create_legal_rate, .id = uuid_new(w->arena), .country = in->country, .kind = in->kind, .valid_from = in->valid_from,
                                          .valid_until = in->valid_until, .basis = in->basis, .max_rate = in->max_rate, .source = in->source,
                                          .by = w->identity.subject));
    return row ? reply_json(rq, 201, row_text(row, "body")) : reply_problem(rq);
}
