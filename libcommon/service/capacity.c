/* What one process takes on at most. Connections are bounded by the file descriptors there are, less those that database, upstreams and
 * the rest need: a client can then never take the one that the work of others waits for. Requests in flight are bounded so that what
 * is let in ends in time: with N in flight and T ended a second a request waits N/T, whatever is offered. Nothing here suspends. */
#include "service/capacity.h"

#include "base/log.h"
#include "service/config.h"

#include <sys/resource.h>

/* Database, Redis, calls to the outside, log and the like. */
#define FDS_OF_OUR_OWN 256
#define SERVICE_REQUESTS_MAX 512
#define SERVICE_CHANGES_MAX 128
#define ADDRESS_CONNECTIONS_MAX 1000

static_assert(SERVICE_CHANGES_MAX * 2 <= UPSTREAM_CONNECTIONS_MAX, "changes that wait for a lock must leave callers connections for reads");

static struct {
    size_t connections, per_address, requests, changes;
    bool faces_clients;
} capacity;

static size_t setting(const char *name, size_t fallback, size_t minimum, size_t maximum)
{
    return (size_t)config_int_or(name, (int64_t)fallback, (int64_t)minimum, (int64_t)maximum);
}

void capacity_configure(const struct service *service)
{
    bool facing = capacity.faces_clients = service->faces_clients;
    /* Behind a proxy everybody comes from the proxy's address. */
    size_t per_address = facing && !config_flag("TRUST_FORWARDED_FOR") ? ADDRESS_CONNECTIONS_MAX : 0;
    capacity.connections = setting("CONNECTIONS_MAX", HTTP_CONNECTIONS_MAX, 1, 1000000);
    capacity.per_address = setting("CONNECTIONS_PER_ADDRESS", per_address, 0, 60000);
    capacity.requests = setting("REQUESTS_MAX", facing ? HTTP_REQUESTS_MAX : SERVICE_REQUESTS_MAX, 1, HTTP_REQUESTS_MAX);
    capacity.changes = setting("CHANGES_MAX", facing ? HTTP_REQUESTS_MAX / 2 : SERVICE_CHANGES_MAX, 1, HTTP_REQUESTS_MAX);
}

/* The soft limit up to the hard one; the hard one too, where we may. */
static size_t fds_raise(size_t wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    struct rlimit raised = { .rlim_cur = wanted, .rlim_max = limit.rlim_max > wanted ? limit.rlim_max : wanted };
    if (limit.rlim_cur >= wanted || setrlimit(RLIMIT_NOFILE, &raised) == 0)
        return wanted;
    raised = (struct rlimit){ .rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max };
    return (size_t)(setrlimit(RLIMIT_NOFILE, &raised) == 0 ? limit.rlim_max : limit.rlim_cur);
}

void capacity_claim(const struct service *service)
{
    size_t ours = FDS_OF_OUR_OWN + HTTP_SURPLUS_MAX;
    for (const char *const *peer = service->peers; peer && *peer; peer++)
        ours += UPSTREAM_CONNECTIONS_MAX;
    size_t wanted = capacity.connections + ours;
    size_t fds = fds_raise(wanted);
    if (fds >= wanted)
        return;
    capacity.connections = fds > 2 * ours ? fds - ours : fds / 2;
    log_warn("fewer connections than configured: the limit of open files is low", LOG_INT("open_files", (int64_t)fds),
             LOG_INT("wanted", (int64_t)wanted), LOG_INT("connections_max", (int64_t)capacity.connections));
}

static bool is_health_check(const struct http_head *head)
{
    struct slice query, path = slice_cut(head->target, '?', &query);
    return (head->method == HTTP_GET || head->method == HTTP_HEAD) &&
           (slice_equals_text(path, "/livez") || slice_equals_text(path, "/readyz") || slice_equals_text(path, "/metrics"));
}

static enum request_class classify(const struct http_head *head)
{
    if (is_health_check(head))
        return REQUEST_VITAL;
    if (!capacity.faces_clients && slice_starts_with(head->target, SLICE("/internal/")))
        return REQUEST_INTERNAL;
    return head->method == HTTP_GET || head->method == HTTP_HEAD || head->method == HTTP_OPTIONS ? REQUEST_READ : REQUEST_CHANGE;
}

void capacity_apply(struct http_server_config *config)
{
    config->connections_max = capacity.connections;
    config->connections_per_address = capacity.per_address;
    config->requests_max = capacity.requests;
    config->changes_max = capacity.changes;
    config->classify = classify;
}
