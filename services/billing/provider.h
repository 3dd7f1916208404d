/* What billing asks of a payment provider, whichever it is. An adapter fills one `struct provider`; all of its functions but the
 * two for webhooks call out and suspend. Amounts are minor units as ISO 4217 has them; slices live in the work's arena.
 *
 * Every call that has an effect carries a key derived from our own row, so that repeating it is one effect. An outcome other than
 * PROVIDER_OK says nothing about money: UNKNOWN must be resolved by asking (payment_get, payment_find) before anything else. */
#ifndef CUOTAS_BILLING_PROVIDER_H
#define CUOTAS_BILLING_PROVIDER_H

#include "base/work.h"
#include "http/request.h"

enum provider_outcome {
    PROVIDER_OK,          /* it told; a decline is told too */
    PROVIDER_RETRYABLE,   /* it did not act, or would tell the same again under the same key: 409, 429, 5xx, no connection */
    PROVIDER_UNKNOWN,     /* sent, and no answer came */
    PROVIDER_NOT_FOUND,   /* it knows no such thing */
    PROVIDER_REFUSED      /* it understood and will never do this */
};

enum charge_state { CHARGE_PENDING, CHARGE_REQUIRES_ACTION, CHARGE_SUCCEEDED, CHARGE_FAILED, CHARGE_CANCELED };

/* A method as the provider knows it; all but the token may be none / 0. */
struct method {
    struct slice token;
    struct slice brand, last4;
    int64_t exp_month, exp_year;
};

struct charge_request {
    struct slice payment_id, order_id;     /* ours: metadata, and the key */
    struct slice token;
    struct slice customer;                 /* the provider's; none for a method that is not kept */
    struct slice email;                    /* the customer's, where the provider wants it (wants_email) */
    int64_t amount;
    struct slice currency;
    bool save;                             /* keep the method for charges without the customer */
};

/* The provider's word on one payment. */
struct charge {
    struct slice reference;                /* the provider's id of it */
    struct slice payment_id, order_id;     /* ours, when it carries them */
    enum charge_state state;
    int64_t received;                      /* of CHARGE_SUCCEEDED */
    int64_t refunded;                      /* of it, where no events tell of refunds; else 0 */
    struct slice currency;
    struct slice failure_code;             /* of CHARGE_FAILED: our vocabulary (decline.h) */
    struct slice decline_kind;             /* soft, hard, action */
    struct slice action_type, action_url;  /* of CHARGE_REQUIRES_ACTION */
    struct method method;
    bool unsent;                           /* with PROVIDER_RETRYABLE: it could not be reached, so no charge was sent */
    bool unfit;                            /* with PROVIDER_REFUSED: it does not take this amount or currency; the method is as good as before */
};

struct setup_request {
    struct slice method_id;                /* our payment_method: metadata, and the key */
    struct slice token, customer;
};

/* The provider's word on keeping a method; CHARGE_SUCCEEDED: it can be charged. */
struct setup {
    struct slice reference, method_id;
    enum charge_state state;
    struct slice failure_code, action_type, action_url;
    struct slice customer;
    struct method method;
};

struct refund_request {
    struct slice refund_id;                /* ours: metadata, and with the attempt the key */
    int64_t attempt;                       /* 1, 2, ...: one that failed is sent anew */
    struct slice payment_reference;
    int64_t amount;
    struct slice currency;
};

enum refund_state { REFUND_PENDING, REFUND_SUCCEEDED, REFUND_FAILED };
struct refund {
    struct slice reference, refund_id;     /* the provider's, ours */
    struct slice payment_reference;        /* whose money went back */
    int64_t amount;
    int64_t attempt;                       /* ours: which try it is; 1 where it does not say */
    struct slice currency;
    enum refund_state state;
    struct slice failure_code;
};

/* A customer's dispute of a payment. transactions: how many bookings of the provider the fee was read from. */
struct dispute {
    struct slice reference, payment_reference, reason, status;   /* status: ours (needs_response, under_review, won, lost) */
    bool inquiry;                          /* the bank asks, nothing is withheld */
    int64_t amount, fee, transactions, evidence_due_s;           /* due: seconds since 1970, 0 when there is no end */
    struct slice currency;
};

