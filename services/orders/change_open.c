/* Reads what a change is computed from. Suspends in the call to billing, and in the statement that settles a change that was paid. */
#include "change_open.h"

#include "base/date.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "wire/json_write.h"

SUSPENDS const struct account *change_account(struct work *w, struct slice order_id, struct slice schedule)
{
    const struct slice *answer = service_call(w, "billing", "GET", arena_printf(w->arena, "/internal/orders/%.*s/account", SLICE_FMT(order_id)), SLICE_NONE);
    return answer ? account_read(w, *answer, schedule) : NULL;
}

/* A payoff or prepayment is paid, or stands in the way of others. */
SUSPENDS static bool waits_for_nothing(struct work *w, const struct row *row, const struct account *account)
{
    const struct slice waiting = row_text(row, "unpaid_change");
    if (slice_is_none(waiting))
        return true;
    const struct receivable *asked = account_row(account, (int)row_int(row, "unpaid_number"));
    if (asked && asked->paid == asked->total)
        return db_run(w, SQL(settle_change, .id = waiting));
    return work_fail(w, &PROBLEM_change_in_progress, "another change waits for its payment") != NULL;
}

/* Only what was bought and is owed can be changed; of an order that was never approved billing knows nothing. */
static bool is_in_force(struct work *w, const struct row *row)
{
    const struct slice status = row_text(row, "contract_status");
    return slice_equals_text(status, "active") || slice_equals_text(status, "defaulted") || slice_equals_text(status, "settled") ||
           work_fail(w, &PROBLEM_contract_not_in_force, "the contract is %.*s", SLICE_FMT(status)) != NULL;
}

static bool is_free(struct work *w, const struct account *account)
{
    return !account->payment_in_progress || work_fail(w, &PROBLEM_payment_in_progress, "a payment is being taken: wait until it is decided") != NULL;
}

static int32_t day_of(const struct row *row, const char *column)
{
    const int64_t time = row_int(row, column);
    return time ? date_of_time(time) : 0;
}

static void read_facts(const struct row *row, struct change_facts *facts)
{
    *facts = (struct change_facts){
        .sent = row_bool(row, "sent"), .goods = row_bool(row, "goods"), .delivered = row_bool(row, "delivered"), .confirmed_on = day_of(row, "confirmed_us"),
        .delivered_on = day_of(row, "delivered_us"), .lines = row_text(row, "lines"), .country = row_text(row, "policy_country"),
        .basis = row_text(row, "basis"), .refund_interest = row_text(row, "refund_interest"), .legal = legal_rate_of(row), .withdrawal_days = (int)row_int(row, "withdrawal_days"), .due_day_later = (int)row_int(row, "due_day_later"),
        .due_days_moved = (int)row_int(row, "due_days_moved"), .open_days = row_bool(row, "open_days"), .due_day_moved = row_bool(row, "due_day_moved") };
}

SUSPENDS bool change_open(struct work *w, const struct row *row, struct change_draft *draft)
{
    struct plan_in_force *force = ARENA_NEW(w->arena, struct plan_in_force);
    read_facts(row, &draft->facts);
    draft->by_customer = w->identity.kind == IDENTITY_CUSTOMER;
    draft->before = contract_plan_read(w, row_text(row, "plan_terms"), row_text(row, "plan"), row_text(row, "closures"));
    if (!draft->before || !is_in_force(w, row))
        return false;
    draft->account = change_account(w, row_text(row, "order_id"), row_text(row, "schedule"));
    if (!draft->account || !is_free(w, draft->account) || !waits_for_nothing(w, row, draft->account))
        return false;
    draft->before = contract_plan_waive(w->arena, draft->before, draft->account);
    *force = contract_plan_in_force(draft->before, account_paid(w, draft->account, draft->before), draft->as_of);
    draft->force = force;
    change_draft_begin(w, draft);
    return force->paid != NULL;
}

/* ---- The request ---------------------------------------------------------------------------------------------------------------------------------- */

static void put_text(struct json_writer *out, const char *name, struct slice value)
{
    if (!slice_is_none(value))
        json_put_text(out, name, value);
}

static void put_days(struct json_writer *out, const char *name, const int64_t *days, size_t count)
{
    if (!count)
        return;
    json_begin(out, name, '[');
    for (size_t i = 0; i < count; i++)
        json_put_int(out, NULL, days[i]);
    json_end(out, ']');
}

static void put_nested(struct json_writer *out, const struct compute_change_in *in)
{
    if (in->frequency) {
        json_begin(out, "frequency", '{');
        json_put_text(out, "unit", in->frequency->unit);
        json_put_int(out, "every", in->frequency->every);
        put_days(out, "days", in->frequency->days, in->frequency->days_count);
        json_end(out, '}');
    }
    if (in->lines_count) {
        json_begin(out, "lines", '[');
        for (size_t i = 0; i < in->lines_count; i++) {
            json_begin(out, NULL, '{');
            json_put_int(out, "line", in->lines[i].line);
            json_put_int(out, "quantity", in->lines[i].quantity);
            json_end(out, '}');
        }
        json_end(out, ']');
    }
}

struct slice change_request_json(struct work *w, const struct compute_change_in *in)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    put_text(&out, "kind", in->kind);
    put_text(&out, "as_of", in->as_of);
    if (in->has_amount)
        json_put_int(&out, "amount", in->amount);
    put_text(&out, "choice", in->choice);
    put_text(&out, "rebate", in->rebate);
    if (in->has_installments)
        json_put_int(&out, "installments", in->installments);
    put_text(&out, "annual_rate", in->annual_rate);
    put_text(&out, "first_due_date", in->first_due_date);
    put_text(&out, "arrears", in->arrears);
    put_text(&out, "refund_interest", in->refund_interest);
    if (in->has_periods)
        json_put_int(&out, "periods", in->periods);
    if (in->has_same_end)
        json_put_bool(&out, "same_end", in->same_end);
    if (in->has_restock)
        json_put_bool(&out, "restock", in->restock);
    put_days(&out, "days", in->days, in->days_count);
    put_nested(&out, in);
    put_text(&out, "reason", in->reason);
    json_end(&out, '}');
    return json_done(&out);
}
