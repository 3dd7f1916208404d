/* Streams and listeners over real sockets: data in both directions, deadlines, ends, fairness, back-pressure. */
#include "run_co.h"

#include "io/listen.h"
#include "io/resolve.h"
#include "io/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* ---- a listener whose connections queue up for the test ---- */

struct door {
    struct listener *listener;
    struct co_signal arrived;
    int fds[128];
    size_t count;
};

static void door_accepted(void *arg, int fd, const struct address *from)
{
    (void)from;
    struct door *door = arg;
    assert_true(door->count < 128);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    door->fds[door->count++] = fd;
    co_signal_raise(&door->arrived);
}

static void door_open(struct door *door, const char *address)
{
    *door = (struct door){ 0 };
    const struct listen_config config = { .address = address, .accepted = door_accepted, .arg = door };
    assert_int_equal(listen_start(&config, &door->listener), RESULT_OK);
}

static void door_expect(struct door *door, size_t count)
{
    while (door->count < count)
        assert_int_equal(co_signal_wait(&door->arrived, TEST_DEADLINE_US), RESULT_OK);
}

struct pair {
    struct stream *near, *far;
};

static struct pair pair_open(void)
{
    struct door door;
    struct pair pair;
    door_open(&door, "127.0.0.1:0");
    assert_true(listen_port(door.listener) > 0);
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), listen_port(door.listener), TEST_DEADLINE_US, &pair.near), RESULT_OK);
    door_expect(&door, 1);
    pair.far = stream_from_fd(door.fds[0]);
    listen_close(door.listener);
    return pair;
}

static void pair_close(struct pair *pair)
{
    stream_close(pair->near);
    stream_close(pair->far);
}

static void send_text(struct stream *s, const char *text)
{
    const struct iovec part = { (char *)(uintptr_t)text, strlen(text) };
    assert_int_equal(stream_write(s, &part, 1, TEST_DEADLINE_US), RESULT_OK);
}

static void expect_text(struct stream *s, const char *text)
{
    char data[256];
    size_t have = 0, got;
    while (have < strlen(text)) {
        assert_int_equal(stream_read(s, data + have, strlen(text) - have, TEST_DEADLINE_US, &got), RESULT_OK);
        have += got;
    }
    assert_memory_equal(data, text, have);
}

/* ---- reading and writing ---- */

static void echo_run(void *arg)
{
    struct stream *s = arg;
    char data[64];
    size_t got;
    while (stream_read(s, data, sizeof data, TEST_DEADLINE_US, &got) == RESULT_OK) {
        const struct iovec part = { data, got };
        assert_int_equal(stream_write(s, &part, 1, TEST_DEADLINE_US), RESULT_OK);
    }
    stream_close(s);
}

static void echo_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    struct address peer;
    char ip[INET6_ADDRSTRLEN];
    assert_true(stream_peer(pair.far, &peer));
    address_ip_text(&peer, ip);
    assert_string_equal(ip, "127.0.0.1");
    assert_int_equal(co_spawn(echo_run, pair.far), RESULT_OK);
    for (int i = 0; i < 100; i++) {
        send_text(pair.near, "hello");
        expect_text(pair.near, "hello");
    }
    stream_close(pair.near);
}

static void bytes_go_there_and_back(void **state)
{
    (void)state;
    run_co(echo_body, NULL);
}

#define BULK_PARTS 40
#define BULK_PART (64 * 1024 - 7)

struct bulk {
    struct stream *s;
    char *data;
};

static void bulk_write(void *arg)
{
    const struct bulk *bulk = arg;
    struct iovec parts[BULK_PARTS * 2];
    for (int i = 0; i < BULK_PARTS; i++) {
        parts[2 * i] = (struct iovec){ NULL, 0 };
        parts[2 * i + 1] = (struct iovec){ bulk->data + i * BULK_PART, BULK_PART };
    }
    assert_int_equal(stream_write(bulk->s, parts, BULK_PARTS * 2, TEST_DEADLINE_US), RESULT_OK);
    assert_ptr_equal(parts[1].iov_base, bulk->data);
    stream_close(bulk->s);
}

