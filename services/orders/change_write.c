/* A computed change as the API shows it, with every row of the version it makes, and as billing is asked to book it. Pure. */
#include "base/date.h"
#include "change.h"
#include "plan_json.h"
#include "wire/json_write.h"

static void put_parts(struct json_writer *out, struct plan_parts parts)
{
    json_put_int(out, "principal", parts.principal);
    json_put_int(out, "interest", parts.interest);
    json_put_int(out, "fees", parts.fees);
    json_put_int(out, "tax", parts.tax);
}

/* By how much each part of all that was sold changes. */
static struct plan_parts adjustments(const struct change_draft *draft)
{
    struct plan_parts sum = { 0 };
    for (size_t i = 0; i < draft->replaced_count; i++) {
        const struct plan_parts *was = &draft->replaced[i].row->parts, *stays = &draft->replaced[i].stays;
        sum.principal += stays->principal - was->principal;
        sum.interest += stays->interest - was->interest;
        sum.fees += stays->fees - was->fees;
        sum.tax += stays->tax - was->tax;
    }
    for (size_t i = 0; i < draft->added_count; i++) {
        const struct plan_parts *parts = &draft->added[i].parts;
        sum.principal += parts->principal;
        sum.interest += parts->interest;
        sum.fees += parts->fees;
        sum.tax += parts->tax;
    }
    return sum;
}

static const struct change_replaced *replaced_by(const struct change_draft *draft, const struct receivable *row)
{
    for (size_t i = 0; i < draft->replaced_count; i++)
        if (draft->replaced[i].row == row)
            return &draft->replaced[i];
    return NULL;
}

struct shown {
    int number, days;
    int32_t due_date;
    int64_t opening_balance, paid;
    struct plan_parts parts;
    const char *change;
};

static void put_row(struct json_writer *out, const struct shown *row)
{
    const int64_t total = plan_parts_total(&row->parts), opening = row->opening_balance > row->parts.principal ? row->opening_balance : row->parts.principal;
    json_begin(out, NULL, '{');
    json_put_int(out, "number", row->number);
    plan_write_date(out, "due_date", row->due_date);
    json_put_int(out, "days", row->days);
    json_put_int(out, "opening_balance", opening);
    put_parts(out, row->parts);
    json_put_int(out, "total", total);
    json_put_int(out, "closing_balance", opening - row->parts.principal);
    json_put_int(out, "paid", row->paid);
    json_put_int(out, "outstanding", total - row->paid);
    json_put_text(out, "change", slice_from_text(row->change));
    json_end(out, '}');
}

/* The rows of the version it makes. */
static void put_rows(struct json_writer *out, const struct change_draft *draft)
{
    json_begin(out, "installments", '[');
    for (size_t i = 0; i < draft->account->row_count; i++) {
        const struct receivable *row = &draft->account->rows[i];
        const struct change_replaced *now = replaced_by(draft, row);
        const struct plan_parts parts = now ? now->stays : row->parts;
        if (!row->replaced && (!now || plan_parts_total(&parts) > 0))
            put_row(out, &(struct shown){ row->number, row->days, row->due_date, row->opening_balance, now && plan_parts_total(&parts) < row->paid ? plan_parts_total(&parts) : row->paid, parts,
                                          now ? "reduced" : "kept" });
    }
    for (size_t i = 0; i < draft->added_count; i++) {
        const struct change_added *row = &draft->added[i];
        put_row(out, &(struct shown){ draft->account->highest + (int)i + 1, row->days, row->due_date, row->opening_balance, 0, row->parts, "new" });
    }
    json_end(out, ']');
}

static void put_rate(struct json_writer *out, const struct change_rate *rate)
{
    json_begin(out, "rate", '{');
    json_put_text(out, "apr_nominal", plan_rate_text(rate->apr_nominal));
    json_put_text(out, "effective_annual_rate", plan_rate_text(rate->effective));
    json_put_bool(out, "anew", rate->anew);
    json_end(out, '}');
}

/* What being late costs stays owed through a change, or goes with the rest of the sale. */
static bool gives_up_late(struct slice kind)
{
    return slice_equals_text(kind, "write_off") || slice_equals_text(kind, "cancellation") || slice_equals_text(kind, "withdrawal");
}

struct slice change_result_json(struct work *w, const struct change_draft *draft)
{
    struct json_writer out = json_to_arena(w->arena);
    const struct plan_parts changed = adjustments(draft);
    const int64_t total = draft->account->total + plan_parts_total(&changed), paid = draft->account->paid - draft->refund;
    json_begin(&out, NULL, '{');
    json_put_int(&out, "total_before", draft->account->total);
    json_put_int(&out, "total_after", total);
    json_put_int(&out, "outstanding_before", draft->account->total - draft->account->paid + draft->account->late);
    json_put_int(&out, "outstanding_after", total - paid + (gives_up_late(draft->kind) ? 0 : draft->account->late));
    json_begin(&out, "adjustments", '{');
    put_parts(&out, changed);
    json_end(&out, '}');
    json_put_int(&out, "rebate", draft->rebate > 0 ? draft->rebate : 0);
    json_put_int(&out, "refund", draft->refund);
    json_put_int(&out, "returned", draft->returned);
    if (!slice_is_none(draft->refund_interest)) {
        json_put_text(&out, "refund_interest", draft->refund_interest);
        json_put_int(&out, "refunded_interest", draft->refunded.interest);
        json_put_int(&out, "refunded_tax", draft->refunded.tax);
    }
    if (draft->rate.shown)
        put_rate(&out, &draft->rate);
    if (draft->pay > 0) {
        json_begin(&out, "pay", '{');
        json_put_int(&out, "amount", draft->pay + draft->account->late);
        plan_write_date(&out, "by", draft->as_of);
        json_end(&out, '}');
    } else {
        json_put_null(&out, "pay");
    }
    put_rows(&out, draft);
    json_end(&out, '}');
    return json_done(&out);
}

static void put_postings(struct json_writer *out, const struct change_draft *draft)
{
    json_begin(out, "replaced", '[');
    for (size_t i = 0; i < draft->replaced_count; i++) {
        json_begin(out, NULL, '{');
        json_put_int(out, "number", draft->replaced[i].row->number);
        put_parts(out, draft->replaced[i].stays);
        json_end(out, '}');
    }
    json_end(out, ']');
    json_begin(out, "installments", '[');
    for (size_t i = 0; i < draft->added_count; i++) {
        const struct change_added *row = &draft->added[i];
        json_begin(out, NULL, '{');
        json_put_int(out, "number", draft->account->highest + (int)i + 1);
        plan_write_date(out, "due_date", row->due_date);
        put_parts(out, row->parts);
        json_put_int(out, "total", plan_parts_total(&row->parts));
        json_end(out, '}');
    }
    json_end(out, ']');
}

struct slice change_posting_json(struct work *w, const struct change_draft *draft, struct slice id, struct slice reason)
{
    struct json_writer out = json_to_arena(w->arena);
    if (!draft->replaced_count && !draft->added_count)
        return SLICE_NONE;
    json_begin(&out, NULL, '{');
    json_put_text(&out, "change_id", id);
    json_put_text(&out, "kind", draft->kind);
    json_put_text(&out, "account_revision", draft->account->revision);
    put_postings(&out, draft);
    json_begin(&out, "adjustments", '{');
    put_parts(&out, adjustments(draft));
    json_end(&out, '}');
    json_put_int(&out, "refund", draft->refund);
    json_put_text(&out, "reason", reason);
    json_end(&out, '}');
    return json_done(&out);
}
