/* What waiting costs: nanoseconds of a coroutine switch, of a wait with a deadline, of a byte there and back through
 * streams (registered once, edge-triggered) and through an event added for each wait. Prints one line each; the numbers are
 * in libcommon/README.md. Build it with the flags of the services, against libcommon's base/ and io/. */
#include "base/clock.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/stream.h"
#include "io/timer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 1000000
#define BYTE_ROUNDS 200000

static void report(const char *what, int64_t started_us, int64_t rounds)
{
    printf("%-52s %7.0f ns\n", what, (double)(clock_monotonic_us() - started_us) * 1000.0 / (double)rounds);
}

static void measure_switch(void)
{
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++)
        co_yield();
    report("co_yield: to the loop and back", started_us, ROUNDS);
}

static void nothing(void *arg)
{
    (void)arg;
}

static void measure_timer(int others)
{
    struct timer *timers = calloc((size_t)others + 1, sizeof *timers);
    const int64_t now_us = clock_monotonic_us();
    for (int i = 0; i <= others; i++) {
        timers[i].fn = nothing;
        timer_set(&timers[i], now_us + INT64_C(60) * 1000000 + (i * INT64_C(7919)) % 1000000);
    }
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        timer_clear(&timers[i % (others + 1)]);
        timer_set(&timers[i % (others + 1)], now_us + INT64_C(61) * 1000000 + i);
    }
    char what[64];
    (void)snprintf(what, sizeof what, "timer_clear + timer_set among %d others", others);
    report(what, started_us, ROUNDS);
    for (int i = 0; i <= others; i++)
        timer_clear(&timers[i]);
    free(timers);
}

static void ping(void *arg)
{
    struct co_signal *signals = arg;
    for (int i = 0; i < ROUNDS; i++) {
        (void)co_signal_wait(&signals[0], clock_monotonic_us() + 10000000);
        co_signal_raise(&signals[1]);
    }
}

static void measure_wait(void)
{
    struct co_signal signals[2] = { 0 };
    if (co_spawn(ping, signals) != RESULT_OK)
        abort();
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        co_signal_raise(&signals[0]);
        (void)co_signal_wait(&signals[1], clock_monotonic_us() + 10000000);
    }
    report("wait with a deadline, finished by another coroutine", started_us, 2 * (int64_t)ROUNDS);
}

static void spawned(void *arg)
{
    --*(int *)arg;
}

static void measure_spawn(void)
{
    int left = ROUNDS;
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < ROUNDS; i++) {
        if (co_spawn(spawned, &left) != RESULT_OK)
            abort();
        if (i % 32 == 31)
            co_yield();
    }
    while (left > 0)
        co_yield();
    report("co_spawn and its end", started_us, ROUNDS);
}

static void stream_echo(void *arg)
{
    char byte;
    size_t got;
    while (stream_read(arg, &byte, 1, INT64_MAX, &got) == RESULT_OK)
        if (stream_write(arg, &(struct iovec){ &byte, 1 }, 1, INT64_MAX) != RESULT_OK)
            abort();
    stream_close(arg);
}

static void measure_streams(void)
{
    int fds[2];
    char byte = 'x';
    size_t got;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0)
        abort();
    struct stream *near = stream_from_fd(fds[0]);
    if (co_spawn(stream_echo, stream_from_fd(fds[1])) != RESULT_OK)
        abort();
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < BYTE_ROUNDS; i++)
        if (stream_write(near, &(struct iovec){ &byte, 1 }, 1, INT64_MAX) != RESULT_OK ||
            stream_read(near, &byte, 1, clock_monotonic_us() + 10000000, &got) != RESULT_OK)
            abort();
    report("byte there through streams (send, EAGAIN, wait, recv)", started_us, 2 * (int64_t)BYTE_ROUNDS);
    stream_close(near);
}

static bool fd_read(int fd, char *byte)
{
    ssize_t got;
    while ((got = recv(fd, byte, 1, MSG_DONTWAIT)) < 0)
        if (errno != EAGAIN || co_wait_fd(fd, EV_READ, clock_monotonic_us() + 10000000) != RESULT_OK)
            abort();
    return got == 1;
}

static void fd_echo(void *arg)
{
    const int fd = *(int *)arg;
    for (char byte; fd_read(fd, &byte);)
        if (send(fd, &byte, 1, 0) != 1)
            abort();
    close(fd);
}

static void measure_fds(void)
{
    int fds[2];
    char byte = 'x';
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) != 0 || co_spawn(fd_echo, &fds[1]) != RESULT_OK)
        abort();
    const int64_t started_us = clock_monotonic_us();
    for (int i = 0; i < BYTE_ROUNDS; i++)
        if (send(fds[0], &byte, 1, 0) != 1 || !fd_read(fds[0], &byte))
            abort();
    report("the same with an event added for each wait", started_us, 2 * (int64_t)BYTE_ROUNDS);
    shutdown(fds[0], SHUT_RDWR);
    while (co_count() > 1)
        co_yield();
    close(fds[0]);
}

static void measure(void *arg)
{
    (void)arg;
    measure_switch();
    measure_spawn();
    measure_timer(0);
    measure_timer(1000);
    measure_wait();
    measure_streams();
    measure_fds();
    loop_stop();
}

int main(void)
{
    loop_init();
    if (co_spawn(measure, NULL) != RESULT_OK)
        abort();
    loop_run();
    loop_close();
    return 0;
}
