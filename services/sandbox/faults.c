/* Faults on order. A test posts a plan, the next matching payment has it; some cards always have one. A plan:
 *     {"times": 1, "customer": "cus_...", "payment_method": "pm_card_visa",
 *      "charge": {"hang": "before"|"after", "reset": "before"|"after", "status": 429|500|503,
 *                 "when": "after", "decline_code": "insufficient_funds"},
 *      "refund": {"hang", "reset", "status", "when" as above, "pending_ms": 1500},
 *      "webhook": {"delay_ms": 1500, "copies": 3, "drop": true, "reversed": true, "signature": "wrong"|"old"|"future"}} */
#include "base/clock.h"
#include "gen/sandbox/sql.h"
#include "http/server.h"
#include "io/co.h"
#include "sandbox.h"
#include "service/service.h"
#include "wire/json.h"

#define HANG_US (60 * INT64_C(1000000))
#define HANG_LOOK_US (250 * INT64_C(1000))

const cJSON *fault_take(struct work *w, const char *about, struct slice customer, const struct card *card)
{
    const struct row *row = db_maybe(w, SQL(fault_take, .about = slice_from_text(about), .customer = customer,
                                                .payment_method = slice_from_text(card ? card->token : NULL)));
    struct slice plan = row ? row_text(row, "plan") : slice_from_text(card ? card->fault : NULL);
    return slice_is_none(plan) ? NULL : json_parse(w->arena, plan, NULL, NULL);
}

/* Nobody waits for the answer for so long; the process must not either. */
static SUSPENDS void hang(void)
{
    for (int64_t left_us = HANG_US; left_us > 0 && !service_stopping(); left_us -= HANG_LOOK_US)
        co_sleep_us(HANG_LOOK_US);
}

bool fault_play(struct request *rq, const cJSON *fault, const char *about, const char *when, struct reply *reply)
{
    const cJSON *wrong = json_member(fault, about);
    int64_t status = json_member_int64(wrong, "status", 0);
    bool before = strcmp(when, "before") == 0;
    if (slice_equals_text(json_member_text(wrong, "hang"), when)) {
        hang();
        *reply = error_reply(rq, 500, "api_error", NULL, "Timed out.", NULL);
        return true;
    }
    if (slice_equals_text(json_member_text(wrong, "reset"), when)) {
        /* A head that promises more than comes: the connection is closed in the middle of the reply. */
        *reply = reply_start(rq, 200, SLICE(""), 1000) == RESULT_OK ? (struct reply){ .status = 0 } : reply_problem(rq);
        return true;
    }
    /* A failure after the charge is as real as one before it: "when" says so. */
    bool now = slice_equals_text(json_member_text(wrong, "when"), "after") == !before;
    if (before && status == 429) {
        *reply = error_reply(rq, 429, "rate_limit_error", "rate_limit", "Too many requests hit the API too quickly.", NULL);
        reply_header(rq, reply, "Retry-After", SLICE("1"));
        return true;
    }
    if (now && status >= 500 && status < 600) {
        *reply = error_reply(rq, (int)status, "api_error", NULL, "An unknown error occurred.", NULL);
        return true;
    }
    return false;
}
