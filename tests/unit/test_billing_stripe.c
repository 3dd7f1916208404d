/* Stripe's documents, as its reference shows them, become billing's words; and billing's requests become its forms. */
#include "check.h"

#include "base/money.h"
#include "billing/decline.h"
#include "billing/stripe_wire.h"
#include "wire/form.h"
#include "wire/json.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static const cJSON *parse(const char *text)
{
    const char *why = NULL;
    const cJSON *json = json_parse(arena, slice_from_text(text), &why, NULL);
    if (!json)
        fail_msg("%s: %s", why, text);
    return json;
}

static void assert_field(const struct form *form, const char *key, const char *value)
{
    struct slice found = form_find(form, key);
    if (value)
        assert_slice(found, value);
    else
        assert_none(found);
}

static void charges_become_forms(void **state)
{
    (void)state;
    struct form form;
    struct charge_request rq = { .payment_id = SLICE("p1"), .order_id = SLICE("o1"), .token = SLICE("pm_card_visa"), .amount = 129900,
                                 .currency = SLICE("COP") };
    assert_true(form_read(arena, stripe_form_charge(arena, &rq, false, "https://shop.example/back?a=1&b=2"), &form));
    assert_field(&form, "amount", "129900");
    assert_field(&form, "currency", "cop");
    assert_field(&form, "payment_method", "pm_card_visa");
    assert_field(&form, "confirm", "true");
    assert_field(&form, "metadata[payment_id]", "p1");
    assert_field(&form, "metadata[order_id]", "o1");
    assert_field(&form, "return_url", "https://shop.example/back?a=1&b=2");
    assert_field(&form, "off_session", NULL);
    assert_field(&form, "setup_future_usage", NULL);
    assert_field(&form, "customer", NULL);

    rq.save = true;
    rq.customer = SLICE("cus_1");
    assert_true(form_read(arena, stripe_form_charge(arena, &rq, false, NULL), &form));
    assert_field(&form, "setup_future_usage", "off_session");
    assert_field(&form, "customer", "cus_1");
    assert_field(&form, "return_url", NULL);

    rq.save = false;
    assert_true(form_read(arena, stripe_form_charge(arena, &rq, true, "https://shop.example/"), &form));
    assert_field(&form, "off_session", "true");
    assert_field(&form, "return_url", NULL);   /* nobody is there to come back */
}

static void the_same_charge_is_the_same_form(void **state)
{
    (void)state;
    const struct charge_request rq = { .payment_id = SLICE("p1"), .order_id = SLICE("o1"), .token = SLICE("pm"), .amount = 5, .currency = SLICE("USD") };
    struct slice first = stripe_form_charge(arena, &rq, false, "x"), second = stripe_form_charge(arena, &rq, false, "x");
    assert_true(slice_equals(first, second));   /* under one key Stripe refuses different parameters */
}

static void amounts_follow_stripes_decimals(void **state)
{
    (void)state;
    assert_int_equal(stripe_amount_out(1500, SLICE("CLP")), 1500);
    assert_int_equal(stripe_amount_out(1500, SLICE("COP")), 1500);
    assert_int_equal(stripe_amount_out(1500, SLICE("UGX")), 150000);
    assert_int_equal(stripe_amount_in(150000, SLICE("isk")), 1500);
    assert_int_equal(stripe_amount_out(150000, SLICE("MGA")), 1500);
    assert_int_equal(stripe_amount_in(1500, SLICE("mga")), 150000);
    assert_true(stripe_amount_exact(150000, SLICE("MGA")) && stripe_amount_exact(1, SLICE("KWD")));
    assert_false(stripe_amount_exact(150020, SLICE("MGA")));
    assert_int_equal(stripe_amount_in(stripe_amount_out(MONEY_MAX, SLICE("KWD")), SLICE("KWD")), MONEY_MAX);
}

