/* Bar codes: check characters as others have computed them, and symbols as the standard builds them. */
#include "check.h"

#include "base/arena.h"
#include "doc/pdf_bars.h"

static struct pdf_layout layout;

static void the_check_character_is_the_published_one(void **state)
{
    (void)state;
    /* IDAutomation's worked example of GS1-128: (01)60000116030603 has the check value 71. */
    static const unsigned char expected[] = { 105, 102, 1, 60, 0, 1, 16, 3, 6, 3, 71, 106 };
    unsigned char symbols[CODE128_SYMBOLS_MAX];
    assert_int_equal(code128_symbols(SLICE("0160000116030603"), symbols), sizeof expected);
    assert_memory_equal(symbols, expected, sizeof expected);
}

static void elements_of_no_known_length_are_separated(void **state)
{
    (void)state;
    unsigned char symbols[CODE128_SYMBOLS_MAX];
    const size_t count = code128_symbols(SLICE("4157701234000011" "802000000000420" "7\x1d" "390000129900\x1d" "9620270131"), symbols);
    assert_int_equal(count, 2 + 8 + 8 + 1 + 6 + 1 + 5 + 2);
    assert_int_equal(symbols[18], CODE128_FNC1);
    assert_int_equal(symbols[25], CODE128_FNC1);
}

/* A symbol is 11 modules (the stop 13), its bars are an even number of them, and no two symbols are alike: a wrong digit in the table would show. */
static void symbols_are_as_the_standard_builds_them(void **state)
{
    (void)state;
    for (unsigned char i = 0; i <= 106; i++) {
        const char *widths = code128_widths(i);
        int all = 0, bars = 0;
        for (size_t k = 0; widths[k]; k++) {
            all += widths[k] - '0';
            bars += k % 2 == 0 ? widths[k] - '0' : 0;
        }
        assert_int_equal(all, i == 106 ? 13 : 11);
        assert_int_equal((i == 106 ? bars - 2 : bars) % 2, 0);
        for (unsigned char other = 0; other < i; other++)
            assert_string_not_equal(widths, code128_widths(other));
    }
    assert_string_equal(code128_widths(107), "");
}

static void what_cannot_be_written_is_left_out(void **state)
{
    (void)state;
    unsigned char symbols[CODE128_SYMBOLS_MAX];
    char longest[2 * CODE128_SYMBOLS_MAX];
    memset(longest, '1', sizeof longest);
    assert_int_equal(code128_symbols(SLICE(""), symbols), 0);
    assert_int_equal(code128_symbols(SLICE("123"), symbols), 0);
    assert_int_equal(code128_symbols(SLICE("12a4"), symbols), 0);
    assert_int_equal(code128_symbols(slice_of(longest, sizeof longest), symbols), 0);
    assert_int_equal(code128_symbols(slice_of(longest, 2 * (CODE128_SYMBOLS_MAX - 4)), symbols), CODE128_SYMBOLS_MAX);
    pdf_open(&layout, "test");
    const float before = layout.y;
    pdf_bars(&layout, SLICE("123"), 40);
    assert_true(layout.y == before);
    pdf_bars(&layout, SLICE("0160000116030603"), 40);
    assert_true(layout.y == before - 40);
    pdf_finish(&layout, SLICE("foot"), SLICE("Page"), SLICE("of"));
    assert_false(layout.failed);
    HPDF_Free(layout.doc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_check_character_is_the_published_one),
        cmocka_unit_test(elements_of_no_known_length_are_separated),
        cmocka_unit_test(symbols_are_as_the_standard_builds_them),
        cmocka_unit_test(what_cannot_be_written_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
