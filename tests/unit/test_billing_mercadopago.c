/* Mercado Pago's documents become billing's words and billing's requests become its documents, amounts to the last digit. */
#include "check.h"

#include "base/money.h"
#include "billing/decline.h"
#include "billing/mercadopago_wire.h"
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

static void amounts_are_exact(void **state)
{
    (void)state;
    static const struct { int64_t amount; const char *currency, *text; } table[] = {
        { 1, "BRL", "0.01" }, { 10, "MXN", "0.10" }, { 12037, "ARS", "120.37" }, { 12000, "UYU", "120.00" }, { 1500, "CLP", "1500" }, { 150000, "COP", "1500" },
        { MONEY_MAX, "PEN", "90071992547409.91" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct slice text, currency = slice_from_text(table[i].currency);
        int64_t back;
        assert_true(mercadopago_amount_out(arena, table[i].amount, currency, &text));
        assert_slice(text, table[i].text);
        assert_true(mercadopago_amount_in(text, currency, &back) && back == table[i].amount);
    }
    struct slice text;
    int64_t amount;
    assert_false(mercadopago_amount_out(arena, 150001, SLICE("COP"), &text));   /* has no centavos there */
    assert_false(mercadopago_amount_out(arena, 0, SLICE("BRL"), &text));
    assert_false(mercadopago_amount_out(arena, 100, SLICE("XXQ"), &text));
    assert_true(mercadopago_amount_in(SLICE("129.9"), SLICE("BRL"), &amount) && amount == 12990);
    assert_true(mercadopago_amount_in(SLICE("1500.0"), SLICE("CLP"), &amount) && amount == 1500);
    static const char *const bad[] = { "1.005", "1e3", "", "\"12\"", "null", "0.1.2", "90071992547409.92" };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        assert_false(mercadopago_amount_in(slice_from_text(bad[i]), SLICE("BRL"), &amount));
}

static void charges_become_documents(void **state)
{
    (void)state;
    struct charge_request rq = { .payment_id = SLICE("p1"), .order_id = SLICE("o1"), .email = SLICE("ana@example.com"), .amount = 12990, .currency = SLICE("BRL") };
    assert_slice(mercadopago_payment(arena, &rq, SLICE("tok"), SLICE_NONE),
                 "{\"transaction_amount\":129.90,\"token\":\"tok\",\"installments\":1,\"external_reference\":\"p1\",\"payer\":{\"email\":\"ana@example.com\"},"
                 "\"metadata\":{\"payment_id\":\"p1\",\"order_id\":\"o1\"}}");
    struct slice saved = mercadopago_payment(arena, &rq, SLICE("tok"), SLICE("123-abc"));
    assert_non_null(strstr(saved.data, "\"payer\":{\"type\":\"customer\",\"id\":\"123-abc\",\"email\":\"ana@example.com\"}"));
    rq.currency = SLICE("COP");
    assert_none(mercadopago_payment(arena, &rq, SLICE("tok"), SLICE_NONE));
}

static struct slice payment(const char *status, const char *detail)
{
    return arena_printf(arena, "{\"id\":1234567890,\"status\":\"%s\",\"status_detail\":\"%s\",\"currency_id\":\"BRL\",\"transaction_amount\":129.9,"
                               "\"transaction_amount_refunded\":9.9,\"external_reference\":\"p1\",\"metadata\":{\"order_id\":\"o1\",\"transaction_amount\":1},"
                               "\"payment_method_id\":\"visa\",\"payer\":{\"id\":\"123-abc\"},\"card\":{\"id\":\"77\",\"last_four_digits\":\"3704\","
                               "\"expiration_month\":11,\"expiration_year\":2035}}", status, detail);
}

static void payments_are_read(void **state)
{
    (void)state;
    static const struct { const char *status; enum charge_state state; } table[] = {
        { "approved", CHARGE_SUCCEEDED }, { "refunded", CHARGE_SUCCEEDED }, { "charged_back", CHARGE_SUCCEEDED }, { "in_mediation", CHARGE_SUCCEEDED },
        { "rejected", CHARGE_FAILED }, { "cancelled", CHARGE_CANCELED }, { "in_process", CHARGE_PENDING }, { "pending", CHARGE_PENDING }, { "authorized", CHARGE_PENDING },
    };
    struct charge charge;
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        assert_true(mercadopago_read_payment(arena, payment(table[i].status, "cc_rejected_high_risk"), &charge));
        assert_int_equal(charge.state, table[i].state);
    }
    assert_true(mercadopago_read_payment(arena, payment("approved", "accredited"), &charge));
    assert_int_equal(charge.received, 12990);
    assert_slice(charge.reference, "1234567890");
    assert_slice(charge.payment_id, "p1");
    assert_slice(charge.order_id, "o1");
    assert_slice(charge.currency, "BRL");
    assert_slice(charge.method.token, "123-abc.77");
    assert_slice(charge.method.brand, "visa");
    assert_slice(charge.method.last4, "3704");
    static const char *const bad[] = { "{}", "[]", "null", "{\"id\":1,\"status\":\"approved\"}", "{\"id\":1,\"status\":\"approved\",\"currency_id\":\"BRL\",\"transaction_amount\":\"5\"}",
                                       "{\"id\":1,\"status\":\"approved\",\"currency_id\":\"BRL\",\"transaction_amount\":0}" };
    for (size_t i = 0; i < TABLE_COUNT(bad); i++)
        assert_false(mercadopago_read_payment(arena, slice_from_text(bad[i]), &charge));
}