/* More than the sockets hold, in more parts than one call takes, read in odd sizes. */
static void bulk_body(void *arg)
{
    struct bulk bulk = { .data = arg };
    struct pair pair = pair_open();
    bulk.s = pair.far;
    assert_int_equal(co_spawn(bulk_write, &bulk), RESULT_OK);
    char data[3001];
    size_t total = 0, got;
    enum result result;
    while ((result = stream_read(pair.near, data, sizeof data, TEST_DEADLINE_US, &got)) == RESULT_OK) {
        assert_memory_equal(data, bulk.data + total, got);
        total += got;
    }
    assert_int_equal(result, RESULT_CLOSED);
    assert_int_equal(total, BULK_PARTS * BULK_PART);
    stream_close(pair.near);
}

static void a_large_write_waits_for_its_reader(void **state)
{
    (void)state;
    char *data = malloc(BULK_PARTS * BULK_PART);
    for (int i = 0; i < BULK_PARTS * BULK_PART; i++)
        data[i] = (char)(i * 31 + i / 257);
    run_co(bulk_body, data);
    free(data);
}

static void deadline_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    static char data[65536];
    size_t got;
    assert_int_equal(stream_read(pair.near, data, 8, clock_monotonic_us() + 2000, &got), RESULT_TIMEOUT);
    assert_int_equal(got, 0);
    send_text(pair.far, "late");
    expect_text(pair.near, "late");             /* a read that timed out does no harm to the next */
    const struct iovec part = { data, sizeof data };
    enum result result;
    do
        result = stream_write(pair.near, &part, 1, clock_monotonic_us() + 2000);
    while (result == RESULT_OK);
    assert_int_equal(result, RESULT_TIMEOUT);   /* nobody reads */
    pair_close(&pair);
}

static void reads_and_writes_end_at_their_deadline(void **state)
{
    (void)state;
    run_co(deadline_body, NULL);
}

static void reset_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    assert_int_equal(setsockopt(stream_fd(pair.far), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    stream_close(pair.far);
    char byte = 'x';
    size_t got;
    assert_int_equal(stream_read(pair.near, &byte, 1, TEST_DEADLINE_US, &got), RESULT_CLOSED);
    const struct iovec part = { &byte, 1 };
    assert_int_equal(stream_write(pair.near, &part, 1, TEST_DEADLINE_US), RESULT_CLOSED);
    stream_close(pair.near);
}

static void a_reset_is_closed_and_raises_no_signal(void **state)
{
    (void)state;
    run_co(reset_body, NULL);
}

/* A peer that never lets the reader wait neither starves others nor escapes the deadline. */
static bool bystander_ran;

static void bystander(void *arg)
{
    (void)arg;
    bystander_ran = true;
}

static void eager_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    static char data[4096];
    size_t got, reads = 0;
    const struct iovec part = { data, sizeof data };
    assert_int_equal(stream_write(pair.far, &part, 1, TEST_DEADLINE_US), RESULT_OK);
    while (stream_is_idle(pair.near))
        co_sleep_us(100);
    bystander_ran = false;
    assert_int_equal(co_spawn(bystander, NULL), RESULT_OK);
    for (; !bystander_ran; reads++)
        assert_int_equal(stream_read(pair.near, data, 1, TEST_DEADLINE_US, &got), RESULT_OK);
    assert_in_range(reads, 1, 64);
    enum result result;
    for (reads = 0; reads < 2000; reads++)
        if ((result = stream_read(pair.near, data, 1, clock_monotonic_us() - 1, &got)) != RESULT_OK)
            break;
    assert_int_equal(result, RESULT_TIMEOUT);
    pair_close(&pair);
}

static void an_eager_stream_lets_others_run(void **state)
{
    (void)state;
    run_co(eager_body, NULL);
}

static void closed_reader(void *arg)
{
    char byte;
    size_t got;
    assert_int_equal(stream_read(arg, &byte, 1, TEST_DEADLINE_US, &got), RESULT_CLOSED);
}

static void close_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    assert_int_equal(co_spawn(closed_reader, pair.near), RESULT_OK);
    co_yield();
    pair_close(&pair);
    stream_close(NULL);
}

static void closing_ends_the_waits_of_others(void **state)
{
    (void)state;
    run_co(close_body, NULL);
}

/* ---- idle connections ---- */

