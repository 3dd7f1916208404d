/* The unit of work's failure and identity. Invariant: the first problem recorded stays; only further fields of the same problem
 * are added to it, up to PROBLEM_FIELDS_MAX. All texts are copied into the work's arena. Nothing here suspends. */
#include "base/work.h"

#include "base/clock.h"
#include "base/date.h"

/* Sets the problem when nothing failed yet; tells whether `problem` is the one on record. */
static bool work_record(struct work *work, const struct problem *problem)
{
    if (!work->failure.problem)
        work->failure.problem = problem;
    return work->failure.problem == problem;
}

void *work_fail(struct work *work, const struct problem *problem, const char *format, ...)
{
    bool first = !work->failure.problem;
    work_record(work, problem);
    if (first && format) {
        va_list args;
        va_start(args, format);
        work->failure.detail = arena_vprintf(work->arena, format, args);
        va_end(args);
    }
    return NULL;
}

void *work_fail_field(struct work *work, const struct problem *problem, struct slice pointer, const char *code,
                      const char *format, ...)
{
    struct failure *failure = &work->failure;
    if (!work_record(work, problem) || failure->field_count == PROBLEM_FIELDS_MAX)
        return NULL;
    va_list args;
    va_start(args, format);
    failure->fields[failure->field_count++] = (struct problem_field){
        .pointer = arena_copy(work->arena, pointer),
        .code = slice_from_text(code),
        .detail = arena_vprintf(work->arena, format, args),
    };
    va_end(args);
    return NULL;
}

struct slice work_int(struct work *work, int64_t value)
{
    return arena_printf(work->arena, "%lld", (long long)value);
}

struct slice work_date(struct work *work, int32_t date)
{
    char *text = ARENA_ARRAY(work->arena, char, DATE_BYTES + 1);
    date_format(date, text);
    return slice_from_text(text);
}

struct slice work_time(struct work *work, int64_t at_us)
{
    char *text = ARENA_ARRAY(work->arena, char, 28);
    time_format(at_us, text);
    return slice_from_text(text);
}

struct slice work_owner(const struct work *work)
{
    return work->identity.kind == IDENTITY_CUSTOMER ? work->identity.subject : SLICE_NONE;
}

bool identity_has_scope(const struct identity *identity, const char *scope)
{
    struct slice rest = identity->scopes;
    while (!slice_is_none(rest))
        if (slice_equals_text(slice_cut(rest, ' ', &rest), scope))
            return true;
    return false;
}
