/* Rate limits: token buckets in memory, one per client (identity, else address) and class. The table is fixed: when a set is
 * full the bucket untouched for longest gives way, so that no number of clients can grow it. Times are real. */
#include "gateway.h"

#include "base/hash.h"
#include "io/loop.h"
#include "service/config.h"

#define SETS 4096
#define WAYS 4
#define MILLI 1000

struct bucket {
    uint64_t key;         /* 0: free */
    int64_t level;        /* thousandths of a request */
    int64_t touched_us;
};

struct policy {
    int64_t per_second_milli;   /* refill, thousandths of a request a second */
    int64_t burst_milli;
};

static struct bucket buckets[SETS][WAYS];
static struct policy policies[2];

void limits_configure(void)
{
    int64_t api = config_int_or("RATE_LIMIT_PER_SECOND", 100, 1, 1000000);
    int64_t burst = config_int_or("RATE_LIMIT_BURST", 2 * api, 1, 2000000);
    int64_t auth = config_int_or("AUTH_RATE_LIMIT_PER_MINUTE", 60, 1, 60000000);
    policies[LIMIT_API] = (struct policy){ api * MILLI, burst * MILLI };
    policies[LIMIT_AUTH] = (struct policy){ auth * MILLI / 60 > 0 ? auth * MILLI / 60 : 1, auth * MILLI };
}

static struct bucket *bucket_find(uint64_t key, int64_t now_us, const struct policy *policy)
{
    struct bucket *set = buckets[key % SETS];
    struct bucket *oldest = &set[0];
    for (int way = 0; way < WAYS; way++) {
        if (set[way].key == key)
            return &set[way];
        if (set[way].touched_us < oldest->touched_us)
            oldest = &set[way];
    }
    *oldest = (struct bucket){ .key = key, .level = policy->burst_milli, .touched_us = now_us };
    return oldest;
}

static void refill(struct bucket *bucket, const struct policy *policy, int64_t now_us)
{
    /* A bucket is full after burst / rate seconds: nothing longer needs multiplying out. */
    int64_t full_us = policy->burst_milli * 1000000 / policy->per_second_milli + 1;
    int64_t passed_us = now_us - bucket->touched_us;
    if (passed_us >= full_us) {
        bucket->level = policy->burst_milli;
        bucket->touched_us = now_us;
        return;
    }
    int64_t gained = passed_us * policy->per_second_milli / 1000000;
    if (gained > 0) {
        bucket->level = bucket->level + gained < policy->burst_milli ? bucket->level + gained : policy->burst_milli;
        bucket->touched_us += gained * 1000000 / policy->per_second_milli;
    }
}

static int64_t seconds_for(int64_t milli, const struct policy *policy)
{
    return (milli + policy->per_second_milli - 1) / policy->per_second_milli;
}

struct limit_state limits_take(enum limit_class class, struct slice key, int cost)
{
    const struct policy *policy = &policies[class];
    int64_t now_us = loop_now_us();
    uint64_t hash = hash_bytes(key) ^ ((uint64_t)(class + 1) * 0x9e3779b97f4a7c15u);
    struct bucket *bucket = bucket_find(hash ? hash : 1, now_us, policy);
    struct limit_state state = { .limit = policy->burst_milli / MILLI };
    const int64_t asked = (int64_t)cost * MILLI < policy->burst_milli ? (int64_t)cost * MILLI : policy->burst_milli;
    refill(bucket, policy, now_us);
    if (bucket->level >= asked)
        bucket->level -= asked;
    else
        state.retry_after_s = seconds_for(asked - bucket->level, policy);
    state.remaining = bucket->level / MILLI;
    state.reset_s = seconds_for(policy->burst_milli - bucket->level, policy);
    return state;
}
