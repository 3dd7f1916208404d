/* Access tokens. A signature costs 60 us to verify, so a token once found good is remembered by a keyed tag until it expires:
 * the cache is two-way, fixed in size, holds what an identity needs, and is emptied when a key is withdrawn. Keys come from crm; an
 * unknown key id has them fetched again, at most once a few seconds, so that forged ids cannot make us hammer crm. */
#include "gateway.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/memory.h"
#include "gen/problems.h"
#include "http/upstream.h"
#include "io/co.h"
#include "service/config.h"
#include "service/service.h"
#include "wire/jwt.h"
#include "wire/sha256.h"

#include <stdlib.h>

#define AUDIENCE "cuotas"
#define LEEWAY_S 5
#define REFETCH_US (3 * INT64_C(1000000))
#define REFETCH_WAIT_US (2 * INT64_C(1000000))   /* a crm that hangs must not hold a request of a forged key id for longer */
#define RETRY_US (500 * INT64_C(1000))   /* while there are none */
#define SUBJECT_MAX 64
#define SCOPES_MAX 512
#define WAYS 2

struct verified {
    uint8_t tag[HASH_TAG_BYTES];
    int64_t expires_at_s;               /* 0: free */
    enum identity_kind kind;
    uint8_t subject_size;
    uint16_t scopes_size;
    char subject[SUBJECT_MAX];
    char scopes[SCOPES_MAX];
};

static struct verified *cache;          /* VERIFIED_TOKENS_MAX entries, in sets of WAYS */
static struct jwt_keys keys;
static struct slice issuer;
static int64_t tried_us;                /* when keys were last asked for, with or without success */
static struct co_lock fetch_lock;

void tokens_configure(void)
{
    issuer = slice_from_text(config_text("TOKEN_ISSUER"));
}

bool tokens_ready(void)
{
    return keys.count > 0;
}

/* A key that crm no longer publishes was withdrawn, perhaps because somebody else has it: what it signed and was found good is
 * forgotten with it. */
static void forget_verified(void)
{
    if (cache)
        memset(cache, 0, VERIFIED_TOKENS_MAX * sizeof *cache);
}

static bool is_published(struct slice kid)
{
    for (size_t i = 0; i < keys.count; i++)
        if (slice_equals(jwt_key_kid(keys.keys[i]), kid))
            return true;
    return false;
}

/* Takes crm's keys for ours. */
static bool replace_keys(struct arena *arena, struct slice jwks)
{
    struct slice before[JWT_KEYS_MAX];
    size_t count = keys.count;
    for (size_t i = 0; i < count; i++)
        before[i] = arena_copy(arena, jwt_key_kid(keys.keys[i]));
    bool read = jwt_keys_read(&keys, jwks);
    for (size_t i = 0; i < count; i++)
        if (!is_published(before[i]))
            forget_verified();
    return read && keys.count > 0;
}

static SUSPENDS bool fetch(struct work *w)
{
    tried_us = clock_monotonic_us();
    const struct slice *body = service_call(w, "crm", "GET", SLICE("/.well-known/jwks.json"), SLICE_NONE);
    bool fetched = body && replace_keys(w->arena, *body);
    if (!fetched)
        log_warn("token keys not fetched", LOG_SLICE("detail", w->failure.detail));
    return fetched;
}

bool tokens_fetch_keys(struct work *w)
{
    if (co_lock_acquire(&fetch_lock, w->deadline_us) != RESULT_OK)
        return false;
    bool fetched = fetch(w);
    co_lock_release(&fetch_lock);
    return fetched;
}

/* Waits for the one that is under way, as at the start; not again soon after. A failure to fetch is not the request's failure. */
static SUSPENDS void refetch_keys(const struct work *w)
{
    int64_t until_us = clock_monotonic_us() + REFETCH_WAIT_US;
    struct work own = { .arena = w->arena, .deadline_us = until_us < w->deadline_us ? until_us : w->deadline_us, .traceparent = w->traceparent };
    if (co_lock_acquire(&fetch_lock, own.deadline_us) != RESULT_OK)
        return;
    if (clock_monotonic_us() - tried_us > (keys.count == 0 ? RETRY_US : REFETCH_US))
        (void)fetch(&own);
    co_lock_release(&fetch_lock);
}

static struct slice tag_slice(const uint8_t tag[HASH_TAG_BYTES])
{
    return slice_of((const char *)tag, HASH_TAG_BYTES);
}

