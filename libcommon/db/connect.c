/* libpq's connecting, driven by co_wait_fd: nothing here blocks the loop. Host names are resolved on the thread pool (libpq's own
 * look-up blocks) and passed as hostaddr; the socket may change between polls, so it is asked for each time; libpq ignores
 * connect_timeout here, so the deadline is ours. Settings of the session go with the connection itself: no round trip. */
#include "db/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/resolve.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>

/* Debian's libpq brings GnuTLS with it, for log-ins by LDAP. Loaded, it would set itself up (0.8 MB and its self-tests) unless the program has this
 * function, which is GNUTLS_SKIP_GLOBAL_INIT of its header; whoever does use it, like libldap, sets it up first. */
int _gnutls_global_init_skip(void);   /* NOLINT: the name is theirs */
int _gnutls_global_init_skip(void)
{
    return 1;
}

#define OPTIONS_MAX 64
#define OPTIONS_BYTES 1024
#define HOSTS_BYTES 1024
#define SQLSTATE_BYTES 5

struct settings {
    const char *names[OPTIONS_MAX], *values[OPTIONS_MAX];
    size_t count;
    char options[OPTIONS_BYTES], application[64];
    char hosts[HOSTS_BYTES], addresses[HOSTS_BYTES];
};

/* Later ones win over earlier ones. */
static void settings_put(struct settings *settings, const char *name, const char *value)
{
    if (settings->count + 1 < OPTIONS_MAX) {
        settings->names[settings->count] = name;
        settings->values[settings->count++] = value;
    }
}

static const char *settings_get(const struct settings *settings, const char *name)
{
    const char *value = NULL;
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->names[i], name) == 0 && settings->values[i][0])
            value = settings->values[i];
    return value;
}

static void settings_of_session(struct settings *settings, enum statement_pool pool)
{
    static const char *const names[POOLS] = { [POOL_READ] = "read", [POOL_WRITE] = "write", [POOL_SLOW] = "slow" };
    const char *given = settings_get(settings, "options");
    const char *application = db_current->config.application_name ? db_current->config.application_name : "cuotas";
    /* JIT never pays for statements of a few milliseconds. A plan made while a table was small is kept until the table has been analyzed
     * again: with scans of whole tables among the choices, the first minutes of a shop read all of them for each row. Planning with the
     * values at hand pays for reports only. */
    (void)snprintf(settings->options, sizeof settings->options,
                   "%s -c timezone=UTC -c datestyle=ISO -c jit=off -c enable_seqscan=off -c plan_cache_mode=%s -c statement_timeout=%d "
                   "-c default_transaction_read_only=%s",
                   given ? given : "", pool == POOL_SLOW ? "auto" : "force_generic_plan", pool_timeout_ms(pool),
                   pool == POOL_WRITE ? "off" : "on");
    (void)snprintf(settings->application, sizeof settings->application, "%s %s", application, names[pool]);
    settings_put(settings, "options", settings->options);
    settings_put(settings, "application_name", settings->application);
    settings_put(settings, "client_encoding", "UTF8");
    settings_put(settings, "gssencmode", "disable");
    settings_put(settings, "keepalives_idle", "30");
    settings_put(settings, "tcp_user_timeout", "15000");
}

static void append(char *list, size_t capacity, const char *item)
{
    size_t used = strlen(list);
    (void)snprintf(list + used, capacity - used, "%s%s", used ? "," : "", item);
}

/* Every address of one host name, as libpq's parallel lists host and hostaddr. Several hosts are left to libpq. */
SUSPENDS static enum result settings_resolve(struct settings *settings, int64_t deadline_us)
{
    const char *host = settings_get(settings, "host");
    struct address addresses[RESOLVE_ADDRESSES_MAX];
    size_t count = 0;
    if (!host || host[0] == '/' || host[0] == '@' || strchr(host, ',') || settings_get(settings, "hostaddr") ||
        address_parse(slice_from_text(host), 0, &addresses[0]))
        return RESULT_OK;
    enum result result = resolve(slice_from_text(host), 0, deadline_us, addresses, &count);
    for (size_t i = 0; result == RESULT_OK && i < count; i++) {
        char ip[INET6_ADDRSTRLEN];
        address_ip_text(&addresses[i], ip);
        append(settings->hosts, sizeof settings->hosts, host);
        append(settings->addresses, sizeof settings->addresses, ip);
    }
    if (settings->addresses[0]) {
        settings_put(settings, "host", settings->hosts);
        settings_put(settings, "hostaddr", settings->addresses);
    }
    return result;
}

