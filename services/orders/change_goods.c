/* Sales that are undone: nothing stays of any row, what was paid goes back. Pure. */
#include "business_day.h"
#include "change.h"
#include "gen/problems.h"

static bool undo_all(struct change_draft *draft)
{
    for (size_t i = 0; i < draft->account->row_count; i++)
        if (!draft->account->rows[i].replaced)
            change_replace(draft, &draft->account->rows[i], (struct plan_parts){ 0 });
    draft->refund = draft->account->paid;
    draft->after = *draft->before;
    return true;
}

bool change_cancellation(struct work *w, struct change_draft *draft)
{
    if (draft->facts.sent)
        return work_fail(w, &PROBLEM_not_by_policy, "some of it was sent: it can be returned, or withdrawn from") != NULL;
    return undo_all(draft);
}

/* The last day of so many after a date. */
static int32_t last_day(const struct change_facts *facts, int32_t from)
{
    const struct calendar *calendar = facts->open_days ? calendar_find(facts->country) : NULL;
    const struct closed_days closed = { .weekend = calendar ? calendar_weekend(calendar) : 0, .calendar = calendar };
    int32_t day = from;
    for (int left = facts->withdrawal_days; left > 0;)
        left -= business_day_is_open(&closed, ++day);
    return day;
}

bool change_withdrawal(struct work *w, struct change_draft *draft)
{
    const struct change_facts *facts = &draft->facts;
    const int32_t from = facts->goods ? (facts->delivered ? facts->delivered_on : draft->as_of) : facts->confirmed_on;
    if (draft->by_customer && (slice_is_none(facts->country) || facts->withdrawal_days == 0))
        return work_fail(w, &PROBLEM_not_by_policy, "the law of the shop's country knows no withdrawal: ask the shop") != NULL;
    if (draft->by_customer && draft->as_of > last_day(facts, from))
        return work_fail(w, &PROBLEM_not_by_policy, "the %d days of withdrawal (%.*s) are over", facts->withdrawal_days, SLICE_FMT(facts->basis)) != NULL;
    return undo_all(draft);
}
