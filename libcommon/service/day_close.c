/* The chain of business days. Table `clock` knows the last closed date; the job of the next one is made in the same
 * unit that closes a day, so a day is never skipped, and after days of downtime each is closed in order. The hook
 * may be interrupted anywhere and run again. */
#include "service/day_close.h"

#include "base/log.h"
#include "gen/common/sql.h"

#define OWN_KINDS_MAX 32
#define DAY_CLOSE_ATTEMPTS 1000   /* giving up on a day would stop all later ones: an operator must look, it keeps trying */
#define DAY_CLOSE_TIMEOUT_S 600

static SUSPENDS enum job_outcome (*close_hook)(struct work *w, struct slice date);
static struct slice merchant_zone;

/* All of it: what strangers may have stored in a day has no bound but the gateway's. */
static SUSPENDS bool purge_idempotency(struct work *w)
{
    const struct rows *purged;
    do
        purged = db_all(w, SQL(idempotency_purge));
    while (purged && rows_affected(purged) > 0);
    return purged;
}

static SUSPENDS enum job_outcome job_day_close(struct work *w, const struct job *job)
{
    struct slice date = job_text(w, job, "date");
    if (slice_is_none(date))
        return JOB_DEAD;
    enum job_outcome outcome = close_hook ? close_hook(w, date) : JOB_DONE;
    if (outcome != JOB_DONE)
        return JOB_RETRY;
    if (!purge_idempotency(w) || !db_run(w, SQL(day_close_done, .date = date, .zone = merchant_zone)))
        return JOB_RETRY;
    log_info("day closed", LOG_SLICE("date", date));
    return JOB_DONE;
}

const struct job_kind *day_close_kinds(const struct service *service, const char *zone)
{
    static struct job_kind kinds[OWN_KINDS_MAX + 2];
    size_t count = 0;
    for (const struct job_kind *kind = service->job_kinds; kind && kind->kind && count < OWN_KINDS_MAX; kind++)
        kinds[count++] = *kind;
    kinds[count++] = (struct job_kind){ .kind = "day_close", .run = job_day_close, .attempts_max = DAY_CLOSE_ATTEMPTS,
                                        .timeout_s = DAY_CLOSE_TIMEOUT_S };
    kinds[count] = (struct job_kind){ .kind = NULL };
    close_hook = service->day_close;
    merchant_zone = slice_from_text(zone);
    return kinds;
}

bool day_close_begin(struct work *w)
{
    return db_run(w, SQL(day_close_schedule, .zone = merchant_zone));
}
