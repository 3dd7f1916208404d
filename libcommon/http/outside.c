/* HTTP calls: libcurl's multi interface on the loop. libcurl tells which sockets and which timer it wants; its two callbacks only register
 * those, and only fresh loop callbacks (socket_ready, timer_fired) enter libcurl again: it must never be called from inside
 * itself. A coroutine sets up a transfer on its own stack, adds it and waits; the loop finishes the wait.
 *
 * Invariant: an easy handle is in the multi exactly from transfer_run's add until collect() or abandon removes it, so a
 * transfer never outlives its waiter. libcurl tells us when to drop an fd's event before it closes the fd. Owns the multi and its events;
 * the coroutine owns its easy handle. outside_call suspends, in transfer_run only. Mail is outside_mail.c's. */
#include "http/outside.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/outside_curl.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/timer.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define CONNECTIONS_KEPT 32

struct transfer {
    struct wait wait;
    struct curl_handle curl;
    CURLcode code;
    struct buf body;
    bool too_large;
};

static CURLM *multi;
static struct timer multi_timer;
static size_t active_count;
static bool inside_curl;

/* ---- the loop's side ---- */

static void collect(void)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(multi, &left))) {
        struct transfer *t = NULL;
        const CURLcode code = message->data.result;
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &t) != CURLE_OK || !t)
            abort();
        (void)curl_multi_remove_handle(multi, t->curl.easy);   /* message dies here */
        t->code = code;
        wait_finish(&t->wait, RESULT_OK);
    }
}

static void act(curl_socket_t fd, int what)
{
    int running;
    assert(!inside_curl);
    inside_curl = true;
    if (curl_multi_socket_action(multi, fd, what, &running) != CURLM_OK)
        log_error("libcurl's loop failed");
    inside_curl = false;
    collect();
}

static void timer_fired(void *arg)
{
    (void)arg;
    act(CURL_SOCKET_TIMEOUT, 0);
}

static void socket_ready(evutil_socket_t fd, short what, void *arg)
{
    (void)arg;
    act(fd, (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0));
}

/* ---- libcurl's side: callbacks, which must not call it back (but for curl_multi_assign) ---- */

static int timer_wanted(CURLM *m, long timeout_ms, void *arg)
{
    (void)m, (void)arg;
    if (timeout_ms < 0)
        timer_clear(&multi_timer);
    else
        timer_set(&multi_timer, clock_monotonic_us() + (int64_t)timeout_ms * 1000);
    return 0;
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *registered)
{
    (void)easy, (void)arg;
    if (registered)
        event_free(registered);   /* deletes it first */
    struct event *event = NULL;
    if (what != CURL_POLL_REMOVE) {
        const int events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST;
        event = event_new(loop_base(), fd, (short)events, socket_ready, NULL);
        if (!event || event_add(event, NULL) != 0) {   /* the kernel's memory, or its watches: libcurl fails its transfers */
            log_error("a socket of libcurl's cannot be watched", LOG_INT("fd", fd), LOG_INT("errno", errno));
            if (event)
                event_free(event);
            (void)curl_multi_assign(multi, fd, NULL);
            return -1;
        }
    }
    (void)curl_multi_assign(multi, fd, event);
    return 0;
}

static size_t body_received(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    if (buf_append(&t->body, slice_of(data, size * count)) == RESULT_OK)
        return size * count;
    t->too_large = true;
    return 0;
}

/* ---- a transfer ---- */

static void outside_open(void)
{
    if (multi)
        return;
    curl_open();
    multi = curl_multi_init();
    multi_timer = (struct timer){ .fn = timer_fired };
    if (!multi || curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_wanted) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_wanted) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) != CURLM_OK)
        abort();
}

static void transfer_open(struct transfer *t, const char *url)
{
    outside_open();
    active_count++;
    *t = (struct transfer){ .curl.easy = curl_easy_init() };
    buf_init(&t->body, OUTSIDE_BODY_MAX);
    curl_handle_set_common(&t->curl, url, "http,https");
    curl_set_pointer(&t->curl, CURLOPT_PRIVATE, t);
    curl_set_pointer(&t->curl, CURLOPT_WRITEDATA, t);
    t->curl.unset += curl_easy_setopt(t->curl.easy, CURLOPT_WRITEFUNCTION, body_received) != CURLE_OK;
    curl_set_size(&t->curl, CURLOPT_MAXFILESIZE_LARGE, OUTSIDE_BODY_MAX);
}

static void transfer_close(struct transfer *t)
{
    curl_easy_cleanup(t->curl.easy);
    curl_slist_free_all(t->curl.list);
    buf_free(&t->body);
    active_count--;
}

