/* Is the database's schema the one this program was made for? Asked once, at the start, by the first connection there is, before any
 * statement is prepared: statements that fail on a schema not yet migrated would tell of everything but that.
 *
 * That a table is missing says so, too; any other refusal is told as what it is, and ends the start unless it may pass.
 *
 * Invariant: no pool is validated before db->schema FITS. Suspends: schema_check. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "wire/hex.h"
#include "wire/sha256.h"

#define HEX_BYTES (2 * SHA256_BYTES)
#define NO_SUCH_TABLE "42P01"

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
static bool migrations_fit(const struct db_connection *connection, const PGresult *applied)
{
    const struct db_config *config = &connection->pool->db->config;
    for (size_t i = 0; i < config->migration_count; i++) {
        const struct migration *migration = &config->migrations[i];
        const char *misfit = migration_misfit(migration, applied);
        if (!misfit)
            continue;
        log_error("the database is behind this program: run `migrate` first", LOG_TEXT("migration", migration->name),
                  LOG_TEXT("state", misfit), LOG_TEXT("database", PQdb(connection->pg)), LOG_TEXT("role", PQuser(connection->pg)));
        return false;
    }
    return true;
}

enum schema_answer { SCHEMA_ANSWER_NONE, SCHEMA_ANSWER_NO, SCHEMA_ANSWER_YES };

/* What a unit's end says; a refusal that may pass says nothing. */
static enum schema_answer schema_answer(const struct db_connection *connection, const struct db_unit *unit)
{
    const char *state = unit->error ? PQresultErrorField(unit->error, PG_DIAG_SQLSTATE) : NULL;
    if (unit->state != UNIT_DONE || !connection->pg || (unit->error && failure_may_pass(unit->error)))
        return SCHEMA_ANSWER_NONE;
    if (!unit->error && unit->prepares)
        return SCHEMA_ANSWER_YES;
    if (!unit->error || (state && strcmp(state, NO_SUCH_TABLE) == 0))
        return migrations_fit(connection, unit->error ? NULL : unit->results[0]) ? SCHEMA_ANSWER_YES : SCHEMA_ANSWER_NO;
    log_error("the migrations cannot be read", LOG_TEXT("error", PQresultErrorMessage(unit->error)), LOG_TEXT("database", PQdb(connection->pg)),
              LOG_TEXT("role", PQuser(connection->pg)));
    return SCHEMA_ANSWER_NO;
}

SUSPENDS static enum schema_answer schema_ask_unit(struct db_connection *connection, struct db_unit *unit)
{
    if (!connection_ask(connection, unit))
        return SCHEMA_ANSWER_NONE;
    enum schema_answer answer = schema_answer(connection, unit);
    unit_free(unit);
    return answer;
}

/* Prepared by a unit of its own whose error is looked at: the one after it would only say that it was not prepared. */
SUSPENDS static enum schema_answer schema_ask(struct db_connection *connection)
{
    const struct db_call call = { .statement = &schema_read };
    enum schema_answer answer = SCHEMA_ANSWER_YES;
    if (connection->pool->db->config.migration_count == 0)
        return answer;
    struct db_unit *prepare = pipeline_prepare_unit(connection, &call, 1);
    if (prepare)
        answer = schema_ask_unit(connection, prepare);
    if (answer == SCHEMA_ANSWER_YES)
        answer = connection->pg ? schema_ask_unit(connection, unit_new(&call, 1)) : SCHEMA_ANSWER_NONE;
    return answer;
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
    while (db->schema == SCHEMA_ASKED && connection->pg && !db->closing)
        if (co_signal_wait(&connection->signal, INT64_MAX) != RESULT_OK)
            return false;
    if (db->schema != SCHEMA_UNKNOWN || !connection->pg || db->invalid)
        return db->schema == SCHEMA_FITS && connection->pg;
    db->schema = SCHEMA_ASKED;
    enum schema_answer answer = schema_ask(connection);
    db->schema = answer == SCHEMA_ANSWER_YES ? SCHEMA_FITS : SCHEMA_UNKNOWN;
    db->invalid |= answer == SCHEMA_ANSWER_NO;
    wake_all(db);
    return answer == SCHEMA_ANSWER_YES && connection->pg;
}
