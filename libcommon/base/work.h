/* A unit of work: what a request, a job or an event batch carries through every call that may suspend.
 * One coroutine owns it; it lives as long as its arena. */
#ifndef CUOTAS_BASE_WORK_H
#define CUOTAS_BASE_WORK_H

#include "base/arena.h"
#include "base/problem.h"

#include <stdint.h>

enum identity_kind { IDENTITY_NONE, IDENTITY_CUSTOMER, IDENTITY_STAFF, IDENTITY_SERVICE };

/* Who is asking. Filled from the signed identity the gateway passes on (service/identity.h). */
struct identity {
    enum identity_kind kind;
    struct slice subject;      /* user or customer id (UUID), or the service's name */
    struct slice scopes;       /* space-separated */
    struct slice client_ip;    /* as the gateway saw it */
};

/* What makes a POST repeatable: who, which operation, which key, and a hash of what was asked. key is none when
 * the client sent no Idempotency-Key. */
struct idempotency {
    struct slice operation;
    struct slice subject;
    struct slice key;
    struct slice request_hash; /* lower-case hex SHA-256 */
};

struct work {
    struct arena *arena;
    int64_t deadline_us;       /* monotonic; every wait below inherits it */
    struct slice traceparent;  /* W3C, this hop's own span id */
    struct slice trace_id;     /* the 32 hex digits inside it */
    struct identity identity;
    struct idempotency idempotency;
    struct failure failure;    /* the first one wins */
};

/* Records the first failure; later ones are ignored. Always returns NULL, so that
 *     return work_fail(w, &PROBLEM_cart_empty, "...")
 * works in pointer-returning helpers. */
void *work_fail(struct work *work, const struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Same, naming a field; several field failures of the same problem add up (to PROBLEM_FIELDS_MAX). */
void *work_fail_field(struct work *work, const struct problem *problem, struct slice pointer, const char *code,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));
static inline bool work_failed(const struct work *work)
{
    return work->failure.problem != NULL;
}

/* Text of a number in the work's arena: SQL parameters are all text. */
struct slice work_int(struct work *work, int64_t value);
/* "2026-11-22", of days since 1970-01-01; and an instant as RFC 3339 has it. */
struct slice work_date(struct work *work, int32_t date);
struct slice work_time(struct work *work, int64_t at_us);
/* The customer id when the caller is a customer, none for staff and services: what `:owner` in SQL means. */
struct slice work_owner(const struct work *work);
bool identity_has_scope(const struct identity *identity, const char *scope);

#endif
