/* See test_clock.h. Rest is when two rounds over all processes, the payment sandbox included, find each quiet with the same
 * activity count: one round alone could look at a service just before another gives it work. */
#include "test_clock.h"

#include "base/clock.h"
#include "base/date.h"
#include "gen/gateway/upstreams.h"
#include "gen/problems.h"
#include "http/upstream.h"
#include "io/co.h"
#include "service/config.h"
#include "service/identity.h"
#include "service/service.h"
#include "wire/json.h"
#include "wire/json_write.h"

#define SETTLE_US (120 * INT64_C(1000000))   /* one day's work; more is a defect worth a clear answer */
#define PAUSE_US 2000
#define CALL_US (15 * INT64_C(1000000))

static const char *sandbox;   /* NULL: there is none to wait for */

void test_clock_configure(void)
{
    sandbox = config_text_or("SANDBOX_URL", NULL) ? config_base_url("SANDBOX_URL") : NULL;
}

bool test_clock_allowed(struct work *w)
{
    if (!service_test_clock())
        work_fail(w, &PROBLEM_test_clock_off, "set TEST_CLOCK=on at start; never in production");
    return !work_failed(w);
}

/* Calls are made in a work of their own, so that a long advance does not pile up every answer in one arena. */
struct call {
    struct work work;
    const cJSON *body;
};

static SUSPENDS bool call_begin(struct work *w, struct call *call, const char *url, const char *method, const char *target,
                                struct slice body)
{
    struct upstream_reply reply = { 0 };
    call->work = (struct work){ .arena = arena_new(), .traceparent = w->traceparent,
                                .deadline_us = clock_monotonic_us() + CALL_US };
    if (call->work.deadline_us > w->deadline_us)
        call->work.deadline_us = w->deadline_us;
    struct upstream_request request = { .method = method, .target = slice_from_text(target), .body = body,
                                        .headers = identity_header(call->work.arena, NULL), .repeatable = true };
    enum result result = upstream_call(&call->work, upstream_for(url), &request, &reply);
    if (result == RESULT_OK && reply.status == 200)
        call->body = json_parse(call->work.arena, reply.body, NULL, NULL);
    if (!call->body)
        work_fail(w, &PROBLEM_unavailable, "%s%s answered %s %d", url, target, result_name(result), reply.status);
    return call->body != NULL;
}

static void call_end(struct call *call)
{
    arena_free(call->work.arena);
    *call = (struct call){ 0 };
}

static SUSPENDS bool clock_call(struct work *w, const char *url, const char *method, struct slice body, int64_t *offset_s)
{
    struct call call = { 0 };
    bool ok = call_begin(w, &call, url, method, "/internal/test-clock", body);
    if (ok && !json_int64(json_member(call.body, "offset_s"), offset_s))
        ok = work_fail(w, &PROBLEM_bad_gateway, "%s has no offset", url) != NULL;
    call_end(&call);
    return ok;
}

bool test_clock_read(struct work *w, int64_t *offset_s)
{
    *offset_s = clock_offset_s();
    for (const char *const *name = upstream_names; *name; name++) {
        int64_t theirs = 0;
        if (!clock_call(w, service_peer_url(*name), "GET", SLICE_NONE, &theirs))
            return false;
        if (theirs > *offset_s)
            *offset_s = theirs;
    }
    return true;
}

bool test_clock_set(struct work *w, int64_t offset_s)
{
    struct slice body = arena_printf(w->arena, "{\"offset_s\":%lld}", (long long)offset_s);
    for (const char *const *name = upstream_names; *name; name++) {
        int64_t theirs = 0;
        if (!clock_call(w, service_peer_url(*name), "POST", body, &theirs))
            return false;
    }
    clock_set_offset_s(offset_s);
    return true;
}

/* One process's part of a round. */
static SUSPENDS bool ask_quiet(struct work *w, const char *url, bool *quiet, int64_t *activity)
{
    struct call call = { 0 };
    bool ok = call_begin(w, &call, url, "GET", "/internal/quiet", SLICE_NONE);
    if (ok) {
        *quiet = *quiet && cJSON_IsTrue(json_member(call.body, "quiet"));
        *activity += json_member_int64(call.body, "activity", 0);
    }
    call_end(&call);
    return ok;
}

static SUSPENDS bool ask_all(struct work *w, bool *quiet, int64_t *activity)
{
    *quiet = true;
    *activity = 0;
    for (const char *const *name = upstream_names; *name; name++)
        if (!ask_quiet(w, service_peer_url(*name), quiet, activity))
            return false;
    return !sandbox || ask_quiet(w, sandbox, quiet, activity);
}

bool test_clock_settle(struct work *w)
{
    int64_t until_us = clock_monotonic_us() + SETTLE_US, before = -1;
    while (clock_monotonic_us() < until_us) {
        bool quiet = false;
        int64_t activity = 0;
        if (!ask_all(w, &quiet, &activity))
            return false;
        if (quiet && activity == before)
            return true;
        before = quiet ? activity : -1;
        if (!quiet)
            co_sleep_us(PAUSE_US);
    }
    return work_fail(w, &PROBLEM_clock_not_quiet, "work was still due after %d s", (int)(SETTLE_US / 1000000)) != NULL;
}

struct reply test_clock_reply(struct request *rq, int64_t offset_s)
{
    char now[28], today[11];
    int64_t now_us = clock_wall_us() + offset_s * 1000000;
    struct json_writer out = json_to_arena(rq->work.arena);
    time_format(now_us, now);
    date_format(date_of_time(now_us), today);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "now", slice_from_text(now));
    json_put_text(&out, "today", slice_from_text(today));
    json_put_int(&out, "offset_s", offset_s);
    json_end(&out, '}');
    return reply_ok(rq, json_done(&out));
}
