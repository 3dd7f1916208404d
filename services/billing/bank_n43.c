/* Bank statements as the Spanish banks' Cuaderno 43 of the AEB: lines of 80 characters, Latin-1 (or UTF-8), each beginning with its record's code: 11 an account,
 * 22 a movement, 23 its texts, 24 another currency (left out), 33 the account's end, 88 the file's. Counts and sums it states must be so. Amounts are hundredths
 * of the currency. Nothing here suspends. */
#include "base/date.h"
#include "base/utf8.h"
#include "billing/bank_file.h"

#define LINE 80
#define TEXTS_MAX 500

struct reading {
    struct bank_file *file;
    struct bank_statement *statement;   /* between 11 and 33 */
    struct bank_line *movement;         /* the 22 that 23 belongs to */
    char record[LINE];                  /* padded with blanks */
    int64_t line, records;
    int64_t debit_count, debit, credit_count, credit;
    bool ended;
};

static bool refuse(struct reading *reading, const char *what)
{
    return bank_file_fail(reading->file, "line %lld: %s", (long long)reading->line, what);
}

static struct slice part(const struct reading *reading, size_t from, size_t to)
{
    return slice_of(reading->record + from, to - from);
}

static bool whole_number(const struct reading *reading, size_t from, size_t to, int64_t *out)
{
    *out = 0;
    for (size_t i = from; i < to; i++) {
        if (reading->record[i] < '0' || reading->record[i] > '9')
            return false;
        *out = *out * 10 + (reading->record[i] - '0');
    }
    return true;
}

/* 1: debit, below 0; 2: credit. */
static bool signed_amount(struct reading *reading, size_t sign, size_t from, int64_t *out)
{
    if ((reading->record[sign] != '1' && reading->record[sign] != '2') || !whole_number(reading, from, from + 14, out))
        return refuse(reading, "a sign or an amount is none");
    *out = reading->record[sign] == '1' ? -*out : *out;
    return true;
}

static bool read_day(struct reading *reading, size_t from, struct slice *out)
{
    int32_t date;
    const char *at = reading->record + from;
    *out = arena_printf(reading->file->arena, "20%.2s-%.2s-%.2s", at, at + 2, at + 4);
    return date_parse(*out, &date) || refuse(reading, "a day is none");
}