SUSPENDS static enum result connect_poll(PGconn *pg, int64_t deadline_us)
{
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
    if (PQstatus(pg) == CONNECTION_BAD)
        return RESULT_CLOSED;
    for (;;) {
        short events = wanted == PGRES_POLLING_READING ? EV_READ : EV_WRITE;
        enum result result = co_wait_fd(PQsocket(pg), events, deadline_us);
        if (result != RESULT_OK)
            return result;
        wanted = PQconnectPoll(pg);
        if (wanted == PGRES_POLLING_OK)
            return RESULT_OK;
        if (wanted == PGRES_POLLING_FAILED)
            return RESULT_CLOSED;
    }
}

/* Who we are, or what we ask for, is refused: class 28 (password, role, pg_hba.conf), no such database. */
static bool sqlstate_is_denial(const char *sqlstate)
{
    return strncmp(sqlstate, "28", 2) == 0 || strncmp(sqlstate, "3D000", SQLSTATE_BYTES) == 0;
}

/* libpq gives the SQLSTATE of a refused connection only in its text, where verbosity is raised: "FATAL:  28P01: ...", a line for each address that was tried.
 * A server that starts, stops or is full (57P03, 53300), or that is not there at all, may answer the next time. */
static bool connect_was_denied(const PGconn *pg)
{
    bool denied = PQconnectionNeedsPassword(pg);
    for (const char *at = strstr(PQerrorMessage(pg), ":  "); at; at = strstr(at, ":  ")) {
        at += strlen(":  ");
        if (strspn(at, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != SQLSTATE_BYTES || at[SQLSTATE_BYTES] != ':')
            continue;
        if (!sqlstate_is_denial(at))
            return false;
        denied = true;
    }
    return denied;
}

SUSPENDS static enum result connect_with(struct settings *settings, bool tell, int64_t deadline_us, PGconn **out)
{
    enum result result = settings_resolve(settings, deadline_us);
    if (result != RESULT_OK && !tell)
        return result;
    if (result != RESULT_OK) {
        log_warn("database host cannot be resolved", LOG_TEXT("result", result_name(result)));
        return result;
    }
    PGconn *pg = PQconnectStartParams(settings->names, settings->values, 0);
    if (!pg)
        return RESULT_BUSY;   /* no memory */
    PQsetErrorVerbosity(pg, PQERRORS_VERBOSE);
    result = connect_poll(pg, deadline_us);
    if (result == RESULT_OK) {
        PQsetErrorVerbosity(pg, PQERRORS_DEFAULT);
        *out = pg;
        return RESULT_OK;
    }
    if (result == RESULT_CLOSED && connect_was_denied(pg))
        result = RESULT_REFUSED;
    if (tell && result != RESULT_CANCELLED)
        log_warn("database connection refused", LOG_TEXT("result", result_name(result)), LOG_TEXT("error", PQerrorMessage(pg)));
    PQfinish(pg);
    return result;
}

SUSPENDS enum result connect_start(enum statement_pool pool, bool tell, int64_t deadline_us, PGconn **out)
{
    char *error = NULL;
    PQconninfoOption *given = PQconninfoParse(db_current->config.conninfo, &error);
    if (!given) {
        log_error("database conninfo is malformed");   /* the message would quote it, password and all */
        PQfreemem(error);
        return RESULT_MALFORMED;
    }
    struct settings *settings = memory_new(sizeof *settings);
    for (PQconninfoOption *option = given; option->keyword; option++)
        if (option->val)
            settings_put(settings, option->keyword, option->val);
    settings_of_session(settings, pool);
    enum result result = connect_with(settings, tell, deadline_us, out);
    memory_free(settings);
    PQconninfoFree(given);
    return result;
}
