/* The Redis path alone, which an event's way from commit to applied is held against: one row is inserted and committed, a message
 * published, a subscriber in another process has it. No service, no pull, nothing applied. One at a time, with idle waits between.
 * Prints one JSON line: p50, p99 and the most, in microseconds, from before the INSERT and from before the PUBLISH.
 *     wakeup CONNINFO REDIS_SOCKET COUNT           (makes and drops a table bench_wakeup) */
#include "base/clock.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#define CHANNEL "bench.wakeup"
#define WARM_UP 20
#define IDLE_MIN_US 20000
#define IDLE_SPREAD_US 20000
#define PAYLOAD_BYTES 200

static void die(const char *what, const char *why)
{
    (void)fprintf(stderr, "wakeup: %s: %s\n", what, why);
    exit(1);
}

static redisContext *redis_open(const char *path)
{
    redisContext *redis = redisConnectUnix(path);
    if (!redis || redis->err)
        die(path, redis ? redis->errstr : "no memory");
    return redis;
}

static redisReply *redis_reply(redisContext *redis, redisReply *reply)
{
    if (!reply || reply->type == REDIS_REPLY_ERROR)
        die("Redis", reply ? reply->str : redis->errstr);
    return reply;
}

static PGresult *checked(PGconn *pg, PGresult *result)
{
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die("PostgreSQL", PQerrorMessage(pg));
    return result;
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void print_spread(const char *name, int64_t *us, size_t count)
{
    qsort(us, count, sizeof *us, by_size);
    printf("\"%s\":{\"p50_us\":%" PRId64 ",\"p99_us\":%" PRId64 ",\"max_us\":%" PRId64 "}", name, us[count / 2], us[count * 99 / 100], us[count - 1]);
}

/* The subscriber: messages are "<before the INSERT> <before the PUBLISH> <padding>". */
static int subscriber(const char *path, size_t count, int ready)
{
    redisContext *redis = redis_open(path);
    int64_t *whole = calloc(count, sizeof *whole), *message = calloc(count, sizeof *message);
    freeReplyObject(redis_reply(redis, redisCommand(redis, "SUBSCRIBE " CHANNEL)));
    if (!whole || !message || write(ready, "", 1) != 1)
        die("subscriber", "cannot begin");
    for (size_t i = 0; i < WARM_UP + count; i++) {
        redisReply *reply = NULL;
        if (redisGetReply(redis, (void **)&reply) != REDIS_OK || reply->elements != 3)
            die("subscriber", redis->errstr);
        const int64_t now_us = clock_monotonic_us();
        char *rest;
        const int64_t inserted_us = strtoll(reply->element[2]->str, &rest, 10), published_us = strtoll(rest, NULL, 10);
        if (i >= WARM_UP) {
            whole[i - WARM_UP] = now_us - inserted_us;
            message[i - WARM_UP] = now_us - published_us;
        }
        freeReplyObject(reply);
    }
    printf("{");
    print_spread("insert_commit_publish", whole, count);
    printf(",");
    print_spread("publish", message, count);
    printf("}\n");
    free(whole);
    free(message);
    redisFree(redis);
    return fflush(stdout) == 0 ? 0 : 1;
}

static void publish_all(const char *conninfo, const char *path, size_t count)
{
    char payload[PAYLOAD_BYTES + 1] = { 0 }, message[PAYLOAD_BYTES + 64];
    PGconn *pg = PQconnectdb(conninfo);
    if (PQstatus(pg) != CONNECTION_OK)
        die("PostgreSQL", PQerrorMessage(pg));
    memset(payload, 'x', PAYLOAD_BYTES);
    PQclear(checked(pg, PQexec(pg, "SET client_min_messages = warning; DROP TABLE IF EXISTS bench_wakeup;"
                                   "CREATE TABLE bench_wakeup (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, data text)")));
    PQclear(checked(pg, PQprepare(pg, "put", "INSERT INTO bench_wakeup (data) VALUES ($1)", 1, NULL)));
    redisContext *redis = redis_open(path);
    for (size_t i = 0; i < WARM_UP + count; i++) {
        usleep((useconds_t)(IDLE_MIN_US + random() % IDLE_SPREAD_US));
        const char *values[] = { payload };
        const int64_t before_us = clock_monotonic_us();
        PQclear(checked(pg, PQexecPrepared(pg, "put", 1, values, NULL, NULL, 0)));
        (void)snprintf(message, sizeof message, "%" PRId64 " %" PRId64 " %s", before_us, clock_monotonic_us(), payload);
        freeReplyObject(redis_reply(redis, redisCommand(redis, "PUBLISH " CHANNEL " %s", message)));
    }
    PQclear(checked(pg, PQexec(pg, "DROP TABLE bench_wakeup")));
    redisFree(redis);
    PQfinish(pg);
}

int main(int argc, char **argv)
{
    if (argc != 4 || atol(argv[3]) < 1) {
        (void)fprintf(stderr, "usage: %s CONNINFO REDIS_SOCKET COUNT\n", argv[0]);
        return 64;
    }
    const size_t count = (size_t)atol(argv[3]);
    int ready[2], status = 1;
    char byte;
    if (pipe(ready) != 0)
        die("pipe", "refused");
    const pid_t child = fork();
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        return subscriber(argv[2], count, ready[1]);
    }
    close(ready[1]);
    if (child < 0 || read(ready[0], &byte, 1) != 1)
        die("subscriber", "did not start");
    publish_all(argv[1], argv[2], count);
    return waitpid(child, &status, 0) == child && status == 0 ? 0 : 1;
}
