/* Fuzz target of wire/jwt behind a real signature: any bytes as header, and as payload, signed by our own key. Only what has the expected
 * claims may be accepted. Apart from fuzz_jwt because each input costs four operations on a curve. */
#include "fuzz.h"

#include "wire/base64.h"
#include "wire/jwt_key.h"

#include <openssl/err.h>

static struct jwt_key *key;
static struct jwt_keys set;
static const struct jwt_expected expected = { .issuer = SLICE("i"), .audience = SLICE("a"), .now_s = 1000, .leeway_s = 5 };

static void make_key(void)
{
    struct arena *arena = arena_new();
    key = jwt_key_generate();
    CHECK(jwt_keys_read(&set, jwt_jwks_write(arena, &key, 1)) && set.count == 1);
    arena_free(arena);
}

/* header "." payload, signed */
static struct slice sign(struct arena *arena, struct slice header, struct slice payload)
{
    uint8_t signature[ES256_BYTES];
    struct slice head = base64url_encode(arena, header), body = base64url_encode(arena, payload);
    struct slice input = arena_printf(arena, "%.*s.%.*s", SLICE_FMT(head), SLICE_FMT(body));
    CHECK(jwt_key_sign(key, input, signature));
    struct slice tail = base64url_encode(arena, slice_of((const char *)signature, sizeof signature));
    return arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(tail));
}

static void fuzz_signed(struct arena *arena, struct slice text)
{
    struct jwt_claims claims;
    struct slice header = arena_printf(arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", key->kid);
    if (jwt_verify(arena, &set, sign(arena, header, text), &expected, &claims) == JWT_OK)
        CHECK(slice_equals_text(claims.issuer, "i") && slice_equals_text(claims.audience, "a") && claims.subject.size
              && claims.expires_at_s + 5 > 1000 && claims.issued_at_s <= 1005);
    (void)jwt_verify(arena, &set, sign(arena, text, SLICE("{}")), &expected, &claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!key)
        make_key();
    struct arena *arena = arena_new();
    fuzz_signed(arena, slice_of((const char *)data, size));
    CHECK(ERR_peek_error() == 0);
    arena_free(arena);
    return 0;
}
