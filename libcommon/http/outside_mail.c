/* Mail by libcurl on the thread pool: libcurl's SMTP blocks its caller while the server takes in a message (smtp_done waits for the
 * answer to the final dot, also in the multi interface), so it cannot run on the loop.
 *
 * MAILS_RUNNING_MAX lanes, each with an easy handle that keeps its connection between mails; a lane's lock is held from taking
 * it until the thread is through, even when the waiter left before. A task is held by the waiter and the thread; the thread reads
 * only the task (everything copied into its own arena) and the lane's handle; all else happens on the loop. A waiter that leaves early sets
 * `stop`, which libcurl looks at every second. outside_mail suspends. */
#include "http/outside.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/outside_curl.h"
#include "io/co.h"
#include "io/loop.h"
#include "io/threads.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

#define MAIL_ADDRESS_MAX 254

struct lane {
    struct co_lock lock;
    CURL *easy;
    bool tls_required;        /* by its kept connection: libcurl reuses a plain one even when TLS is asked for */
};

struct mail_task {
    int holders;              /* the waiter, and the thread until it is through */
    struct arena *arena;
    struct lane *lane;
    struct curl_handle curl;
    struct slice upload;      /* what is left of it */
    atomic_bool stop;
    CURLcode code;
    long smtp_code;
};

static struct lane lanes[MAILS_RUNNING_MAX];
static size_t lane_next;

/* ---- on a pool thread ---- */

static size_t upload_wanted(char *out, size_t size, size_t count, void *arg)
{
    struct mail_task *task = arg;
    const size_t room = size * count, used = task->upload.size < room ? task->upload.size : room;
    if (used > 0) {
        memcpy(out, task->upload.data, used);
        task->upload = slice_of(task->upload.data + used, task->upload.size - used);
    }
    return used;
}

static int stop_wanted(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct mail_task *task = arg;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&task->stop);
}

static void task_perform(void *arg)
{
    struct mail_task *task = arg;
    task->code = curl_easy_perform(task->curl.easy);
    task->smtp_code = curl_get_long(&task->curl, CURLINFO_RESPONSE_CODE);
}

/* ---- on the loop ---- */

static void task_put(void *arg)
{
    struct mail_task *task = arg;
    if (--task->holders > 0)
        return;
    curl_easy_reset(task->curl.easy);   /* keeps its connection */
    curl_slist_free_all(task->curl.list);
    co_lock_release(&task->lane->lock);
    arena_free(task->arena);
    loop_defer(memory_free, task);
}

static const char *task_text(struct mail_task *task, const char *text)
{
    return arena_copy(task->arena, slice_from_text(text)).data;
}

