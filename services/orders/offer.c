/* From a plan's row and an amount to a schedule. A row of the database that the engine refuses is a mistake of whoever wrote the plan:
 * it is logged and not offered. Nothing suspends. */
#include "offer.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"

static struct plan_frequency frequency_of(const struct row *row)
{
    struct plan_frequency frequency = { .every = (int)row_int(row, "frequency_every"),
                                        .days = { (int)row_int(row, "day_1"), (int)row_int(row, "day_2") } };
    plan_unit_parse(row_text(row, "frequency_unit"), &frequency.unit);
    return frequency;
}

static bool terms_of(const struct row *row, int64_t amount, struct plan_terms *terms)
{
    const int64_t unit = row_int(row, "rounding_unit");
    *terms = (struct plan_terms){
        .principal = amount,
        .installments = (int)row_int(row, "installments"),
        .frequency = frequency_of(row),
        .start_date = date_of_time(clock_logical_us()),
        .rounding = { .unit = unit ? unit : 1 },
    };
    bool known = plan_method_parse(row_text(row, "method"), &terms->method) &&
                 plan_day_count_parse(row_text(row, "day_count"), &terms->day_count) &&
                 plan_rounding_mode_parse(row_text(row, "rounding_mode"), &terms->rounding.mode) &&
                 plan_residual_parse(row_text(row, "rounding_residual"), &terms->rounding.residual) &&
                 decimal_parse(row_text(row, "annual_rate"), PLAN_RATE_SCALE_MAX, &terms->annual_rate) &&
                 decimal_parse(row_text(row, "deposit_share"), PLAN_RATE_SCALE_MAX, &terms->deposit.share);
    terms->deposit.type = terms->deposit.share.digits ? PLAN_DEPOSIT_PERCENT : PLAN_DEPOSIT_NONE;
    return known;
}

static bool within_limits(const struct row *row, int64_t amount)
{
    if (slice_is_none(row_text(row, "min_amount")))
        return true;
    return amount >= row_int(row, "min_amount") && amount <= row_int(row, "max_amount");
}

static bool every_row_pays(const struct plan_schedule *schedule)
{
    for (size_t i = 0; i < schedule->row_count; i++)
        if (schedule->rows[i].total == 0)
            return false;
    return true;
}

const struct offer *offer_make(struct work *w, const struct row *row, int64_t amount)
{
    struct offer *offer = ARENA_NEW(w->arena, struct offer);
    if (amount < 1 || !within_limits(row, amount))
        return NULL;
    const bool known = terms_of(row, amount, &offer->terms);
    offer->schedule.rows = ARENA_ARRAY(w->arena, struct plan_row, (size_t)offer->terms.installments);
    const struct plan_fault fault = plan_build(&offer->terms, &offer->schedule);
    if (!known || !plan_ok(fault)) {
        log_warn("a plan cannot be offered", LOG_SLICE("plan", row_text(row, "plan_id")), LOG_INT("amount", amount),
                 LOG_TEXT("field", known ? fault.pointer : "method"));
        return NULL;
    }
    offer->total_payable = offer->schedule.deposit + offer->schedule.totals.total;
    return every_row_pays(&offer->schedule) ? offer : NULL;
}

int64_t offer_installment_amount(const struct offer *offer)
{
    const struct plan_schedule *schedule = &offer->schedule;
    const bool first = offer->terms.rounding.residual == PLAN_RESIDUAL_FIRST && schedule->row_count > 1;
    return schedule->rows[first].total;
}
