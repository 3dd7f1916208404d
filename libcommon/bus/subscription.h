/* A subscription to channels of Redis that is kept up: connected again whenever it is lost, asked whether it is alive when it is quiet for long. Messages
 * published while it is down are missed, so `begins` is called each time it stands again. */
#ifndef CUOTAS_BUS_SUBSCRIPTION_H
#define CUOTAS_BUS_SUBSCRIPTION_H

#include "base/result.h"
#include "base/slice.h"

struct subscription {
    const char *redis_url;
    const struct slice *channels;   /* live as long as it runs */
    size_t channel_count;
    void (*begins)(void);           /* from here on nothing is missed */
    void (*heard)(struct slice channel, struct slice message);
    bool connected;                 /* for others to look at */
};

/* Returns when coroutines are cancelled. */
SUSPENDS void subscription_run(struct subscription *s);

struct redisReply;
/* One reply of Redis on a subscribed connection; anything but a message is ignored. For tests. */
void subscription_take(struct subscription *s, const struct redisReply *reply);

#endif