static void chargebacks_are_read(void **state)
{
    (void)state;
    static const struct { const char *detail, *status; } table[] = { { "in_process", "under_review" }, { "settled", "lost" }, { "reimbursed", "won" }, { "new_one", "under_review" } };
    struct dispute dispute;
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        assert_true(mercadopago_read_chargeback(arena, payment("charged_back", table[i].detail), &dispute));
        assert_slice(dispute.status, table[i].status);
    }
    assert_int_equal(dispute.amount, 12000);   /* what had not gone back */
    assert_false(mercadopago_read_chargeback(arena, payment("approved", "accredited"), &dispute));
}

static void refunds_and_notifications_are_read(void **state)
{
    (void)state;
    struct refund refund;
    struct provider_event event;
    assert_true(mercadopago_read_refund(arena, SLICE("{\"id\":5,\"payment_id\":6,\"amount\":1.5,\"status\":\"approved\"}"), SLICE("BRL"), &refund));
    assert_true(refund.state == REFUND_SUCCEEDED && refund.amount == 150);
    assert_none(refund.refund_id);
    assert_true(mercadopago_read_refund(arena, SLICE("{\"id\":5,\"payment_id\":6,\"amount\":1.5,\"status\":\"in_process\"}"), SLICE("BRL"), &refund));
    assert_int_equal(refund.state, REFUND_PENDING);
    assert_true(mercadopago_read_refund(arena, SLICE("{\"id\":5,\"payment_id\":6,\"amount\":1.5,\"status\":\"rejected\"}"), SLICE("BRL"), &refund));
    assert_int_equal(refund.state, REFUND_FAILED);
    const cJSON *told = json_parse(arena, SLICE("{\"id\":12345,\"type\":\"payment\",\"action\":\"payment.created\",\"data\":{\"id\":\"999\"}}"), NULL, NULL);
    assert_true(mercadopago_read_notification(arena, told, &event) && event.named);
    assert_slice(event.id, "12345");
    assert_slice(event.type, "payment.created");
    assert_slice(event.reference, "999");
    const cJSON *other = json_parse(arena, SLICE("{\"id\":1,\"type\":\"topic_claims_integration_wh\",\"data\":{\"id\":9}}"), NULL, NULL);
    assert_true(mercadopago_read_notification(arena, other, &event) && !event.named && event.kind == EVENT_OTHER);
    assert_false(mercadopago_read_notification(arena, json_parse(arena, SLICE("{\"id\":1,\"type\":\"payment\"}"), NULL, NULL), &event));
}

static void answers_are_judged(void **state)
{
    (void)state;
    const cJSON *body = json_parse(arena, SLICE("{\"message\":\"Payment not found\",\"status\":404}"), NULL, NULL);
    static const struct { long status; enum provider_outcome outcome; } table[] = {
        { 200, PROVIDER_OK }, { 201, PROVIDER_OK }, { 301, PROVIDER_RETRYABLE }, { 400, PROVIDER_REFUSED }, { 401, PROVIDER_RETRYABLE }, { 403, PROVIDER_RETRYABLE },
        { 404, PROVIDER_NOT_FOUND }, { 409, PROVIDER_RETRYABLE }, { 422, PROVIDER_REFUSED }, { 424, PROVIDER_RETRYABLE }, { 429, PROVIDER_RETRYABLE }, { 500, PROVIDER_RETRYABLE },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++)
        assert_int_equal(mercadopago_judge(table[i].status, body), table[i].outcome);
    assert_true(mercadopago_amount_refused(arena, json_parse(arena, SLICE("{\"status\":400,\"cause\":[{\"code\":4037,\"description\":\"Invalid transaction_amount\"}]}"), NULL, NULL)));
    assert_false(mercadopago_amount_refused(arena, json_parse(arena, SLICE("{\"status\":400,\"cause\":[{\"code\":2062,\"description\":\"Invalid card token\"}]}"), NULL, NULL)));
    assert_false(mercadopago_amount_refused(arena, body) || mercadopago_amount_refused(arena, NULL));
    assert_int_equal(mercadopago_judge(201, NULL), PROVIDER_UNKNOWN);
    assert_int_equal(mercadopago_judge(404, NULL), PROVIDER_RETRYABLE);   /* a front's page, not its word */
}

static void declines_are_told_in_our_words(void **state)
{
    (void)state;
    static const struct { const char *detail, *code, *kind; } table[] = {
        { "cc_rejected_insufficient_amount", "insufficient_funds", "soft" }, { "cc_rejected_bad_filled_date", "expired_card", "hard" },
        { "cc_rejected_blacklist", "card_declined", "hard" }, { "cc_rejected_3ds_mandatory", "authentication_required", "action" },
        { "cc_rejected_that_is_new", "card_declined", "soft" },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        struct decline decline = decline_from_mercadopago(slice_from_text(table[i].detail));
        assert_slice(decline.failure_code, table[i].code);
        assert_slice(decline.kind, table[i].kind);
    }
    assert_slice(decline_from_mercadopago(SLICE_NONE).kind, "soft");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(amounts_are_exact, set_up, tear_down), cmocka_unit_test_setup_teardown(charges_become_documents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(payments_are_read, set_up, tear_down), cmocka_unit_test_setup_teardown(chargebacks_are_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refunds_and_notifications_are_read, set_up, tear_down), cmocka_unit_test_setup_teardown(answers_are_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(declines_are_told_in_our_words, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
