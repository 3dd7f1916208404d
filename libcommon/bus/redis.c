/* See redis.h. The struct lives as long as its connection, in one coroutine. The reader is bounded: what does not
 * fit REDIS_REPLY_BYTES_MAX closes the connection. Everything that takes a deadline suspends. */
#include "bus/redis.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/stream.h"
#include "wire/uri.h"

#define WORDS_MAX 32
#define ELEMENTS_MAX 1024   /* of an array in a reply */
#define DEFAULT_PORT 6379

struct redis {
    struct stream *stream;
    redisReader *reader;
    struct buf out;
};

struct place {
    struct slice host, user, password, database;
    int port;
};

static bool place_parse(struct arena *arena, struct slice url, struct place *out)
{
    struct uri uri;
    *out = (struct place){ .port = DEFAULT_PORT };
    if (slice_starts_with(url, SLICE("unix://")))
        url = slice_of(url.data + 7, url.size - 7);
    if (slice_starts_with(url, SLICE("/"))) {
        out->host = url;
        return true;
    }
    if (!uri_split(url, &uri) || !slice_equals_text(uri.scheme, "redis") || uri.host.size == 0)
        return false;
    out->host = uri.host;
    out->port = uri.port > 0 ? uri.port : DEFAULT_PORT;
    out->database = uri.path.size > 1 ? slice_of(uri.path.data + 1, uri.path.size - 1) : SLICE_NONE;
    struct slice user = slice_cut(uri.userinfo, ':', &out->password);
    return uri_decode(arena, user, false, &out->user) &&
           (slice_is_none(out->password) || uri_decode(arena, out->password, false, &out->password));
}

/* hiredis reserves an array's memory by the size it is announced with, before an element of it came, and later walks all of it:
 * "*2147483647" would be 16 GiB. Nothing we ask for is answered by long arrays. */
static const redisReplyObjectFunctions *usual;

static void *make_array(const redisReadTask *task, int elements)
{
    return elements <= ELEMENTS_MAX ? usual->createArray(task, elements) : NULL;
}

struct redis *redis_over(struct stream *stream)
{
    redisReader *reader = redisReaderCreate();
    if (!reader)
        return NULL;
    struct redis *redis = memory_new(sizeof *redis);
    redis->reader = reader;
    static redisReplyObjectFunctions bounded;
    if (!usual) {
        usual = redis->reader->fn;
        bounded = *usual;
        bounded.createArray = make_array;
    }
    redis->reader->fn = &bounded;
    redis->stream = stream;
    buf_init(&redis->out, REDIS_COMMANDS_BYTES_MAX);
    return redis;
}

void redis_close(struct redis *redis)
{
    if (!redis)
        return;
    stream_close(redis->stream);
    redisReaderFree(redis->reader);
    buf_free(&redis->out);
    memory_free(redis);
}

bool redis_is_idle(struct redis *redis)
{
    return stream_is_idle(redis->stream);
}

enum result redis_add(struct redis *redis, const struct slice *words, size_t count)
{
    const char *data[WORDS_MAX];
    size_t sizes[WORDS_MAX];
    char *command = NULL;
    if (count > WORDS_MAX)
        return RESULT_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        data[i] = words[i].data ? words[i].data : "";
        sizes[i] = words[i].size;
    }
    int size = redisFormatCommandArgv(&command, (int)count, data, sizes);
    if (size < 0)
        return RESULT_BUSY;   /* out of memory */
    enum result result = buf_append(&redis->out, slice_of(command, (size_t)size));
    redisFreeCommand(command);
    return result;
}

SUSPENDS enum result redis_flush(struct redis *redis, int64_t deadline_us)
{
    if (redis->out.size == 0)
        return RESULT_OK;
    const struct iovec part = { redis->out.data, redis->out.size };
    enum result result = stream_write(redis->stream, &part, 1, deadline_us);
    buf_clear(&redis->out);
    return result;
}

SUSPENDS enum result redis_read(struct redis *redis, int64_t deadline_us, redisReply **out)
{
    char bytes[2048];
    void *reply = NULL;
    for (;;) {
        if (redisReaderGetReply(redis->reader, &reply) != REDIS_OK)
            return RESULT_MALFORMED;
        if (reply) {
            *out = reply;
            return RESULT_OK;
        }
        if (redis->reader->len - redis->reader->pos > REDIS_REPLY_BYTES_MAX)
            return RESULT_TOO_LARGE;
        size_t got;
        enum result result = stream_read(redis->stream, bytes, sizeof bytes, deadline_us, &got);
        if (result != RESULT_OK)
            return result;
        if (redisReaderFeed(redis->reader, bytes, got) != REDIS_OK)
            return RESULT_MALFORMED;
    }
}

/* One command whose answer must not be an error. */
SUSPENDS static enum result redis_expect_ok(struct redis *redis, const struct slice *words, size_t count, int64_t deadline_us)
{
    redisReply *reply = NULL;
    enum result result = redis_add(redis, words, count);
    if (result == RESULT_OK)
        result = redis_flush(redis, deadline_us);
    if (result == RESULT_OK)
        result = redis_read(redis, deadline_us, &reply);
    if (result != RESULT_OK)
        return result;
    if (reply->type == REDIS_REPLY_ERROR) {
        log_error("Redis refuses us", LOG_SLICE("command", words[0]));
        result = RESULT_REFUSED;
    }
    freeReplyObject(reply);
    return result;
}

SUSPENDS static enum result redis_introduce(struct redis *redis, const struct place *place, int64_t deadline_us)
{
    const struct slice by_user[] = { SLICE("AUTH"), place->user, place->password };
    const struct slice by_password[] = { SLICE("AUTH"), place->password };
    const struct slice select[] = { SLICE("SELECT"), place->database };
    enum result result = RESULT_OK;
    if (!slice_is_none(place->password))
        result = place->user.size ? redis_expect_ok(redis, by_user, 3, deadline_us) : redis_expect_ok(redis, by_password, 2, deadline_us);
    if (result == RESULT_OK && !slice_is_none(place->database))
        result = redis_expect_ok(redis, select, 2, deadline_us);
    return result;
}

SUSPENDS enum result redis_connect(const char *url, int64_t deadline_us, struct redis **out)
{
    struct arena *arena = arena_new();
    struct place place;
    struct stream *stream = NULL;
    enum result result = place_parse(arena, slice_from_text(url), &place) ? RESULT_OK : RESULT_MALFORMED;
    if (result == RESULT_OK)
        result = stream_connect(place.host, place.port, deadline_us, &stream);
    if (result == RESULT_OK) {
        struct redis *redis = redis_over(stream);
        if (!redis)
            stream_close(stream);
        result = redis ? redis_introduce(redis, &place, deadline_us) : RESULT_BUSY;
        if (result == RESULT_OK)
            *out = redis;
        else
            redis_close(redis);
    }
    arena_free(arena);
    return result;
}
