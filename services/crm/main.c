/* crm: customers, staff, log-ins and tokens, timelines. */
#include "base/log.h"
#include "base/uuid.h"
#include "gen/crm/sql.h"
#include "gen/crm/tables.h"
#include "password.h"
#include "service/config.h"
#include "tokens.h"

#define PURGE_BATCHES_MAX 200
#define STAFF_PASSWORD_MIN 8

static struct slice staff_username, staff_password;

static void configure(void)
{
    tokens_configure();
    staff_username = slice_from_text(config_text_or("STAFF_USERNAME", NULL));
    if (!slice_is_none(staff_username))
        staff_password = config_secret("STAFF_PASSWORD", STAFF_PASSWORD_MIN);
}

/* The first log-in of a new deployment; nothing once it exists. */
static SUSPENDS bool start(struct work *w)
{
    if (slice_is_none(staff_username))
        return true;
    const struct row *row = db_one(w, SQL(staff_missing, .username = staff_username));
    if (!row || !row_bool(row, "missing"))
        return row != NULL;
    struct slice hash = password_hash(w, staff_password);
    if (slice_is_none(hash))
        return false;
    log_info("first staff user made", LOG_SLICE("username", staff_username));
    return db_run(w, SQL(add_first_staff, .id = uuid_new(w->arena), .username = staff_username, .password_hash = hash));
}

/* Closing a day forgets log-ins long over. */
static SUSPENDS enum job_outcome day_close(struct work *w, struct slice date)
{
    (void)date;
    for (int batch = 0; batch < PURGE_BATCHES_MAX; batch++) {
        const struct row *row = db_one(w, SQL(purge_refresh_tokens));
        if (!row)
            return JOB_RETRY;
        if (row_int(row, "purged") == 0)
            break;
    }
    return JOB_DONE;
}

int main(int argc, char **argv)
{
    const struct service service = { .name = "crm", SERVICE_TABLES, .configure = configure, .start = start,
                                     .day_close = day_close, .stop = tokens_close };
    return service_main(argc, argv, &service);
}
