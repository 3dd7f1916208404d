/* Fuzz target of wire/jwt: any bytes as a token, a JWK set, a PEM file. None of it carries our signature, so no token is accepted. */
#include "fuzz.h"

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

static void fuzz_keys(struct slice text)
{
    struct jwt_keys keys = { .count = 0 };
    struct jwt_key *private_keys[JWT_KEYS_MAX];
    if (jwt_keys_read(&keys, text))
        jwt_keys_clear(&keys);
    for (size_t count = jwt_keys_from_pem(text, private_keys); count; count--)
        jwt_key_free(private_keys[count - 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!key)
        make_key();
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    struct jwt_claims claims;
    CHECK(jwt_verify(arena, &set, text, &expected, &claims) != JWT_OK);
    fuzz_keys(text);
    CHECK(ERR_peek_error() == 0);
    arena_free(arena);
    return 0;
}
