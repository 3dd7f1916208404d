/* PATCH /v1/promotions/{id}: what the patch names is put in place of what is there, read at the version that If-Match names and written over that version and no
 * other. What it takes off is no member of the patch. */
#include "base/date.h"
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "gen/problems.h"
#include "service/version.h"
#include "wire/json.h"

struct change {
    const cJSON *patch;
    const struct row *now;
};

/* Null removes: then `given` is none. */
static struct slice merged(const struct change *change, const char *member, struct slice given)
{
    return json_member(change->patch, member) ? given : row_text(change->now, member);
}

static struct slice number(struct work *w, bool given, int64_t value)
{
    return given ? work_int(w, value) : SLICE_NONE;
}

SUSPENDS struct reply change_promotion(struct request *rq, const struct change_promotion_in *in)
{
    struct work *w = &rq->work;
    const struct change change = { .patch = json_parse(w->arena, rq->body, NULL, NULL), .now = db_one(w, SQL(promotion_to_change, .id = in->id)) };
    if (!change.now || !version_is(w, in->if_match, row_int(change.now, "version")))
        return reply_problem(rq);
    const struct slice from = merged(&change, "valid_from", in->valid_from), until = merged(&change, "valid_until", in->valid_until);
    int64_t from_us, until_us;
    if (time_parse(from, &from_us) && time_parse(until, &until_us) && until_us <= from_us) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/valid_until"), "range", "is not after valid_from");
        return reply_problem(rq);
    }
    const bool active = in->has_active ? in->active : row_bool(change.now, "active");
    const struct row *row = db_one(w, SQL(change_promotion, .id = in->id, .version = row_text(change.now, "version"),
        .name = merged(&change, "name", in->name), .active = active ? SLICE("true") : SLICE("false"), .valid_from = from, .valid_until = until,
        .max_uses = merged(&change, "max_uses", number(w, in->has_max_uses, in->max_uses)),
        .max_uses_per_customer = merged(&change, "max_uses_per_customer", number(w, in->has_max_uses_per_customer, in->max_uses_per_customer)),
        .by = w->identity.subject));
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
