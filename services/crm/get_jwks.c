/* GET /.well-known/jwks.json: public keys, cacheable. */
#include "gen/crm/api.h"
#include "tokens.h"

SUSPENDS struct reply get_jwks(struct request *rq, const struct get_jwks_in *in)
{
    (void)in;
    struct reply reply = reply_ok(rq, tokens_jwks(rq->work.arena));
    reply_header(rq, &reply, "Cache-Control", SLICE("public, max-age=300"));
    return reply;
}
