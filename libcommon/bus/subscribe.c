/* Wake-ups from Redis: one connection subscribed to the channels of all producers. Of a message matters whose it is, of what type and
 * where it stands; of types nothing is done about nobody is woken. When one of us sealed it, the event in it is kept, and is known to be there
 * to be read (`told`). Any other has us look once: were its place believed, one that nothing ever reaches would have us look for ever. Whenever
 * the subscription begins all consumers are woken once, for messages may have been missed. Suspends. */
#include "bus/internal.h"

#include <stdio.h>

static void wake_to_look(struct producer *producer)
{
    producer->look = true;
    co_signal_raise(&producer->signal);
}

static void wake_all(void)
{
    for (size_t i = 0; i < bus.producer_count; i++)
        wake_to_look(&bus.producers[i]);
}

/* Of an event that was not read yet. One of a type nothing is done about is kept, too: reading on must not stop at it. */
static void hear_event(struct arena *arena, struct producer *producer, struct slice channel, struct slice message, struct cursor at, bool wanted)
{
    struct slice event;
    struct cursor after;
    bool sealed = event_disclose(arena, bus.config.seal, channel, message, &event, &after);
    if (sealed && !bus.stopping)
        pushed_keep(&producer->pushed, wanted ? event : SLICE_NONE, after, at);
    if (!wanted)
        return;
    if (!sealed)
        producer->look = true;
    else if (cursor_compare(producer->told, at) < 0)
        producer->told = at;
    co_signal_raise(&producer->signal);
}

static void wake(struct producer *producer, struct slice channel, struct slice message)
{
    struct arena *arena = arena_new();
    struct slice type;
    struct cursor at;
    bool understood = event_glance(arena, message, &type, &at), wanted = understood && apply_rule(producer->name, type);
    if (!understood)
        wake_to_look(producer);
    else if (cursor_compare(producer->passed, at) < 0)
        hear_event(arena, producer, channel, message, at, wanted);
    bus.woken += wanted;
    arena_free(arena);
}

void subscribe_heard(struct slice channel, struct slice message)
{
    struct slice name;
    (void)slice_cut(channel, '.', &name);
    for (size_t i = 0; i < bus.producer_count; i++)
        if (slice_equals_text(name, bus.producers[i].name))
            wake(&bus.producers[i], channel, message);
}

void subscribe_main(void *unused)
{
    (void)unused;
    char names[EVENT_PRODUCERS_MAX][80];
    struct slice channels[EVENT_PRODUCERS_MAX];
    for (size_t i = 0; i < bus.producer_count; i++) {
        int size = snprintf(names[i], sizeof names[0], "events.%s", bus.producers[i].name);
        channels[i] = slice_of(names[i], (size_t)size);
    }
    bus.subscription = (struct subscription){ .redis_url = bus.config.redis_url, .channels = channels, .channel_count = bus.producer_count,
                                              .begins = wake_all, .heard = subscribe_heard };
    subscription_run(&bus.subscription);
}
