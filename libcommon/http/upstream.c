/* Exchanges with the services behind us: one request and its reply on a pooled connection. Replies are parsed as strictly as
 * requests; what does not follow the grammar, or stops short, drops the connection. Interim (1xx) replies are skipped.
 * A message buffer is held only while an exchange is open. Waits end with the work's deadline. Everything but the look-ups suspends. */
#include "http/upstream.h"

#include "base/log.h"
#include "gen/problems.h"
#include "http/problem.h"
#include "http/upstream_pool.h"
#include "wire/json.h"

static void upstream_begin(struct work *w, struct upstream_exchange *x)
{
    x->work = w;
    x->in = inbound_take();
    watch_opened(x->up);
    x->answered = x->broken = x->head_read = x->to_head = x->passed_over = false;
}

enum result upstream_open(struct work *w, struct upstream *up, struct upstream_exchange **out)
{
    enum result result = upstream_take(up, w->deadline_us, out);
    if (result == RESULT_OK)
        upstream_begin(w, *out);
    return result;
}

enum result upstream_open_new(struct work *w, struct upstream *up, struct upstream_exchange **out)
{
    enum result result = upstream_take_new(up, w->deadline_us, out);
    if (result == RESULT_OK)
        upstream_begin(w, *out);
    return result;
}

static enum result upstream_note(struct upstream_exchange *x, enum result result)
{
    x->broken = x->broken || result != RESULT_OK;
    return result;
}

enum result upstream_send(struct upstream_exchange *x, struct slice head, struct slice piece)
{
    struct iovec parts[] = { { (char *)head.data, head.size }, { (char *)piece.data, piece.size } };
    const struct iovec *first = head.size > 0 ? parts : parts + 1;
    int count = (head.size > 0) + (piece.size > 0);
    return count > 0 ? upstream_note(x, stream_write(x->stream, first, count, x->work->deadline_us)) : RESULT_OK;
}

/* More of the head. A connection that ends inside one gave no usable answer; one that ends before it may just have been stale. */
SUSPENDS static enum result upstream_more(struct upstream_exchange *x)
{
    enum result result = inbound_fill(x->in, x->stream, x->work->deadline_us);
    x->answered = x->answered || x->in->end > 0;
    if (x->in->end > 0)
        watch_heard(x->up);
    return result == RESULT_CLOSED && x->in->end > 0 ? RESULT_MALFORMED : result;
}

enum result upstream_read_head(struct upstream_exchange *x, bool to_head_request, const struct http_head **head)
{
    struct inbound *m = x->in;
    x->to_head = to_head_request;
    for (;;) {
        const char *why = NULL;
        size_t used = 0;
        enum http_parse verdict = http_parse_reply(inbound_unread(m), to_head_request, &m->head, &used, &why);
        if (verdict == HTTP_PARSE_MORE) {
            enum result result = upstream_more(x);
            if (result != RESULT_OK)
                return upstream_note(x, result);
            continue;
        }
        if (verdict != HTTP_PARSE_OK || m->head.status == 101) {
            log_warn("unusable reply", LOG_SLICE("upstream", x->up->base_url), LOG_TEXT("why", why ? why : "status 101"));
            return upstream_note(x, RESULT_MALFORMED);
        }
        inbound_head_parsed(m, used);
        if (m->head.status >= 200)
            break;
        inbound_restart(m);
    }
    x->head_read = true;
    x->passed_over = m->head.status == 408 && !m->head.keep_alive;
    *head = &m->head;
    return RESULT_OK;
}

int64_t upstream_body_length(const struct upstream_exchange *x)
{
    const struct http_head *head = &x->in->head;
    if (head->framing == HTTP_CHUNKED || head->framing == HTTP_UNTIL_CLOSE)
        return -1;
    bool without_body = x->to_head || head->status == 304;
    return head->content_length >= 0 ? head->content_length : without_body ? -1 : 0;
}

enum result upstream_read(struct upstream_exchange *x, struct slice *piece)
{
    return upstream_note(x, inbound_body(x->in, x->stream, x->work->deadline_us, INBOUND_BYTES, piece));
}

bool upstream_may_repeat(const struct upstream_exchange *x, bool repeatable)
{
    return x->passed_over || (repeatable && x->broken && !x->answered);
}

void upstream_finish(struct upstream_exchange *x)
{
    struct inbound *m = x->in;
    bool again = !x->broken && x->head_read && m->done && m->head.keep_alive && m->begin == m->end;
    /* The other side went away, or is about to: it may close the idle ones any time, so we do it first, while nothing is on them. */
    if ((x->reused && x->broken && !x->answered) || (x->head_read && !m->head.keep_alive))
        upstream_drop_idle(x->up);
    x->in = NULL;
    x->work = NULL;
    watch_closed(x->up);
    inbound_release(m);
    if (again)
        upstream_put(x);
    else
        upstream_drop(x);
}