static struct verified *cache_slot(const uint8_t tag[HASH_TAG_BYTES], bool *hit)
{
    size_t set;
    if (!cache)
        cache = memory_array(VERIFIED_TOKENS_MAX, sizeof *cache);
    memcpy(&set, tag, sizeof set);
    struct verified *slots = &cache[set % (VERIFIED_TOKENS_MAX / WAYS) * WAYS];
    for (int way = 0; way < WAYS; way++) {
        *hit = slots[way].expires_at_s != 0 && bytes_equal_secret(tag_slice(slots[way].tag), tag_slice(tag));
        if (*hit)
            return &slots[way];
    }
    return slots[0].expires_at_s <= slots[1].expires_at_s ? &slots[0] : &slots[1];
}

static void cache_put(struct verified *slot, const uint8_t tag[HASH_TAG_BYTES], const struct jwt_claims *claims,
                      enum identity_kind kind)
{
    memcpy(slot->tag, tag, HASH_TAG_BYTES);
    slot->expires_at_s = claims->expires_at_s;
    slot->kind = kind;
    slot->subject_size = (uint8_t)claims->subject.size;
    slot->scopes_size = (uint16_t)claims->scope.size;
    memcpy(slot->subject, claims->subject.data, claims->subject.size);
    memcpy(slot->scopes, claims->scope.data, claims->scope.size);
}

static bool identity_from(struct request *rq, const struct verified *slot)
{
    struct identity *who = &rq->work.identity;
    who->kind = slot->kind;
    who->subject = arena_copy(rq->work.arena, slice_of(slot->subject, slot->subject_size));
    who->scopes = arena_copy(rq->work.arena, slice_of(slot->scopes, slot->scopes_size));
    return true;
}

static bool refuse(struct request *rq, const char *why)
{
    return work_fail(&rq->work, &PROBLEM_invalid_token, "%s", why) != NULL;
}

static bool fits_identity(struct slice text, size_t max)
{
    return text.size > 0 && text.size <= max && !memchr(text.data, ';', text.size) && !memchr(text.data, '\r', text.size) &&
           !memchr(text.data, '\n', text.size);
}

static SUSPENDS bool verify(struct request *rq, struct slice token)
{
    struct arena *arena = rq->work.arena;
    uint8_t tag[HASH_TAG_BYTES];
    bool hit = false;
    struct jwt_claims claims = { 0 };
    hash_tag(token, tag);
    struct verified *slot = cache_slot(tag, &hit);
    int64_t now_s = clock_wall_us() / 1000000;
    if (hit)
        return slot->expires_at_s > now_s ? identity_from(rq, slot) : refuse(rq, "the token has expired");
    struct jwt_expected expected = { .issuer = issuer, .audience = SLICE(AUDIENCE), .now_s = now_s, .leeway_s = LEEWAY_S };
    enum jwt_verdict verdict = jwt_verify(arena, &keys, token, &expected, &claims);
    if (verdict == JWT_UNKNOWN_KEY) {
        refetch_keys(&rq->work);
        slot = cache_slot(tag, &hit);   /* the fetch suspended: the slot may have another tenant */
        verdict = jwt_verify(arena, &keys, token, &expected, &claims);
    }
    if (verdict != JWT_OK)
        return refuse(rq, verdict == JWT_EXPIRED ? "the token has expired" : "the token is not one of ours");
    if (!fits_identity(claims.subject, SUBJECT_MAX) || !fits_identity(claims.scope, SCOPES_MAX))
        return refuse(rq, "the token lacks a subject or scopes");
    struct identity probe = { .scopes = claims.scope };
    cache_put(slot, tag, &claims, identity_has_scope(&probe, "customer") ? IDENTITY_CUSTOMER : IDENTITY_STAFF);
    return identity_from(rq, slot);
}

static SUSPENDS bool identify(struct request *rq, struct slice header)
{
    struct slice token;
    struct slice scheme = slice_cut(header, ' ', &token);
    if (!slice_equals_nocase(scheme, SLICE("Bearer")) || token.size == 0 || token.size > TOKEN_BYTES_MAX)
        return refuse(rq, "send Authorization: Bearer and a token");
    if (keys.count == 0)
        refetch_keys(&rq->work);
    if (keys.count == 0)
        return work_fail(&rq->work, &PROBLEM_unavailable, "tokens cannot be verified yet") != NULL;
    return verify(rq, token);
}

bool tokens_identify(struct request *rq)
{
    struct slice header = request_header(rq, "authorization");
    if (slice_is_none(header)) {
        if (rq->route->scopes)
            work_fail(&rq->work, &PROBLEM_unauthenticated, "send Authorization: Bearer and a token");
        return !work_failed(&rq->work);
    }
    if (identify(rq, header))
        return true;
    /* Where no token is needed a bad one is no reason to refuse: an app refreshing an expired token still sends the old one. */
    if (!rq->route->scopes)
        rq->work.failure = (struct failure){ 0 };
    return !rq->route->scopes;
}

void tokens_close(void)
{
    jwt_keys_clear(&keys);
    memory_free(cache);
    cache = NULL;
}
