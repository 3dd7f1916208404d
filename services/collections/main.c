/* collections: delinquency by order, cases, the first dunning message with its payment link. */
#include "collections.h"
#include "gen/collections/sql.h"
#include "gen/collections/tables.h"
#include "service/config.h"

#define BATCHES_MAX 5000

static const char *link_base;

const char *collections_link_base(void)
{
    return link_base;
}

static void configure(void)
{
    link_base = config_text("PAYMENT_LINK_BASE");
}

/* Ages the active cases to `date`. */
static SUSPENDS enum job_outcome day_close(struct work *w, struct slice date)
{
    for (int batch = 0; batch < BATCHES_MAX; batch++) {
        const struct rows *aged = db_all(w, SQL(age_cases, .date = date));
        if (!aged)
            return JOB_RETRY;
        if (rows_affected(aged) == 0)
            return JOB_DONE;
    }
    return JOB_RETRY;
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "collections", SERVICE_TABLES, .configure = configure, .day_close = day_close };
    return service_main(argc, argv, &service);
}
