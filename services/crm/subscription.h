/* Links of mails that need a consent, by which it is taken back without a log-in (RFC 8058). Whoever has one may do that, and nothing else. */
#ifndef CUOTAS_CRM_SUBSCRIPTION_H
#define CUOTAS_CRM_SUBSCRIPTION_H

#include "http/request.h"

struct subscription {
    struct slice customer_id, purpose;
};

/* not_found where the token is none; notifications makes them. */
bool subscription_open(struct work *w, struct slice token, struct subscription *out);
/* As JSON; as a page with a button, in Spanish and English, for who accepts one: people follow links of mails with a browser. */
struct reply subscription_reply(struct request *rq, const struct subscription *of, bool granted);

#endif
