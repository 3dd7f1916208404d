/* Fuzz target of bus/event: any bytes as a page of events, and as a message that tells of one. What is taken has a lane that exists, a cursor and every part a unit needs, and
 * all its raw parts lie inside the page. */
#include "fuzz.h"

#include "bus/internal.h"

#include "base/uuid.h"

static void check_inside(struct slice part, struct slice whole)
{
    CHECK(part.data >= whole.data && part.data + part.size <= whole.data + whole.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    struct page page = { 0 };
    if (event_read_all(arena, text, &page)) {
        CHECK(page.count <= EVENT_BATCH_MAX);
        for (size_t i = 0; i < page.count; i++) {
            const struct event *event = &page.events[i];
            CHECK(event->at.lane >= 0 && event->at.lane < EVENT_LANES && event->at.cursor.id > 0 && event->at.cursor.xid >= 0);
            CHECK(uuid_valid(event->id) && event->type.size > 0 && event->data.size > 0);
            check_inside(event->text, text);
            check_inside(event->data, event->text);
        }
    }
    struct slice type;
    struct cursor at;
    if (event_glance(arena, text, &type, &at))
        CHECK(type.size > 0 && at.epoch > 0 && at.xid > 0 && at.id > 0);
    arena_free(arena);
    return 0;
}
