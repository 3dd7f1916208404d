/* Access tokens. Invariants (RFC 8725): the algorithm is ours, never the token's; nothing in the payload is looked at before the signature
 * holds; a header or claim given twice is refused. Nothing here suspends. */
#include "wire/jwt_key.h"

#include "base/limits.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/json_write.h"

static struct slice header_text(struct arena *arena, const struct jwt_key *key)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "alg", SLICE("ES256"));
    json_put_text(&out, "typ", SLICE("at+jwt"));
    json_put_text(&out, "kid", jwt_key_kid(key));
    json_end(&out, '}');
    return json_done(&out);
}

static struct slice claims_text(struct arena *arena, const struct jwt_claims *claims)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_put_text(&out, "iss", claims->issuer);
    json_put_text(&out, "sub", claims->subject);
    json_put_text(&out, "aud", claims->audience);
    json_put_text(&out, "client_id", claims->client_id);
    json_put_int(&out, "iat", claims->issued_at_s);
    json_put_int(&out, "exp", claims->expires_at_s);
    json_put_text(&out, "jti", claims->id);
    if (!slice_is_none(claims->scope))
        json_put_text(&out, "scope", claims->scope);
    json_end(&out, '}');
    return json_done(&out);
}

struct slice jwt_sign(struct arena *arena, const struct jwt_key *key, const struct jwt_claims *claims)
{
    struct slice header = base64url_encode(arena, header_text(arena, key));
    struct slice payload = base64url_encode(arena, claims_text(arena, claims));
    struct slice input = arena_printf(arena, "%.*s.%.*s", SLICE_FMT(header), SLICE_FMT(payload));
    uint8_t signature[ES256_BYTES];
    if (!key->has_private || !jwt_key_sign(key, input, signature))
        return SLICE_NONE;
    struct slice tail = base64url_encode(arena, slice_of((const char *)signature, sizeof signature));
    return arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(tail));
}

/* A part of the token as a JSON object without repeated names; NULL otherwise. */
static const cJSON *read_part(struct arena *arena, struct slice part)
{
    struct slice text;
    if (!part.size || !base64url_decode(arena, part, &text))
        return NULL;
    const cJSON *object = json_parse(arena, text, NULL, NULL);
    return cJSON_IsObject(object) && !json_duplicate(arena, object) ? object : NULL;
}

/* The kid of an acceptable header, none otherwise. */
static struct slice read_header(struct arena *arena, struct slice part)
{
    const cJSON *header = read_part(arena, part);
    struct slice type = json_member_text(header, "typ");
    bool right_type = slice_equals_nocase(type, SLICE("at+jwt")) || slice_equals_nocase(type, SLICE("application/at+jwt"));
    if (!right_type || !slice_equals_text(json_member_text(header, "alg"), "ES256") || json_member(header, "crit"))
        return SLICE_NONE;
    return json_member_text(header, "kid");
}

static const struct jwt_key *find_key(const struct jwt_keys *set, struct slice kid)
{
    for (size_t i = 0; i < set->count; i++)
        if (slice_equals(jwt_key_kid(set->keys[i]), kid))
            return set->keys[i];
    return NULL;
}

static bool has_audience(const cJSON *audience, struct slice wanted)
{
    if (cJSON_IsString(audience))
        return slice_equals(json_text(audience), wanted);
    for (const cJSON *item = cJSON_IsArray(audience) ? audience->child : NULL; item; item = item->next)
        if (cJSON_IsString(item) && slice_equals(json_text(item), wanted))
            return true;
    return false;
}

static bool read_claims(const cJSON *payload, struct jwt_claims *claims)
{
    const cJSON *scope = json_member(payload, "scope"), *audience = json_member(payload, "aud");
    *claims = (struct jwt_claims){
        .issuer = json_member_text(payload, "iss"),
        .subject = json_member_text(payload, "sub"),
        .client_id = json_member_text(payload, "client_id"),
        .id = json_member_text(payload, "jti"),
        .scope = json_text(scope),
    };
    return claims->issuer.size && claims->subject.size && claims->client_id.size && claims->id.size && (!scope || cJSON_IsString(scope))
           && (cJSON_IsString(audience) || cJSON_IsArray(audience)) && json_int64(json_member(payload, "iat"), &claims->issued_at_s)
           && json_int64(json_member(payload, "exp"), &claims->expires_at_s);
}

static enum jwt_verdict judge_claims(const cJSON *payload, const struct jwt_expected *expected, struct jwt_claims *claims)
{
    const cJSON *not_before = json_member(payload, "nbf");
    int64_t not_before_s = 0;
    if (!read_claims(payload, claims) || (not_before && !json_int64(not_before, &not_before_s)))
        return JWT_MALFORMED;
    if (!slice_equals(claims->issuer, expected->issuer) || !has_audience(json_member(payload, "aud"), expected->audience))
        return JWT_WRONG_PARTY;
    claims->audience = expected->audience;
    if (expected->now_s >= claims->expires_at_s + expected->leeway_s)
        return JWT_EXPIRED;
    int64_t soonest = expected->now_s + expected->leeway_s;
    return claims->issued_at_s > soonest || not_before_s > soonest ? JWT_NOT_YET : JWT_OK;
}

enum jwt_verdict jwt_verify(struct arena *arena, const struct jwt_keys *set, struct slice token, const struct jwt_expected *expected,
                            struct jwt_claims *claims)
{
    struct slice after, tail, signature;
    struct slice head = slice_cut(token, '.', &after);
    struct slice body = slice_cut(after, '.', &tail);
    if (token.size > TOKEN_BYTES_MAX || slice_is_none(tail) || !base64url_decode(arena, tail, &signature)
        || signature.size != ES256_BYTES)
        return JWT_MALFORMED;
    struct slice kid = read_header(arena, head);
    if (!kid.size)
        return JWT_MALFORMED;
    const struct jwt_key *key = find_key(set, kid);
    if (!key)
        return JWT_UNKNOWN_KEY;
    struct slice input = slice_of(token.data, head.size + 1 + body.size);
    if (!jwt_key_verify(key, input, (const uint8_t *)signature.data))
        return JWT_BAD_SIGNATURE;
    const cJSON *payload = read_part(arena, body);
    return payload ? judge_claims(payload, expected, claims) : JWT_MALFORMED;
}

const char *jwt_verdict_name(enum jwt_verdict verdict)
{
    switch (verdict) {
    case JWT_OK: return "ok";
    case JWT_MALFORMED: return "malformed";
    case JWT_UNKNOWN_KEY: return "unknown_key";
    case JWT_BAD_SIGNATURE: return "bad_signature";
    case JWT_EXPIRED: return "expired";
    case JWT_NOT_YET: return "not_yet";
    case JWT_WRONG_PARTY: return "wrong_party";
    }
    return "unknown";
}