static void raise_it(void *arg)
{
    co_signal_raise(arg);
}

static void expect_readable(struct stream *s, struct co_signal *readable)
{
    stream_when_readable(s, raise_it, readable);
    assert_int_equal(co_signal_wait(readable, TEST_DEADLINE_US), RESULT_OK);
}

static void idle_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    struct co_signal readable = { 0 };
    assert_true(stream_is_idle(pair.near));
    stream_when_readable(pair.near, raise_it, &readable);      /* not registered yet, data comes later */
    assert_int_equal(co_signal_wait(&readable, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    send_text(pair.far, "abcdef");
    assert_int_equal(co_signal_wait(&readable, TEST_DEADLINE_US), RESULT_OK);
    assert_false(stream_is_idle(pair.near));
    expect_text(pair.near, "abc");
    expect_readable(pair.near, &readable);                     /* something is left of what was there */
    char data[16];
    size_t got;
    assert_int_equal(stream_read(pair.near, data, sizeof data, TEST_DEADLINE_US, &got), RESULT_OK);
    assert_int_equal(got, 3);
    assert_int_equal(stream_read_now(pair.near, data, sizeof data, &got), RESULT_BUSY);
    assert_true(stream_is_idle(pair.near));
    stream_when_readable(pair.near, raise_it, &readable);      /* all was read */
    assert_int_equal(co_signal_wait(&readable, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    stream_when_readable(pair.near, NULL, NULL);               /* cancelled */
    send_text(pair.far, "x");
    while (stream_is_idle(pair.near))
        co_sleep_us(100);
    assert_int_equal(co_signal_wait(&readable, clock_monotonic_us() + 2000), RESULT_TIMEOUT);
    expect_readable(pair.near, &readable);
    stream_close(pair.far);
    assert_int_equal(stream_read_now(pair.near, data, sizeof data, &got), RESULT_OK);
    assert_int_equal(got, 1);
    expect_readable(pair.near, &readable);                     /* the end counts as readable */
    assert_false(stream_is_idle(pair.near));
    assert_int_equal(stream_read_now(pair.near, data, sizeof data, &got), RESULT_CLOSED);
    stream_close(pair.near);
}

static void an_idle_stream_says_when_it_is_readable(void **state)
{
    (void)state;
    run_co(idle_body, NULL);
}

/* Data and end arrive together, before anyone looks: a short read must not hide the end. */
static void farewell_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    struct co_signal readable = { 0 };
    stream_when_readable(pair.near, raise_it, &readable);
    assert_int_equal(co_signal_wait(&readable, clock_monotonic_us() + 1000), RESULT_TIMEOUT);
    send_text(pair.far, "bye");
    stream_close(pair.far);
    assert_int_equal(co_signal_wait(&readable, TEST_DEADLINE_US), RESULT_OK);
    char data[16];
    size_t got;
    assert_int_equal(stream_read(pair.near, data, sizeof data, TEST_DEADLINE_US, &got), RESULT_OK);
    expect_readable(pair.near, &readable);
    assert_int_equal(stream_read(pair.near, data, sizeof data, TEST_DEADLINE_US, &got), RESULT_CLOSED);
    stream_close(pair.near);
}

static void an_end_right_behind_the_data_is_seen(void **state)
{
    (void)state;
    run_co(farewell_body, NULL);
}

static void gentle_run(void *arg)
{
    send_text(arg, "no, thanks");
    stream_close_gently(arg, 1 << 20, TEST_DEADLINE_US);
}

/* A plain close with unread input would send a reset, and the peer could lose the answer. */
static void gentle_body(void *arg)
{
    (void)arg;
    struct pair pair = pair_open();
    for (int i = 0; i < 10; i++)
        send_text(pair.near, "a long body nobody wants ");
    assert_int_equal(co_spawn(gentle_run, pair.far), RESULT_OK);
    expect_text(pair.near, "no, thanks");
    char byte;
    size_t got;
    assert_int_equal(stream_read(pair.near, &byte, 1, TEST_DEADLINE_US, &got), RESULT_CLOSED);
    stream_close(pair.near);
}

static void a_gentle_close_delivers_the_answer(void **state)
{
    (void)state;
    run_co(gentle_body, NULL);
}

/* ---- connecting and listening ---- */

static void connect_body(void *arg)
{
    (void)arg;
    struct door door;
    struct stream *s;
    door_open(&door, "127.0.0.1:0");
    const int port = listen_port(door.listener);
    assert_int_equal(stream_connect(SLICE("localhost"), port, TEST_DEADLINE_US, &s), RESULT_OK);   /* a name */
    door_expect(&door, 1);
    stream_close(s);
    close(door.fds[0]);
    listen_close(door.listener);
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), port, TEST_DEADLINE_US, &s), RESULT_CLOSED);
    assert_null(s);
    assert_int_equal(stream_connect(SLICE("no-such-name.invalid"), 80, TEST_DEADLINE_US, &s), RESULT_CLOSED);
    assert_int_equal(stream_connect(SLICE("/no/such/socket"), 0, TEST_DEADLINE_US, &s), RESULT_CLOSED);
    assert_int_equal(stream_connect(SLICE(""), 80, TEST_DEADLINE_US, &s), RESULT_MALFORMED);
}

