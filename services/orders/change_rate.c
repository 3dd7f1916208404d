/* What the rows of a rescheduled or refinanced plan cost a year, measured as an offer is (plan_rates.h): the balance is what the buyer gets on that day, the new rows are
 * what they pay for it, fees and taxes with them. What was owed before beside principal, and falls due with the first new row, is no price of theirs and is left out.
 *
 * A rate is agreed anew by every refinancing, and by a reschedule that costs more a year than what it replaces: other periods compound otherwise, and fees of each installment
 * weigh otherwise on more or fewer of them, as add-on interest does. Any other reschedule is at the rate that was agreed, whatever the law says since, and whatever odd days make of its measure. Pure. */
#include "change.h"

#include "gen/problems.h"
#include "plan_json.h"
#include "plan_rates.h"
#include "plan_rows.h"
#include "wire/json.h"

#include <stdlib.h>

/* Rows that repay a balance from a day on. */
struct priced {
    const struct plan_terms *terms;
    const struct plan_row *rows;
    size_t count;
    int32_t from;
    int64_t balance;
    int64_t before;     /* for what was before, due with the row `due` */
    size_t due;
    int64_t less;       /* off every row */
};

/* False: they are no price of anything. */
static bool rates_of(struct work *w, const struct priced *of, struct plan_schedule *schedule)
{
    struct plan_terms terms = *of->terms;
    *schedule = (struct plan_schedule){ .credit = of->balance, .rows = ARENA_ARRAY(w->arena, struct plan_row, of->count), .row_count = of->count };
    if (of->count == 0 || of->balance < 1 || of->rows[of->count - 1].due_date <= of->from)
        return false;
    for (size_t i = 0; i < of->count; i++) {
        struct plan_row *row = &schedule->rows[i];
        *row = of->rows[i];
        row->total -= i == of->due ? of->before : 0;
        row->total = row->total > of->less ? row->total - of->less : 0;
    }
    terms.method = PLAN_CUSTOM;     /* each row on its date, from that day on */
    terms.start_date = of->from;
    plan_rates_fill(&terms, schedule);
    return true;
}

static int64_t with_tax(const struct plan_terms *terms, int64_t interest)
{
    return interest + plan_share(interest, terms->tax_on_interest, 1, terms->rounding.mode);
}

/* Where the engine puts what was before: the first row behind a grace of interest, which counts from the first row of all. */
static size_t row_of_before(const struct plan_terms *terms, size_t kept, size_t count)
{
    const size_t grace = (size_t)terms->grace.interest, behind = grace > kept ? grace - kept : 0;
    return behind < count ? behind : count - 1;
}

static struct priced new_rows(const struct plan_changed *changed, const struct plan_standing *at)
{
    const size_t count = changed->row_count - changed->kept;
    return (struct priced){ .terms = &changed->terms, .rows = &changed->rows[changed->kept], .count = count, .from = at->from,
                            .balance = changed->balance, .due = row_of_before(&changed->terms, changed->kept, count),
                            .before = with_tax(&changed->terms, changed->brought - changed->moved.interest) + plan_parts_total(&changed->moved) - changed->moved.principal +
                                      at->carried_fees + at->carried_tax };
}

/* Those that go. */
static struct priced old_rows(const struct contract_plan *before, const struct plan_standing *at)
{
    const size_t count = before->row_count - at->kept;
    return (struct priced){ .terms = &before->terms, .rows = &before->rows[at->kept], .count = count, .from = at->from, .balance = at->balance,
                            .due = row_of_before(&before->terms, at->kept, count),
                            .before = with_tax(&before->terms, at->carried + at->run) + at->carried_fees + at->carried_tax };
}

/* But for these a reschedule is at the rate that was agreed. Add-on interest costs another rate a year over another number of installments. */
static bool may_cost_more(const struct change_draft *draft)
{
    bool by_count = draft->before->terms.method == PLAN_FLAT;
    for (size_t i = 0; i < draft->before->terms.fee_count; i++)
        by_count = by_count || draft->before->terms.fees[i].charged == PLAN_FEE_EACH;
    return draft->in->frequency || (by_count && draft->in->has_installments);
}

/* As numbers; a rate that cannot be stated is higher than any. */
static bool is_higher(const char *rate, const char *than)
{
    return *than && (!*rate || strtold(rate, NULL) > strtold(than, NULL));
}

/* Each row was rounded by itself: a minor unit of each is no higher rate. Where nothing is left to compare with, the law is asked. */
static bool costs_more(struct work *w, const struct priced *now, const struct priced *before)
{
    struct plan_schedule is, was;
    struct priced at_least = *now;
    at_least.less = 1;
    if (!rates_of(w, &at_least, &is) || !rates_of(w, before, &was))
        return true;
    return is_higher(is.effective_annual_rate, was.effective_annual_rate) || is_higher(is.apr_nominal, was.apr_nominal);
}

bool change_rate_of(struct work *w, struct change_draft *draft, const struct plan_changed *changed, const char *pointer)
{
    struct plan_schedule schedule;
    struct plan_standing at;
    if (!plan_ok(plan_standing_of(draft->force, &at)))
        return true;
    const struct priced now = new_rows(changed, &at), before = old_rows(draft->before, &at);
    if (!rates_of(w, &now, &schedule))
        return true;
    draft->rate.shown = true;
    draft->rate.anew = slice_equals_text(draft->kind, "refinance") || (may_cost_more(draft) && costs_more(w, &now, &before));
    memcpy(draft->rate.apr_nominal, schedule.apr_nominal, PLAN_RATE_TEXT);
    memcpy(draft->rate.effective, schedule.effective_annual_rate, PLAN_RATE_TEXT);
    const struct legal_rate *legal = &draft->facts.legal;
    if (!draft->rate.anew || legal_rate_allows(legal, plan_rate_text(draft->rate.apr_nominal), plan_rate_text(draft->rate.effective)))
        return true;
    const struct slice rate = plan_rate_text(legal->nominal ? draft->rate.apr_nominal : draft->rate.effective);
    return work_fail_field(w, &PROBLEM_rate_above_legal_maximum, slice_from_text(pointer), "range", "makes it %.*s a year, the law allows at most %.*s",
                           SLICE_FMT(rate), SLICE_FMT(legal->most)) != NULL;
}

bool change_rate_stands(struct work *w, struct slice shown, const struct legal_rate *legal)
{
    const cJSON *rate = slice_is_none(shown) ? NULL : json_parse(w->arena, shown, NULL, NULL);
    if (!rate || !cJSON_IsTrue(json_member(rate, "anew")) ||
        legal_rate_allows(legal, json_member_text(rate, "apr_nominal"), json_member_text(rate, "effective_annual_rate")))
        return true;
    return work_fail(w, &PROBLEM_rate_above_legal_maximum, "the law allows at most %.*s a year now", SLICE_FMT(legal->most)) != NULL;
}
