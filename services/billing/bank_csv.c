/* Bank statements as CSV: what each column is the caller says, or a heading line; so are account, currency and how decimals and days are written. Nothing is
 * guessed but the separator: ';' when the first line that counts has one. A line that cannot be read refuses the file. Nothing here suspends. */
#include "base/date.h"
#include "base/utf8.h"
#include "billing/bank_file.h"
#include "wire/csv.h"

#include <stdio.h>

enum column { BOOKED_ON, VALUE_ON, AMOUNT, CURRENCY, REFERENCE, BANK_REFERENCE, NAME, COUNTER_ACCOUNT, TEXT, OTHER, COLUMNS = OTHER };

static const char *const names[COLUMNS] = { "date", "value_date", "amount", "currency", "reference", "bank_reference", "name", "account", "text" };

struct reading {
    struct bank_file *file;
    const struct bank_csv *said;
    enum column order[CSV_FIELDS_MAX];
    size_t count;
    int64_t line;
};

static bool refuse(struct reading *reading, enum column column, const char *why)
{
    return bank_file_fail(reading->file, "line %lld, %s: %s", (long long)reading->line, names[column], why);
}

static enum column column_of(struct slice name)
{
    for (int column = 0; column < COLUMNS; column++)
        if (slice_equals_nocase(name, slice_from_text(names[column])))
            return (enum column)column;
    return OTHER;
}

static bool add_column(struct reading *reading, struct slice name)
{
    const enum column column = column_of(slice_trim(name));
    for (size_t i = 0; i < reading->count && column != OTHER; i++)
        if (reading->order[i] == column)
            return bank_file_fail(reading->file, "the column %s stands there twice", names[column]);
    if (reading->count == CSV_FIELDS_MAX)
        return bank_file_fail(reading->file, "there are more than %d columns", CSV_FIELDS_MAX);
    reading->order[reading->count++] = column;
    return true;
}

static bool has_needed(struct reading *reading)
{
    bool date = false, amount = false;
    for (size_t i = 0; i < reading->count; i++) {
        date = date || reading->order[i] == BOOKED_ON;
        amount = amount || reading->order[i] == AMOUNT;
    }
    return (date && amount) || bank_file_fail(reading->file, "the columns date and amount are needed");
}

static bool read_heading(struct reading *reading, const struct csv_row *row)
{
    for (size_t i = 0; i < row->count; i++)
        if (!add_column(reading, row->fields[i]))
            return false;
    return has_needed(reading);
}

static bool read_declared(struct reading *reading)
{
    struct slice rest = reading->said->columns;
    while (!slice_is_none(rest))
        if (!add_column(reading, slice_cut(rest, ',', &rest)))
            return false;
    return has_needed(reading);
}

/* Whole thousands may be grouped by the sign that is not the decimal one, or by blanks, in threes; a plus may stand in front. Written with a point and no
 * groups; none when it is written otherwise. */
static struct slice plain_amount(struct reading *reading, struct slice text)
{
    const char decimal = reading->said->decimal_comma ? ',' : '.', group = reading->said->decimal_comma ? '.' : ',';
    char *out = arena_alloc(reading->file->arena, text.size + 1);
    size_t used = 0, digits = 0;
    bool grouped = false, fraction = false;
    for (size_t i = text.size && text.data[0] == '+'; i < text.size; i++) {
        const char c = text.data[i];
        if ((c == group || c == ' ') && !fraction) {
            if (digits == 0 || digits > 3 || (grouped && digits != 3))
                return SLICE_NONE;
            grouped = true;
            digits = 0;
            continue;
        }
        if (c == decimal && !fraction) {
            if (grouped && digits != 3)
                return SLICE_NONE;
            fraction = true;
        } else if (c == decimal || c == group || c == ' ') {
            return SLICE_NONE;
        }
        digits += c >= '0' && c <= '9';
        out[used++] = c == decimal ? '.' : c;
    }
    return grouped && !fraction && digits != 3 ? SLICE_NONE : slice_of(out, used);
}

static int number(struct slice text)
{
    int64_t value;
    return text.size <= 4 && slice_to_int64(text, &value) && value > 0 ? (int)value : 0;
}

