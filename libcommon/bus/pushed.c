/* See pushed.h. What is kept here is a shortcut and may be forgotten at any time: the outbox has it. Invariant: count events, `bytes` is the
 * sum of their sizes. Nothing here suspends. */
#include "bus/pushed.h"

#include "base/memory.h"
#include "bus/internal.h"
#include "wire/sha256.h"

#include <stdio.h>
#include <string.h>

#define AFTER ",\"after\":\""
#define SEAL ",\"seal\":\""
#define CURSOR_BYTES_MAX 62   /* three numbers and two colons */
#define TAIL_BYTES (sizeof SEAL - 1 + EVENT_SEAL_BYTES + 2)

/* What a seal is of: the channel, and all of the message before the seal. An event begins with a brace, a channel has none: one reading. */
static char *sealed_text(struct arena *arena, struct slice channel, struct slice message, size_t capacity)
{
    char *text = arena_alloc(arena, capacity);
    memcpy(text, channel.data, channel.size);
    memcpy(text + channel.size, message.data, message.size);
    return text;
}

struct slice event_enclose(struct arena *arena, event_seal_fn *seal, struct slice channel, struct slice event, struct cursor after)
{
    if (!seal || event.size < 2 || event.data[event.size - 1] != '}')
        return event;
    size_t capacity = channel.size + event.size + sizeof AFTER + CURSOR_BYTES_MAX + 1 + TAIL_BYTES;
    char *text = sealed_text(arena, channel, slice_of(event.data, event.size - 1), capacity);
    size_t size = channel.size + event.size - 1;
    size += (size_t)snprintf(text + size, capacity - size, AFTER "%lld:%lld:%lld\"", (long long)after.epoch, (long long)after.xid, (long long)after.id);
    const struct slice tag = seal(arena, slice_of(text, size));
    size += (size_t)snprintf(text + size, capacity - size, SEAL "%.*s\"}", SLICE_FMT(tag));
    return slice_of(text + channel.size, size - channel.size);
}

/* The last `, "after":"` in what was sealed: before it stands the event, which one of us wrote. */
static bool split_sealed(struct slice sealed, struct slice *event, struct slice *after)
{
    size_t least = sizeof AFTER - 1 + 1, most = sizeof AFTER - 1 + CURSOR_BYTES_MAX + 1;
    for (size_t back = least; back <= most && back < sealed.size; back++) {
        const char *at = sealed.data + sealed.size - back;
        if (memcmp(at, AFTER, sizeof AFTER - 1) != 0)
            continue;
        *event = slice_of(sealed.data, sealed.size - back);
        *after = slice_of(at + sizeof AFTER - 1, back - sizeof AFTER);
        return true;
    }
    return false;
}

bool event_disclose(struct arena *arena, event_seal_fn *seal, struct slice channel, struct slice message, struct slice *event, struct cursor *after)
{
    if (!seal || message.size <= TAIL_BYTES)
        return false;
    struct slice sealed = slice_of(message.data, message.size - TAIL_BYTES), place, open;
    const char *tail = message.data + sealed.size;
    if (memcmp(tail, SEAL, sizeof SEAL - 1) != 0 || memcmp(tail + TAIL_BYTES - 2, "\"}", 2) != 0)
        return false;
    size_t size = channel.size + sealed.size;
    char *text = sealed_text(arena, channel, sealed, size);
    if (!bytes_equal_secret(seal(arena, slice_of(text, size)), slice_of(tail + sizeof SEAL - 1, EVENT_SEAL_BYTES)) ||
        !split_sealed(slice_of(text + channel.size, sealed.size), &open, &place) || !cursor_read(place, after))
        return false;
    text[channel.size + open.size] = '}';
    *event = slice_of(open.data, open.size + 1);
    return true;
}

static bool pushed_full(const struct pushed *pushed)
{
    return pushed->count == EVENT_PUSHED_MAX || pushed->bytes >= EVENT_PUSHED_BYTES || memory_short();
}

void pushed_keep(struct pushed *pushed, struct slice event, struct cursor after, struct cursor at)
{
    struct pushed_event *last = pushed->count > 0 ? &pushed->events[pushed->count - 1] : NULL;
    bool wanted = !slice_is_none(event);
    if (!wanted && last && cursor_compare(after, last->upto) <= 0) {
        if (cursor_compare(last->upto, at) < 0)
            last->upto = at;
        return;
    }
    if (pushed_full(pushed))
        return;
    struct pushed_event *kept = &pushed->events[pushed->count++];
    *kept = (struct pushed_event){ .after = after, .at = at, .upto = at, .size = event.size };
    if (!wanted)
        return;
    kept->text = memory_new(event.size);
    memcpy(kept->text, event.data, event.size);
    pushed->bytes += event.size;
}

void pushed_forget(struct pushed *pushed)
{
    for (size_t i = 0; i < pushed->count; i++)
        memory_free(pushed->events[i].text);
    pushed->count = pushed->bytes = 0;
}
