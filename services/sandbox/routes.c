/* The sandbox's paths. Written by hand: they are Stripe's and, under /mercadopago, Mercado Pago's, not ours. */
#include "base/limits.h"
#include "mercadopago.h"
#include "payment_intents.h"

#define BODY_MAX (256 * 1024)
#define TIMEOUT_MS 70000   /* longer than a hang on order */

#define READ(path_, name, fn)                                                                                          \
    { .method = HTTP_GET, .path = (path_), .operation = (name), .handle = (fn), .timeout_ms = TIMEOUT_MS }
#define WRITE(path_, name, fn)                                                                                         \
    { .method = HTTP_POST, .path = (path_), .operation = (name), .handle = (fn), .idempotency = IDEMPOTENCY_OPTIONAL,     \
      .body_max = BODY_MAX, .timeout_ms = TIMEOUT_MS }

const struct route stripe_routes[] = {
    WRITE("/v1/customers", "customers.create", create_customer),
    READ("/v1/customers/{id}", "customers.retrieve", get_customer),
    READ("/v1/payment_methods/{id}", "payment_methods.retrieve", get_method),
    WRITE("/v1/payment_methods/{id}/attach", "payment_methods.attach", attach_method),
    WRITE("/v1/payment_methods/{id}/detach", "payment_methods.detach", detach_method),
    WRITE("/v1/payment_intents", "payment_intents.create", create_intent),
    READ("/v1/payment_intents", "payment_intents.list", list_intents),
    READ("/v1/payment_intents/search", "payment_intents.search", search_intents),
    READ("/v1/payment_intents/{id}", "payment_intents.retrieve", get_intent),
    WRITE("/v1/payment_intents/{id}/confirm", "payment_intents.confirm", confirm_existing_intent),
    WRITE("/v1/payment_intents/{id}/cancel", "payment_intents.cancel", cancel_intent),
    WRITE("/v1/setup_intents", "setup_intents.create", create_setup),
    READ("/v1/setup_intents/{id}", "setup_intents.retrieve", get_setup),
    WRITE("/v1/refunds", "refunds.create", create_refund),
    READ("/v1/refunds", "refunds.list", list_refunds),
    READ("/v1/refunds/{id}", "refunds.retrieve", get_refund),
    READ("/v1/disputes", "disputes.list", list_disputes),
    READ("/v1/disputes/{id}", "disputes.retrieve", get_dispute),
    WRITE("/v1/disputes/{id}", "disputes.update", update_dispute),
    WRITE("/v1/disputes/{id}/close", "disputes.close", close_dispute),
    READ("/v1/events", "events.list", list_events),
    READ("/v1/events/{id}", "events.retrieve", get_event),
    WRITE("/mercadopago/v1/customers", "mercadopago.customers.create", mercadopago_create_customer),
    READ("/mercadopago/v1/customers/search", "mercadopago.customers.search", mercadopago_search_customers),
    WRITE("/mercadopago/v1/customers/{id}/cards", "mercadopago.cards.create", mercadopago_create_card),
    READ("/mercadopago/v1/customers/{id}/cards/{card}", "mercadopago.cards.get", mercadopago_get_card),
    WRITE("/mercadopago/v1/card_tokens", "mercadopago.card_tokens.create", mercadopago_create_card_token),
    WRITE("/mercadopago/v1/payments", "mercadopago.payments.create", mercadopago_create_payment),
    READ("/mercadopago/v1/payments/search", "mercadopago.payments.search", mercadopago_search_payments),
    READ("/mercadopago/v1/payments/{id}", "mercadopago.payments.get", mercadopago_get_payment),
    { .method = HTTP_PUT, .path = "/mercadopago/v1/payments/{id}", .operation = "mercadopago.payments.update", .handle = mercadopago_update_payment, .body_max = BODY_MAX,
      .timeout_ms = TIMEOUT_MS },
    WRITE("/mercadopago/v1/payments/{id}/refunds", "mercadopago.refunds.create", mercadopago_create_refund),
    READ("/mercadopago/v1/payments/{id}/refunds", "mercadopago.refunds.list", mercadopago_list_refunds),
    WRITE("/mercadopago/_sim/chargebacks", "mercadopago.sim.chargeback", mercadopago_sim_chargeback),
    READ("/_sim/ledger", "sim.ledger", sim_ledger),
    WRITE("/_sim/disputes", "sim.dispute", sim_dispute),
    WRITE("/_sim/cards", "sim.card", sim_card),
    WRITE("/_sim/plan", "sim.plan", sim_plan),
    { .method = HTTP_DELETE, .path = "/_sim/plan", .operation = "sim.plan_clear", .handle = sim_plan_clear, .timeout_ms = TIMEOUT_MS },
    READ("/_sim/authenticate/{kind}/{id}", "sim.authenticate", sim_authenticate),
    WRITE("/_sim/authenticate/{kind}/{id}", "sim.authenticate_post", sim_authenticate),
};
const size_t stripe_route_count = sizeof stripe_routes / sizeof *stripe_routes;
