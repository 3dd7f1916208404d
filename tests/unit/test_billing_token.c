/* Card numbers never get in: what looks like one is refused, what is a token is not, and neither is repeated in the answer. */
#include "check.h"

#include "billing/token.h"
#include "gen/problems.h"

static void card_numbers_are_known(void **state)
{
    (void)state;
    static const char *const cards[] = {
        "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242", " 4242424242424242 ",
        "378282246310005", "3782 822463 10005", "6011000990139424", "30569309025904", "6304000000000000", "6759649826438453",
        "4000000000000000006",         /* 19 digits */
        "4242424242424241",            /* a wrong check digit is a typing error, still somebody's number */
        "123456789012",                /* 12 digits and nothing else */
        "tok_4242424242424242", "pm_4242-4242-4242-4242", "4242424242424242x", "card:378282246310005/12/30",
    };
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        assert_true(token_is_card_number(slice_from_text(cards[i])));
}

static void tokens_are_not_card_numbers(void **state)
{
    (void)state;
    static const char *const tokens[] = {
        "", "pm_card_visa", "pm_card_visa_chargeDeclined", "pm_1MtwBwLkdIwHu7ix28a3tqPa", "tok_visa", "12345678901",
        "pm_4242424242424241",         /* digits inside a token without a right Luhn digit */
        "12345678901234567890",        /* 20 digits */
        "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10", "card_1234_5678_9012_3456",
        "ff4242424242424242c1e237014c1ff5",   /* 32 hexadecimal digits: Mercado Pago's, by chance */
    };
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++)
        assert_false(token_is_card_number(slice_from_text(tokens[i])));
}

static void refusals_name_the_field_and_not_the_number(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct work w = { .arena = arena };
    assert_false(token_check(&w, SLICE("4242424242424242"), "/payment_method/token"));
    assert_ptr_equal(w.failure.problem, &PROBLEM_card_number_refused);
    assert_slice(w.failure.fields[0].pointer, "/payment_method/token");
    assert_null(memmem(w.failure.fields[0].detail.data, w.failure.fields[0].detail.size, "4242", 4));
    w.failure = (struct failure){ 0 };
    assert_false(token_check(&w, SLICE("pm card"), "/token"));
    assert_ptr_equal(w.failure.problem, &PROBLEM_validation_failed);
    w.failure = (struct failure){ 0 };
    assert_false(token_check(&w, SLICE("pm_\xc3\xa9"), "/token"));
    w.failure = (struct failure){ 0 };
    assert_true(token_check(&w, SLICE("pm_card_visa"), "/token"));
    assert_false(work_failed(&w));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_numbers_are_known),
        cmocka_unit_test(tokens_are_not_card_numbers),
        cmocka_unit_test(refusals_name_the_field_and_not_the_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
