/* Is the database's schema the one this program was made for? Asked once, at the start, by the first connection there is, before any
 * statement is prepared: statements that fail on a schema not yet migrated would tell of everything but that.
 *
 * Invariant: no pool is validated before db->schema FITS. Suspends: schema_check. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/hex.h"
#include "wire/sha256.h"

#define HEX_BYTES (2 * SHA256_BYTES)
#define NEVER_PREPARED "26000"

static const struct statement schema_read = { .name = "schema_read", .text = "SELECT name, checksum FROM schema_migration", .pool = POOL_READ };

/* What is wrong with it, or NULL. `migrate` has the server make the checksums, of the same bytes. */
static const char *migration_misfit(const struct migration *migration, const PGresult *applied)
{
    uint8_t digest[SHA256_BYTES];
    char hex[HEX_BYTES];
    for (int i = 0; applied && i < PQntuples(applied); i++) {
        if (strcmp(PQgetvalue(applied, i, 0), migration->name) != 0)
            continue;
        sha256(slice_from_text(migration->sql), digest);
        hex_write(digest, sizeof digest, hex);
        return slice_equals(slice_from_text(PQgetvalue(applied, i, 1)), slice_of(hex, sizeof hex)) ? NULL : "changed";
    }
    return "missing";
}

/* applied NULL: there is no such table. */
static bool migrations_fit(const struct db_config *config, const PGresult *applied)
{
    for (size_t i = 0; i < config->migration_count; i++) {
        const struct migration *migration = &config->migrations[i];
        const char *misfit = migration_misfit(migration, applied);
        if (!misfit)
            continue;
        log_error("the database is behind this program: run `migrate` first", LOG_TEXT("migration", migration->name),
                  LOG_TEXT("state", misfit));
        return false;
    }
    return true;
}

/* False: nothing is known. */
SUSPENDS static bool schema_ask(struct db_connection *connection, bool *fits)
{
    const struct db_call call = { .statement = &schema_read };
    if (connection->pool->db->config.migration_count == 0)
        return *fits = true;
    struct db_unit *unit = unit_new(&call, 1);
    if (!connection_ask(connection, unit))
        return false;
    const char *state = unit->error ? PQresultErrorField(unit->error, PG_DIAG_SQLSTATE) : NULL;
    bool refused = state && strcmp(state, NEVER_PREPARED) == 0, answered = unit->state == UNIT_DONE && (!unit->error || refused);
    if (answered)
        *fits = migrations_fit(&connection->pool->db->config, unit->results[0]);
    unit_free(unit);
    return answered;
}

static void wake_all(struct db *db)
{
    for (size_t p = 0; p < POOLS; p++)
        for (size_t i = 0; i < db->pools[p].connection_count; i++)
            co_signal_raise(&db->pools[p].connections[i].signal);
    co_signal_raise(&db->opened);
}

SUSPENDS bool schema_check(struct db_connection *connection)
{
    struct db *db = connection->pool->db;
    bool fits = false;
    while (db->schema == SCHEMA_ASKED && connection->pg && !db->closing)
        if (co_signal_wait(&connection->signal, INT64_MAX) != RESULT_OK)
            return false;
    if (db->schema != SCHEMA_UNKNOWN || !connection->pg || db->invalid)
        return db->schema == SCHEMA_FITS && connection->pg;
    db->schema = SCHEMA_ASKED;
    bool answered = schema_ask(connection, &fits);
    db->schema = fits ? SCHEMA_FITS : SCHEMA_UNKNOWN;
    db->invalid |= answered && !fits;
    wake_all(db);
    return fits && connection->pg;
}
