/* The close of a business day: set-based statements over pages of receivables, each page one short unit, each step walking its
 * index once by keyset. Every row remembers that its step is done, so a close that was cut off anywhere runs again from the start
 * and changes only what is left. Suspends throughout. */
#include "billing/day_close.h"

#include "base/log.h"
#include "billing/ledger_fold.h"
#include "gen/billing/sql.h"
#include "service/merchant.h"

#define PAGE_ROWS 2000

struct page {
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
                    .limit = work_int((w), PAGE_ROWS)))

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
    return db_one(w, SQL(day_close_late, .date = day, .country = merchant_country(), .after_date = page->date, .after_order = page->order, .after_number = page->number,
                         .limit = work_int(w, PAGE_ROWS)));
}

static SUSPENDS const struct row *step_remind(struct work *w, struct slice day, const struct page *page)
{
    return STEP(w, day_close_remind, day, page);
}

static SUSPENDS const struct row *step_autopay(struct work *w, struct slice day, const struct page *page)
{
    return STEP(w, day_close_autopay, day, page);
}

struct step {
    const char *name;
    SUSPENDS const struct row *(*run)(struct work *w, struct slice day, const struct page *page);
};

static SUSPENDS bool run_step(struct work *w, struct slice day, const struct step *step)
{
    struct page page = { SLICE("-infinity"), SLICE("00000000-0000-0000-0000-000000000000"), SLICE("-1"), PAGE_ROWS, 0 };
    while (page.seen == PAGE_ROWS)
        if (!page_read(&page, step->run(w, day, &page)))
            return false;
    log_info("day close step", LOG_SLICE("date", day), LOG_TEXT("step", step->name), LOG_INT("changed", page.changed));
    return true;
}

enum job_outcome billing_day_close(struct work *w, struct slice date)
{
    static const struct step steps[] = {
        { "status", step_status }, { "interest", step_interest }, { "late", step_late }, { "remind", step_remind }, { "autopay", step_autopay },
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (!run_step(w, date, &steps[i]))
            return JOB_RETRY;
    return db_run(w, SQL(day_close_undecided, .date = date)) && ledger_fold(w) ? JOB_DONE : JOB_RETRY;
}
