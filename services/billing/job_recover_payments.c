/* After a restore from a backup, or the loss of a primary: the provider's events since then, asked for and taken in as if they came anew.
 * Those known already change nothing. When each has been acted on, the jobs that were held back may run: before that a charge or a
 * refund might be sent a second time, for the first is in no book. Made by deploy/restore; suspends throughout. */
#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "base/uuid.h"
#include "billing/provider.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "io/co.h"
#include "service/service.h"
#include "wire/json.h"

#define PAGES_MAX 10000
#define LOOK_US (500 * INT64_C(1000))

/* The last event's id, to go on behind it; false when one could not be kept. */
static SUSPENDS bool keep_page(struct work *w, const struct provider *provider, struct slice events, struct slice *last, int64_t *kept)
{
    struct slice name, text;
    for (struct json_walk walk = json_walk(events); json_walk_next(&walk, &name, &text);) {
        struct provider_event event;
        if (!provider->webhook_parse(w, text, &event))
            continue;
        const struct row *row = db_one(w, SQL(receive_webhook, .id = uuid_new(w->arena), .provider = slice_from_text(provider->name), .event_id = event.id,
                                              .type = event.type, .payload = text, .signature = SLICE("asked for")));
        if (!row)
            return false;
        *kept += row_bool(row, "stored");
        *last = event.id;
    }
    return true;
}

/* The pages' memory is given back one by one. */
static SUSPENDS bool keep_events(struct work *w, const struct provider *provider, struct slice since)
{
    struct slice after = SLICE_NONE;
    int64_t kept = 0, pages = 0;
    for (bool more = true; more && pages < PAGES_MAX; pages++) {
        struct work page = { .arena = arena_new(), .deadline_us = w->deadline_us, .identity = w->identity };
        struct slice events, last = SLICE_NONE;
        bool ok = provider->events(&page, since, after, &events, &more) == PROVIDER_OK && keep_page(&page, provider, events, &last, &kept);
        after = slice_is_none(last) ? SLICE_NONE : arena_copy(w->arena, last);
        more = more && !slice_is_none(after);
        arena_free(page.arena);
        if (!ok)
            return false;
    }
    log_info("the provider's events were asked for", LOG_TEXT("provider", provider->name), LOG_SLICE("since", since), LOG_INT("pages", pages), LOG_INT("new", kept));
    return true;
}

/* Waits for those that had come until then: of what comes meanwhile there is always some on its way. */
static SUSPENDS bool all_acted_on(struct work *w)
{
    char until[28];
    time_format(clock_logical_us(), until);
    while (clock_monotonic_us() < w->deadline_us && !service_stopping()) {
        const struct row *row = db_one(w, SQL(recover_end, .until = slice_from_text(until)));
        if (!row || row_int(row, "undecided") == 0)
            return row;
        co_sleep_us(LOOK_US);
    }
    return false;
}

enum job_outcome job_recover_payments(struct work *w, const struct job *job)
{
    const struct provider *provider;
    for (size_t i = 0; (provider = provider_at(i)); i++)
        if (!keep_events(w, provider, job_text(w, job, "since")))
            return JOB_RETRY;
    if (!all_acted_on(w))
        return JOB_RETRY;
    log_info("what the provider knows is in the books again");
    return JOB_DONE;
}
