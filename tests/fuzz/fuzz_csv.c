/* Fuzz target of wire/csv: any bytes as a file. The rows must be the same however the bytes are cut into chunks, their fields UTF-8 without
 * NUL, and lines must never go back. */
#include "fuzz.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "wire/csv.h"

static uint64_t row_digest(const struct csv_row *row, enum csv_event event)
{
    uint64_t digest = (uint64_t)row->line * 31 + event;
    CHECK(row->count >= 1 && row->count <= CSV_FIELDS_MAX && (event == CSV_BAD) == (row->why != NULL));
    for (size_t i = 0; i < row->count; i++) {
        struct slice field = row->fields[i];
        CHECK(field.data[field.size] == '\0');
        CHECK(event == CSV_BAD || (utf8_valid(field) && !memchr(field.data, '\0', field.size)));
        digest = digest * 1099511628211u + hash_bytes(field);
    }
    return digest;
}

static uint64_t read_all(struct slice text, size_t chunk, char separator)
{
    struct arena *arena = arena_new();
    struct csv *csv = csv_new(arena);
    csv_separate(csv, separator);
    struct csv_row row;
    uint64_t digest = 0;
    int64_t line = 0;
    for (enum csv_event event; (event = csv_next(csv, &row)) != CSV_END;) {
        size_t size = text.size < chunk ? text.size : chunk;
        if (event != CSV_MORE) {
            CHECK(row.line > line);
            line = row.line;
            digest = digest * 1099511628211u + row_digest(&row, event);
        } else if (size) {
            csv_feed(csv, slice_of(text.data, size));
            text = slice_of(text.data + size, text.size - size);
        } else {
            csv_finish(csv);
        }
    }
    arena_free(arena);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    const char separator = size % 2 ? ',' : ';';
    uint64_t whole = read_all(text, size + 1, separator);
    CHECK(read_all(text, 1, separator) == whole);
    CHECK(read_all(text, 7, separator) == whole);
    return 0;
}
