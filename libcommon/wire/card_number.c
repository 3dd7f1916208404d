/* See card_number.h. A text is walked once; from the start of each group of digits the groups that follow are joined until they are too long for a card, so
 * "4242 4242 4242 4242 12/30" is found, and so is a number behind a year. Pure. */
#include "wire/card_number.h"

#include "base/uuid.h"

#include <stdint.h>

#define DIGITS_MAX 19
#define PREFIX_DIGITS 6
#define UUID_TEXT_BYTES 36

#define LONG(digits) (UINT32_C(1) << (digits))
#define LONG_16_TO_19 (LONG(16) | LONG(17) | LONG(18) | LONG(19))

/* What issuers' numbers begin with, by six digits, and how long they are: as the networks publish them. Of Maestro only what is published singly, for its 50, 56 to 58
 * and 6 are what many other numbers begin with. Elo, Hipercard, Naranja and Cabal stand where no network before them has them already. */
static const struct range {
    uint32_t low, high, lengths;
} ranges[] = {
    { 222100, 272099, LONG(16) },                                                                        /* Mastercard */
    { 300000, 305999, LONG(14) }, { 309500, 309599, LONG(14) },                                          /* Diners */
    { 340000, 349999, LONG(15) },                                                                        /* American Express */
    { 352800, 358999, LONG(16) },                                                                        /* JCB */
    { 360000, 369999, LONG(14) },                                                                        /* Diners */
    { 370000, 379999, LONG(15) },                                                                        /* American Express */
    { 380000, 399999, LONG(14) },                                                                        /* Diners */
    { 384100, 384199, LONG(16) | LONG(19) },                                                             /* Hipercard */
    { 400000, 499999, LONG(16) | LONG(19) },                                                             /* Visa; Elo's 4s */
    { 501800, 501899, LONG_16_TO_19 }, { 502000, 502099, LONG_16_TO_19 }, { 503800, 503899, LONG_16_TO_19 },   /* Maestro */
    { 504175, 504175, LONG(16) }, { 506699, 506778, LONG(16) }, { 509000, 509999, LONG(16) },            /* Elo */
    { 510000, 559999, LONG(16) },                                                                        /* Mastercard */
    { 561200, 561299, LONG_16_TO_19 }, { 589300, 589399, LONG_16_TO_19 },                                /* Maestro */
    { 589562, 589562, LONG(16) }, { 589657, 589657, LONG(16) },                                          /* Naranja, Cabal */
    { 601100, 601199, LONG(16) },                                                                        /* Discover */
    { 604200, 604399, LONG(16) },                                                                        /* Cabal */
    { 606282, 606282, LONG(16) },                                                                        /* Hipercard */
    { 620000, 629999, LONG_16_TO_19 },                                                                   /* UnionPay; Elo's 627780 */
    { 630400, 630499, LONG_16_TO_19 },                                                                   /* Maestro */
    { 636297, 636297, LONG(16) }, { 636368, 636368, LONG(16) },                                          /* Elo */
    { 644000, 659999, LONG(16) },                                                                        /* Discover; Elo's 65s */
    { 675900, 675999, LONG_16_TO_19 }, { 676100, 676399, LONG_16_TO_19 },                                /* Maestro */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool issued(const char *digits, size_t count)
{
    uint32_t prefix = 0;
    for (size_t i = 0; i < PREFIX_DIGITS; i++)
        prefix = prefix * 10 + (uint32_t)(digits[i] - '0');
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (prefix >= ranges[i].low && prefix <= ranges[i].high && ranges[i].lengths & LONG(count))
            return true;
    return false;
}

/* ISO/IEC 7812-1 annex B: from the right, every second digit is doubled. */
static bool luhn_valid(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        const int digit = digits[count - 1 - i] - '0', value = i % 2 ? digit * 2 : digit;
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

/* Whether one begins at `at`, which is the first digit of a group. */
static bool card_at(struct slice text, size_t at)
{
    char digits[DIGITS_MAX];
    size_t count = 0;
    for (;;) {
        for (; at < text.size && is_digit(text.data[at]); at++) {
            if (count == DIGITS_MAX)
                return false;
            digits[count++] = text.data[at];
        }
        if (count >= CARD_NUMBER_DIGITS_MIN && issued(digits, count) && luhn_valid(digits, count))
            return true;
        if (at + 1 >= text.size || (text.data[at] != ' ' && text.data[at] != '-') || !is_digit(text.data[at + 1]))
            return false;
        at++;
    }
}

static bool is_uuid_at(struct slice text, size_t at)
{
    return text.size - at >= UUID_TEXT_BYTES && text.data[at + 8] == '-' && (at + UUID_TEXT_BYTES == text.size || !is_word(text.data[at + UUID_TEXT_BYTES])) &&
           uuid_valid(slice_of(text.data + at, UUID_TEXT_BYTES));
}

static bool is_fraction_at(struct slice text, size_t at)
{
    return at >= 2 && text.data[at - 1] == '.' && is_digit(text.data[at - 2]);
}

bool card_number_in(struct slice text)
{
    if (text.size < CARD_NUMBER_DIGITS_MIN)
        return false;
    for (size_t at = 0; at < text.size; at++) {
        const bool begins = at == 0 || !is_word(text.data[at - 1]);
        if (begins && is_uuid_at(text, at)) {
            at += UUID_TEXT_BYTES - 1;
        } else if (is_digit(text.data[at])) {
            if (!is_fraction_at(text, at) && card_at(text, at))
                return true;
            while (at + 1 < text.size && is_digit(text.data[at + 1]))
                at++;
        }
    }
    return false;
}
