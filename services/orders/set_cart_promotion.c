/* PUT /v1/carts/{id}/promotion: the promotion from the catalog, then one statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/service.h"
#include "wire/json_write.h"

static SUSPENDS const struct slice *look_up(struct work *w, struct slice code)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "code", code);
    json_put_text(&out, "customer_id", work_owner(w));
    json_end(&out, '}');
    return service_call(w, "catalog", "POST", SLICE("/internal/promotion-checks"), json_done(&out));
}

SUSPENDS struct reply set_cart_promotion(struct request *rq, const struct set_cart_promotion_in *in)
{
    struct work *w = &rq->work;
    static const struct slice none = SLICE_NONE;
    const struct slice *promotion = slice_is_none(in->code) ? &none : look_up(w, in->code);
    const struct row *row = promotion ? db_one(w, SQL(set_cart_promotion, .id = in->id, .promotion = *promotion)) : NULL;
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