static void connecting_resolves_and_tells_who_is_not_there(void **state)
{
    (void)state;
    run_co(connect_body, NULL);
}

static void unix_body(void *arg)
{
    const char *path = arg;
    struct door door;
    struct stream *s;
    struct stat status;
    for (int round = 0; round < 2; round++) {   /* the second over a stale file */
        door_open(&door, path);
        assert_int_equal(listen_port(door.listener), 0);
        assert_int_equal(stream_connect(slice_from_text(path), 0, TEST_DEADLINE_US, &s), RESULT_OK);
        door_expect(&door, 1);
        struct stream *far = stream_from_fd(door.fds[0]);
        send_text(s, "over a file");
        expect_text(far, "over a file");
        struct listener *second;
        const struct listen_config again = { .address = path, .accepted = door_accepted };
        assert_int_equal(listen_start(&again, &second), RESULT_REFUSED);   /* in use: not stolen */
        stream_close(s);
        stream_close(far);
        listen_close(door.listener);
        assert_int_not_equal(stat(path, &status), 0);
        struct address address;
        assert_true(address_parse(slice_from_text(path), 0, &address));
        const int stale = socket(AF_UNIX, SOCK_STREAM, 0);
        assert_int_equal(bind(stale, &address.any, address.size), 0);
        close(stale);
    }
    unlink(path);
}

static void a_unix_socket_is_listened_on_and_left_clean(void **state)
{
    (void)state;
    char directory[] = "/tmp/cuotas-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    run_co(unix_body, path);
    assert_int_equal(rmdir(directory), 0);
}

static void taken_body(void *arg)
{
    (void)arg;
    struct door door;
    char address[32];
    struct listener *second;
    door_open(&door, "127.0.0.1:0");
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", listen_port(door.listener));
    struct listen_config config = { .address = address, .accepted = door_accepted };
    assert_int_equal(listen_start(&config, &second), RESULT_REFUSED);
    assert_null(second);
    listen_close(door.listener);
    static const char *const bad[] = { "", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
                                       "::1:80", "[::1:80", "[]:80", "localhost:80", ":80" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        config.address = bad[i];
        assert_int_equal(listen_start(&config, &second), RESULT_MALFORMED);
    }
}

static void a_taken_or_senseless_address_is_refused(void **state)
{
    (void)state;
    run_co(taken_body, NULL);
}

static void shared_body(void *arg)
{
    (void)arg;
    struct door door = { 0 };
    char address[32];
    struct listener *first, *second;
    struct listen_config config = { .address = "127.0.0.1:0", .reuse_port = true, .accepted = door_accepted, .arg = &door };
    assert_int_equal(listen_start(&config, &first), RESULT_OK);
    (void)snprintf(address, sizeof address, "127.0.0.1:%d", listen_port(first));
    config.address = address;
    assert_int_equal(listen_start(&config, &second), RESULT_OK);
    listen_close(first);
    listen_close(second);
}

static void workers_share_a_port(void **state)
{
    (void)state;
    run_co(shared_body, NULL);
}

