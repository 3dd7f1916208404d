/* What a client is told: results and parser verdicts become problems here and nowhere else, and problems become RFC 9457
 * documents by the one renderer. */
#ifndef CUOTAS_HTTP_PROBLEM_H
#define CUOTAS_HTTP_PROBLEM_H

#include "base/result.h"
#include "base/work.h"
#include "wire/http1.h"

#define PROBLEM_CONTENT_TYPE "application/problem+json"

/* A request head that was refused. */
const struct problem *problem_of_parse(enum http_parse verdict);
/* A request body that could not be read. */
const struct problem *problem_of_body(enum result result);
/* A call to a service behind us that gave no answer. */
const struct problem *problem_of_upstream(enum result result);

/* {"type","title","status","code","detail","errors":[{"pointer","code","detail"}],"trace_id"}; members that are not there are
 * left out. failure->problem must be set. */
struct slice problem_document(struct arena *arena, const struct failure *failure, struct slice trace_id);
/* Seconds for Retry-After: the failure's own, or 1 for 429 and 503; 0: none. */
int problem_retry_after_s(const struct failure *failure);

#endif
