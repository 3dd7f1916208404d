/* See closures.h. */
#include "closures.h"

#include "base/date.h"
#include "plan_json.h"

#include <stdlib.h>

bool closure_valid(const struct simulation_closure *closure)
{
    int32_t from, to;
    return date_parse(closure->from, &from) && date_parse(closure->to, &to) && to >= from && to - from < CLOSURE_DAYS_MAX;
}

static int by_date(const void *a, const void *b)
{
    const int32_t first = *(const int32_t *)a, second = *(const int32_t *)b;
    return (first > second) - (first < second);
}

void closures_spread(struct arena *arena, const struct simulation_closure *closures, size_t count, struct closed_days *closed)
{
    int32_t *days = ARENA_ARRAY(arena, int32_t, count * CLOSURE_DAYS_MAX), from = 0, to = -1;
    closed->extra = days;
    closed->extra_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!date_parse(closures[i].from, &from) || !date_parse(closures[i].to, &to))
            continue;
        for (int32_t day = from; day <= to && day - from < CLOSURE_DAYS_MAX; day++)
            days[closed->extra_count++] = day;
    }
    qsort(days, closed->extra_count, sizeof *days, by_date);
}

static bool is_for(const cJSON *closure, struct slice calendar)
{
    const struct slice of = json_member_text(closure, "calendar");
    return slice_is_none(of) || slice_equals(of, calendar);
}

/* NULL, and none, when it is no such list. */
static const struct simulation_closure *read_list(struct arena *arena, const cJSON *list, struct slice calendar, size_t *count)
{
    *count = 0;
    for (const cJSON *each = list ? list->child : NULL; each; each = each->next)
        ++*count;
    struct simulation_closure *out = ARENA_ARRAY(arena, struct simulation_closure, *count + 1);
    *count = 0;
    for (const cJSON *each = list ? list->child : NULL; each; each = each->next) {
        if (!is_for(each, calendar))
            continue;
        out[*count] = (struct simulation_closure){ .from = json_member_text(each, "from"), .to = json_member_text(each, "to") };
        if (!closure_valid(&out[(*count)++])) {
            *count = 0;
            return NULL;
        }
    }
    return out;
}

bool closures_read(struct arena *arena, const cJSON *list, struct slice calendar, struct closed_days *closed)
{
    size_t count;
    const struct simulation_closure *closures = read_list(arena, list, calendar, &count);
    if (closures)
        closures_spread(arena, closures, count, closed);
    return closures != NULL;
}

void closures_write(struct json_writer *out, const char *name, const struct closed_days *closed)
{
    json_begin(out, name, '[');
    for (size_t i = 0; i < closed->extra_count;) {
        int32_t last = closed->extra[i];
        const int32_t first = last;
        while (i < closed->extra_count && closed->extra[i] <= last + 1 && closed->extra[i] - first < CLOSURE_DAYS_MAX)
            last = closed->extra[i++];
        json_begin(out, NULL, '{');
        plan_write_date(out, "from", first);
        plan_write_date(out, "to", last);
        json_end(out, '}');
    }
    json_end(out, ']');
}

bool closures_wanted(const struct simulate_in *in)
{
    return in->due_dates && !slice_is_none(in->due_dates->calendar) && !in->due_dates->closures;
}

void closures_put(struct arena *arena, struct simulate_in *in, struct slice shop)
{
    struct simulation_due_dates *due_dates = ARENA_NEW(arena, struct simulation_due_dates);
    *due_dates = *in->due_dates;
    due_dates->closures = read_list(arena, slice_is_none(shop) ? NULL : json_parse(arena, shop, NULL, NULL), due_dates->calendar, &due_dates->closures_count);
    in->due_dates = due_dates;
}
