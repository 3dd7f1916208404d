/* libcurl's multi interface on the loop. libcurl tells which sockets and which timer it wants; its two callbacks only register
 * those, and only fresh loop callbacks (socket_ready, timer_fired) enter libcurl again: it must never be called from inside
 * itself. A coroutine sets up a transfer on its own stack, adds it and waits; the loop finishes the wait.
 *
 * Invariant: an easy handle is in the multi exactly from transfer_run's add until collect() or abandon removes it, so a
 * transfer never outlives its waiter. libcurl tells us when to drop an fd's event before it closes the fd. Owns the multi and its events;
 * the coroutine owns its easy handle. outside_call and outside_mail suspend, in transfer_run only. */
#include "http/outside.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/timer.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>

#define CONNECTIONS_KEPT 32
#define CONNECTION_KEPT_IDLE_S 30L
#define MAIL_ADDRESS_MAX 254

struct transfer {
    struct wait wait;
    CURL *easy;
    CURLcode code;
    int unset;                /* options that could not be set */
    struct curl_slist *list;  /* headers, or recipients */
    struct buf body;
    bool too_large;
    struct slice upload;      /* what is left of it */
    char error[CURL_ERROR_SIZE];
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
        (void)curl_multi_remove_handle(multi, t->easy);   /* message dies here */
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
        if (!event || event_add(event, NULL) != 0)
            abort();
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

static size_t upload_wanted(char *out, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    const size_t room = size * count, used = t->upload.size < room ? t->upload.size : room;
    if (used > 0)
        memcpy(out, t->upload.data, used);
    t->upload = slice_of(t->upload.data + used, t->upload.size - used);
    return used;
}

/* ---- a transfer ---- */

static void outside_open(void)
{
    if (multi)
        return;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init()))
        abort();
    multi_timer = (struct timer){ .fn = timer_fired };
    if (curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket_wanted) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer_wanted) != CURLM_OK ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT) != CURLM_OK)
        abort();
}

static void set_long(struct transfer *t, CURLoption option, long value)
{
    t->unset += curl_easy_setopt(t->easy, option, value) != CURLE_OK;
}

static void set_pointer(struct transfer *t, CURLoption option, const void *value)
{
    t->unset += curl_easy_setopt(t->easy, option, value) != CURLE_OK;
}

static void set_offset(struct transfer *t, CURLoption option, size_t value)
{
    t->unset += curl_easy_setopt(t->easy, option, (curl_off_t)value) != CURLE_OK;
}

/* False: too many run already. */
static bool transfer_open(struct transfer *t, const char *url, const char *protocols)
{
    if (active_count >= OUTSIDE_TRANSFERS_MAX)
        return false;
    outside_open();
    *t = (struct transfer){ .easy = curl_easy_init() };
    if (!t->easy)
        abort();
    active_count++;
    buf_init(&t->body, OUTSIDE_BODY_MAX);
    set_pointer(t, CURLOPT_URL, url);
    set_pointer(t, CURLOPT_PROTOCOLS_STR, protocols);
    set_pointer(t, CURLOPT_PRIVATE, t);
    set_pointer(t, CURLOPT_ERRORBUFFER, t->error);
    set_pointer(t, CURLOPT_WRITEDATA, t);
    t->unset += curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, body_received) != CURLE_OK;
    set_offset(t, CURLOPT_MAXFILESIZE_LARGE, OUTSIDE_BODY_MAX);
    set_long(t, CURLOPT_NOSIGNAL, 1);
    set_long(t, CURLOPT_QUICK_EXIT, 1);   /* else giving up during a look-up blocks the loop until getaddrinfo returns */
    set_long(t, CURLOPT_FOLLOWLOCATION, 0);
    set_long(t, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    set_long(t, CURLOPT_MAXAGE_CONN, CONNECTION_KEPT_IDLE_S);
    return true;
}

static void transfer_close(struct transfer *t)
{
    curl_easy_cleanup(t->easy);
    curl_slist_free_all(t->list);
    buf_free(&t->body);
    active_count--;
}

static void transfer_add_line(struct transfer *t, const char *line)
{
    struct curl_slist *longer = curl_slist_append(t->list, line);
    if (!longer)
        abort();
    t->list = longer;
}

/* Never from inside libcurl: deadlines and cancellation are the loop's. */
static void transfer_abandon(struct wait *wait)
{
    struct transfer *t = wait->owner;
    assert(!inside_curl);
    (void)curl_multi_remove_handle(multi, t->easy);
}

static enum result code_result(const struct transfer *t)
{
    switch (t->code) {
    case CURLE_OK:
        return RESULT_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return RESULT_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
        return RESULT_CLOSED;
    case CURLE_FILESIZE_EXCEEDED:
        return RESULT_TOO_LARGE;
    default:
        return t->too_large ? RESULT_TOO_LARGE : RESULT_FAILED;
    }
}

/* The URL without what may be secret in it. */
static void transfer_log(const struct transfer *t, const char *url, enum result result)
{
    struct slice rest, shown = slice_cut(slice_from_text(url), '?', &rest);
    if (memchr(shown.data, '@', shown.size))
        shown = SLICE("(with credentials)");
    log_warn("outside call failed", LOG_SLICE("url", shown), LOG_TEXT("result", result_name(result)),
             LOG_INT("curl", t->code), LOG_TEXT("reason", t->error));
}

