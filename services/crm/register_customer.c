/* POST /v1/customers: public registration. Consents are the customer's own words but for the purposes that are acted on: those are true or false. The hash is made first,
 * then one statement does the rest. */
#include "base/uuid.h"
#include "gen/crm/api.h"
#include "gen/crm/sql.h"
#include "gen/problems.h"
#include "password.h"
#include "wire/json.h"

static const char *const purposes[] = { "marketing" };

static bool consents_are_answers(struct work *w, struct slice consents)
{
    const cJSON *all = slice_is_none(consents) ? NULL : json_parse(w->arena, consents, NULL, NULL);
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++) {
        const cJSON *answer = json_member(all, purposes[i]);
        if (answer && !cJSON_IsBool(answer))
            work_fail_field(w, &PROBLEM_validation_failed, arena_printf(w->arena, "/consents/%s", purposes[i]), "type", "must be true or false");
    }
    return !work_failed(w);
}

SUSPENDS struct reply register_customer(struct request *rq, const struct register_customer_in *in)
{
    struct work *w = &rq->work;
    if (!consents_are_answers(w, in->consents))
        return reply_problem(rq);
    struct slice hash = password_hash(w, in->password);
    if (slice_is_none(hash))
        return reply_problem(rq);
    struct slice id = uuid_new(w->arena);
    const struct row *row = db_one(
        w, SQL(register_customer, .id = id, .email = in->email, .password_hash = hash, .full_name = in->full_name,
               .phone = in->phone, .locale = slice_is_none(in->locale) ? SLICE("es") : in->locale, .tax_id = in->tax_id,
               .consents = slice_is_none(in->consents) ? SLICE("{}") : in->consents));
    if (!row)
        return reply_problem(rq);
    return reply_created(rq, row_text(row, "body"));
}
