/* Fuzz target of a line of an import: nine columns cut at '|'. What is taken is one JSON object with the members the statement reads, in the bounds of the
 * table; what is refused names a column and why. */
#include "fuzz.h"

#include "base/money.h"
#include "base/utf8.h"
#include "catalog/import_line.h"
#include "wire/json.h"

static void check_object(struct arena *arena, struct slice json)
{
    const cJSON *line = json_parse(arena, json, NULL, NULL);
    CHECK(line && !json_duplicate(arena, line));
    int64_t price = -1, stock = 0;
    CHECK(json_int64(json_member(line, "price"), &price) && price >= 0 && price <= MONEY_MAX);
    CHECK(currency_find(json_member_text(line, "currency")) != NULL);
    CHECK(json_member_text(line, "sku").size > 0 && json_member_text(line, "sku").size <= 100 && json_member_text(line, "name").size > 0);
    CHECK(cJSON_IsNull(json_member(line, "stock")) || !json_member(line, "stock") || (json_int64(json_member(line, "stock"), &stock) && stock >= 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice rest = slice_of((const char *)data, size), columns[COLUMNS];
    struct import_error error = { 0 };
    struct json_writer out = json_to_arena(arena);
    bool valid = utf8_valid(rest) && (!size || !memchr(data, '\0', size));
    for (size_t i = 0; i < COLUMNS; i++)
        columns[i] = slice_is_none(rest) ? SLICE_NONE : slice_cut(rest, '|', &rest);
    CHECK(import_column_find(columns[0]) <= COLUMNS);
    if (valid) {   /* the CSV and JSON readers let nothing else through */
        if (import_line_write(arena, columns, 2, &out, &error))
            check_object(arena, json_done(&out));
        else
            CHECK(error.detail && error.detail[0]);
    }
    arena_free(arena);
    return 0;
}