static void a_taken_intent_is_read(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":2000,\"amount_received\":2000,"
                                                "\"currency\":\"usd\",\"status\":\"succeeded\",\"metadata\":{\"payment_id\":\"p1\"},"
                                                "\"payment_method\":{\"id\":\"pm_1\",\"object\":\"payment_method\",\"card\":{\"brand\":\"visa\","
                                                "\"last4\":\"4242\",\"exp_month\":8,\"exp_year\":2031}},\"next_action\":null}"), &charge));
    assert_int_equal(charge.state, CHARGE_SUCCEEDED);
    assert_int_equal(charge.received, 2000);
    assert_slice(charge.reference, "pi_1");
    assert_slice(charge.payment_id, "p1");
    assert_slice(charge.currency, "USD");
    assert_slice(charge.method.token, "pm_1");
    assert_slice(charge.method.brand, "visa");
    assert_slice(charge.method.last4, "4242");
    assert_int_equal(charge.method.exp_year, 2031);
}

static void a_method_may_be_a_mere_reference(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"currency\":\"eur\","
                                                "\"status\":\"processing\",\"payment_method\":\"pm_2\"}"), &charge));
    assert_int_equal(charge.state, CHARGE_PENDING);
    assert_slice(charge.method.token, "pm_2");
    assert_none(charge.method.brand);
    assert_none(charge.payment_id);
}

static void an_intent_that_needs_its_customer_is_read(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"currency\":\"eur\","
                                                "\"status\":\"requires_action\",\"next_action\":{\"type\":\"redirect_to_url\","
                                                "\"redirect_to_url\":{\"url\":\"https://hooks.example/3ds\"}}}"), &charge));
    assert_int_equal(charge.state, CHARGE_REQUIRES_ACTION);
    assert_slice(charge.action_type, "redirect_to_url");
    assert_slice(charge.action_url, "https://hooks.example/3ds");
}

static void a_refused_intent_is_read(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"currency\":\"eur\","
                                                "\"status\":\"requires_payment_method\",\"payment_method\":null,\"last_payment_error\":{"
                                                "\"code\":\"card_declined\",\"decline_code\":\"insufficient_funds\",\"payment_method\":{"
                                                "\"id\":\"pm_9\",\"object\":\"payment_method\",\"card\":{\"brand\":\"mastercard\","
                                                "\"last4\":\"9995\"}}}}"), &charge));
    assert_int_equal(charge.state, CHARGE_FAILED);
    assert_slice(charge.failure_code, "insufficient_funds");
    assert_slice(charge.decline_kind, "soft");
    assert_slice(charge.method.last4, "9995");
}

/* As payment_intent.created has it: told before the charge, maybe heard after. */
static void a_new_intent_is_not_a_refused_one(void **state)
{
    (void)state;
    struct charge charge;
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"currency\":\"eur\","
                                                "\"status\":\"requires_payment_method\",\"last_payment_error\":null}"), &charge));
    assert_int_equal(charge.state, CHARGE_PENDING);
    assert_true(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"currency\":\"eur\","
                                                "\"status\":\"requires_confirmation\"}"), &charge));
    assert_int_equal(charge.state, CHARGE_PENDING);
}

static void other_objects_are_no_intents(void **state)
{
    (void)state;
    struct charge charge;
    assert_false(stripe_read_intent(arena, parse("{\"id\":\"ch_1\",\"object\":\"charge\",\"status\":\"succeeded\"}"), &charge));
    assert_false(stripe_read_intent(arena, parse("{\"object\":\"payment_intent\",\"status\":\"succeeded\"}"), &charge));
    assert_false(stripe_read_intent(arena, parse("[]"), &charge));
    assert_false(stripe_read_intent(arena, NULL, &charge));
    assert_false(stripe_read_intent(arena, parse("{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"status\":\"succeeded\",\"currency\":\"usd\","
                                                 "\"amount\":0,\"amount_received\":-5}"), &charge));
}

