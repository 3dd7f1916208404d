/* Fuzz target of bus/redis, bus/subscription and bus/subscribe: any bytes as what Redis says, over a socket. The replies must be the same however the bytes arrive, and
 * a consumer is only woken by a message on its own channel. First byte: where the bytes are cut. */
#include "loop.h"

#include "bus/internal.h"
#include "bus/redis.h"

struct heard {
    uint64_t digest;
    size_t replies;
    bool woken[2];
    enum result end;
};

struct conversation {
    struct slice text;
    size_t cut;
    struct heard heard;
};

static uint64_t mix(uint64_t digest, uint64_t value)
{
    return (digest ^ value) * 1099511628211u;
}

static uint64_t digest_text(uint64_t digest, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        digest = mix(digest, (unsigned char)text[i]);
    return digest;
}

static uint64_t digest_reply(uint64_t digest, const redisReply *reply)
{
    digest = mix(mix(digest, (uint64_t)reply->type), (uint64_t)reply->integer);
    if (reply->str)
        digest = digest_text(digest, reply->str, (size_t)reply->len);
    for (size_t i = 0; i < reply->elements; i++)
        digest = mix(digest, digest_reply(digest, reply->element[i]));
    return digest;
}

static void listen_to(void *arg)
{
    struct conversation *talk = arg;
    struct heard *heard = &talk->heard;
    int other;
    struct redis *redis = redis_over(fuzz_stream(&other));
    struct subscription wakes = { .heard = subscribe_heard };
    redisReply *reply = NULL;
    for (int i = 0; i < 2; i++)
        bus.producers[i].signal = (struct co_signal){ 0 };
    fuzz_say(other, talk->text, talk->cut, false);
    while ((heard->end = redis_read(redis, FUZZ_DEADLINE_US, &reply)) == RESULT_OK) {
        heard->replies++;
        heard->digest = digest_reply(heard->digest, reply);
        subscription_take(&wakes, reply);
        freeReplyObject(reply);
    }
    for (int i = 0; i < 2; i++) {
        heard->woken[i] = bus.producers[i].signal.raised;
        pushed_forget(&bus.producers[i].pushed);
    }
    redis_close(redis);
}

static struct heard hear(struct slice text, size_t cut)
{
    struct conversation talk = { text, cut, { 0 } };
    fuzz_in_loop(listen_to, &talk);
    return talk.heard;
}

/* Everybody has this one: what stands behind it is read. */
static struct slice no_seal(struct arena *arena, struct slice bytes)
{
    (void)arena;
    (void)bytes;
    return SLICE("0000000000000000000000");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes in = { data, data + size };
    size_t cut = fuzz_take(&in, 1);
    struct slice text = slice_of((const char *)in.at, (size_t)(in.end - in.at));
    bus.producer_count = 2;
    bus.producers[0].name = "orders";
    bus.producers[1].name = "crm";
    bus.config.seal = no_seal;
    struct heard whole = hear(text, text.size);
    CHECK(whole.end == RESULT_CLOSED || whole.end == RESULT_MALFORMED || whole.end == RESULT_TOO_LARGE);
    CHECK(!whole.woken[0] || memmem(text.data, text.size, "orders", 6));
    CHECK(!whole.woken[1] || memmem(text.data, text.size, "crm", 3));
    if (cut < text.size) {
        struct heard cut_up = hear(text, cut);
        CHECK(cut_up.digest == whole.digest && cut_up.replies == whole.replies && cut_up.woken[0] == whole.woken[0]);
        CHECK(cut_up.end == whole.end);
    }
    return 0;
}
