/* The close of a business day: set-based statements over pages of receivables, each page one short unit, each step walking its
 * index once by keyset. Every row remembers that its step is done, so a close that was cut off anywhere runs again from the start
 * and changes only what is left. Two connections share the work, by the lane of the ledger that a customer's postings go to, so that neither waits for a
 * row or a lane of the other's. Suspends throughout. */
#include "billing/day_close.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/log.h"
#include "billing/card_ends.h"
#include "billing/ledger_fold.h"
#include "billing/provider.h"
#include "gen/billing/sql.h"
#include "io/co.h"
#include "service/merchant.h"

#define PAGE_ROWS 2000
#define HALVES 2
#define LAPSE_US 500000
#define LAPSE_LOOK_US 20000

struct page {
    int half;                           /* of the customers: 0 or 1 */
    struct slice date, order, number;   /* the last row seen */
    int64_t seen, changed;
};

static bool page_read(struct page *page, const struct row *row)
{
    if (!row)
        return false;
    page->seen = row_int(row, "seen");
    page->changed += row_int(row, "changed");
    page->date = row_text(row, "last_date");
    page->order = row_text(row, "last_order");
    page->number = row_text(row, "last_number");
    return true;
}

/* The steps take the same parameters, in their own order. */
#define STEP(w, name, day, page)                                                                                                   \
    db_one((w), SQL(name, .date = (day), .after_date = (page)->date, .after_order = (page)->order, .after_number = (page)->number,     \
                    .half = work_int((w), (page)->half), .limit = work_int((w), PAGE_ROWS)))

static SUSPENDS const struct row *step_status(struct work *w, struct slice day, const struct page *page)
{
    return STEP(w, day_close_status, day, page);
}

static SUSPENDS const struct row *step_interest(struct work *w, struct slice day, const struct page *page)
{
    return STEP(w, day_close_interest, day, page);
}

static SUSPENDS const struct row *step_late(struct work *w, struct slice day, const struct page *page)
{
    const struct row *row;
    do   /* what was paid or changed at that moment is looked at again: it costs this day, not the next */
        row = db_one(w, SQL(day_close_late, .date = day, .zone = date_zone(), .country = merchant_country(), .after_date = page->date, .after_order = page->order, .after_number = page->number,
                            .half = work_int(w, page->half), .limit = work_int(w, PAGE_ROWS)));
    while (row && row_int(row, "stale") > 0);
    return row;
}

static SUSPENDS const struct row *step_remind(struct work *w, struct slice day, const struct page *page)
{
    return STEP(w, day_close_remind, day, page);
}

static SUSPENDS const struct row *step_autopay(struct work *w, struct slice day, const struct page *page)
{
    return db_one(w, SQL(day_close_autopay, .date = day, .currencies = provider_currencies(w->arena), .after_date = page->date, .after_order = page->order, .after_number = page->number,
                         .half = work_int(w, page->half), .limit = work_int(w, PAGE_ROWS)));
}

struct step {
    const char *name;
    SUSPENDS const struct row *(*run)(struct work *w, struct slice day, const struct page *page);
};

static SUSPENDS bool run_step(struct work *w, struct slice day, int half, const struct step *step)
{
    struct page page = { half, SLICE("-infinity"), SLICE("00000000-0000-0000-0000-000000000000"), SLICE("-1"), PAGE_ROWS, 0 };
    while (page.seen == PAGE_ROWS)
        if (!page_read(&page, step->run(w, day, &page)))
            return false;
    log_info("day close step", LOG_SLICE("date", day), LOG_TEXT("step", step->name), LOG_INT("half", half), LOG_INT("changed", page.changed));
    return true;
}

struct half {
    struct work work;
    struct slice day;
    int number;
    bool closed;
};

static SUSPENDS void close_half(void *arg)
{
    static const struct step steps[] = {
        { "late", step_late }, { "status", step_status }, { "interest", step_interest }, { "remind", step_remind }, { "autopay", step_autopay },
    };
    struct half *half = arg;
    half->closed = true;
    for (size_t i = 0; half->closed && i < sizeof steps / sizeof *steps; i++)
        half->closed = run_step(&half->work, half->day, half->number, &steps[i]);
}

static SUSPENDS bool close_halves(struct work *w, struct slice day)
{
    struct half halves[HALVES];
    void *args[HALVES];
    for (int i = 0; i < HALVES; i++) {
        halves[i] = (struct half){ .work = *w, .day = day, .number = i };
        halves[i].work.arena = arena_new();
        args[i] = &halves[i];
    }
    co_together(close_half, args, HALVES);
    bool closed = true;
    for (int i = 0; i < HALVES; i++) {
        closed = closed && halves[i].closed;
        arena_free(halves[i].work.arena);
    }
    return closed;
}

/* A payoff or prepayment that nobody has paid is put back by orders as its day ends, which is now: what is put back is closed with the rest. Waits while that goes on, and for the next one a
 * moment: orders may be away, or never have known of it. */
static SUSPENDS bool wait_for_lapses(struct work *w, struct slice day)
{
    int64_t left = INT64_MAX, until_us = 0;
    for (;;) {
        const struct row *row = db_one(w, SQL(lapsing_left, .date = day));
        if (!row)
            return false;
        const int64_t lapsing = row_int(row, "lapsing"), now_us = clock_monotonic_us();
        if (lapsing < left)
            until_us = now_us + LAPSE_US;
        left = lapsing;
        if (lapsing == 0 || now_us >= until_us)
            return true;
        co_sleep_us(LAPSE_LOOK_US);
    }
}

enum job_outcome billing_day_close(struct work *w, struct slice date)
{
    return wait_for_lapses(w, date) && close_halves(w, date) && db_run(w, SQL(autopay_planned, .date = date)) && card_ends_tell(w, date) && db_run(w, SQL(day_close_undecided, .date = date))
                   && ledger_fold(w)
               ? JOB_DONE : JOB_RETRY;
}