static const struct currency *currency_of(struct slice number)
{
    static const char *const known[][2] = { { "978", "EUR" }, { "840", "USD" }, { "826", "GBP" }, { "756", "CHF" } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (slice_equals_text(number, known[i][0]))
            return currency_find(slice_from_text(known[i][1]));
    return NULL;
}

/* The check digit of ten digits of a Spanish account number. */
static char check_digit(const char *digits)
{
    static const int weights[10] = { 1, 2, 4, 8, 5, 10, 9, 7, 3, 6 };
    int sum = 0;
    for (size_t i = 0; i < 10; i++)
        sum += weights[i] * (digits[i] - '0');
    const int rest = 11 - sum % 11;
    return rest == 11 ? '0' : rest == 10 ? '1' : (char)('0' + rest);
}

/* The IBAN of bank, branch and account: as other formats name the same account. */
static struct slice iban_of(struct reading *reading)
{
    const char *of = reading->record + 2;
    char first[11] = "00", number[27];
    memcpy(first + 2, of, 8);
    memcpy(number, of, 8);
    number[8] = check_digit(first);
    number[9] = check_digit(of + 8);
    memcpy(number + 10, of + 8, 10);
    memcpy(number + 20, "142800", 7);
    int rest = 0;
    for (const char *at = number; *at; at++)
        rest = (rest * 10 + (*at - '0')) % 97;
    return arena_printf(reading->file->arena, "ES%02d%.20s", 98 - rest, number);
}

static bool begin_account(struct reading *reading)
{
    struct bank_statement *statement = bank_file_statement(reading->file);
    int64_t digits;
    if (!statement)
        return false;
    if (reading->statement)
        return refuse(reading, "an account begins before the end of another");
    if (!whole_number(reading, 2, 20, &digits))
        return refuse(reading, "the account is no number");
    reading->statement = statement;
    reading->movement = NULL;
    reading->debit_count = reading->debit = reading->credit_count = reading->credit = 0;
    statement->account = iban_of(reading);
    statement->currency = currency_of(part(reading, 47, 50));
    statement->has_opening = true;
    if (!statement->currency)
        return refuse(reading, "the currency is not one of 978, 840, 826, 756");
    return signed_amount(reading, 32, 33, &statement->opening) && read_day(reading, 20, &statement->from_on) && read_day(reading, 26, &statement->to_on);
}

/* None when it is blank or nothing but zeros. */
static struct slice reference_of(struct reading *reading, size_t from, size_t to)
{
    const struct slice text = bank_text(reading->file, part(reading, from, to), LINE);
    size_t zeros = 0;
    while (zeros < text.size && text.data[zeros] == '0')
        zeros++;
    return zeros == text.size ? SLICE_NONE : text;
}

/* Of Latin-1, in UTF-8. */
static struct slice to_utf8(struct reading *reading, struct slice latin)
{
    char *out = arena_alloc(reading->file->arena, 2 * latin.size + 1);
    size_t used = 0;
    for (size_t i = 0; i < latin.size; i++)
        used += utf8_put((unsigned char)latin.data[i], out + used);
    return slice_of(out, used);
}

static bool add_movement(struct reading *reading)
{
    if (!reading->statement)
        return refuse(reading, "a movement of no account");
    struct bank_line *line = reading->movement = bank_file_line(reading->file);
    if (!line || !signed_amount(reading, 27, 28, &line->amount) || !read_day(reading, 10, &line->booked_on) || !read_day(reading, 16, &line->value_on))
        return false;
    if (line->amount == 0)
        return refuse(reading, "an amount is 0");
    if (line->amount < 0) {
        reading->debit_count++;
        reading->debit -= line->amount;
    } else {
        reading->credit_count++;
        reading->credit += line->amount;
    }
    for (size_t from = 64; slice_is_none(line->reference) && from >= 42; from = from == 64 ? 52 : from == 52 ? 42 : 0)
        line->reference = reference_of(reading, from, from == 64 ? LINE : from == 52 ? 64 : 52);
    if (!slice_is_none(line->reference))
        line->reference = to_utf8(reading, line->reference);
    return true;
}

static bool add_text(struct reading *reading)
{
    struct bank_line *line = reading->movement;
    if (!line)
        return refuse(reading, "a text of no movement");
    const struct slice text = bank_text(reading->file, to_utf8(reading, part(reading, 4, LINE)), TEXTS_MAX);
    if (!slice_is_none(text) && line->text.size + text.size < TEXTS_MAX)
        line->text = arena_printf(reading->file->arena, "%.*s%s%.*s", SLICE_FMT(line->text), line->text.size ? " " : "", SLICE_FMT(text));
    return true;
}

static bool end_account(struct reading *reading)
{
    int64_t debit_count, debit, credit_count, credit;
    struct bank_statement *statement = reading->statement;
    if (!statement)
        return refuse(reading, "the end of no account");
    if (!whole_number(reading, 20, 25, &debit_count) || !whole_number(reading, 25, 39, &debit) || !whole_number(reading, 39, 44, &credit_count) ||
        !whole_number(reading, 44, 58, &credit))
        return refuse(reading, "a count or a sum is none");
    if (debit_count != reading->debit_count || debit != reading->debit || credit_count != reading->credit_count || credit != reading->credit)
        return refuse(reading, "the counts and sums are not those of the movements");
    statement->has_closing = true;
    reading->statement = NULL;
    reading->movement = NULL;
    return signed_amount(reading, 58, 59, &statement->closing);
}

static bool end_file(struct reading *reading)
{
    int64_t records;
    if (reading->statement)
        return refuse(reading, "the file ends before its account");
    reading->ended = true;
    return (whole_number(reading, 20, 26, &records) && records == reading->records - 1) || refuse(reading, "the number of records is another");
}

static bool take_record(struct reading *reading)
{
    const struct slice code = part(reading, 0, 2);
    reading->records++;
    if (reading->ended)
        return refuse(reading, "a record behind the file's end");
    if (slice_equals_text(code, "11"))
        return begin_account(reading);
    if (slice_equals_text(code, "22"))
        return add_movement(reading);
    if (slice_equals_text(code, "23"))
        return add_text(reading);
    if (slice_equals_text(code, "24"))
        return true;
    if (slice_equals_text(code, "33"))
        return end_account(reading);
    if (slice_equals_text(code, "88"))
        return end_file(reading);
    return refuse(reading, "it begins with none of 11, 22, 23, 24, 33, 88");
}

/* One byte a character; what Latin-1 has not becomes '?'. */
static struct slice to_latin(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.size + 1);
    size_t used = 0;
    for (size_t at = 0, step; at < text.size; at += step) {
        step = utf8_sequence(slice_of(text.data + at, text.size - at));
        const unsigned char c = (unsigned char)text.data[at];
        out[used++] = step == 1 ? (char)c : step == 2 && c < 0xc4 ? (char)((c & 3) << 6 | (text.data[at + 1] & 0x3f)) : '?';
    }
    return slice_of(out, used);
}

bool bank_read_n43(struct bank_file *file, struct slice body)
{
    struct reading reading = { .file = file };
    struct slice rest = utf8_valid(body) ? to_latin(file->arena, body) : body;
    while (!slice_is_none(rest)) {
        struct slice line = slice_cut(rest, '\n', &rest);
        reading.line++;
        while (line.size && (line.data[line.size - 1] == '\r' || line.data[line.size - 1] == ' ' || line.data[line.size - 1] == '\x1a'))
            line.size--;
        if (line.size == 0)
            continue;
        if (line.size > LINE)
            return refuse(&reading, "it is longer than 80 characters");
        memset(reading.record, ' ', LINE);
        memcpy(reading.record, line.data, line.size);
        if (!take_record(&reading))
            return false;
    }
    return reading.ended ? bank_file_check(file) : refuse(&reading, "the file ends without its last record, 88");
}
