/* An event inside the message that tells of it, so that a consumer which has read everything before it need not ask for it.
 *
 * The message is the event's CloudEvent with two more attributes at its end: `after`, the place of the event before it in the producer's outbox,
 * and `seal`, a tag under the services' own key over the channel and all that stands before. What has no seal, or a wrong one, still wakes:
 * Redis, and whoever else can write there, can make us look, but not believe. The version before seals otherwise: it and this one look, too. */
#ifndef CUOTAS_BUS_PUSHED_H
#define CUOTAS_BUS_PUSHED_H

#include "bus/outbox.h"

/* A text of EVENT_SEAL_BYTES that nobody without the key can find for these bytes (bus_config.seal). */
typedef struct slice event_seal_fn(struct arena *arena, struct slice bytes);
#define EVENT_SEAL_BYTES 22

/* The message for an event; the event as it is when it is no object or seal is NULL. */
struct slice event_enclose(struct arena *arena, event_seal_fn *seal, struct slice channel, struct slice event, struct cursor after);
/* False when the message was not made so, by one of us, for this channel. The event is in the arena. */
bool event_disclose(struct arena *arena, event_seal_fn *seal, struct slice channel, struct slice message, struct slice *event, struct cursor *after);

/* What messages brought and was not looked at yet, in the order they came. */
struct pushed {
    struct pushed_event {
        struct cursor after, upto;   /* between them lie this event, and others nothing is done about */
        struct cursor at;
        char *text;                  /* owned; NULL: there are only others */
        size_t size;
    } events[EVENT_PUSHED_MAX];
    size_t count, bytes;
};

/* `event`: none when nothing is done about it. What is too much is not kept. */
void pushed_keep(struct pushed *pushed, struct slice event, struct cursor after, struct cursor at);
void pushed_forget(struct pushed *pushed);

#endif
