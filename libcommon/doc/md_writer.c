/* See md_writer.h. Pure; what is written lives in the arena. */
#include "doc/md_writer.h"

#include "base/date.h"
#include "base/digits.h"
#include "base/money.h"

#include <stdio.h>

#define RATE_DIGITS 18

struct md_writer md_to_arena(struct arena *arena, bool spanish, struct slice currency)
{
    return (struct md_writer){ .text = text_to_arena(arena), .spanish = spanish, .currency = currency };
}

struct slice md_done(const struct md_writer *out)
{
    return text_done(&out->text);
}

void md_put(struct md_writer *out, struct slice markdown)
{
    text_put(&out->text, markdown);
}

void md_put_escaped(struct md_writer *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char c = text.data[i];
        if ((unsigned char)c < 0x20 || c == 0x7f) {
            MD_TEXT(out, " ");
            continue;
        }
        if (memchr("\\`*_[]<>#|~&", c, 12))
            MD_TEXT(out, "\\");
        md_put(out, slice_of(text.data + i, 1));
    }
}

void md_put_int(struct md_writer *out, int64_t value)
{
    char text[DIGITS_INT_MAX];
    md_put(out, slice_of(text, (size_t)(digits_put_int(text, value) - text)));
}

void md_put_number(struct md_writer *out, int64_t amount)
{
    char text[MONEY_TEXT_BYTES];
    md_put(out, slice_of(text, money_write(amount, out->currency, out->spanish, text)));
}

void md_put_money(struct md_writer *out, int64_t amount)
{
    md_put(out, out->currency);
    MD_TEXT(out, " ");
    md_put_number(out, amount);
}

void md_put_percent(struct md_writer *out, struct slice fraction)
{
    struct decimal value;
    if (!decimal_parse(fraction, RATE_DIGITS, &value)) {
        md_put_escaped(out, fraction);
        return;
    }
    __int128 digits = (__int128)value.digits * 100, unit = 1;
    for (int i = 0; i < value.scale; i++)
        unit *= 10;
    md_put_int(out, (int64_t)(digits / unit));
    __int128 rest = digits % unit;
    if (rest)
        md_put(out, out->spanish ? SLICE(",") : SLICE("."));
    for (; rest; rest = rest * 10 % unit)
        md_put_int(out, (int64_t)(rest * 10 / unit));
    MD_TEXT(out, " %");
}

void md_put_date(struct md_writer *out, struct slice date)
{
    int32_t day;
    char text[3 * DIGITS_INT_MAX];
    if (!out->spanish || !date_parse(date, &day)) {
        md_put_escaped(out, date);
        return;
    }
    const struct civil civil = date_to_civil(day);
    const int size = snprintf(text, sizeof text, "%02d/%02d/%04d", civil.day, civil.month, civil.year);
    md_put(out, slice_of(text, (size_t)size));
}
