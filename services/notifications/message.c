/* See message.h. Values come from events and so in part from customers: they are text inside text, never syntax. */
#include "message.h"

#include "base/date.h"
#include "base/money.h"
#include "wire/base64.h"
#include "wire/json.h"

#include <stdio.h>
#include <time.h>

#define MESSAGE_MAX (64 * 1024)
#define LINE_MAX_BYTES 900
#define UTF8_BYTES_MAX 4
#define ENCODED_WORD_BYTES 42   /* of text in one RFC 2047 word: at most 75 characters written */

static const char *const money_members[] = { "amount",      "overdue",     "total",   "total_payable",
                                             "order_total", "order_paid",  "excess",  "outstanding",   "refund", "next_amount", "pay_amount", "recovered", "reopened" };

struct slice message_money(struct arena *arena, int64_t amount, struct slice code, bool spanish)
{
    char text[MONEY_TEXT_BYTES];
    money_write(amount, code, spanish, text);
    return arena_printf(arena, "%.*s %s", SLICE_FMT(code), text);
}

static bool is_money(struct slice name)
{
    for (size_t i = 0; i < sizeof money_members / sizeof *money_members; i++)
        if (slice_equals_text(name, money_members[i]))
            return true;
    return false;
}

static struct slice day_text(struct arena *arena, int32_t date, bool spanish)
{
    const struct civil civil = date_to_civil(date);
    return spanish ? arena_printf(arena, "%02d/%02d/%04d", civil.day, civil.month, civil.year)
                   : arena_printf(arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* A moment is told to the minute: until then, not after. */
static struct slice date_text(struct arena *arena, struct slice text, bool spanish)
{
    int32_t date;
    int64_t time;
    if (date_parse(text, &date))
        return day_text(arena, date, spanish);
    if (!time_parse(text, &time))
        return text;
    const time_t seconds = (time_t)(time / 1000000);
    struct tm local;
    localtime_r(&seconds, &local);
    const struct slice day = day_text(arena, date_of_time(time), spanish);
    return arena_printf(arena, "%.*s %02d:%02d", SLICE_FMT(day), local.tm_hour, local.tm_min);
}

static struct slice value_text(struct arena *arena, struct slice name, const struct message_values *values)
{
    int64_t number = 0;
    if (slice_equals_text(name, "full_name"))
        return values->full_name;
    if (slice_equals_text(name, "password_key"))
        return slice_is_none(values->password_key) ? SLICE("") : values->password_key;
    if (slice_equals_text(name, "unsubscribe_url"))
        return values->unsubscribe_url;
    const char *member = arena_copy(arena, name).data;
    const cJSON *value = json_member(values->data, member);
    if (!value || cJSON_IsNull(value))
        return SLICE("");
    if (is_money(name) && json_int64(value, &number))
        return message_money(arena, number, json_member_text(values->data, "currency"), values->spanish);
    if (cJSON_IsString(value))
        return date_text(arena, json_text(value), values->spanish);
    return json_print(arena, value);
}

struct slice message_fill(struct arena *arena, struct slice template, const struct message_values *values)
{
    char *out = ARENA_ARRAY(arena, char, MESSAGE_MAX + 1);
    size_t size = 0;
    for (size_t i = 0; i < template.size && size < MESSAGE_MAX;) {
        const char *at = template.data + i;
        const char *end = template.size - i > 4 && at[0] == '{' && at[1] == '{'
                              ? memchr(at + 2, '}', template.size - i - 2)
                              : NULL;
        if (!end) {
            out[size++] = template.data[i++];
            continue;
        }
        struct slice value = value_text(arena, slice_of(at + 2, (size_t)(end - at) - 2), values);
        size_t fits = value.size < MESSAGE_MAX - size ? value.size : MESSAGE_MAX - size;
        if (fits > 0)
            memcpy(out + size, value.data, fits);
        size += fits;
        i = (size_t)(end - template.data) + 2;
    }
    return slice_of(out, size);
}

struct slice message_address(struct slice from)
{
    const char *open = from.size ? memchr(from.data, '<', from.size) : NULL;
    const char *close = from.size ? memchr(from.data, '>', from.size) : NULL;
    return open && close > open ? slice_of(open + 1, (size_t)(close - open) - 1) : from;
}

/* What a reader would decode (RFC 2047). */
static bool has_encoded_word(struct slice text)
{
    return text.size > 0 && memmem(text.data, text.size, "=?", 2);
}

/* Control characters become blanks: whatever it is, it is one line. */
static struct slice one_line(struct arena *arena, struct slice text)
{
    char *plain = ARENA_ARRAY(arena, char, text.size + 1);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        plain[i] = c < 0x20 || c == 0x7f ? ' ' : text.data[i];
    }
    return slice_of(plain, text.size);
}

/* A header value; anything beyond ASCII is encoded in words of whole characters, and so is what looks encoded already: a customer's name
 * is shown as it was written and never becomes something else in the reader. */
static struct slice header_text(struct arena *arena, struct slice text)
{
    const char *plain = one_line(arena, text).data;
    bool ascii = true;
    for (size_t i = 0; i < text.size; i++)
        ascii = ascii && (unsigned char)text.data[i] < 0x80;
    if (ascii && text.size <= LINE_MAX_BYTES && !has_encoded_word(text))
        return slice_of(plain, text.size);
    struct slice out = SLICE("");
    for (size_t start = 0; start < text.size;) {
        size_t end = start + ENCODED_WORD_BYTES < text.size ? start + ENCODED_WORD_BYTES : text.size;
        while (end < text.size && end > start + 1 && ((unsigned char)plain[end] & 0xc0) == 0x80)
            end--;
        struct slice word = base64_encode(arena, slice_of(plain + start, end - start));
        out = arena_printf(arena, "%.*s%s=?UTF-8?B?%.*s?=", SLICE_FMT(out), start ? "\r\n " : "", SLICE_FMT(word));
        start = end;
    }
    return out;
}

/* RFC 8058: one click in the reader's own program. */
static struct slice unsubscribe_headers(struct arena *arena, struct slice url)
{
    if (slice_is_none(url))
        return SLICE("");
    const struct slice line = one_line(arena, url);
    return arena_printf(arena, "List-Unsubscribe: <%.*s>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", SLICE_FMT(line));
}

/* LF to CRLF, stray CR dropped, over-long lines broken between characters. */
static struct slice body_lines(struct arena *arena, struct slice body)
{
    char *out = ARENA_ARRAY(arena, char, body.size * 2 + body.size / LINE_MAX_BYTES * 2 + 3);
    size_t size = 0, line = 0;
    for (size_t i = 0; i < body.size; i++) {
        bool ends = body.data[i] == '\n';
        /* Between characters; what is no UTF-8 has none. */
        bool breaks = line >= LINE_MAX_BYTES && (((unsigned char)body.data[i] & 0xc0) != 0x80 || line >= LINE_MAX_BYTES + UTF8_BYTES_MAX);
        if (ends || breaks) {
            out[size++] = '\r';
            out[size++] = '\n';
            line = 0;
        }
        if (ends || body.data[i] == '\r' || body.data[i] == '\0')
            continue;
        out[size++] = body.data[i];
        line++;
    }
    return slice_of(out, size);
}

struct slice message_write(struct arena *arena, const struct envelope *e)
{
    char date[40];
    time_t seconds = (time_t)(e->date_us / 1000000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    snprintf(date, sizeof date, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[utc.tm_wday], utc.tm_mday,
             months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    /* SLICE_FMT evaluates its argument more than once. */
    const struct slice from = one_line(arena, e->from), to = one_line(arena, e->to), subject = header_text(arena, e->subject),
                       body = body_lines(arena, e->body), unsubscribe = unsubscribe_headers(arena, e->unsubscribe_url);
    return arena_printf(arena,
                        "From: %.*s\r\nTo: %.*s\r\nSubject: %.*s\r\nDate: %s\r\nMessage-ID: <%.*s@%.*s>\r\n"
                        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
                        "Content-Language: %.*s\r\nAuto-Submitted: auto-generated\r\n%.*sX-Cuotas-Template: %.*s\r\n\r\n%.*s",
                        SLICE_FMT(from), SLICE_FMT(to), SLICE_FMT(subject), date, SLICE_FMT(e->id), SLICE_FMT(e->domain),
                        SLICE_FMT(e->language), SLICE_FMT(unsubscribe), SLICE_FMT(e->template), SLICE_FMT(body));
}
