/* GET /openapi.json: all contracts merged, made at build time. */
#include "gen/gateway/api.h"
#include "gen/gateway/documents.h"

SUSPENDS struct reply get_openapi(struct request *rq, const struct get_openapi_in *in)
{
    (void)in;
    return reply_ok(rq, gateway_openapi);
}
