/* Results by column name. A result stays in libpq's memory until the arena goes (deferred PQclear), so that text is read in
 * place: nothing is copied. Columns are found by comparing names; results have few of them. Nothing here suspends. */
#include "db/internal.h"

#include "base/log.h"

#include <stdlib.h>

struct row {
    const PGresult *result;
    int index;
};

struct rows {
    PGresult *result;
    size_t count;
    struct row row[];
};

static void rows_clear(void *result)
{
    PQclear(result);
}

const struct rows *rows_own(struct arena *arena, PGresult *result)
{
    size_t count = (size_t)PQntuples(result);
    struct rows *rows = arena_alloc(arena, sizeof *rows + count * sizeof rows->row[0]);
    arena_defer(arena, rows_clear, result);
    rows->result = result;
    rows->count = count;
    for (size_t i = 0; i < count; i++)
        rows->row[i] = (struct row){ .result = result, .index = (int)i };
    return rows;
}

size_t rows_count(const struct rows *rows)
{
    return rows->count;
}

const struct row *rows_at(const struct rows *rows, size_t index)
{
    if (index >= rows->count)
        abort();
    return &rows->row[index];
}

int64_t rows_affected(const struct rows *rows)
{
    int64_t count = 0;
    return slice_to_int64(slice_from_text(PQcmdTuples(rows->result)), &count) ? count : 0;
}

_Noreturn static void column_is_wrong(const char *column, const char *why)
{
    log_error("a result is read wrongly", LOG_TEXT("column", column), LOG_TEXT("why", why));
    abort();
}

static int column_find(const PGresult *result, const char *column)
{
    int count = PQnfields(result);
    for (int i = 0; i < count; i++)
        if (strcmp(PQfname(result, i), column) == 0)
            return i;
    column_is_wrong(column, "the statement does not return it");
}

struct slice row_text(const struct row *row, const char *column)
{
    int field = column_find(row->result, column);
    if (PQgetisnull(row->result, row->index, field))
        return SLICE_NONE;
    return slice_of(PQgetvalue(row->result, row->index, field), (size_t)PQgetlength(row->result, row->index, field));
}

int64_t row_int(const struct row *row, const char *column)
{
    int64_t value = 0;
    struct slice text = row_text(row, column);
    if (!slice_is_none(text) && !slice_to_int64(text, &value))
        column_is_wrong(column, "it is not an integer");
    return value;
}

bool row_bool(const struct row *row, const char *column)
{
    return slice_equals(row_text(row, column), SLICE("t"));
}
