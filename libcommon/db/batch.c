/* Several statements in one unit. The batch lives in its work's arena; argument slices are copied into it (their structs are
 * usually compound literals of a loop's body), the bytes they point to are not. batch_run suspends. */
#include "db/internal.h"

#include "gen/problems.h"

#include <assert.h>

struct batch {
    struct work *work;
    enum statement_pool pool;
    size_t count;
    bool ran;
    struct db_call *calls;
    struct unit_outcome outcome;
};

struct batch *batch_new(struct work *w, enum statement_pool pool)
{
    struct batch *batch = ARENA_NEW(w->arena, struct batch);
    batch->work = w;
    batch->pool = pool;
    batch->outcome.failed_at = -1;
    return batch;
}

void batch_add(struct batch *batch, const struct statement *st, const struct slice *args)
{
    assert(batch->count < DB_BATCH_STATEMENTS_MAX && !batch->ran);
    size_t parameters = (size_t)st->parameter_count;
    struct slice *copy = ARENA_ARRAY(batch->work->arena, struct slice, parameters ? parameters : 1);
    for (size_t i = 0; i < parameters; i++)
        copy[i] = args[i];
    /* Grown by doubling from 8: the old array stays in the arena until it goes. */
    if (batch->count == 0 || (batch->count >= 8 && (batch->count & (batch->count - 1)) == 0)) {
        size_t old = batch->count * sizeof *batch->calls;
        batch->calls = arena_grow(batch->work->arena, batch->calls, old, batch->count ? old * 2 : 8 * sizeof *batch->calls);
    }
    batch->calls[batch->count++] = (struct db_call){ .statement = st, .args = copy };
}

SUSPENDS size_t batch_count(const struct batch *batch)
{
    return batch->count;
}

bool batch_run(struct batch *batch)
{
    assert(!batch->ran);
    batch->ran = true;
    if (batch->count == 0)
        return batch->outcome.committed = true;
    batch->outcome.results = ARENA_ARRAY(batch->work->arena, const struct rows *, batch->count);
    return unit_run(batch->work, batch->pool, batch->calls, batch->count, &batch->outcome);
}

const struct rows *batch_rows(const struct batch *batch, size_t index)
{
    assert(batch->ran && index < batch->count && batch->outcome.committed);
    return batch->outcome.results[index];
}

const struct row *batch_row(const struct batch *batch, size_t index)
{
    const struct rows *rows = batch_rows(batch, index);
    return rows_count(rows) > 0 ? rows_at(rows, 0) : NULL;
}

int batch_failed_at(const struct batch *batch)
{
    return batch->outcome.failed_at;
}

bool batch_committed(const struct batch *batch)
{
    return batch->outcome.committed;
}
