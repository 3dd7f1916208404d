/* POST /v1/promotions. What its schemas cannot say is looked at first; one statement. */
#include "base/date.h"
#include "base/money.h"
#include "base/uuid.h"
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "gen/problems.h"
#include "wire/json_write.h"

#define SHARE_DECIMALS_MAX 8

static bool is_code(struct slice code)
{
    for (size_t i = 0; i < code.size; i++) {
        const char c = code.data[i], letter = (char)(c | 0x20);
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_')
            return false;
    }
    return true;
}

/* Above 0, at most 1. */
static bool is_share(struct slice value)
{
    struct decimal share;
    int64_t one = 1;
    if (!decimal_parse(value, SHARE_DECIMALS_MAX, &share))
        return false;
    for (int i = 0; i < share.scale; i++)
        one *= 10;
    return share.digits > 0 && share.digits <= one;
}

static void refuse(struct work *w, const char *pointer, const char *code, const char *detail)
{
    work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), code, "%s", detail);
}

static void check(struct work *w, const struct create_promotion_in *in)
{
    const bool percent = slice_equals_text(in->type, "percent");
    int64_t from, until;
    if (!is_code(in->code))
        refuse(w, "/code", "format", "letters, digits, hyphens and underscores");
    if (percent ? !is_share(in->value) : !slice_is_none(in->value))
        refuse(w, "/value", "range", "of percent: above 0, at most 1, with at most 8 decimals");
    if (in->has_amount == percent)
        refuse(w, "/amount", percent ? "unknown_field" : "required", "fixed has it, percent has not");
    if ((in->has_amount || in->has_min_amount) && slice_is_none(in->currency))
        refuse(w, "/currency", "required", "amounts need it");
    if (time_parse(in->valid_until, &until) && time_parse(in->valid_from, &from) && until <= from)
        refuse(w, "/valid_until", "range", "is not after valid_from");
}

static void put_texts(struct json_writer *out, const char *name, const struct slice *texts, size_t count)
{
    if (count == 0)
        return;
    json_begin(out, name, '[');
    for (size_t i = 0; i < count; i++)
        json_put_text(out, NULL, texts[i]);
    json_end(out, ']');
}

static struct slice rule_json(struct arena *arena, const struct create_promotion_in *in)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "type", in->type);
    if (in->has_amount)
        json_put_int(&out, "amount", in->amount);
    else
        json_put_text(&out, "value", in->value);
    if (!slice_is_none(in->currency))
        json_put_text(&out, "currency", in->currency);
    if (in->has_min_amount)
        json_put_int(&out, "min_amount", in->min_amount);
    put_texts(&out, "products", in->products, in->products_count);
    put_texts(&out, "categories", in->categories, in->categories_count);
    json_end(&out, '}');
    return json_done(&out);
}

SUSPENDS struct reply create_promotion(struct request *rq, const struct create_promotion_in *in)
{
    struct work *w = &rq->work;
    check(w, in);
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(create_promotion, .id = uuid_new(w->arena), .code = in->code, .name = in->name, .rule = rule_json(w->arena, in),
        .valid_from = in->valid_from, .valid_until = in->valid_until, .max_uses = in->has_max_uses ? work_int(w, in->max_uses) : SLICE_NONE,
        .max_uses_per_customer = in->has_max_uses_per_customer ? work_int(w, in->max_uses_per_customer) : SLICE_NONE, .by = w->identity.subject));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
