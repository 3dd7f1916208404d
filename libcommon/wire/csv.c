/* CSV, a byte at a time over chunks. Invariants: `row` holds the fields of the row being read, each ended by a NUL, never more than
 * CSV_ROW_BYTES_MAX bytes; the first thing wrong with a row is remembered and the row goes on to its end, but for one that grew too long: the
 * rest of its line is skipped, so that a quote never closed costs one row's worth of input and not the file. Nothing here suspends. */
#include "wire/csv.h"

#include "base/utf8.h"

#include <stdlib.h>

enum state { FIELD_START, PLAIN, QUOTED, QUOTE_IN_QUOTED, AFTER_CR, SKIPPING };

struct csv {
    struct slice input;
    char separator;
    bool finished;
    enum state state;
    size_t mark;                       /* bytes of a byte order mark seen at the very start; 3: no longer there */
    int64_t line, row_line;
    const char *why;
    bool quoted;                       /* the row has a quoted field, so it is not an empty line */
    size_t size, count;
    size_t starts[CSV_FIELDS_MAX];
    struct slice fields[CSV_FIELDS_MAX];
    char row[CSV_ROW_BYTES_MAX];
};

#define MARK_DONE 3
static const char byte_order_mark[] = "\xef\xbb\xbf";

static void row_begin(struct csv *csv)
{
    csv->state = FIELD_START;
    csv->row_line = csv->line;
    csv->why = NULL;
    csv->quoted = false;
    csv->size = 0;
    csv->count = 1;
    csv->starts[0] = 0;
}

struct csv *csv_new(struct arena *arena)
{
    struct csv *csv = ARENA_NEW(arena, struct csv);
    csv->line = 1;
    csv->separator = ',';
    row_begin(csv);
    return csv;
}

void csv_separate(struct csv *csv, char separator)
{
    csv->separator = separator;
}

void csv_feed(struct csv *csv, struct slice chunk)
{
    if (csv->input.size || csv->finished)
        abort();
    csv->input = chunk;
}

void csv_finish(struct csv *csv)
{
    csv->finished = true;
}

static void complain(struct csv *csv, const char *why)
{
    if (!csv->why)
        csv->why = why;
}

static void store(struct csv *csv, char c)
{
    if (csv->size + 1 >= sizeof csv->row) {   /* one for the last NUL */
        complain(csv, "the row is too long");
        csv->state = SKIPPING;
        return;
    }
    csv->row[csv->size++] = c;
}

static void field_end(struct csv *csv)
{
    csv->state = FIELD_START;
    store(csv, '\0');
    if (csv->count == CSV_FIELDS_MAX) {
        complain(csv, "the row has too many fields");
        csv->state = SKIPPING;
        return;
    }
    csv->starts[csv->count++] = csv->size;
}

static void take_plain(struct csv *csv, char c)
{
    csv->state = PLAIN;
    if (c == '\0')
        complain(csv, "a NUL byte is not text");
    store(csv, c);
}

/* Outside quotes. True at the end of a row. */
static bool take_outside(struct csv *csv, char c)
{
    if (c == '\n')
        return true;
    if (c == csv->separator) {
        field_end(csv);
    } else if (c == '\r') {
        csv->state = AFTER_CR;
    } else if (c == '"' && csv->state == FIELD_START) {
        csv->state = QUOTED;
        csv->quoted = true;
    } else if (c == '"' && csv->state == QUOTE_IN_QUOTED) {
        csv->state = QUOTED;
        store(csv, c);
    } else {
        if (c == '"' || csv->state == QUOTE_IN_QUOTED)
            complain(csv, "a double quote stands in the middle of a field");
        take_plain(csv, c);
    }
    return false;
}

static void take_quoted(struct csv *csv, char c)
{
    if (c == '"') {
        csv->state = QUOTE_IN_QUOTED;
        return;
    }
    if (c == '\0')
        complain(csv, "a NUL byte is not text");
    store(csv, c);
}

/* True at the end of a row. */
static bool take_byte(struct csv *csv, char c)
{
    csv->line += c == '\n';
    switch (csv->state) {
    case QUOTED:
        take_quoted(csv, c);
        return false;
    case SKIPPING:
        return c == '\n';
    case AFTER_CR:
        if (c == '\n')
            return true;
        complain(csv, "a carriage return stands alone");
        csv->state = PLAIN;
        return take_outside(csv, c);
    default:
        return take_outside(csv, c);
    }
}

/* The very first bytes: swallows a byte order mark, whole; gives back what only began like one. */
static bool take_first_byte(struct csv *csv, char c)
{
    if (c == byte_order_mark[csv->mark]) {
        csv->mark++;
        return false;
    }
    for (size_t i = 0; i < csv->mark; i++)
        take_byte(csv, byte_order_mark[i]);
    csv->mark = MARK_DONE;
    return take_byte(csv, c);
}

/* The row read so far as an event; false for an empty line. */
static bool row_end(struct csv *csv, struct csv_row *row, enum csv_event *event)
{
    if (csv->size == 0 && csv->count == 1 && !csv->quoted && !csv->why) {
        row_begin(csv);
        return false;
    }
    csv->row[csv->size] = '\0';
    for (size_t i = 0; i < csv->count; i++) {
        size_t end = i + 1 < csv->count ? csv->starts[i + 1] - 1 : csv->size;
        csv->fields[i] = slice_of(csv->row + csv->starts[i], end - csv->starts[i]);
    }
    if (!utf8_valid(slice_of(csv->row, csv->size)))
        complain(csv, "the text is not valid UTF-8");
    *row = (struct csv_row){ .fields = csv->fields, .count = csv->count, .line = csv->row_line, .why = csv->why };
    *event = csv->why ? CSV_BAD : CSV_ROW;
    row_begin(csv);
    return true;
}

/* No more input: a last row without a line end. */
static enum csv_event last_row(struct csv *csv, struct csv_row *row)
{
    enum csv_event event;
    for (size_t i = 0; csv->mark < MARK_DONE && i < csv->mark; i++)
        take_byte(csv, byte_order_mark[i]);
    csv->mark = MARK_DONE;
    if (csv->state == QUOTED)
        complain(csv, "a quoted field does not end");
    if (csv->state == AFTER_CR)
        complain(csv, "a carriage return stands alone");
    return row_end(csv, row, &event) ? event : CSV_END;
}

enum csv_event csv_next(struct csv *csv, struct csv_row *row)
{
    enum csv_event event;
    while (csv->input.size) {
        char c = csv->input.data[0];
        csv->input = slice_of(csv->input.data + 1, csv->input.size - 1);
        bool ended = csv->mark == MARK_DONE ? take_byte(csv, c) : take_first_byte(csv, c);
        if (ended && row_end(csv, row, &event))
            return event;
    }
    return csv->finished ? last_row(csv, row) : CSV_MORE;
}
