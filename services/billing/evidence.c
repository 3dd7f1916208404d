/* See evidence.h. A client can write anything there. Pure. */
#include "billing/evidence.h"

#include "base/utf8.h"
#include "wire/card_number.h"

#define USER_AGENT_MAX 300

struct slice evidence_user_agent(const struct request *rq)
{
    const struct slice text = request_header(rq, "user-agent");
    return slice_is_none(text) || card_number_in(text) || !utf8_valid(text) ? SLICE_NONE : utf8_cut(text, USER_AGENT_MAX);
}

struct slice evidence_recorder(const struct work *w)
{
    return w->identity.kind == IDENTITY_STAFF ? w->identity.subject : SLICE_NONE;
}

struct slice evidence_who(const struct work *w)
{
    return w->identity.kind == IDENTITY_CUSTOMER ? SLICE("customer") : w->identity.subject;
}
