/* See sepa.h. */
#include "billing/sepa.h"

#include <ctype.h>

#define IBAN_MAX 34
#define CREDITOR_ID_MIN 8
#define CREDITOR_ID_MAX 35
#define REFERENCE_MAX 35

/* Of the countries of the SEPA schemes (EPC409-09), by the registry of ISO 13616. */
static const struct {
    char country[3];
    unsigned char size;
} lengths[] = {
    { "AD", 24 }, { "AL", 28 }, { "AT", 20 }, { "BE", 16 }, { "BG", 22 }, { "CH", 21 }, { "CY", 28 }, { "CZ", 24 }, { "DE", 22 }, { "DK", 18 }, { "EE", 20 },
    { "ES", 24 }, { "FI", 18 }, { "FR", 27 }, { "GB", 22 }, { "GI", 23 }, { "GR", 27 }, { "HR", 21 }, { "HU", 28 }, { "IE", 22 }, { "IS", 26 }, { "IT", 27 },
    { "LI", 21 }, { "LT", 20 }, { "LU", 20 }, { "LV", 21 }, { "MC", 27 }, { "MD", 24 }, { "ME", 22 }, { "MK", 19 }, { "MT", 31 }, { "NL", 18 }, { "NO", 15 },
    { "PL", 28 }, { "PT", 25 }, { "RO", 24 }, { "RS", 22 }, { "SE", 24 }, { "SI", 19 }, { "SK", 24 }, { "SM", 27 }, { "VA", 22 },
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Without blanks, in capitals; none when anything but letters and digits stands in it, or it is longer. */
static struct slice compact(struct arena *arena, struct slice text, size_t most)
{
    char *at = arena_alloc(arena, most + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char c = (char)toupper((unsigned char)text.data[i]);
        if (c == ' ')
            continue;
        if ((!is_digit(c) && !is_capital(c)) || size == most)
            return SLICE_NONE;
        at[size++] = c;
    }
    at[size] = '\0';
    return slice_of(at, size);
}

/* ISO 7064 MOD 97-10 over letters as 10 to 35. */
static unsigned rest_97(unsigned rest, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        rest = is_digit((char)c) ? (rest * 10 + c - '0') % 97 : (rest * 100 + c - 'A' + 10) % 97;
    }
    return rest;
}

static bool checks(struct slice body, struct slice head)
{
    return is_capital(head.data[0]) && is_capital(head.data[1]) && is_digit(head.data[2]) && is_digit(head.data[3]) && rest_97(rest_97(0, body), head) == 1;
}

struct slice sepa_iban(struct arena *arena, struct slice text)
{
    const struct slice iban = compact(arena, text, IBAN_MAX);
    for (size_t i = 0; iban.size > 4 && i < sizeof lengths / sizeof *lengths; i++)
        if (memcmp(lengths[i].country, iban.data, 2) == 0)
            return iban.size == lengths[i].size && checks(slice_of(iban.data + 4, iban.size - 4), slice_of(iban.data, 4)) ? iban : SLICE_NONE;
    return SLICE_NONE;
}

struct slice sepa_creditor_id(struct arena *arena, struct slice text)
{
    const struct slice id = compact(arena, text, CREDITOR_ID_MAX);
    return id.size >= CREDITOR_ID_MIN && checks(slice_of(id.data + 7, id.size - 7), slice_of(id.data, 4)) ? id : SLICE_NONE;
}

struct slice sepa_bic(struct arena *arena, struct slice text)
{
    const struct slice bic = compact(arena, text, 11);
    if (bic.size != 8 && bic.size != 11)
        return SLICE_NONE;
    for (size_t i = 0; i < 6; i++)
        if (!is_capital(bic.data[i]))
            return SLICE_NONE;
    return bic.data[6] != '0' && bic.data[6] != '1' && bic.data[7] != 'O' ? bic : SLICE_NONE;
}

static bool is_taken(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("/-?:().,'+ ", c));
}

bool sepa_reference_valid(struct slice text)
{
    if (text.size == 0 || text.size > REFERENCE_MAX || text.data[0] == '/' || text.data[text.size - 1] == '/' || text.data[0] == ' ' || text.data[text.size - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!is_taken(text.data[i]) || (text.data[i] == '/' && text.data[i - 1] == '/'))
            return false;
    return true;
}

/* The letter of a two-byte sequence of UTF-8 (U+00C0 to U+017F) without its accent; else a blank. */
static char plain(unsigned char first, unsigned char second)
{
    static const char latin_1[] = "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty";
    static const char extended[] = "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLlLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
    if (first == 0xc3)
        return latin_1[second & 63];
    return first == 0xc4 || first == 0xc5 ? extended[(first & 1) * 64 + (second & 63)] : ' ';
}

struct slice sepa_text(struct arena *arena, struct slice text, size_t most)
{
    char *at = arena_alloc(arena, most + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < most; i++) {
        char c = text.data[i];
        if ((unsigned char)c >= 0xc0)
            c = i + 1 < text.size ? plain((unsigned char)c, (unsigned char)text.data[i + 1]) : ' ';
        if ((unsigned char)text.data[i] >= 0x80 && (unsigned char)text.data[i] < 0xc0)
            continue;
        c = is_taken(c) ? c : ' ';
        if (c != ' ' || (size && at[size - 1] != ' '))
            at[size++] = c;
    }
    size -= size && at[size - 1] == ' ';
    at[size] = '\0';
    return slice_of(at, size);
}
