/* Calls to the outside against small servers of the same loop: what is sent, what comes back, and above all what `sent`
 * says when nothing does. */
#include "run_co.h"

#include "base/limits.h"
#include "http/outside.h"
#include "io/listen.h"
#include "io/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a site: says `reply` to every whole request, or what `mode` says ---- */

enum mode { ANSWER, ANSWER_AND_CLOSE, CLOSE_UNANSWERED, STAY_SILENT, NEVER_READ, BABBLE };

struct site {
    struct listener *listener;
    enum mode mode;
    const char *reply;
    size_t connections, requests;
    char request[8192];           /* the last one */
    struct co_signal requested;
    char url[64];
};

static struct site site;

struct visit {
    struct stream *s;
    size_t size;
    char data[8192];
};

static bool visit_read(struct visit *visit)
{
    size_t got;
    assert_true(visit->size < sizeof visit->data - 1);
    if (stream_read(visit->s, visit->data + visit->size, sizeof visit->data - 1 - visit->size, TEST_DEADLINE_US, &got) != RESULT_OK)
        return false;
    visit->size += got;
    visit->data[visit->size] = '\0';
    return true;
}

static bool visit_request(struct visit *visit)
{
    const char *end, *length;
    visit->size = 0;
    visit->data[0] = '\0';
    while (!(end = strstr(visit->data, "\r\n\r\n")))
        if (!visit_read(visit))
            return false;
    length = strstr(visit->data, "Content-Length: ");
    const size_t whole = (size_t)(end + 4 - visit->data) + (length ? strtoul(length + 16, NULL, 10) : 0);
    while (visit->size < whole)
        if (!visit_read(visit))
            return false;
    return true;
}

static void visit_say(struct visit *visit, const char *text)
{
    const struct iovec part = { (char *)(uintptr_t)text, strlen(text) };
    (void)!stream_write(visit->s, &part, 1, TEST_DEADLINE_US);   /* the caller may be gone */
}

static void visit_run(void *arg)
{
    struct visit *visit = arg;
    if (site.mode == BABBLE)
        visit_say(visit, site.reply);
    while (site.mode < NEVER_READ && visit_request(visit)) {
        site.requests++;
        memcpy(site.request, visit->data, visit->size + 1);
        co_signal_raise(&site.requested);
        if (site.mode == ANSWER || site.mode == ANSWER_AND_CLOSE)
            visit_say(visit, site.reply);
        if (site.mode == ANSWER_AND_CLOSE || site.mode == CLOSE_UNANSWERED)
            break;
    }
    char byte;
    size_t got;
    while (site.mode >= NEVER_READ && stream_read(visit->s, &byte, 1, TEST_DEADLINE_US, &got) == RESULT_OK)
        continue;
    stream_close(visit->s);
    free(visit);
}

static void site_visited(void *arg, int fd, const struct address *from)
{
    (void)from;
    void (*run)(void *) = *(void (**)(void *))arg;
    struct visit *visit = calloc(1, sizeof *visit);
    visit->s = stream_from_fd(fd);
    site.connections++;
    assert_int_equal(co_spawn(run, visit), RESULT_OK);
}

static void (*serve)(void *) = visit_run;

static void site_open(const char *scheme, enum mode mode, const char *reply)
{
    const struct listen_config config = { .address = "127.0.0.1:0", .accepted = site_visited, .arg = &serve };
    site = (struct site){ .mode = mode, .reply = reply };
    assert_int_equal(listen_start(&config, &site.listener), RESULT_OK);
    (void)snprintf(site.url, sizeof site.url, "%s://127.0.0.1:%d/", scheme, listen_port(site.listener));
}

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"

/* ---- calling it ---- */

static struct work work;

static void with_work(void (*body)(void))
{
    work = (struct work){ .arena = arena_new(), .deadline_us = TEST_DEADLINE_US };
    body();
    listen_close(site.listener);
    site.listener = NULL;
    arena_free(work.arena);
    outside_close();
}

static void body_run(void *arg)
{
    with_work(*(void (**)(void))arg);
}

static void run_outside(void (*body)(void))
{
    run_co(body_run, &body);
}

static enum result get(struct outside_reply *reply)
{
    const struct outside_request request = { .method = "GET", .url = site.url };
    return outside_call(&work, &request, reply);
}

