/* See methods.h. A method is active once the provider says it can be charged without its owner. Everything here suspends. */
#include "billing/methods.h"

#include "gen/billing/sql.h"

static struct slice year_or_none(struct work *w, int64_t value)
{
    return value > 0 ? work_int(w, value) : SLICE_NONE;
}

static void add_activate(struct batch *batch, struct work *w, const struct row *row, const struct setup *setup)
{
    const struct method *method = &setup->method;
    struct slice id = row_text(row, "id"), customer = slice_is_none(setup->customer) ? row_text(row, "customer_reference") : setup->customer;
    batch_add(batch, SQL(retire_method, .id = id, .provider = row_text(row, "provider"), .token = method->token));
    batch_add(batch, SQL(activate_method, .id = id, .token = method->token, .provider_customer = customer, .brand = method->brand,
                         .last4 = method->last4, .exp_month = year_or_none(w, method->exp_month), .exp_year = year_or_none(w, method->exp_year),
                         .provider_reference = setup->reference));
}

static void add_settle(struct batch *batch, const struct row *row, const char *status, const struct setup *setup)
{
    batch_add(batch, SQL(settle_setup, .id = row_text(row, "id"), .status = slice_from_text(status), .failure_code = setup->failure_code,
                         .next_action_type = setup->action_type, .next_action_url = setup->action_url,
                         .provider_reference = setup->reference));
}

enum job_outcome method_settle(struct work *w, const struct provider *provider, const struct row *row, struct setup *setup,
                               struct slice webhook_event_id)
{
    struct batch *batch = batch_new(w, POOL_WRITE);
    if (setup->state == CHARGE_SUCCEEDED) {
        if (slice_is_none(setup->method.brand) && provider->method_get(w, setup->method.token, &setup->method) != PROVIDER_OK)
            return JOB_RETRY;
        add_activate(batch, w, row, setup);
    } else if (setup->state == CHARGE_REQUIRES_ACTION) {
        add_settle(batch, row, "requires_action", setup);
    } else if (setup->state != CHARGE_PENDING) {
        add_settle(batch, row, "failed", setup);
    }
    if (!slice_is_none(webhook_event_id))
        batch_add(batch, SQL(finish_webhook, .id = webhook_event_id, .verdict = SLICE("applied")));
    return batch_run(batch) ? JOB_DONE : JOB_RETRY;
}
