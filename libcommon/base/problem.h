/* What a client can be told went wrong. The table of problems is generated from `x-problems` in
 * proto/common.yaml: one stable code, one status, one title each. A unit of work keeps its FIRST failure. */
#ifndef CUOTAS_BASE_PROBLEM_H
#define CUOTAS_BASE_PROBLEM_H

#include "base/arena.h"
#include "base/slice.h"

struct problem {
    const char *code;   /* stable, snake_case: the API's error vocabulary */
    int status;         /* HTTP status */
    const char *title;
};

/* One wrong field: an RFC 6901 pointer into the body ("/lines/0/quantity"), or "query:limit", "header:Idempotency-Key",
 * "path:id", and what is wrong with it. */
struct problem_field {
    struct slice pointer;
    struct slice code;   /* "required", "unknown_field", "type", "range", "format", "duplicate", ... */
    struct slice detail;
};

#define PROBLEM_FIELDS_MAX 16

struct failure {
    const struct problem *problem;   /* NULL: nothing failed */
    struct slice detail;
    struct problem_field fields[PROBLEM_FIELDS_MAX];
    size_t field_count;
    int retry_after_s;               /* > 0: sent as Retry-After */
    struct slice body;               /* a problem document stored by an earlier request, sent as it is */
};

/* Generated (build/gen/problems.c): PROBLEM_<code> for every code, and the look-up SQL results need. NULL when unknown. */
const struct problem *problem_find(struct slice code);
/* The problem a violated database constraint stands for (`x-constraints` in the contract), or NULL. */
const struct problem *problem_for_constraint(struct slice constraint);

#endif
