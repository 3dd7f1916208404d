/* orders: plans, offers, simulations, carts, orders and their contracts. */
#include "gen/orders/sql.h"
#include "gen/orders/tables.h"
#include "merchant.h"
#include "service/service.h"

#define AT_ONCE 500
#define ROUNDS_MAX 200   /* more of them wait for the next day */

static SUSPENDS bool start(struct work *w)
{
    return db_run(w, SQL(begin_credit_book));
}

static SUSPENDS const struct row *watch_carts(struct work *w)
{
    return db_one(w, SQL(watch_carts, .size = work_int(w, AT_ONCE)));
}

static SUSPENDS const struct row *drop_changes(struct work *w)
{
    return db_one(w, SQL(drop_expired_changes, .size = work_int(w, AT_ONCE)));
}

/* Until nothing more is found. */
static SUSPENDS bool in_rounds(struct work *w, const struct row *(*round)(struct work *w))
{
    const struct row *row = round(w);
    for (int rounds = 1; row && row_int(row, "found") == AT_ONCE && rounds < ROUNDS_MAX; rounds++)
        row = round(w);
    return row != NULL;
}

/* Closing a day finds carts that nobody looks at, and drops computed changes that nobody can confirm any more. */
static SUSPENDS enum job_outcome day_close(struct work *w, struct slice date)
{
    (void)date;
    return in_rounds(w, watch_carts) && in_rounds(w, drop_changes) ? JOB_DONE : JOB_RETRY;
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "orders", SERVICE_TABLES, .configure = merchant_configure, .start = start, .day_close = day_close };
    return service_main(argc, argv, &service);
}
