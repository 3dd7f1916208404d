/* Opens payment links. The HMAC is checked before anything of the payload is read. Links end by business time, as what they are about does.
 * Pure but for the clock. */
#include "billing/payment_link.h"

#include "base/clock.h"
#include "base/date.h"
#include "base/uuid.h"
#include "gen/problems.h"
#include "service/identity.h"
#include "wire/json.h"

#define EXPIRY_MAX_S INT64_C(253402300799) /* the last second of year 9999 */

bool payment_link_open(struct work *w, struct slice token, struct payment_link *out)
{
    struct slice payload;
    int64_t expires_s;
    const cJSON *link = link_token_open(w->arena, "payment-link", token, &payload) ? json_parse(w->arena, payload, NULL, NULL) : NULL;
    *out = (struct payment_link){ .order_id = json_member_text(link, "order_id"), .customer_id = json_member_text(link, "customer_id") };
    if (slice_is_none(out->order_id) || slice_is_none(out->customer_id) || !uuid_valid(out->order_id) || !uuid_valid(out->customer_id) ||
        !json_int64(json_member(link, "exp"), &expires_s) || expires_s < 0 || expires_s > EXPIRY_MAX_S)
        return work_fail(w, &PROBLEM_not_found, "no such payment link") != NULL;
    if (expires_s * 1000000 < clock_logical_us())
        return work_fail(w, &PROBLEM_payment_link_expired, "this link has expired; ask for a new one") != NULL;
    out->expires_at = work_time(w, expires_s * 1000000);
    return true;
}
