/* A CloudEvent's text to its parts, without a tree: `data` stays the bytes the producer's database wrote, so that no number in it
 * passes through a double. The text is PostgreSQL's own JSON from a service of ours, so the gate for strangers' JSON (json_check) is
 * left out on purpose: one number it does not like would hold up every event behind it. Walking is safe on any bytes. Pure. */
#include "bus/internal.h"

#include "base/uuid.h"
#include "wire/json.h"

static bool read_number(struct arena *arena, struct slice value, int64_t *out)
{
    return slice_to_int64(json_walk_text(arena, value), out) && *out >= 0;
}

static bool read_member(struct arena *arena, struct slice name, struct slice value, struct event *out)
{
    const struct {
        const char *name;
        struct slice *text;
    } texts[] = { { "id", &out->id }, { "type", &out->type }, { "subject", &out->subject }, { "time", &out->time },
                  { "customerid", &out->customer_id }, { "traceparent", &out->trace } };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (slice_equals_text(name, texts[i].name))
            *texts[i].text = json_walk_text(arena, value);
    if (slice_equals_text(name, "data"))
        out->data = value;
    if (slice_equals_text(name, "epoch"))
        return read_number(arena, value, &out->at.cursor.epoch);
    if (slice_equals_text(name, "xid"))
        return read_number(arena, value, &out->at.cursor.xid);
    if (slice_equals_text(name, "sequence"))
        return read_number(arena, value, &out->at.cursor.id);
    int64_t lane = 0;
    if (slice_equals_text(name, "lane") && (!slice_to_int64(value, &lane) || lane < 0 || lane >= EVENT_LANES))
        return false;
    if (slice_equals_text(name, "lane"))
        out->at.lane = (int)lane;
    return true;
}

bool event_read(struct arena *arena, struct slice text, struct event *out)
{
    struct json_walk walk = json_walk(text);
    struct slice name, value;
    *out = (struct event){ .text = text };
    while (json_walk_next(&walk, &name, &value))
        if (!read_member(arena, name, value, out))
            return false;
    return uuid_valid(out->id) && out->type.size > 0 && out->data.size > 0 && out->time.size > 0 && out->at.cursor.id > 0;
}

/* The members it wants stand before `data`: the walk ends there. */
bool event_glance(struct arena *arena, struct slice text, struct slice *type, struct cursor *at)
{
    struct json_walk walk = json_walk(text);
    struct slice name, value;
    struct event event = { .text = text };
    while (event.at.cursor.id == 0 && json_walk_next(&walk, &name, &value))
        if (!read_member(arena, name, value, &event))
            return false;
    *type = event.type;
    *at = event.at.cursor;
    return event.type.size > 0 && at->epoch > 0 && at->xid > 0 && at->id > 0;
}

bool event_read_all(struct arena *arena, struct slice array, struct page *page)
{
    struct json_walk walk = json_walk(array);
    struct slice name, value;
    page->count = 0;
    page->events = ARENA_ARRAY(arena, struct event, EVENT_BATCH_MAX);
    while (json_walk_next(&walk, &name, &value))
        if (page->count == EVENT_BATCH_MAX || !event_read(arena, value, &page->events[page->count++]))
            return false;
    return true;
}
