/* Identifiers of SEPA direct debits: the registry's own examples of IBANs, a creditor identifier whose check digits Debian's python3-stdnum agrees with, and names as banks take them. */
#include "check.h"

#include "billing/decline.h"
#include "billing/sepa.h"

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

static void accounts(void **state)
{
    (void)state;
    static const char *const good[] = {
        "AD1200012030200359100100", "AT611904300234573201", "BE68539007547034", "BG80BNBG96611020345678", "CH9300762011623852957", "CY17002001280000001200527600", "CZ6508000000192000145399",
        "DE89370400440532013000", "DK5000400440116243", "EE382200221020145685", "ES9121000418450200051332", "FI2112345600000785", "FR1420041010050500013M02606", "GB29NWBK60161331926819",
        "GI75NWBK000000007099453", "GR1601101250000000012300695", "HR1210010051863000160", "HU42117730161111101800000000", "IE29AIBK93115212345678", "IS140159260076545510730339",
        "IT60X0542811101000000123456", "LI21088100002324013AA", "LT121000011101001000", "LU280019400644750000", "LV80BANK0000435195001", "MC5811222000010123456789030",
        "MT84MALT011000012345MTLCAST001S", "NL91ABNA0417164300", "NO9386011117947", "PL61109010140000071219812874", "PT50000201231234567890154", "RO49AAAA1B31007593840000",
        "SE4550000000058398257466", "SI56263300012039086", "SK3112000000198742637541", "SM86U0322509800000000270100", "VA59001123000012345678",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!slice_equals_text(sepa_iban(arena, slice_from_text(good[i])), good[i]))
            fail_msg("%s was refused", good[i]);
    assert_true(slice_equals_text(sepa_iban(arena, SLICE("es91 2100 0418 4502 0005 1332")), "ES9121000418450200051332"));
    static const char *const bad[] = {
        "", "ES", "ES91", "ES9121000418450200051333", "ES912100041845020005133", "ES91210004184502000513320", "ES9121000418450200051332ES9121000418450200051332", "BR1800360305000010009795493C1",
        "US64SVBKUS6S3300958879", "E59121000418450200051332", "ES91-2100-0418-4502-0005-1332", "ES9121000418450200051\xc3\xb1", "9121000418450200051332ES",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (!slice_is_none(sepa_iban(arena, slice_from_text(bad[i]))))
            fail_msg("%s was taken", bad[i]);
}

/* A changed or transposed digit is always found. */
static void mistyped(void **state)
{
    (void)state;
    const char *good = "ES9121000418450200051332";
    for (size_t i = 2; i < 24; i++) {
        char other[25];
        for (char digit = '0'; digit <= '9'; digit++) {
            memcpy(other, good, sizeof other);
            other[i] = digit;
            assert_int_equal(digit == good[i], !slice_is_none(sepa_iban(arena, slice_from_text(other))));
        }
        if (i < 23 && good[i] != good[i + 1]) {
            memcpy(other, good, sizeof other);
            other[i] = good[i + 1];
            other[i + 1] = good[i];
            assert_true(slice_is_none(sepa_iban(arena, slice_from_text(other))));
        }
    }
}

static void creditors(void **state)
{
    (void)state;
    assert_true(slice_equals_text(sepa_creditor_id(arena, SLICE("es23 ZZZ 47690558N")), "ES23ZZZ47690558N"));
    assert_true(slice_equals_text(sepa_creditor_id(arena, SLICE("ES23AB147690558N")), "ES23AB147690558N"));   /* the business code is the creditor's own */
    assert_true(slice_equals_text(sepa_creditor_id(arena, SLICE("DE98ZZZ09999999999")), "DE98ZZZ09999999999"));   /* the Bundesbank's example */
    assert_true(slice_is_none(sepa_creditor_id(arena, SLICE("ES24ZZZ47690558N"))));
    assert_true(slice_is_none(sepa_creditor_id(arena, SLICE("ES23ZZZ"))));
    assert_true(slice_is_none(sepa_creditor_id(arena, SLICE("23ESZZZ47690558N"))));
}

static void banks(void **state)
{
    (void)state;
    assert_true(slice_equals_text(sepa_bic(arena, SLICE("caixesbb")), "CAIXESBB"));
    assert_true(slice_equals_text(sepa_bic(arena, SLICE("CAIXESBBXXX")), "CAIXESBBXXX"));
    static const char *const bad[] = { "CAIXESB", "CAIXESBBX", "CA1XESBB", "CAIXESBO", "CAIXES0B", "CAIXESBBXXXX", "" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(slice_is_none(sepa_bic(arena, slice_from_text(bad[i]))));
}

static void references(void **state)
{
    (void)state;
    assert_true(sepa_reference_valid(SLICE("M-1/2026 (A).B,C'D+E?F:G")));
    assert_true(sepa_reference_valid(SLICE("12345678901234567890123456789012345")));
    static const char *const bad[] = { "", "/M1", "M1/", "M//1", "M\xc3\xa1", "M_1", " M1", "M1 ", "123456789012345678901234567890123456", "M\n1" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sepa_reference_valid(slice_from_text(bad[i])));
}

static void names(void **state)
{
    (void)state;
    assert_true(slice_equals_text(sepa_text(arena, SLICE("  José Ñuñez  & Œuvre Łódź_Çelik\t"), 70), "Jose Nunez Ouvre Lodz Celik"));
    assert_true(slice_equals_text(sepa_text(arena, SLICE("Ana <Ruiz> \"SL\""), 70), "Ana Ruiz SL"));
    assert_true(slice_equals_text(sepa_text(arena, SLICE("Ana Ruiz"), 4), "Ana"));
    assert_int_equal(sepa_text(arena, SLICE("Ивана \xe2\x82\xac"), 70).size, 0);
}

static void returned(void **state)
{
    (void)state;
    static const struct {
        const char *code, *failure_code, *kind;
    } table[] = {
        { "AM04", "insufficient_funds", "soft" }, { "MD01", "invalid_payment_method", "hard" }, { "AC04", "invalid_payment_method", "hard" },
        { "MD06", "card_declined", "hard" }, { "MS03", "card_declined", "soft" }, { "ZZ99", "card_declined", "soft" }, { "SL14", "limit_exceeded", "soft" },
        { "BE05", "processing_error", "soft" }, { "FF05", "processing_error", "soft" }, { "MD02", "processing_error", "soft" }, { "RC04", "processing_error", "soft" }, /* the creditor's */
        { "RC03", "invalid_payment_method", "hard" }, /* the debtor's */
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct decline decline = decline_from_sepa(slice_from_text(table[i].code));
        assert_true(slice_equals_text(decline.failure_code, table[i].failure_code) && slice_equals_text(decline.kind, table[i].kind));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts), cmocka_unit_test(mistyped), cmocka_unit_test(creditors), cmocka_unit_test(banks), cmocka_unit_test(references), cmocka_unit_test(names), cmocka_unit_test(returned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
