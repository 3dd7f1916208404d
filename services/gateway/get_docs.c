/* GET /docs: the reference as one page. Its policy lets it load and send nothing, whatever its text might hold. */
#include "gen/gateway/api.h"
#include "gen/gateway/documents.h"

SUSPENDS struct reply get_docs(struct request *rq, const struct get_docs_in *in)
{
    (void)in;
    struct reply reply = reply_ok(rq, gateway_docs);
    reply.content_type = "text/html; charset=utf-8";
    reply_header(rq, &reply, "Content-Security-Policy",
                 SLICE("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"));
    reply_header(rq, &reply, "X-Content-Type-Options", SLICE("nosniff"));
    return reply;
}
