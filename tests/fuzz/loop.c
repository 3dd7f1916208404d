/* See loop.h. What is sent fits a socket's buffer, so the peer never waits. */
#include "loop.h"

#include "base/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define SETTLE_TURNS 4

struct run {
    void (*body)(void *arg);
    void *arg;
};

static void run_main(void *arg)
{
    const struct run *run = arg;
    run->body(run->arg);
    while (co_count() > 1)
        co_sleep_us(0);
    loop_stop();
}

void fuzz_in_loop(void (*body)(void *arg), void *arg)
{
    static bool open;
    struct run run = { body, arg };
    if (!open) {
        log_setup("fuzz", LOG_ERROR);
        loop_init();
        open = true;
    }
    CHECK(co_spawn(run_main, &run) == RESULT_OK);
    loop_run();
    CHECK(co_count() == 0);
}

struct stream *fuzz_stream(int *other)
{
    int fds[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) == 0);
    *other = fds[1];
    return stream_from_fd(fds[0]);
}

void fuzz_settle(void)
{
    for (int turn = 0; turn < SETTLE_TURNS; turn++)
        co_sleep_us(0);
}

struct saying {
    int other;
    struct slice rest;
    bool keep;
};

static void say_all(int other, struct slice text)
{
    /* The reader may have closed: what it then does not get is its own choice. */
    (void)!send(other, text.data, text.size, MSG_NOSIGNAL);
}

static void say_end(int other, bool keep)
{
    if (!keep)
        (void)close(other);
    else
        (void)shutdown(other, SHUT_WR);
}

static void say_rest(void *arg)
{
    struct saying saying = *(struct saying *)arg;
    free(arg);
    fuzz_settle();
    say_all(saying.other, saying.rest);
    say_end(saying.other, saying.keep);
}

void fuzz_say(int other, struct slice text, size_t cut, bool keep)
{
    cut = cut < text.size ? cut : text.size;
    if (cut > 0)
        say_all(other, slice_of(text.data, cut));
    if (cut == text.size) {
        say_end(other, keep);
        return;
    }
    struct saying *saying = malloc(sizeof *saying);
    CHECK(saying);
    *saying = (struct saying){ other, slice_of(text.data + cut, text.size - cut), keep };
    CHECK(co_spawn(say_rest, saying) == RESULT_OK);
}