/* "22/11/2026", with '/', '-' or '.', as "2026-11-22". */
static bool read_date(struct reading *reading, struct slice text, enum column column, struct slice *out)
{
    int32_t date;
    if (reading->said->date_order != 'y') {
        const char *sign = memchr(text.data, '/', text.size);
        sign = sign ? sign : memchr(text.data, '-', text.size);
        struct slice rest = text, year;
        const struct slice first = slice_cut(rest, sign ? *sign : '.', &rest), second = slice_cut(rest, sign ? *sign : '.', &year);
        const bool day_first = reading->said->date_order == 'd';
        if (year.size == 4)
            text = arena_printf(reading->file->arena, "%04d-%02d-%02d", number(year), number(day_first ? second : first), number(day_first ? first : second));
        else
            text = SLICE("");
    }
    *out = arena_copy(reading->file->arena, text);
    return date_parse(text, &date) || refuse(reading, column, "is not a date as it was said to be written");
}

static bool read_line(struct reading *reading, const struct slice columns[COLUMNS])
{
    struct bank_file *file = reading->file;
    struct bank_statement *statement = &file->statements[0];
    const struct slice currency = columns[CURRENCY].size ? columns[CURRENCY] : reading->said->currency;
    const struct slice amount = plain_amount(reading, columns[AMOUNT]);
    struct bank_line *line = bank_file_line(file);
    if (!line)
        return false;
    if (!statement->currency)
        statement->currency = currency_find(currency);
    if (!statement->currency || !slice_equals_text(currency, statement->currency->code))
        return refuse(reading, CURRENCY, "is not the statement's, or is no ISO 4217 code");
    if (slice_is_none(amount) || !money_parse_major(amount, statement->currency, &line->amount) || line->amount == 0)
        return refuse(reading, AMOUNT, "is not an amount, exact in its currency, with decimals as they were said to be written");
    line->reference = bank_text(file, columns[REFERENCE], 140);
    line->bank_reference = bank_text(file, columns[BANK_REFERENCE], 140);
    line->name = bank_text(file, columns[NAME], 140);
    line->counter_account = bank_text(file, columns[COUNTER_ACCOUNT], 40);
    line->text = bank_text(file, columns[TEXT], 500);
    return read_date(reading, columns[BOOKED_ON], BOOKED_ON, &line->booked_on) &&
           (columns[VALUE_ON].size == 0 || read_date(reading, columns[VALUE_ON], VALUE_ON, &line->value_on));
}

static bool take_row(struct reading *reading, const struct csv_row *row)
{
    struct slice columns[COLUMNS + 1] = { { NULL, 0 } };
    reading->line = row->line;
    if (row->line <= reading->said->skip)
        return true;
    if (row->why)
        return bank_file_fail(reading->file, "line %lld: %s", (long long)row->line, row->why);
    if (reading->count == 0)
        return read_heading(reading, row);
    if (row->count != reading->count)
        return bank_file_fail(reading->file, "line %lld: it has %zu columns instead of %zu", (long long)row->line, row->count, reading->count);
    for (size_t i = 0; i < row->count; i++)
        columns[reading->order[i]] = slice_trim(row->fields[i]);
    return read_line(reading, columns);
}

static char separator_of(struct slice body, int64_t skip)
{
    struct slice rest = body, line = slice_cut(rest, '\n', &rest);
    while (skip-- > 0 && !slice_is_none(rest))
        line = slice_cut(rest, '\n', &rest);
    return memchr(line.data, ';', line.size) ? ';' : ',';
}

bool bank_read_csv(struct bank_file *file, struct slice body, const struct bank_csv *said)
{
    struct reading reading = { .file = file, .said = said };
    struct csv *csv = csv_new(file->arena);
    struct csv_row row;
    bank_file_statement(file)->account = bank_account(file, said->account);
    if (!slice_is_none(said->columns) && !read_declared(&reading))
        return false;
    body = body.size ? body : SLICE("");
    csv_separate(csv, separator_of(body, said->skip));
    csv_feed(csv, body);
    csv_finish(csv);
    for (enum csv_event event; (event = csv_next(csv, &row)) != CSV_END;)
        if (!take_row(&reading, &row))
            return false;
    if (reading.count == 0)
        return bank_file_fail(file, "there is no heading line");
    if (!file->statements[0].currency)
        file->statements[0].currency = currency_find(said->currency);
    return bank_file_check(file);
}
