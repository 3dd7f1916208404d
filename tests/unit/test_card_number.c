/* Card numbers in texts: published test numbers in every way people write them are found; what only looks like one is not. Random texts, with and without. */
#include "check.h"

#include "wire/card_number.h"

#include <stdio.h>
#include <stdlib.h>

static void networks_numbers_are_found(void **state)
{
    (void)state;
    static const char *const cards[] = {
        "4242424242424242", "4000056655665556", "4000000000000000006", "5555555555554444", "2223003122003222", "378282246310005", "30569309025904", "36227206271667",
        "38520000023237", "6011111111111117", "6445644564456445", "6500000000000002", "3566002020360505", "6200000000000005", "6205500000000000004", "6759649826438453",
        "5067310000000010", "6362970000457013", "6062825624254001", "5895620000000002", "6042010000000006",
        "4242 4242 4242 4242", "4242-4242-4242-4242", "3782 822463 10005", "3056 930902 5904", "42 4242 4242-424242 42",
        "card 4242424242424242.", "4242424242424242 12/30 123", "4242 4242 4242 4242 123", "in 2026 4242 4242 4242 4242", "x4242424242424242y", "(4242424242424242)",
        "pm_4242424242424242", "{\"a\":4242424242424242}", "01a20163-5544-7788-9900-123456789012 4242424242424242", "0.5 4242424242424242",
    };
    for (size_t i = 0; i < sizeof cards / sizeof *cards; i++)
        if (!card_number_in(slice_from_text(cards[i])))
            fail_msg("not found: %s", cards[i]);
}

static void other_numbers_are_not(void **state)
{
    (void)state;
    static const char *const others[] = {
        "", "4242", "4222222222222", "4242424242424241", "42424242424242424242", "4242  4242 4242 4242", "4242.4242.4242.4242", "4242424242424242424242",
        "0.4242424242424242", "2850590940090418135201",        /* a CBU */
        "002010077777777771", "ES9121000418450200051332",      /* a CLABE, an IBAN */
        "+573001234567 +573107654321", "NIT 900.123.456-7", "7702001000015", "2026-11-22T04:00:17.123456Z", "1795319458123456",
        "6fa85f64-5717-4562-4000-056655665556", "see 6fa85f64-5717-4562-4000-056655665556.", "424242424242 4", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (card_number_in(slice_from_text(others[i])))
            fail_msg("found: %s", others[i]);
}

static char check_digit(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        const int digit = digits[count - 1 - i] - '0', value = i % 2 ? digit : digit * 2;
        sum += value > 9 ? value - 9 : value;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

/* Words without digits, at most 200 bytes. */
static size_t words(char *out)
{
    static const char letters[] = "abc DEF,.-:ñ/ ";
    const size_t size = (size_t)rand() % 200;
    for (size_t i = 0; i < size; i++)
        out[i] = letters[(size_t)rand() % (sizeof letters - 1)];
    return size;
}

/* A number of a network in groups of any size. */
static size_t card(char *out)
{
    static const struct { const char *prefix; size_t count; } networks[] = { { "4", 16 }, { "51", 16 }, { "2720", 16 }, { "37", 15 }, { "300", 14 }, { "3589", 16 },
                                                                             { "649", 16 }, { "62", 18 }, { "4", 19 }, { "589562", 16 } };
    const size_t which = (size_t)rand() % (sizeof networks / sizeof *networks), count = networks[which].count;
    char digits[20];
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        digits[i] = i < strlen(networks[which].prefix) ? networks[which].prefix[i] : (char)('0' + rand() % 10);
    digits[count - 1] = check_digit(digits, count - 1);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && rand() % 4 == 0)
            out[size++] = rand() % 2 ? ' ' : '-';
        out[size++] = digits[i];
    }
    return size;
}

static void random_texts(void **state)
{
    (void)state;
    char text[1024];
    srand(20261123);
    for (int round = 0; round < 20000; round++) {
        size_t size = words(text);
        for (int number = rand() % 6; number > 0; number--) {   /* short numbers between words are none */
            size += (size_t)snprintf(text + size, sizeof text - size, "n%d", rand());
            text[size++] = 'o';
        }
        assert_false(card_number_in(slice_of(text, size)));
        size += card(text + size);
        size += words(text + size);
        assert_true(card_number_in(slice_of(text, size)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_numbers_are_found),
        cmocka_unit_test(other_numbers_are_not),
        cmocka_unit_test(random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