enum webhook_verdict { WEBHOOK_OK, WEBHOOK_BAD_SIGNATURE, WEBHOOK_STALE };
enum event_kind { EVENT_OTHER, EVENT_PAYMENT, EVENT_REFUND, EVENT_SETUP, EVENT_DISPUTE, EVENT_METHOD };
struct provider_event {
    struct slice id, type;
    enum event_kind kind;
    bool named;                            /* it only names what it is about: to be asked for (event_ask) before anything is done */
    struct slice reference;                /* of what it names */
    struct charge charge;                  /* of EVENT_PAYMENT, and so on */
    struct refund refund;
    struct setup setup;
    struct dispute dispute;
    struct method method;                  /* of EVENT_METHOD: which one is another now; what it is like is to be asked for */
};

struct provider {
    const char *name;
    const char *autopay_limit;             /* variable that says how many automatic charges a second it is sent at most */
    bool wants_email;                      /* payments and customers need the payer's */
    bool unmarked_refunds;                 /* its refunds carry no id of ours */
    bool (*configure)(void);               /* reads its configuration; false: it is not set up here, and then there is no such provider */
    struct slice (*currency)(void);        /* the only one it takes; NULL: any */
    SUSPENDS enum provider_outcome (*customer_create)(struct work *w, struct slice customer_id, struct slice email, struct slice *reference);
    /* The customer is there: may ask them to authenticate. */
    SUSPENDS enum provider_outcome (*charge)(struct work *w, const struct charge_request *rq, struct charge *out);
    /* A kept method, the customer away: authentication needed is a decline of kind action. */
    SUSPENDS enum provider_outcome (*charge_saved)(struct work *w, const struct charge_request *rq, struct charge *out);
    SUSPENDS enum provider_outcome (*payment_get)(struct work *w, struct slice reference, struct charge *out);
    SUSPENDS enum provider_outcome (*payment_find)(struct work *w, struct slice payment_id, struct charge *out);
    /* out: what became of it, which may be that it has succeeded. */
    SUSPENDS enum provider_outcome (*payment_cancel)(struct work *w, struct slice reference, struct charge *out);
    SUSPENDS enum provider_outcome (*setup)(struct work *w, const struct setup_request *rq, struct setup *out);
    SUSPENDS enum provider_outcome (*method_get)(struct work *w, struct slice token, struct method *out);
    /* Given up for good; NULL where the provider keeps none. REFUSED, NOT_FOUND: it is not its customer's any more. */
    SUSPENDS enum provider_outcome (*method_detach)(struct work *w, struct slice token);
    SUSPENDS enum provider_outcome (*refund)(struct work *w, const struct refund_request *rq, struct refund *out);
    /* All there are of a payment, whoever made them. */
    SUSPENDS enum provider_outcome (*refunds_of)(struct work *w, struct slice payment_reference, struct refund **out, size_t *count);
    /* evidence: a JSON object of texts. NULL: disputes are answered at the provider's own site. */
    SUSPENDS enum provider_outcome (*dispute_answer)(struct work *w, struct slice dispute_id, struct slice version, struct slice reference, struct slice evidence);
    /* What it has told or would have, the newest first: since a second of wall time, a page at a time, from behind event `after` (none: the
     * first) on. *out: a JSON array of documents as webhook_parse reads them. */
    SUSPENDS enum provider_outcome (*events)(struct work *w, struct slice since_s, struct slice after, struct slice *out, bool *more);
    /* Before anything of it is believed. signature gets what is kept as evidence. */
    enum webhook_verdict (*webhook_verify)(const struct request *rq, struct slice body, int64_t now_s, struct slice *signature);
    /* A kept event is what was signed, however long ago. */
    bool (*webhook_authentic)(struct slice signature, struct slice body);
    /* False when the document is not one of the provider's events. */
    bool (*webhook_parse)(struct work *w, struct slice body, struct provider_event *out);
    /* What the event names becomes what it says. NULL: its events say all. */
    SUSPENDS enum provider_outcome (*event_ask)(struct work *w, struct provider_event *event);
};

/* NULL when there is none of that name, or it is not set up here. */
const struct provider *provider_find(struct slice name);
/* Those there are, by their place, from 0 on; NULL behind the last one. */
const struct provider *provider_at(size_t place);
/* False with the problem when there is none of that name to be used. */
bool provider_check(struct work *w, struct slice name, const char *pointer);
/* A JSON object of the currency of each provider that takes only one, by its name. */
struct slice provider_currencies(struct arena *arena);
void provider_configure_all(void);

#endif