static void paused_body(void *arg)
{
    (void)arg;
    struct door door;
    struct stream *s;
    door_open(&door, "127.0.0.1:0");
    listen_pause(door.listener);
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), listen_port(door.listener), TEST_DEADLINE_US, &s), RESULT_OK);
    assert_int_equal(co_signal_wait(&door.arrived, clock_monotonic_us() + 5000), RESULT_TIMEOUT);
    listen_resume(door.listener);
    door_expect(&door, 1);
    close(door.fds[0]);
    stream_close(s);
    listen_close(door.listener);
}

static void a_paused_listener_leaves_them_in_the_backlog(void **state)
{
    (void)state;
    run_co(paused_body, NULL);
}

static int turns;

static void count_turn(void *arg)
{
    (void)arg;
    turns++;
}

/* Out of fds: the listener waits instead of spinning, and takes the connection when there is one again. */
static void no_fds_body(void *arg)
{
    (void)arg;
    struct door door;
    struct stream *s;
    struct rlimit before, none;
    door_open(&door, "127.0.0.1:0");
    const int port = listen_port(door.listener);
    listen_pause(door.listener);
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), port, TEST_DEADLINE_US, &s), RESULT_OK);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    listen_resume(door.listener);
    loop_each_turn(count_turn, NULL);
    turns = 0;
    assert_int_equal(co_signal_wait(&door.arrived, clock_monotonic_us() + 30000), RESULT_TIMEOUT);
    assert_in_range(turns, 1, 30);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    door_expect(&door, 1);
    close(door.fds[0]);
    stream_close(s);
    listen_close(door.listener);
}

static void out_of_fds_the_listener_waits(void **state)
{
    (void)state;
    if (RUNNING_ON_VALGRIND) {
        print_message("skipped: valgrind keeps the limit itself, by closing what was accepted past it\n");
        skip();
    }
    run_co(no_fds_body, NULL);
}

static void ipv6_body(void *arg)
{
    (void)arg;
    struct door door;
    struct stream *s;
    struct address peer;
    char ip[INET6_ADDRSTRLEN];
    door_open(&door, "[::]:0");
    assert_int_equal(stream_connect(SLICE("::1"), listen_port(door.listener), TEST_DEADLINE_US, &s), RESULT_OK);
    door_expect(&door, 1);
    stream_close(s);
    close(door.fds[0]);
    assert_int_equal(stream_connect(SLICE("127.0.0.1"), listen_port(door.listener), TEST_DEADLINE_US, &s), RESULT_OK);
    door_expect(&door, 2);
    struct stream *far = stream_from_fd(door.fds[1]);
    assert_true(stream_peer(far, &peer));
    address_ip_text(&peer, ip);
    assert_string_equal(ip, "127.0.0.1");
    stream_close(far);
    stream_close(s);
    listen_close(door.listener);
}

static void the_ipv6_wildcard_takes_both_families(void **state)
{
    (void)state;
    const int probe = socket(AF_INET6, SOCK_STREAM, 0);
    const struct sockaddr_in6 loopback = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    const bool has_ipv6 = probe >= 0 && bind(probe, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (probe >= 0)
        close(probe);
    if (!has_ipv6) {
        print_message("skipped: this machine has no IPv6 loopback\n");
        skip();
    }
    run_co(ipv6_body, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_there_and_back),
        cmocka_unit_test(a_large_write_waits_for_its_reader),
        cmocka_unit_test(reads_and_writes_end_at_their_deadline),
        cmocka_unit_test(a_reset_is_closed_and_raises_no_signal),
        cmocka_unit_test(an_eager_stream_lets_others_run),
        cmocka_unit_test(closing_ends_the_waits_of_others),
        cmocka_unit_test(an_idle_stream_says_when_it_is_readable),
        cmocka_unit_test(an_end_right_behind_the_data_is_seen),
        cmocka_unit_test(a_gentle_close_delivers_the_answer),
        cmocka_unit_test(connecting_resolves_and_tells_who_is_not_there),
        cmocka_unit_test(a_unix_socket_is_listened_on_and_left_clean),
        cmocka_unit_test(a_taken_or_senseless_address_is_refused),
        cmocka_unit_test(workers_share_a_port),
        cmocka_unit_test(a_paused_listener_leaves_them_in_the_backlog),
        cmocka_unit_test(out_of_fds_the_listener_waits),
        cmocka_unit_test(the_ipv6_wildcard_takes_both_families),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