SUSPENDS static enum result transfer_run(struct transfer *t, const char *url, int64_t deadline_us)
{
    const int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;
    if (left_ms <= 0)
        return RESULT_TIMEOUT;
    set_long(t, CURLOPT_TIMEOUT_MS, (long)left_ms);
    if (t->unset > 0 || curl_multi_add_handle(multi, t->easy) != CURLM_OK) {
        log_error("outside call cannot be set up", LOG_INT("options", t->unset));
        return RESULT_FAILED;
    }
    t->wait = (struct wait){ .abandon = transfer_abandon, .owner = t };
    enum result result = wait_for(&t->wait, deadline_us);
    if (result == RESULT_OK)
        result = code_result(t);
    if (result != RESULT_OK)
        transfer_log(t, url, result);
    return result;
}

static long transfer_long(const struct transfer *t, CURLINFO info)
{
    long value = 0;
    return curl_easy_getinfo(t->easy, info, &value) == CURLE_OK ? value : 0;
}

/* ---- HTTP ---- */

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
    set_long(t, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    set_pointer(t, CURLOPT_USERAGENT, "cuotas");
    if (bodied) {
        set_offset(t, CURLOPT_POSTFIELDSIZE_LARGE, rq->body.size);
        set_pointer(t, CURLOPT_POSTFIELDS, rq->body.size > 0 ? rq->body.data : "");
    }
    if (strcmp(rq->method, "HEAD") == 0)
        set_long(t, CURLOPT_NOBODY, 1);
    else
        set_pointer(t, CURLOPT_CUSTOMREQUEST, rq->method);
    if (rq->userpwd)
        set_pointer(t, CURLOPT_USERPWD, rq->userpwd);
    for (const char *const *header = rq->headers; header && *header; header++)
        transfer_add_line(t, *header);
    transfer_add_line(t, "Expect:");   /* no round trip before a large body */
    set_pointer(t, CURLOPT_HTTPHEADER, t->list);
}

enum result outside_call(struct work *w, const struct outside_request *rq, struct outside_reply *out)
{
    struct transfer t;
    curl_off_t retry_after_s = 0;
    *out = (struct outside_reply){ .body = SLICE_NONE };
    if (!method_valid(rq->method) || !headers_valid(rq->headers))
        return RESULT_MALFORMED;
    if (!transfer_open(&t, rq->url, "http,https"))
        return RESULT_BUSY;
    transfer_set_http(&t, rq);
    const enum result result = transfer_run(&t, rq->url, w->deadline_us);
    /* The bytes of the request that left, over all attempts: none means that nobody can have acted on it. */
    out->sent = result == RESULT_OK || transfer_long(&t, CURLINFO_REQUEST_SIZE) > 0;
    if (result == RESULT_OK) {
        out->status = transfer_long(&t, CURLINFO_RESPONSE_CODE);
        out->body = arena_copy(w->arena, buf_slice(&t.body));
        if (curl_easy_getinfo(t.easy, CURLINFO_RETRY_AFTER, &retry_after_s) == CURLE_OK)
            out->retry_after_s = retry_after_s;
    }
    transfer_close(&t);
    return result;
}

/* ---- mail ---- */

/* libcurl puts it into a command line as it is. */
static bool mail_address_valid(const char *address)
{
    const size_t size = strlen(address);
    for (const unsigned char *c = (const unsigned char *)address; *c; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '<' || *c == '>')
            return false;
    return size > 0 && size <= MAIL_ADDRESS_MAX;
}

static void transfer_set_mail(struct transfer *t, const struct mail *mail)
{
    t->upload = mail->message;
    set_long(t, CURLOPT_UPLOAD, 1);
    t->unset += curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, upload_wanted) != CURLE_OK;
    set_pointer(t, CURLOPT_READDATA, t);
    set_offset(t, CURLOPT_INFILESIZE_LARGE, mail->message.size);
    set_long(t, CURLOPT_USE_SSL, mail->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    set_pointer(t, CURLOPT_MAIL_FROM, mail->from);
    transfer_add_line(t, mail->to);
    set_pointer(t, CURLOPT_MAIL_RCPT, t->list);
    if (mail->username) {
        set_pointer(t, CURLOPT_USERNAME, mail->username);
        set_pointer(t, CURLOPT_PASSWORD, mail->password);
    }
}

enum result outside_mail(struct work *w, const struct mail *mail, long *smtp_code)
{
    struct transfer t;
    *smtp_code = 0;
    if (!mail_address_valid(mail->from) || !mail_address_valid(mail->to))
        return RESULT_MALFORMED;
    if (!transfer_open(&t, mail->smtp_url, "smtp,smtps"))
        return RESULT_BUSY;
    transfer_set_mail(&t, mail);
    const enum result result = transfer_run(&t, mail->smtp_url, w->deadline_us);
    *smtp_code = transfer_long(&t, CURLINFO_RESPONSE_CODE);
    transfer_close(&t);
    return result != RESULT_OK && *smtp_code >= 400 ? RESULT_REFUSED : result;
}

void outside_close(void)
{
    if (!multi)
        return;
    assert(active_count == 0);
    (void)curl_multi_cleanup(multi);
    timer_clear(&multi_timer);
    curl_global_cleanup();
    multi = NULL;
}