/* Never from inside libcurl: deadlines and cancellation are the loop's. */
static void transfer_abandon(struct wait *wait)
{
    struct transfer *t = wait->owner;
    assert(!inside_curl);
    (void)curl_multi_remove_handle(multi, t->curl.easy);
    t->code = CURLE_OPERATION_TIMEDOUT;   /* or cancelled: what wait_for says counts */
}

SUSPENDS static enum result transfer_run(struct transfer *t, const char *url, int64_t deadline_us)
{
    if (!curl_handle_set_deadline(&t->curl, deadline_us))
        return RESULT_TIMEOUT;
    if (t->curl.unset > 0 || curl_multi_add_handle(multi, t->curl.easy) != CURLM_OK) {
        log_error("outside call cannot be set up", LOG_INT("options", t->curl.unset));
        return RESULT_FAILED;
    }
    t->wait = (struct wait){ .abandon = transfer_abandon, .owner = t };
    enum result result = wait_for(&t->wait, deadline_us);
    if (result == RESULT_OK)
        result = t->too_large ? RESULT_TOO_LARGE : curl_result(t->code);
    if (result != RESULT_OK)
        curl_log_failure(&t->curl, url, result, t->code, curl_get_long(&t->curl, CURLINFO_RESPONSE_CODE));
    return result;
}

static bool method_valid(const char *method)
{
    const size_t size = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return size > 0 && size < 16 && method[size] == '\0';
}

/* One header is one line. */
static bool headers_valid(const char *const *headers)
{
    for (; headers && *headers; headers++)
        if (strpbrk(*headers, "\r\n") || !strchr(*headers, ':'))
            return false;
    return true;
}

static void transfer_set_http(struct transfer *t, const struct outside_request *rq)
{
    const bool bodied = !slice_is_none(rq->body) || strcmp(rq->method, "POST") == 0;
    curl_set_long(&t->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_set_pointer(&t->curl, CURLOPT_USERAGENT, "cuotas");
    if (bodied) {
        curl_set_size(&t->curl, CURLOPT_POSTFIELDSIZE_LARGE, rq->body.size);
        curl_set_pointer(&t->curl, CURLOPT_POSTFIELDS, rq->body.size > 0 ? rq->body.data : "");
    }
    if (strcmp(rq->method, "HEAD") == 0)
        curl_set_long(&t->curl, CURLOPT_NOBODY, 1);
    else
        curl_set_pointer(&t->curl, CURLOPT_CUSTOMREQUEST, rq->method);
    if (rq->userpwd)
        curl_set_pointer(&t->curl, CURLOPT_USERPWD, rq->userpwd);
    for (const char *const *header = rq->headers; header && *header; header++)
        curl_add_line(&t->curl, *header);
    curl_add_line(&t->curl, "Expect:");   /* no round trip before a large body */
    curl_set_pointer(&t->curl, CURLOPT_HTTPHEADER, t->curl.list);
}

enum result outside_call(struct work *w, const struct outside_request *rq, struct outside_reply *out)
{
    struct transfer t;
    curl_off_t retry_after_s = 0;
    *out = (struct outside_reply){ .body = SLICE_NONE };
    if (!method_valid(rq->method) || !headers_valid(rq->headers))
        return RESULT_MALFORMED;
    if (active_count >= OUTSIDE_TRANSFERS_MAX)
        return RESULT_BUSY;
    transfer_open(&t, rq->url);
    transfer_set_http(&t, rq);
    const enum result result = transfer_run(&t, rq->url, w->deadline_us);
    /* The bytes of the request that left, over all attempts: none means that nobody can have acted on it. */
    out->sent = result == RESULT_OK || curl_get_long(&t.curl, CURLINFO_REQUEST_SIZE) > 0;
    if (result == RESULT_OK) {
        out->status = curl_get_long(&t.curl, CURLINFO_RESPONSE_CODE);
        out->body = arena_copy(w->arena, buf_slice(&t.body));
        if (curl_easy_getinfo(t.curl.easy, CURLINFO_RETRY_AFTER, &retry_after_s) == CURLE_OK)
            out->retry_after_s = retry_after_s;
    }
    transfer_close(&t);
    return result;
}

enum result outside_call_within(struct work *w, int64_t timeout_us, const struct outside_request *rq, struct outside_reply *out)
{
    const int64_t deadline_us = w->deadline_us, own_us = clock_monotonic_us() + timeout_us;
    w->deadline_us = own_us < deadline_us ? own_us : deadline_us;
    enum result result = outside_call(w, rq, out);
    w->deadline_us = deadline_us;
    return result;
}

void outside_close(void)
{
    assert(active_count == 0);
    outside_mail_close();
    if (multi) {
        (void)curl_multi_cleanup(multi);
        timer_clear(&multi_timer);
        multi = NULL;
    }
    curl_close();
}