/* ---- answers ---- */

static void post_body(void)
{
    static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded", "Idempotency-Key: k-1", NULL };
    struct outside_reply reply;
    site_open("http", ANSWER, "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{\"a\": 1}\n");
    const struct outside_request request = {
        .method = "POST", .url = site.url, .headers = headers, .body = SLICE("amount=5&x=\0y"), .userpwd = "sk_test:" };
    assert_int_equal(outside_call(&work, &request, &reply), RESULT_OK);
    assert_int_equal(reply.status, 201);
    assert_true(slice_equals(reply.body, SLICE("{\"a\": 1}\n")));
    assert_int_equal(reply.retry_after_s, 0);
    assert_true(reply.sent);
    assert_memory_equal(site.request, "POST / HTTP/1.1\r\n", 17);
    assert_non_null(strstr(site.request, "\r\nIdempotency-Key: k-1\r\n"));
    assert_non_null(strstr(site.request, "\r\nAuthorization: Basic c2tfdGVzdDo=\r\n"));
    assert_non_null(strstr(site.request, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
    assert_non_null(strstr(site.request, "\r\nContent-Length: 13\r\n"));
    assert_null(strstr(site.request, "Expect"));
    assert_memory_equal(strstr(site.request, "\r\n\r\n") + 4, "amount=5&x=\0y", 13);
}

static void a_post_carries_its_headers_and_body(void **state)
{
    (void)state;
    run_outside(post_body);
}

static void methods_body(void)
{
    static const char *const methods[] = { "GET", "DELETE", "PUT", "PATCH", "POST", "HEAD" };
    struct outside_reply reply;
    site_open("http", ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct outside_request request = { .method = methods[i], .url = site.url };
        char start[32];
        (void)snprintf(start, sizeof start, "%s / HTTP/1.1\r\n", methods[i]);
        assert_int_equal(outside_call(&work, &request, &reply), RESULT_OK);
        assert_memory_equal(site.request, start, strlen(start));
        assert_false(slice_is_none(reply.body));
        assert_int_equal(reply.body.size, 0);
    }
    assert_int_equal(site.requests, 6);
    assert_int_equal(site.connections, 1);    /* kept */
}

static void every_method_goes_over_one_kept_connection(void **state)
{
    (void)state;
    run_outside(methods_body);
}

static void statuses_body(void)
{
    struct outside_reply reply;
    site_open("http", ANSWER, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno");
    assert_int_equal(get(&reply), RESULT_OK);
    assert_int_equal(reply.status, 503);
    assert_int_equal(reply.retry_after_s, 7);
    site.reply = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    assert_int_equal(get(&reply), RESULT_OK);
    assert_int_equal(reply.status, 302);      /* not followed */
    site.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    assert_int_equal(get(&reply), RESULT_OK);
    assert_true(slice_equals(reply.body, SLICE("abcde")));
}

static void any_status_is_an_answer(void **state)
{
    (void)state;
    run_outside(statuses_body);
}

/* A kept connection that the other side closed meanwhile is replaced without the caller noticing. */
static void stale_body(void)
{
    struct outside_reply reply;
    site_open("http", ANSWER_AND_CLOSE, HELLO);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(get(&reply), RESULT_OK);
        assert_true(slice_equals(reply.body, SLICE("hello")));
    }
    assert_int_equal(site.connections, 3);
}

static void a_closed_connection_is_replaced(void **state)
{
    (void)state;
    run_outside(stale_body);
}

/* ---- failures, and what they say about the request ---- */

static void unsent_body(void)
{
    struct outside_reply reply;
    site_open("http", ANSWER, HELLO);
    listen_close(site.listener);              /* nobody there any more */
    site.listener = NULL;
    assert_int_equal(get(&reply), RESULT_CLOSED);
    assert_false(reply.sent);
    const char *const bad[] = { "http://no-such-name.invalid/", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "smtp://127.0.0.1/" };
    const enum result expected[] = { RESULT_CLOSED, RESULT_FAILED, RESULT_FAILED, RESULT_FAILED, RESULT_FAILED };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct outside_request request = { .method = "GET", .url = bad[i] };
        assert_int_equal(outside_call(&work, &request, &reply), expected[i]);
        assert_false(reply.sent);
        assert_int_equal(reply.status, 0);
    }
    work.deadline_us = clock_monotonic_us();
    assert_int_equal(get(&reply), RESULT_TIMEOUT);
    assert_false(reply.sent);
}

static void what_never_left_is_not_sent(void **state)
{
    (void)state;
    run_outside(unsent_body);
}

static void handshake_body(void)
{
    struct outside_reply reply;
    site_open("https", NEVER_READ, "");
    work.deadline_us = clock_monotonic_us() + 50000;
    assert_int_equal(get(&reply), RESULT_TIMEOUT);
    assert_false(reply.sent);
    assert_int_equal(site.connections, 1);
    site.mode = BABBLE;                       /* no TLS there */
    site.reply = HELLO;
    work.deadline_us = TEST_DEADLINE_US;
    assert_int_equal(get(&reply), RESULT_FAILED);
    assert_false(reply.sent);
}

static void a_request_waits_for_the_handshake(void **state)
{
    (void)state;
    run_outside(handshake_body);
}

static void unknown_body(void)
{
    struct outside_reply reply;
    site_open("http", CLOSE_UNANSWERED, "");
    assert_int_equal(get(&reply), RESULT_CLOSED);
    assert_true(reply.sent);
    site.mode = STAY_SILENT;
    work.deadline_us = clock_monotonic_us() + 50000;
    assert_int_equal(get(&reply), RESULT_TIMEOUT);
    assert_true(reply.sent);
    work.deadline_us = TEST_DEADLINE_US;
    site.mode = ANSWER_AND_CLOSE;
    site.reply = "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf of it";
    assert_int_equal(get(&reply), RESULT_CLOSED);
    assert_true(reply.sent);
    assert_true(slice_is_none(reply.body));
    site.reply = "HTTP/0.9 nonsense\r\n\r\n";
    assert_int_equal(get(&reply), RESULT_FAILED);
    assert_true(reply.sent);
}

static void an_unanswered_request_may_have_been_acted_on(void **state)
{
    (void)state;
    run_outside(unknown_body);
}

static void large_body(void)
{
    struct outside_reply reply;
    char *chunked = malloc(OUTSIDE_BODY_MAX + 200);
    site_open("http", ANSWER_AND_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx");
    assert_int_equal(get(&reply), RESULT_TOO_LARGE);
    assert_true(reply.sent);
    const int head = sprintf(chunked, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", OUTSIDE_BODY_MAX + 1);
    memset(chunked + head, 'x', OUTSIDE_BODY_MAX + 1);
    strcpy(chunked + head + OUTSIDE_BODY_MAX + 1, "\r\n0\r\n\r\n");
    site.reply = chunked;
    assert_int_equal(get(&reply), RESULT_TOO_LARGE);
    const int exact = sprintf(chunked, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", OUTSIDE_BODY_MAX);
    memset(chunked + exact, 'x', OUTSIDE_BODY_MAX);
    chunked[exact + OUTSIDE_BODY_MAX] = '\0';
    assert_int_equal(get(&reply), RESULT_OK);
    assert_int_equal(reply.body.size, OUTSIDE_BODY_MAX);
    free(chunked);
}

static void an_answer_is_bounded(void **state)
{
    (void)state;
    run_outside(large_body);
}

static void injection_body(void)
{
    struct outside_reply reply;
    site_open("http", ANSWER, HELLO);
    const char *const split[] = { "X-Name: a\r\nX-Other: b", NULL }, *const bare[] = { "no colon", NULL };
    const struct outside_request bad[] = {
        { .method = "GET", .url = site.url, .headers = split },
        { .method = "GET", .url = site.url, .headers = bare },
        { .method = "GET /x", .url = site.url },
        { .method = "", .url = site.url },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(outside_call(&work, &bad[i], &reply), RESULT_MALFORMED);
    long code;
    const char *const addresses[] = { "", "a b@x.co", "a@x.co\r\nRCPT TO:<b@x.co>", "<a@x.co>" };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct mail mail = { .smtp_url = site.url, .from = "a@x.co", .to = addresses[i], .message = SLICE("x") };
        assert_int_equal(outside_mail(&work, &mail, &code), RESULT_MALFORMED);
        mail.from = addresses[i];
        mail.to = "a@x.co";
        assert_int_equal(outside_mail(&work, &mail, &code), RESULT_MALFORMED);
    }
    assert_int_equal(site.connections, 0);
}

static void nothing_breaks_out_of_its_line(void **state)
{
    (void)state;
    run_outside(injection_body);
}

/* ---- many, and stopping ---- */

static int outcomes[RESULT_FAILED + 1], outcomes_sent;

static void caller(void *arg)
{
    (void)arg;
    struct outside_reply reply;
    outcomes[get(&reply)]++;
    outcomes_sent += reply.sent;
}

static void many_body(void)
{
    memset(outcomes, 0, sizeof outcomes);
    site_open("http", ANSWER, HELLO);
    for (int i = 0; i < OUTSIDE_TRANSFERS_MAX + 5; i++)
        assert_int_equal(co_spawn(caller, NULL), RESULT_OK);
    while (outcomes[RESULT_OK] + outcomes[RESULT_BUSY] < OUTSIDE_TRANSFERS_MAX + 5)
        co_sleep_us(1000);
    assert_int_equal(outcomes[RESULT_BUSY], 5);
}

static void transfers_are_bounded(void **state)
{
    (void)state;
    run_outside(many_body);
}

static void cancel_body(void)
{
    memset(outcomes, 0, sizeof outcomes);
    outcomes_sent = 0;
    site_open("http", STAY_SILENT, "");
    for (int i = 0; i < 5; i++)
        assert_int_equal(co_spawn(caller, NULL), RESULT_OK);
    while (site.requests < 5)
        assert_int_equal(co_signal_wait(&site.requested, TEST_DEADLINE_US), RESULT_OK);
    co_cancel_all();
    while (outcomes[RESULT_CANCELLED] < 5)
        co_yield();
    assert_int_equal(outcomes_sent, 5);
}

static void stopping_ends_calls(void **state)
{
    (void)state;
    run_outside(cancel_body);
}

/* ---- mail ---- */

static const char *rcpt_reply, *data_reply;

/* One command line, or with `end` all up to it. */
static bool visit_until(struct visit *visit, const char *end)
{
    visit->size = 0;
    visit->data[0] = '\0';
    while (!strstr(visit->data, end))
        if (!visit_read(visit))
            return false;
    return true;
}

static void site_append(const char *text)
{
    const size_t have = strlen(site.request), more = strlen(text);
    assert_true(have + more < sizeof site.request);
    memcpy(site.request + have, text, more + 1);
}

static void smtp_run(void *arg)
{
    struct visit *visit = arg;
    visit_say(visit, "220 test\r\n");
    while (visit_until(visit, "\r\n")) {
        const bool data = strncmp(visit->data, "DATA", 4) == 0, quit = strncmp(visit->data, "QUIT", 4) == 0;
        site_append(visit->data);
        visit_say(visit, strncmp(visit->data, "RCPT", 4) == 0 ? rcpt_reply : data ? "354 go on\r\n" : quit ? "221 bye\r\n" : "250 ok\r\n");
        if (quit)
            break;
        if (!data)
            continue;
        if (!visit_until(visit, "\r\n.\r\n"))
            break;
        site_append(visit->data);
        visit_say(visit, data_reply);
        site.requests++;
    }
    stream_close(visit->s);
    free(visit);
}

static void mail_body(void)
{
    long code;
    site_open("smtp", ANSWER, "");
    rcpt_reply = "250 ok\r\n";
    data_reply = "250 queued\r\n";
    struct mail mail = { .smtp_url = site.url, .from = "shop@x.co", .to = "ana@x.co",
                         .message = SLICE("Subject: hi\r\n\r\nline\r\n.dotted\r\n") };
    assert_int_equal(outside_mail(&work, &mail, &code), RESULT_OK);
    assert_int_equal(code, 250);
    assert_non_null(strstr(site.request, "MAIL FROM:<shop@x.co>"));
    assert_non_null(strstr(site.request, "RCPT TO:<ana@x.co>\r\n"));
    assert_non_null(strstr(site.request, "Subject: hi\r\n\r\nline\r\n..dotted\r\n.\r\n"));
    rcpt_reply = "550 no such user\r\n";
    assert_int_equal(outside_mail(&work, &mail, &code), RESULT_REFUSED);
    assert_int_equal(code, 550);
    rcpt_reply = "250 ok\r\n";
    data_reply = "451 later\r\n";
    assert_int_equal(outside_mail(&work, &mail, &code), RESULT_REFUSED);
    assert_int_equal(code, 451);
    assert_int_equal(site.requests, 2);
    mail.require_tls = true;                  /* not offered */
    assert_int_not_equal(outside_mail(&work, &mail, &code), RESULT_OK);
    assert_int_equal(site.requests, 2);
    listen_close(site.listener);
    site.listener = NULL;
}

static void a_mail_is_accepted_or_refused_with_a_code(void **state)
{
    (void)state;
    serve = smtp_run;
    run_outside(mail_body);
    serve = visit_run;
}

static void mail_unreachable_body(void)
{
    long code;
    site_open("smtp", ANSWER, "");
    listen_close(site.listener);
    site.listener = NULL;
    const struct mail mail = { .smtp_url = site.url, .from = "shop@x.co", .to = "ana@x.co", .message = SLICE("x\r\n") };
    assert_int_equal(outside_mail(&work, &mail, &code), RESULT_CLOSED);
    assert_int_equal(code, 0);
}

static void an_unreachable_mail_server_gives_no_code(void **state)
{
    (void)state;
    run_outside(mail_unreachable_body);
}

/* A server that takes in the message and then says nothing holds a thread, but neither the loop nor the caller past its
 * deadline, nor the process when it stops. */
static int mails_ended;

static void mail_caller(void *arg)
{
    long code;
    const struct mail mail = { .smtp_url = site.url, .from = "shop@x.co", .to = "ana@x.co", .message = SLICE("x\r\n") };
    assert_int_equal(outside_mail(&work, &mail, &code), *(enum result *)arg);
    assert_int_equal(code, 0);
    mails_ended++;
}

static void mail_silent_body(void)
{
    enum result expected = RESULT_TIMEOUT;
    mails_ended = 0;
    site_open("smtp", ANSWER, "");
    rcpt_reply = "250 ok\r\n";
    data_reply = "";
    work.deadline_us = clock_monotonic_us() + 100000;
    for (int i = 0; i < MAILS_RUNNING_MAX + 1; i++)
        assert_int_equal(co_spawn(mail_caller, &expected), RESULT_OK);
    while (mails_ended < MAILS_RUNNING_MAX + 1)
        co_sleep_us(1000);
    expected = RESULT_CANCELLED;
    work.deadline_us = TEST_DEADLINE_US;
    assert_int_equal(co_spawn(mail_caller, &expected), RESULT_OK);
    for (const size_t before = site.requests; site.requests == before;)
        co_sleep_us(1000);
    co_cancel_all();
    while (mails_ended < MAILS_RUNNING_MAX + 2)
        co_yield();
}

static void a_silent_mail_server_holds_nobody(void **state)
{
    (void)state;
    const int64_t started_us = clock_monotonic_us();
    serve = smtp_run;
    run_outside(mail_silent_body);
    serve = visit_run;
    assert_true(clock_monotonic_us() - started_us < 15 * 1000000);
}

int main(void)
{
    const char *const proxies[] = { "http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY" };
    for (size_t i = 0; i < sizeof proxies / sizeof *proxies; i++)
        unsetenv(proxies[i]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_carries_its_headers_and_body),
        cmocka_unit_test(every_method_goes_over_one_kept_connection),
        cmocka_unit_test(any_status_is_an_answer),
        cmocka_unit_test(a_closed_connection_is_replaced),
        cmocka_unit_test(what_never_left_is_not_sent),
        cmocka_unit_test(a_request_waits_for_the_handshake),
        cmocka_unit_test(an_unanswered_request_may_have_been_acted_on),
        cmocka_unit_test(an_answer_is_bounded),
        cmocka_unit_test(nothing_breaks_out_of_its_line),
        cmocka_unit_test(transfers_are_bounded),
        cmocka_unit_test(stopping_ends_calls),
        cmocka_unit_test(a_mail_is_accepted_or_refused_with_a_code),
        cmocka_unit_test(an_unreachable_mail_server_gives_no_code),
        cmocka_unit_test(a_silent_mail_server_holds_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
