/* See pay.h. One unit: the account locked, then one statement that decides, takes the account, and makes payment, job and reply.
 * Suspends in it, and in fetching what orders has committed when the order is not known yet. */
#include "billing/pay.h"

#include "base/uuid.h"
#include "billing/evidence.h"
#include "billing/provider.h"
#include "billing/token.h"
#include "bus/events.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "wire/sha256.h"

/* The statement's row; NULL with a failure, or without one when there is no such order. */
static SUSPENDS const struct row *take(struct request *rq, const struct pay *pay)
{
    struct work *w = &rq->work;
    const struct payment_method_input *method = pay->method;
    const struct payment_fallback *other = method->fallback;
    bool saved = pay->saved_methods && uuid_valid(method->token);
    const struct mandate_input *agreed = method->save ? method->mandate : NULL;   /* it is about a method that is being kept, or kept again */
    struct batch *batch = batch_new(w, POOL_WRITE);
    batch_add(batch, SQL(lock_order, .order_id = pay->order_id));
    batch_add(batch, SQL(create_payment, .id = uuid_new(w->arena), .order_id = pay->order_id, .customer_id = pay->customer_id,
                         .amount = pay->has_amount ? work_int(w, pay->amount) : SLICE_NONE, .source = slice_from_text(pay->source),
                         .provider = method->provider, .currencies = provider_currencies(w->arena), .token = method->token,
                         .method_id = saved ? method->token : SLICE_NONE, .save = method->save ? SLICE("true") : SLICE("false"),
                         .fallback_provider = other ? other->provider : SLICE_NONE, .fallback_token = other ? other->token : SLICE_NONE,
                         .mandate_text = agreed ? agreed->text : SLICE_NONE, .mandate_sha256 = agreed ? sha256_hex(w->arena, agreed->text) : SLICE_NONE,
                         .channel = agreed ? agreed->channel : SLICE_NONE, .ip = w->identity.client_ip, .user_agent = evidence_user_agent(rq), .recorded_by = evidence_recorder(w)));
    if (!batch_run(batch))
        return NULL;
    return batch_row(batch, 1);
}

static bool method_check(struct work *w, const struct payment_method_input *method)
{
    return provider_check(w, method->provider, "/payment_method/provider") && token_check(w, method->token, "/payment_method/token");
}

static bool fallback_check(struct work *w, const struct payment_method_input *method)
{
    const struct payment_fallback *other = method->fallback;
    if (!other)
        return true;
    return provider_check(w, other->provider, "/payment_method/fallback/provider") && token_check(w, other->token, "/payment_method/fallback/token");
}

struct reply pay_start(struct request *rq, const struct pay *pay)
{
    struct work *w = &rq->work;
    bool saved = pay->saved_methods && uuid_valid(pay->method->token);
    if ((!saved && !method_check(w, pay->method)) || !fallback_check(w, pay->method))
        return reply_problem(rq);
    const struct row *row = take(rq, pay);
    if (!row && !work_failed(w) && bus_catch_up(w, "orders", NULL))
        row = take(rq, pay);
    if (!row) {
        work_fail(w, &PROBLEM_not_found, "no such order");
        return reply_problem(rq);
    }
    return reply_created(rq, row_text(row, "body"));
}
