/* The text of a contract: what comes from outside never becomes syntax, numbers are written as people of the language do, the same facts give the same
 * bytes, what is not there is left out. The whole of it is checked through the API (tests/flows/orders). */
#include "orders/contract_text.h"
#include "orders/contract_md.h"
#include "doc/pdf_layout.h"

#include "check.h"

static struct contract_facts facts(void)
{
    return (struct contract_facts){
        .spanish = true, .schedule_version = 1, .reference = SLICE("r-1"), .currency = SLICE("COP"), .goods_total = 1234567, .deposit = 100000,
        .amount_financed = 1134567, .total_payable = 1300000, .apr_nominal = SLICE("0.24500000"), .effective_annual_rate = SLICE_NONE,
        .plan = SLICE("{\"method\":\"annuity\",\"annual_rate\":\"0.245\",\"installments\":1,\"frequency\":{\"unit\":\"week\",\"every\":2},\"start_date\":\"2026-11-22\","
                      "\"day_count\":\"period\",\"rounding\":{\"mode\":\"half_up\",\"unit\":100,\"residual\":\"first\"},\"grace\":{\"interest\":1,\"unpaid_interest\":\"free\"},"
                      "\"fees\":[{\"code\":\"a|b\",\"type\":\"percent\",\"value\":\"0.01\",\"charged\":\"first\"}],\"tax_rate_on_fees\":\"0.19\"}"),
        .lines = SLICE("[{\"name\":\"A | **b**\\n# c\",\"quantity\":2,\"unit_price\":617283,\"line_total\":1234566}]"),
        .installments = SLICE("[{\"number\":0,\"due_date\":\"2026-11-22\",\"opening_balance\":1234567,\"principal\":100000,\"interest\":0,\"fees\":0,\"tax\":0,\"total\":100000,\"closing_balance\":1134567},"
                              "{\"number\":1,\"due_date\":\"2026-12-06\",\"opening_balance\":1134567,\"principal\":1134567,\"interest\":65433,\"fees\":0,\"tax\":0,\"total\":1200000,\"closing_balance\":0}]"),
        .terms_version = SLICE("v1"), .terms_sha256 = SLICE("ab"), .terms_body = SLICE("# Condiciones\n\nTexto."),
        .seller = { .name = SLICE("Tienda") }, .buyer = { .name = SLICE("Ana *x*"), .tax_id = SLICE("CC 1"), .contact = SLICE("a_b@example.com") },
    };
}

static bool says(struct slice text, const char *part)
{
    return memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static void test_spanish(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    const struct contract_facts f = facts();
    const struct slice text = contract_text(a, &f);
    assert_slice(contract_text(a, &f), text.data);
    assert_true(says(text, "- **Fecha:** 22/11/2026\n"));
    assert_true(says(text, "- **Comprador:** Ana \\*x\\*, identificación CC 1, a\\_b@example.com\n"));
    assert_true(says(text, "| A \\| \\*\\*b\\*\\* \\# c | 2 | 6.172,83 | 12.345,66 |\n"));
    assert_true(says(text, "| Frecuencia | cada 2 semanas |\n"));
    assert_true(says(text, "| Tasa de interés nominal anual | 24,5 % |\n"));
    assert_true(says(text, "| Tasa efectiva anual con todos los costos (TAE) | no se puede expresar |\n"));
    assert_true(says(text, "| Primeras cuotas sin intereses | 1; sus intereses no se cobran |\n"));
    assert_true(says(text, "| Cargo a\\|b | 1 %, con la primera cuota |\n"));
    assert_true(says(text, "cada uno es esta parte de un año: 2/52.\n"));
    assert_true(says(text, "múltiplos de COP 1,00. La primera cuota que abona a capital"));
    assert_true(says(text, "| N.º | Vence | Saldo | Capital | Intereses | Cuota | Saldo final |\n"));
    assert_true(says(text, "| Total |  |  | 12.345,67 | 654,33 | 13.000,00 |  |\n"));
    assert_true(says(text, "(SHA-256 ab).\n\n# Condiciones\n\nTexto.\n"));
    assert_false(says(text, "Versión anterior"));
    arena_free(a);
}

static void test_english_and_a_later_version(void **state)
{
    (void)state;
    struct arena *a = arena_new();
    struct contract_facts f = facts();
    f.spanish = false;
    f.schedule_version = 2;
    f.legal_rate = SLICE("0.2512");
    f.release = SLICE("{\"policy\":\"layaway\",\"percent\":\"0.50\"}");
    const struct slice text = contract_text(a, &f);
    assert_true(says(text, "# Installment sale contract\n") && says(text, "- **Date:** 2026-11-22\n"));
    assert_true(says(text, "This text replaces that of the schedule version before"));
    assert_true(says(text, "- **Cash price:** COP 12,345.67\n") && says(text, "there is paid 50 %.\n"));
    assert_true(says(text, "| Highest legal rate of this day, effective annual | 25.12 % |\n"));
    f.lines = SLICE("[");
    assert_true(slice_is_none(contract_text(a, &f)));
    arena_free(a);
}

static void test_percents(void **state)
{
    (void)state;
    static const struct { const char *fraction, *text; } cases[] = { { "0", "0 %" }, { "1", "100 %" }, { "0.2", "20 %" }, { "0.26824179", "26,824179 %" },
                                                                     { "10", "1000 %" }, { "0.0005", "0,05 %" }, { "999999999.99999999", "99999999999,999999 %" }, { "x", "x" } };
    struct arena *a = arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct md_writer out = md_to_arena(a, true, SLICE("COP"));
        md_put_percent(&out, slice_from_text(cases[i].fraction));
        assert_slice(md_done(&out), cases[i].text);
    }
    arena_free(a);
}

static void test_windows_1252(void **state)
{
    (void)state;
    char out[64];
    const struct slice text = SLICE("a\xc3\xb1\xe2\x82\xac\xe2\x80\x94\xc5\xa1\xe2\x88\x92\xe4\xb8\xad\xf0\x9f\x98\x80\xff\x01z");
    const size_t size = pdf_encode(text, out);
    assert_int_equal(size, 11);
    assert_memory_equal(out, "a\xf1\x80\x97\x9a-???\x20z", 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_spanish), cmocka_unit_test(test_english_and_a_later_version), cmocka_unit_test(test_percents),
                                        cmocka_unit_test(test_windows_1252) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
