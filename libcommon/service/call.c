/* Calls between services: the upstream client with an identity, and the peer's refusal taken over as our own. */
#include "gen/problems.h"
#include "http/upstream.h"
#include "service/identity.h"
#include "service/service.h"

const struct slice *service_call(struct work *w, const char *peer, const char *method, struct slice target,
                                 struct slice body)
{
    const char *url = service_peer_url(peer);
    if (!url)
        return work_fail(w, &PROBLEM_internal, "%s is not among this service's peers", peer);
    struct upstream_request request = {
        .method = method,
        .target = target,
        .headers = identity_header(w->arena, NULL),
        .body = body,
        .repeatable = true,   /* every internal operation is idempotent by design */
    };
    struct upstream_reply reply = { 0 };
    enum result result = upstream_call(w, upstream_for(url), &request, &reply);
    if (result != RESULT_OK || reply.status < 200 || reply.status > 299)
        return upstream_fail(w, result, &reply);
    struct slice *answer = ARENA_NEW(w->arena, struct slice);
    *answer = reply.body.data ? reply.body : SLICE("");
    return answer;
}
