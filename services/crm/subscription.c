/* See subscription.h. The HMAC is checked before anything of the payload is read; a link never ends, as a mail never does. Pure. */
#include "subscription.h"

#include "base/uuid.h"
#include "gen/problems.h"
#include "service/identity.h"
#include "wire/json.h"
#include "wire/json_write.h"

#include <string.h>

bool subscription_open(struct work *w, struct slice token, struct subscription *out)
{
    struct slice payload;
    const cJSON *link = link_token_open(w->arena, "unsubscribe", token, &payload) ? json_parse(w->arena, payload, NULL, NULL) : NULL;
    *out = (struct subscription){ .customer_id = json_member_text(link, "customer_id"), .purpose = json_member_text(link, "purpose") };
    return (!slice_is_none(out->customer_id) && uuid_valid(out->customer_id) && !slice_is_none(out->purpose)) ||
           work_fail(w, &PROBLEM_not_found, "no such link") != NULL;
}

static struct slice as_json(struct work *w, const struct subscription *of, bool granted)
{
    struct json_writer out = json_to_arena(w->arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "purpose", of->purpose);
    json_put_bool(&out, "subscribed", granted);
    json_end(&out, '}');
    return json_done(&out);
}

#define PAGE(body) "<!doctype html><html lang=\"es\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">" \
                   "<title>Mensajes / Messages</title>" body "</html>"

/* Nothing of the link stands in it: the button sends back to where the page is from. */
static struct reply as_page(struct request *rq, bool granted)
{
    struct reply reply = reply_ok(rq, granted ? SLICE(PAGE("<p>Recibes mensajes sobre ofertas y carritos. <span lang=\"en\">You get messages about offers and carts.</span></p>"
                                                           "<form method=\"post\"><button>No recibir m&aacute;s / Unsubscribe</button></form>"))
                                              : SLICE(PAGE("<p>No recibes m&aacute;s mensajes de este tipo. <span lang=\"en\">You get no more messages of this kind.</span></p>")));
    reply.content_type = "text/html; charset=utf-8";
    reply_header(rq, &reply, "Content-Security-Policy", SLICE("default-src 'none'; form-action 'self'; frame-ancestors 'none'"));
    reply_header(rq, &reply, "Referrer-Policy", SLICE("no-referrer"));
    return reply;
}

struct reply subscription_reply(struct request *rq, const struct subscription *of, bool granted)
{
    static const char *const kinds[] = { "application/json", "text/html" };
    if (request_accepted(rq, kinds, sizeof kinds / sizeof *kinds) == 1)
        return as_page(rq, granted);
    return reply_ok(rq, as_json(&rq->work, of, granted));
}
