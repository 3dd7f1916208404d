/* The string formats of the contracts. Each check is strict and bounded; what it accepts is what the rest of the system can store and
 * use without looking again. Pure. */
#include "base/date.h"
#include "base/money.h"
#include "base/uuid.h"
#include "wire/decode.h"
#include "wire/uri.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_digit(c) || is_letter(c);
}

/* RFC 5321's dot-atom before the @: what mail servers really accept. */
static bool local_part_valid(struct slice s)
{
    if (!s.size || s.size > 64 || s.data[0] == '.' || s.data[s.size - 1] == '.')
        return false;
    for (size_t i = 0; i < s.size; i++) {
        bool dot = s.data[i] == '.' && s.data[i - 1] != '.';
        if (!dot && !is_alnum(s.data[i]) && (s.data[i] == '\0' || !strchr("!#$%&'*+-/=?^_`{|}~", s.data[i])))
            return false;
    }
    return true;
}

static bool label_valid(struct slice s)
{
    if (!s.size || s.size > 63 || s.data[0] == '-' || s.data[s.size - 1] == '-')
        return false;
    for (size_t i = 0; i < s.size; i++)
        if (!is_alnum(s.data[i]) && s.data[i] != '-')
            return false;
    return true;
}

/* At least two labels, the last one not a number. */
static bool domain_valid(struct slice s)
{
    size_t labels = 0;
    struct slice label = SLICE_NONE;
    while (!slice_is_none(s)) {
        label = slice_cut(s, '.', &s);
        labels++;
        if (!label_valid(label))
            return false;
    }
    return labels >= 2 && !is_digit(label.data[0]);
}

static bool email_valid(struct slice text)
{
    struct slice domain;
    struct slice local = slice_cut(text, '@', &domain);
    return text.size <= 254 && local_part_valid(local) && !slice_is_none(domain) && domain_valid(domain);
}

/* E.164 with its plus. */
static bool phone_valid(struct slice text)
{
    if (text.size < 8 || text.size > 16 || text.data[0] != '+' || text.data[1] == '0')
        return false;
    for (size_t i = 1; i < text.size; i++)
        if (!is_digit(text.data[i]))
            return false;
    return true;
}

/* BCP 47 as far as anybody uses it: a language, perhaps a region. */
static bool language_valid(struct slice text)
{
    struct slice region;
    struct slice language = slice_cut(text, '-', &region);
    if (language.size < 2 || language.size > 3)
        return false;
    for (size_t i = 0; i < language.size; i++)
        if (language.data[i] < 'a' || language.data[i] > 'z')
            return false;
    if (slice_is_none(region))
        return true;
    if (region.size == 3)
        return is_digit(region.data[0]) && is_digit(region.data[1]) && is_digit(region.data[2]);
    return region.size == 2 && region.data[0] >= 'A' && region.data[0] <= 'Z' && region.data[1] >= 'A' && region.data[1] <= 'Z';
}

static bool web_address_valid(struct slice text)
{
    struct uri uri;
    return uri_split(text, &uri) && uri.host.size
           && (slice_equals_nocase(uri.scheme, SLICE("https")) || slice_equals_nocase(uri.scheme, SLICE("http")));
}

static bool format_follows(enum string_format format, struct slice text)
{
    int32_t date;
    int64_t time_us;
    struct decimal decimal;
    switch (format) {
    case FORMAT_NONE: return true;
    case FORMAT_UUID: return uuid_valid(text);
    case FORMAT_DATE: return date_parse(text, &date);
    case FORMAT_DATE_TIME: return time_parse(text, &time_us);
    case FORMAT_EMAIL: return email_valid(text);
    case FORMAT_CURRENCY: return currency_find(text) != NULL;
    case FORMAT_DECIMAL: return decimal_parse(text, 18, &decimal);
    case FORMAT_URI: return web_address_valid(text);
    case FORMAT_LANGUAGE: return language_valid(text);
    case FORMAT_PHONE: return phone_valid(text);
    }
    return false;
}

const char *format_check(enum string_format format, struct slice text)
{
    static const char *const demands[] = {
        [FORMAT_NONE] = "",
        [FORMAT_UUID] = "must be a UUID",
        [FORMAT_DATE] = "must be a date as YYYY-MM-DD",
        [FORMAT_DATE_TIME] = "must be a date and time as RFC 3339 has it",
        [FORMAT_EMAIL] = "must be an e-mail address",
        [FORMAT_CURRENCY] = "must be an ISO 4217 currency code",
        [FORMAT_DECIMAL] = "must be a decimal number of at most 18 digits, without exponent",
        [FORMAT_URI] = "must be an http or https address",
        [FORMAT_LANGUAGE] = "must be a language code such as es or es-CO",
        [FORMAT_PHONE] = "must be a phone number as +573001234567",
    };
    return format_follows(format, text) ? NULL : demands[format];
}