static struct mail_task *task_new(struct lane *lane, const struct mail *mail)
{
    struct mail_task *task = memory_new(sizeof *task);
    *task = (struct mail_task){ .holders = 2, .arena = arena_new(), .lane = lane, .curl.easy = lane->easy };
    task->upload = arena_copy(task->arena, mail->message);
    struct curl_handle *h = &task->curl;
    curl_handle_set_common(h, task_text(task, mail->smtp_url), "smtp,smtps");
    curl_set_pointer(h, CURLOPT_XFERINFODATA, task);
    curl_set_long(h, CURLOPT_NOPROGRESS, 0);
    curl_set_long(h, CURLOPT_UPLOAD, 1);
    curl_set_pointer(h, CURLOPT_READDATA, task);
    h->unset += curl_easy_setopt(h->easy, CURLOPT_XFERINFOFUNCTION, stop_wanted) != CURLE_OK;
    h->unset += curl_easy_setopt(h->easy, CURLOPT_READFUNCTION, upload_wanted) != CURLE_OK;
    curl_set_size(h, CURLOPT_INFILESIZE_LARGE, mail->message.size);
    curl_set_long(h, CURLOPT_USE_SSL, mail->require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    curl_set_pointer(h, CURLOPT_MAIL_FROM, mail->from);
    curl_add_line(h, mail->to);
    curl_set_pointer(h, CURLOPT_MAIL_RCPT, h->list);
    if (mail->username) {
        curl_set_pointer(h, CURLOPT_USERNAME, mail->username);
        curl_set_pointer(h, CURLOPT_PASSWORD, mail->password);
    }
    return task;
}

/* Runs the task and ends the thread's hold, unless the waiter leaves first: then `stop` is set and the pool ends it. */
SUSPENDS static enum result task_run(struct mail_task *task, const char *url, int64_t deadline_us)
{
    enum result result = RESULT_TIMEOUT;
    if (!curl_handle_set_deadline(&task->curl, deadline_us) || task->curl.unset > 0) {
        result = task->curl.unset > 0 ? RESULT_FAILED : RESULT_TIMEOUT;
        task_put(task);
        return result;
    }
    result = thread_run_owned(task_perform, task, task_put, deadline_us);
    if (result == RESULT_TIMEOUT || result == RESULT_CANCELLED) {
        atomic_store(&task->stop, true);
        log_warn("mail was left behind", LOG_TEXT("result", result_name(result)));
        return result;
    }
    if (result == RESULT_OK)
        result = curl_result(task->code);
    if (result != RESULT_OK && task->smtp_code >= 400)
        result = RESULT_REFUSED;
    if (result != RESULT_OK)
        curl_log_failure(&task->curl, url, result, task->code, task->smtp_code);
    task_put(task);
    return result;
}

/* Ends the lane's kept connection: libcurl says QUIT and would wait minutes for the answer, so none can come any more. */
static void lane_close(struct lane *lane)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (!lane->easy)
        return;
    if (curl_easy_getinfo(lane->easy, CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK && fd != CURL_SOCKET_BAD)
        (void)shutdown(fd, SHUT_RD);
    curl_easy_cleanup(lane->easy);
    lane->easy = NULL;
}

/* The first free lane, or one in turn to wait for. */
SUSPENDS static struct lane *lane_take(bool tls_required, int64_t deadline_us, enum result *result)
{
    struct lane *lane = NULL;
    for (size_t i = 0; i < MAILS_RUNNING_MAX && !lane; i++)
        if (!lanes[i].lock.held)
            lane = &lanes[i];
    if (!lane)
        lane = &lanes[lane_next++ % MAILS_RUNNING_MAX];
    *result = co_lock_acquire(&lane->lock, deadline_us);
    if (*result != RESULT_OK)
        return NULL;
    if (lane->tls_required != tls_required)
        lane_close(lane);
    if (!lane->easy) {
        curl_open();
        lane->easy = curl_easy_init();
        lane->tls_required = tls_required;
    }
    return lane;
}

/* libcurl puts it into a command line as it is. */
static bool mail_address_valid(const char *address)
{
    const size_t size = strlen(address);
    for (const unsigned char *c = (const unsigned char *)address; *c; c++)
        if (*c <= ' ' || *c == 0x7f || *c == '<' || *c == '>')
            return false;
    return size > 0 && size <= MAIL_ADDRESS_MAX;
}

enum result outside_mail(struct work *w, const struct mail *mail, long *smtp_code)
{
    enum result result;
    *smtp_code = 0;
    if (!mail_address_valid(mail->from) || !mail_address_valid(mail->to))
        return RESULT_MALFORMED;
    struct lane *lane = lane_take(mail->require_tls, w->deadline_us, &result);
    if (!lane)
        return result;
    struct mail_task *task = task_new(lane, mail);
    result = task_run(task, mail->smtp_url, w->deadline_us);
    if (result != RESULT_TIMEOUT && result != RESULT_CANCELLED)   /* else the thread may still write it */
        *smtp_code = task->smtp_code;
    task_put(task);
    return result;
}

void outside_mail_close(void)
{
    for (size_t i = 0; i < MAILS_RUNNING_MAX; i++)
        if (lanes[i].lock.held)
            threads_close();   /* what a waiter left behind ends within a second */
    for (size_t i = 0; i < MAILS_RUNNING_MAX; i++)
        lane_close(&lanes[i]);
}
