/* Wake-ups from Redis: one connection subscribed to the channels of all producers. What a message says does not matter, only whose it
 * is: the events are pulled. Whenever the subscription begins all consumers are woken once, for messages may have been missed. Suspends. */
#include "bus/internal.h"

#include <stdio.h>

static void wake_all(void)
{
    for (size_t i = 0; i < bus.producer_count; i++)
        co_signal_raise(&bus.producers[i].signal);
}

void subscribe_heard(struct slice channel, struct slice message)
{
    struct slice name;
    (void)message;
    (void)slice_cut(channel, '.', &name);
    for (size_t i = 0; i < bus.producer_count; i++)
        if (slice_equals_text(name, bus.producers[i].name)) {
            bus.woken++;
            co_signal_raise(&bus.producers[i].signal);
        }
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
