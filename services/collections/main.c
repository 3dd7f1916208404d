/* collections: delinquency by order, cases, the first dunning message with its payment link. */
#include "collections.h"
#include "gen/collections/sql.h"
#include "gen/collections/tables.h"
#include "service/config.h"

static const char *link_base;

const char *collections_link_base(void)
{
    return link_base;
}

static void configure(void)
{
    link_base = config_text("PAYMENT_LINK_BASE");
}

/* Ages the active cases to `date`. A case opened behind the walk's back is right from the start: its event said how late it is. */
static SUSPENDS enum job_outcome day_close(struct work *w, struct slice date)
{
    struct slice last = SLICE("00000000-0000-0000-0000-000000000000");
    while (!slice_is_none(last)) {
        const struct row *batch = db_maybe(w, SQL(age_cases, .date = date, .after = last));
        if (!batch && work_failed(w))
            return JOB_RETRY;
        last = batch ? row_text(batch, "last") : SLICE_NONE;
    }
    return JOB_DONE;
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "collections", SERVICE_TABLES, .configure = configure, .day_close = day_close };
    return service_main(argc, argv, &service);
}
