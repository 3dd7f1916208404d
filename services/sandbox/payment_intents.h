/* The handlers of Stripe's paths, and what several of them need. */
#ifndef CUOTAS_SANDBOX_PAYMENT_INTENTS_H
#define CUOTAS_SANDBOX_PAYMENT_INTENTS_H

#include "sandbox.h"

SUSPENDS bool method_from_form(struct request *rq, struct slice name, struct method *method, struct reply *reply);
bool method_fits(struct request *rq, const struct method *method, struct slice customer, struct reply *reply);
SUSPENDS bool customer_known(struct request *rq, struct slice customer, struct reply *reply);

SUSPENDS struct reply create_intent(struct request *rq);
SUSPENDS struct reply confirm_existing_intent(struct request *rq);
SUSPENDS struct reply cancel_intent(struct request *rq);
SUSPENDS struct reply get_intent(struct request *rq);
SUSPENDS struct reply list_intents(struct request *rq);
SUSPENDS struct reply search_intents(struct request *rq);
SUSPENDS struct reply create_setup(struct request *rq);
SUSPENDS struct reply get_setup(struct request *rq);
SUSPENDS struct reply create_customer(struct request *rq);
SUSPENDS struct reply get_customer(struct request *rq);
SUSPENDS struct reply get_method(struct request *rq);
SUSPENDS struct reply attach_method(struct request *rq);
SUSPENDS struct reply detach_method(struct request *rq);
SUSPENDS struct reply create_refund(struct request *rq);
SUSPENDS struct reply get_refund(struct request *rq);
SUSPENDS struct reply list_refunds(struct request *rq);
SUSPENDS struct reply get_dispute(struct request *rq);
SUSPENDS struct reply list_disputes(struct request *rq);
SUSPENDS struct reply update_dispute(struct request *rq);
SUSPENDS struct reply close_dispute(struct request *rq);
SUSPENDS struct reply sim_dispute(struct request *rq);
SUSPENDS struct reply sim_card(struct request *rq);
struct rows;
#define LIST_LIMIT_MAX 100
/* A page as Stripe writes it; what is past `limit` is not shown. */
struct reply list_reply(struct request *rq, const struct rows *rows, size_t limit, const char *object, const char *url);
SUSPENDS struct reply get_event(struct request *rq);
SUSPENDS struct reply list_events(struct request *rq);
SUSPENDS struct reply sim_ledger(struct request *rq);
SUSPENDS struct reply sim_plan(struct request *rq);
SUSPENDS struct reply sim_plan_clear(struct request *rq);
SUSPENDS struct reply sim_authenticate(struct request *rq);

#endif
