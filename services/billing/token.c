/* Keeps card numbers out: what looks like one is refused before anything is stored or sent on. Pure. */
#include "billing/token.h"

#include "gen/problems.h"

#define CARD_DIGITS_MIN 12
#define CARD_DIGITS_MAX 19
#define LUHN_DIGITS_MIN 13
#define HEX_TOKEN_DIGITS 32

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ISO/IEC 7812-1 annex B: from the right, every second digit is doubled. */
static bool luhn_valid(const char *digits, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[count - 1 - i] - '0';
        int value = i % 2 ? digit * 2 : digit;
        sum += value > 9 ? value - 9 : value;
    }
    return sum % 10 == 0;
}

/* Mercado Pago's tokens: 32 hexadecimal digits, in which a run that looks like a card number is chance, once in six hundred. */
static bool is_hex_token(struct slice text)
{
    size_t letters = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) && !(text.data[i] >= 'a' && text.data[i] <= 'f'))
            return false;
        letters += !is_digit(text.data[i]);
    }
    return text.size == HEX_TOKEN_DIGITS && letters > 0;
}

bool token_is_card_number(struct slice text)
{
    if (is_hex_token(text))
        return false;
    char run[CARD_DIGITS_MAX];
    size_t count = 0;
    bool only_digits = true;
    for (size_t i = 0; i <= text.size; i++) {
        char c = i < text.size ? text.data[i] : '\0';
        if (is_digit(c)) {
            if (count < CARD_DIGITS_MAX)
                run[count] = c;
            count++;
        } else if (c == '\0' || !strchr(" .-", c)) {
            if (count >= LUHN_DIGITS_MIN && count <= CARD_DIGITS_MAX && luhn_valid(run, count))
                return true;
            only_digits = only_digits && i == text.size;
            count = only_digits ? count : 0;
        }
    }
    return only_digits && count >= CARD_DIGITS_MIN && count <= CARD_DIGITS_MAX;
}

static bool is_token_byte(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool token_check(struct work *w, struct slice token, const char *pointer)
{
    if (token_is_card_number(token)) {
        work_fail_field(w, &PROBLEM_card_number_refused, slice_from_text(pointer), "card_number",
                        "looks like a card number; send the provider's token instead, card numbers must never reach this API");
        return false;
    }
    for (size_t i = 0; i < token.size; i++)
        if (!is_token_byte(token.data[i])) {
            work_fail_field(w, &PROBLEM_validation_failed, slice_from_text(pointer), "format", "must be letters, digits, '_' and '-'");
            return false;
        }
    return true;
}
