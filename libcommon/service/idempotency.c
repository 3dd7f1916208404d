/* See idempotency.h. What is stored: successes (by the effect's own statement) and refusals of a request that was well
 * formed (here). What is not: malformed requests, rate limits, failures of ours: those may be tried again. */
#include "service/idempotency.h"

#include "db/db.h"
#include "gen/common/sql.h"
#include "gen/problems.h"
#include "service/identity.h"
#include "wire/sha256.h"

static bool key_valid(struct slice key)
{
    if (key.size == 0 || key.size > IDEMPOTENCY_KEY_MAX)
        return false;
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] < 0x21 || key.data[i] > 0x7e)
            return false;
    return true;
}

/* Each part is closed by a byte that cannot stand in the first three, so different requests never hash alike. Keyed: a plain
 * hash of a registration would let whoever reads the table try passwords far faster than Argon2id allows. */
static struct slice request_hash(struct request *rq)
{
    const struct slice end = SLICE("\n");
    const struct slice parts[] = { slice_from_text(rq->route->operation), end, rq->path, end, rq->query, end, rq->body, end };
    return identity_digest(rq->work.arena, parts, sizeof parts / sizeof *parts);
}

bool idempotency_begin(struct request *rq)
{
    if (rq->route->idempotency == IDEMPOTENCY_NONE)
        return true;
    struct slice key = request_header(rq, "idempotency-key");
    if (slice_is_none(key)) {
        if (rq->route->idempotency == IDEMPOTENCY_REQUIRED)
            work_fail_field(&rq->work, &PROBLEM_idempotency_key_missing, SLICE("header:Idempotency-Key"), "required",
                            "this operation needs an Idempotency-Key so that repeating it is safe");
        return !work_failed(&rq->work);
    }
    if (!key_valid(key)) {
        work_fail_field(&rq->work, &PROBLEM_bad_request, SLICE("header:Idempotency-Key"), "format",
                        "must be 1 to %d visible ASCII characters", IDEMPOTENCY_KEY_MAX);
        return false;
    }
    rq->work.idempotency = (struct idempotency){
        .operation = slice_from_text(rq->route->operation),
        .subject = slice_is_none(rq->work.identity.subject) ? SLICE("-") : rq->work.identity.subject,
        .key = key,
        .request_hash = request_hash(rq),
    };
    return true;
}

bool idempotency_replay(struct request *rq, struct reply *reply)
{
    if (slice_is_none(rq->work.idempotency.key))
        return false;
    const struct row *stored = db_maybe(&rq->work, SQL(idempotency_find));
    if (!stored) {
        if (work_failed(&rq->work))
            *reply = reply_problem(rq);
        return work_failed(&rq->work);
    }
    if (!bytes_equal_secret(row_text(stored, "request_hash"), rq->work.idempotency.request_hash)) {
        work_fail_field(&rq->work, &PROBLEM_idempotency_key_reused, SLICE("header:Idempotency-Key"), "reused",
                        "this key was used for a different request");
        *reply = reply_problem(rq);
        return true;
    }
    *reply = reply_json(rq, (int)row_int(stored, "status"), row_text(stored, "body"));
    if (reply->status >= 400)
        reply->content_type = "application/problem+json";
    reply_header(rq, reply, "Idempotent-Replayed", SLICE("true"));
    return true;
}

static bool refusal_is_final(const struct problem *problem)
{
    static const struct problem *const retryable[] = {
        &PROBLEM_bad_request,            &PROBLEM_malformed_json,          &PROBLEM_validation_failed,
        &PROBLEM_idempotency_key_reused, &PROBLEM_idempotency_key_missing, &PROBLEM_unauthenticated,
        &PROBLEM_invalid_token,          &PROBLEM_forbidden,               &PROBLEM_request_timeout,
        &PROBLEM_body_too_large,         &PROBLEM_unsupported_media_type,
    };
    if (!problem || problem->status < 400 || problem->status >= 500 || problem->status == 429)   /* 429: not now */
        return false;
    for (size_t i = 0; i < sizeof retryable / sizeof *retryable; i++)
        if (problem == retryable[i])
            return false;
    return true;
}

/* Stores a refusal that is final. When a twin with the same key was first, its reply is the answer: the refusal, "not now" as well, may be no more than the
 * twin's own effect seen from behind ("this cart is already ordered"). */
static struct reply refusal_settle(struct request *rq, struct reply refusal, bool final)
{
    struct work *w = &rq->work;
    struct failure kept = w->failure;
    struct reply winner = { 0 };
    w->failure = (struct failure){ 0 };
    const struct row *stored = final ? db_maybe(w, SQL(idempotency_store, .status = work_int(w, refusal.status), .body = refusal.body)) : NULL;
    if (!stored && !work_failed(w) && idempotency_replay(rq, &winner) && (!work_failed(w) || w->failure.problem->status < 500))
        return winner;
    /* Not stored, or not looked for, for a failure of ours: the refusal stands all the same, a repetition just runs again. */
    w->failure = kept;
    return refusal;
}

struct reply idempotency_end(struct request *rq, struct reply reply)
{
    struct work *w = &rq->work;
    if (slice_is_none(w->idempotency.key) || !work_failed(w))
        return reply;
    if (w->failure.problem == &PROBLEM_idempotency_collision) {
        struct reply winner = { 0 };
        w->failure = (struct failure){ 0 };
        if (idempotency_replay(rq, &winner))
            return winner;
        work_fail(w, &PROBLEM_unavailable, "the request that holds this key has just been forgotten; try again");
        return reply_problem(rq);
    }
    const bool final = refusal_is_final(w->failure.problem);
    return final || w->failure.problem->status == 429 ? refusal_settle(rq, reply, final) : reply;
}