static void declines_have_a_code_and_a_kind(void **state)
{
    (void)state;
    static const struct { const char *decline_code, *code, *failure_code, *kind, *advice; } cases[] = {
        { "insufficient_funds", "card_declined", "insufficient_funds", "soft", NULL },
        { "generic_decline", "card_declined", "card_declined", "soft", NULL },
        { "card_velocity_exceeded", "card_declined", "limit_exceeded", "soft", NULL },
        { "lost_card", "card_declined", "lost_or_stolen", "hard", NULL },
        { "stolen_card", "card_declined", "lost_or_stolen", "hard", NULL },
        { "fraudulent", "card_declined", "card_declined", "hard", NULL },
        { NULL, "expired_card", "expired_card", "hard", NULL },
        { NULL, "incorrect_cvc", "invalid_card", "hard", NULL },
        { NULL, "processing_error", "processing_error", "soft", NULL },
        { "authentication_required", "authentication_required", "authentication_required", "action", NULL },
        { NULL, "authentication_required", "authentication_required", "action", NULL },
        { "invented_next_year", "card_declined", "card_declined", "soft", NULL },
        { NULL, NULL, "card_declined", "soft", NULL },
        { "insufficient_funds", "card_declined", "card_declined", "hard", "do_not_try_again" },
        { "generic_decline", "card_declined", "card_declined", "hard", "03" },
        { "generic_decline", "card_declined", "invalid_card", "hard", "confirm_card_data" },
        { "generic_decline", "card_declined", "card_declined", "soft", "try_again_later" },
        { "lost_card", "card_declined", "lost_or_stolen", "hard", "try_again_later" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct decline decline = decline_from_stripe(slice_from_text(cases[i].decline_code), slice_from_text(cases[i].code), slice_from_text(cases[i].advice));
        assert_slice(decline.failure_code, cases[i].failure_code);
        assert_slice(decline.kind, cases[i].kind);
    }
}

static void a_decline_keeps_the_intent_it_came_with(void **state)
{
    (void)state;
    struct charge charge;
    stripe_read_decline(arena, parse("{\"error\":{\"type\":\"card_error\",\"code\":\"authentication_required\",\"decline_code\":"
                                     "\"authentication_required\",\"payment_intent\":{\"id\":\"pi_7\",\"object\":\"payment_intent\",\"amount\":5,"
                                     "\"currency\":\"usd\",\"status\":\"requires_payment_method\"},\"payment_method\":{\"id\":\"pm_7\",\"object\":"
                                     "\"payment_method\",\"card\":{\"brand\":\"visa\",\"last4\":\"3155\"}}}}"), &charge);
    assert_int_equal(charge.state, CHARGE_FAILED);
    assert_slice(charge.reference, "pi_7");
    assert_slice(charge.decline_kind, "action");
    assert_slice(charge.method.last4, "3155");
    stripe_read_decline(arena, parse("{\"error\":{\"type\":\"card_error\",\"code\":\"card_declined\"}}"), &charge);
    assert_int_equal(charge.state, CHARGE_FAILED);
    assert_none(charge.reference);
    assert_slice(charge.failure_code, "card_declined");
}

static void answers_are_judged(void **state)
{
    (void)state;
    static const struct { long status; const char *body; enum provider_outcome outcome; bool declined; } cases[] = {
        { 200, "{}", PROVIDER_OK, false },
        { 200, NULL, PROVIDER_UNKNOWN, false },                 /* cut off: it may have acted */
        { 402, "{\"error\":{\"type\":\"card_error\"}}", PROVIDER_OK, true },
        { 402, "{}", PROVIDER_REFUSED, false },
        { 400, "{\"error\":{\"type\":\"invalid_request_error\"}}", PROVIDER_REFUSED, false },
        { 400, "{\"error\":{\"type\":\"idempotency_error\"}}", PROVIDER_UNKNOWN, false },
        { 409, "{\"error\":{\"type\":\"idempotency_error\"}}", PROVIDER_RETRYABLE, false },
        { 401, "{}", PROVIDER_RETRYABLE, false },
        { 404, "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"resource_missing\"}}", PROVIDER_NOT_FOUND, false },
        { 404, "{}", PROVIDER_RETRYABLE, false },               /* something that is not Stripe answers there */
        { 429, "{}", PROVIDER_RETRYABLE, false },
        { 500, NULL, PROVIDER_RETRYABLE, false },
        { 503, "{}", PROVIDER_RETRYABLE, false },
        { 302, NULL, PROVIDER_RETRYABLE, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool declined;
        assert_int_equal(stripe_judge(cases[i].status, cases[i].body ? parse(cases[i].body) : NULL, &declined), cases[i].outcome);
        assert_int_equal(declined, cases[i].declined);
    }
}

static void a_refused_amount_is_not_the_method(void **state)
{
    (void)state;
    static const struct { const char *body; bool amount; } cases[] = {
        { "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"amount_too_small\",\"param\":\"amount\"}}", true },
        { "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"amount_too_large\"}}", true },
        { "{\"error\":{\"type\":\"invalid_request_error\",\"param\":\"currency\"}}", true },
        { "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"payment_method_unexpected_state\",\"param\":\"payment_method\"}}", false },
        { "{}", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(stripe_amount_refused(parse(cases[i].body)), cases[i].amount);
    assert_false(stripe_amount_refused(NULL));
}

static void events_are_read_by_what_they_carry(void **state)
{
    (void)state;
    struct provider_event event;
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"payment_intent.succeeded\",\"created\":1,\"data\":{"
                                               "\"object\":{\"id\":\"pi_1\",\"object\":\"payment_intent\",\"amount\":5,\"amount_received\":5,"
                                               "\"currency\":\"usd\",\"status\":\"succeeded\"}}}"), &event));
    assert_int_equal(event.kind, EVENT_PAYMENT);
    assert_int_equal(event.charge.received, 5);
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_2\",\"object\":\"event\",\"type\":\"refund.updated\",\"data\":{\"object\":{"
                                               "\"id\":\"re_1\",\"object\":\"refund\",\"status\":\"failed\",\"failure_reason\":\"lost_or_stolen_card\","
                                               "\"metadata\":{\"refund_id\":\"r1\"}}}}"), &event));
    assert_int_equal(event.kind, EVENT_REFUND);
    assert_int_equal(event.refund.state, REFUND_FAILED);
    assert_slice(event.refund.refund_id, "r1");
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_3\",\"object\":\"event\",\"type\":\"setup_intent.succeeded\",\"data\":{\"object\":{"
                                               "\"id\":\"seti_1\",\"object\":\"setup_intent\",\"status\":\"succeeded\",\"customer\":\"cus_1\","
                                               "\"payment_method\":\"pm_1\",\"metadata\":{\"payment_method_id\":\"m1\"}}}}"), &event));
    assert_int_equal(event.kind, EVENT_SETUP);
    assert_slice(event.setup.customer, "cus_1");
    assert_slice(event.setup.method.token, "pm_1");
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_4\",\"object\":\"event\",\"type\":\"charge.succeeded\",\"data\":{\"object\":{"
                                               "\"id\":\"ch_1\",\"object\":\"charge\"}}}"), &event));
    assert_int_equal(event.kind, EVENT_OTHER);
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_5\",\"object\":\"event\",\"type\":\"payment_method.automatically_updated\",\"data\":{\"object\":{"
                                               "\"id\":\"pm_1\",\"object\":\"payment_method\",\"card\":{\"exp_month\":4,\"exp_year\":2031}}}}"), &event));
    assert_int_equal(event.kind, EVENT_METHOD);
    assert_slice(event.method.token, "pm_1");
    assert_true(stripe_read_event(arena, parse("{\"id\":\"evt_6\",\"object\":\"event\",\"type\":\"payment_method.detached\",\"data\":{\"object\":{"
                                               "\"id\":\"pm_1\",\"object\":\"payment_method\"}}}"), &event));
    assert_int_equal(event.kind, EVENT_OTHER);
    assert_false(stripe_read_event(arena, parse("{\"object\":\"event\",\"type\":\"x\"}"), &event));
    assert_false(stripe_read_event(arena, parse("{\"id\":\"evt_1\",\"object\":\"charge\",\"type\":\"x\"}"), &event));
    assert_false(stripe_read_event(arena, parse("null"), &event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(charges_become_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_charge_is_the_same_form, set_up, tear_down),
        cmocka_unit_test(amounts_follow_stripes_decimals),
        cmocka_unit_test_setup_teardown(a_taken_intent_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_method_may_be_a_mere_reference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_intent_that_needs_its_customer_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_intent_is_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_intent_is_not_a_refused_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_objects_are_no_intents, set_up, tear_down),
        cmocka_unit_test(declines_have_a_code_and_a_kind),
        cmocka_unit_test_setup_teardown(a_decline_keeps_the_intent_it_came_with, set_up, tear_down),
        cmocka_unit_test_setup_teardown(answers_are_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_amount_is_not_the_method, set_up, tear_down),
        cmocka_unit_test_setup_teardown(events_are_read_by_what_they_carry, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
