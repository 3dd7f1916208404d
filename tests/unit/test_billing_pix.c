/* BR Codes, against the example of the Banco Central's manual and the check value of their CRC. */
#include "check.h"

#include "base/arena.h"
#include "billing/pix.h"

static void the_manuals_example(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    /* Manual de Padrões para Iniciação do Pix. */
    const struct slice code = pix_br_code(arena, &(struct pix){ .key = SLICE("123e4567-e12b-12d1-a456-426655440000"), .name = SLICE("Fulano de Tal"), .city = SLICE("BRASILIA") });
    assert_true(slice_equals_text(code, "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***63041D3D"));
    arena_free(arena);
}

static void the_crcs_check_value(void **state)
{
    (void)state;
    assert_int_equal(pix_crc(SLICE("123456789")), 0x29b1);
}

static void amount_and_reference(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct slice code = pix_br_code(arena, &(struct pix){ .key = SLICE("+5561912345678"), .name = SLICE("Loja São João da Conceição Ltda"), .city = SLICE("São Paulo"), .amount = 12305,
                                                                .txid = SLICE("000000004262") });
    assert_non_null(memmem(code.data, code.size, "5406123.05", 10));
    assert_non_null(memmem(code.data, code.size, "5925Loja Sao Joao da Conceica6009Sao Paulo62160512000000004262", 62));
    const struct slice before = slice_of(code.data, code.size - 4);
    assert_true(slice_equals(slice_of(code.data + code.size - 4, 4), arena_printf(arena, "%04X", (unsigned)pix_crc(before))));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manuals_example),
        cmocka_unit_test(the_crcs_check_value),
        cmocka_unit_test(amount_and_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
