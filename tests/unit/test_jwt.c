/* Access tokens: RFC 7515's own ES256 example, round trips, and every way a token can lie. Keys are made here: none is committed. */
#include "check.h"

#include "base/limits.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/jwt_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

static struct arena *arena;
static struct jwt_key *key, *stranger;
static struct jwt_keys set;

static const struct jwt_claims claims = { .issuer = SLICE("https://cuotas.example"),
                                          .subject = SLICE("019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10"), .audience = SLICE("cuotas"),
                                          .client_id = SLICE("web"), .id = SLICE("jti-1"), .scope = SLICE("customer"),
                                          .issued_at_s = 1700000000, .expires_at_s = 1700000900 };
static const struct jwt_expected expected = { .issuer = SLICE("https://cuotas.example"), .audience = SLICE("cuotas"),
                                              .now_s = 1700000100, .leeway_s = 5 };

static int set_up(void **state)
{
    (void)state;
    arena = arena_new();
    key = jwt_key_generate();
    stranger = jwt_key_generate();
    return !jwt_keys_read(&set, jwt_jwks_write(arena, &key, 1));
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(ERR_peek_error(), 0);   /* OpenSSL's queue is the whole thread's: nothing may be left in it */
    jwt_keys_clear(&set);
    jwt_key_free(key);
    jwt_key_free(stranger);
    arena_free(arena);
    return 0;
}

static enum jwt_verdict verify(struct slice token)
{
    struct jwt_claims out;
    return jwt_verify(arena, &set, token, &expected, &out);
}

/* A token of our key with any header and payload text. */
static struct slice forge(const struct jwt_key *by, const char *header, const char *payload)
{
    uint8_t signature[ES256_BYTES];
    struct slice head = base64url_encode(arena, slice_from_text(header)), body = base64url_encode(arena, slice_from_text(payload));
    struct slice input = arena_printf(arena, "%.*s.%.*s", SLICE_FMT(head), SLICE_FMT(body));
    assert_true(jwt_key_sign(by, input, signature));
    struct slice tail = base64url_encode(arena, slice_of((const char *)signature, sizeof signature));
    return arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(tail));
}

#define CLAIMS "\"iss\":\"https://cuotas.example\",\"sub\":\"s\",\"aud\":\"cuotas\",\"client_id\":\"web\",\"jti\":\"j\",\"iat\":1700000000,\"exp\":1700000900"

static const char *header(const char *members)
{
    return arena_printf(arena, "{%s,\"kid\":\"%s\"}", members, key->kid).data;
}

static const char *good_header(void)
{
    return header("\"alg\":\"ES256\",\"typ\":\"at+jwt\"");
}

static void a_token_round_trips(void **state)
{
    (void)state;
    struct jwt_claims out;
    struct slice token = jwt_sign(arena, key, &claims);
    assert_int_equal(jwt_verify(arena, &set, token, &expected, &out), JWT_OK);
    assert_slice(out.issuer, "https://cuotas.example");
    assert_slice(out.subject, "019aa8a2-5c1e-7b59-8b54-3c6f3d1a9e10");
    assert_slice(out.client_id, "web");
    assert_slice(out.id, "jti-1");
    assert_slice(out.scope, "customer");
    assert_slice(out.audience, "cuotas");
    assert_int_equal(out.issued_at_s, 1700000000);
    assert_int_equal(out.expires_at_s, 1700000900);
    assert_true(token.size < TOKEN_BYTES_MAX / 4);
    struct jwt_claims no_scope = claims;
    no_scope.scope = SLICE_NONE;
    assert_int_equal(jwt_verify(arena, &set, jwt_sign(arena, key, &no_scope), &expected, &out), JWT_OK);
    assert_none(out.scope);
    assert_none(jwt_sign(arena, set.keys[0], &claims));   /* a public key signs nothing */
}

static void verifies_rfc_7515s_example(void **state)
{
    (void)state;
    struct jwt_keys example = { .count = 0 };
    assert_true(jwt_keys_read(&example,
                              SLICE("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                                              "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}")));
    assert_int_equal(example.count, 1);
    struct slice signature,
        input = SLICE("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    assert_true(base64url_decode(arena,
                                 SLICE("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
                                 &signature));
    assert_int_equal(signature.size, ES256_BYTES);
    assert_true(jwt_key_verify(example.keys[0], input, (const uint8_t *)signature.data));
    assert_false(jwt_key_verify(set.keys[0], input, (const uint8_t *)signature.data));
    /* RFC 7638's way of naming it, computed with another implementation. */
    assert_slice(jwt_key_kid(example.keys[0]), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
    jwt_keys_clear(&example);
}

static void every_changed_character_is_noticed(void **state)
{
    (void)state;
    struct slice token = jwt_sign(arena, key, &claims);
    for (size_t i = 0; i < token.size; i++) {
        char *copy = (char *)(uintptr_t)arena_copy(arena, token).data;
        copy[i] = copy[i] == 'A' ? 'B' : 'A';
        if (verify(slice_of(copy, token.size)) == JWT_OK)
            fail_msg("at %zu", i);
        assert_int_not_equal(verify(slice_of(token.data, i)), JWT_OK);
    }
    assert_int_equal(verify(arena_printf(arena, "%.*sA", SLICE_FMT(token))), JWT_MALFORMED);
    assert_int_equal(verify(arena_printf(arena, "%.*s.", SLICE_FMT(token))), JWT_MALFORMED);
    assert_int_equal(verify(SLICE_NONE), JWT_MALFORMED);
}

static void only_our_kind_of_header_counts(void **state)
{
    (void)state;
    static const struct { const char *members; enum jwt_verdict verdict; } table[] = {
        { "\"alg\":\"ES256\",\"typ\":\"at+jwt\"", JWT_OK }, { "\"alg\":\"ES256\",\"typ\":\"application/AT+JWT\"", JWT_OK },
        { "\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"x\":1", JWT_OK },
        { "\"alg\":\"none\",\"typ\":\"at+jwt\"", JWT_MALFORMED }, { "\"alg\":\"HS256\",\"typ\":\"at+jwt\"", JWT_MALFORMED },
        { "\"alg\":\"es256\",\"typ\":\"at+jwt\"", JWT_MALFORMED },
        { "\"alg\":\"ES384\",\"typ\":\"at+jwt\"", JWT_MALFORMED }, { "\"alg\":\"RS256\",\"typ\":\"at+jwt\"", JWT_MALFORMED },
        { "\"alg\":[\"ES256\"],\"typ\":\"at+jwt\"", JWT_MALFORMED }, { "\"typ\":\"at+jwt\"", JWT_MALFORMED },
        { "\"alg\":\"ES256\",\"typ\":\"JWT\"", JWT_MALFORMED }, { "\"alg\":\"ES256\"", JWT_MALFORMED },
        { "\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"crit\":[\"x\"]", JWT_MALFORMED },
        { "\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"at+jwt\"", JWT_MALFORMED },
        { "\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"alg\":\"none\"", JWT_MALFORMED },
        { "\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"x\"", JWT_MALFORMED },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++)
        if (verify(forge(key, header(table[i].members), "{" CLAIMS "}")) != table[i].verdict)
            fail_msg("%s", table[i].members);
    assert_int_equal(verify(forge(key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", "{" CLAIMS "}")), JWT_MALFORMED);
    assert_int_equal(verify(forge(key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":7}", "{" CLAIMS "}")), JWT_MALFORMED);
    assert_int_equal(verify(forge(key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"\"}", "{" CLAIMS "}")), JWT_MALFORMED);
    assert_int_equal(verify(forge(key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"other\"}", "{" CLAIMS "}")), JWT_UNKNOWN_KEY);
    assert_int_equal(verify(forge(key, "[]", "{" CLAIMS "}")), JWT_MALFORMED);
    assert_int_equal(verify(forge(stranger, good_header(), "{" CLAIMS "}")), JWT_BAD_SIGNATURE);
    assert_int_equal(verify(jwt_sign(arena, stranger, &claims)), JWT_UNKNOWN_KEY);
}

static void a_key_in_the_header_is_not_trusted(void **state)
{
    (void)state;
    struct slice jwks = jwt_jwks_write(arena, &stranger, 1);
    struct slice jwk = json_print(arena, json_member(json_parse(arena, jwks, NULL, NULL), "keys")->child);
    struct slice head = arena_printf(arena, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\",\"jwk\":%.*s,\"jku\":\"http://x\"}",
                                     key->kid, SLICE_FMT(jwk));
    assert_int_equal(verify(forge(stranger, head.data, "{" CLAIMS "}")), JWT_BAD_SIGNATURE);
}

static void signatures_have_one_shape(void **state)
{
    (void)state;
    struct slice token = jwt_sign(arena, key, &claims), rest, tail;
    slice_cut(token, '.', &rest);
    struct slice body = slice_cut(rest, '.', &tail);
    struct slice input = slice_of(token.data, (size_t)(body.data + body.size - token.data));
    static const uint8_t zeros[128];
    static const size_t sizes[] = { 0, 1, 63, 65, 70, 71, 72, 96, 128 };
    for (size_t i = 0; i < TABLE_COUNT(sizes); i++) {
        struct slice signature = base64url_encode(arena, slice_of((const char *)zeros, sizes[i]));
        assert_int_equal(verify(arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(signature))), JWT_MALFORMED);
    }
    /* r = s = 0, CVE-2022-21449 */
    struct slice psychic = base64url_encode(arena, slice_of((const char *)zeros, ES256_BYTES));
    assert_int_equal(verify(arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(psychic))), JWT_BAD_SIGNATURE);
    uint8_t ones[ES256_BYTES];
    memset(ones, 0xff, sizeof ones);
    struct slice large = base64url_encode(arena, slice_of((const char *)ones, sizeof ones));
    assert_int_equal(verify(arena_printf(arena, "%.*s.%.*s", SLICE_FMT(input), SLICE_FMT(large))), JWT_BAD_SIGNATURE);
}

static void claims_are_judged(void **state)
{
    (void)state;
#define REST "\"sub\":\"s\",\"client_id\":\"web\",\"jti\":\"j\""
#define TIMES "\"iat\":1700000000,\"exp\":1700000900"
#define WHO "\"iss\":\"https://cuotas.example\",\"aud\":\"cuotas\""
    static const struct { const char *payload; enum jwt_verdict verdict; } table[] = {
        { "{" CLAIMS "}", JWT_OK }, { "{" CLAIMS ",\"scope\":\"a b\",\"extra\":{\"x\":1}}", JWT_OK },
        { "{\"iss\":\"https://cuotas.example\",\"aud\":[\"x\",\"cuotas\"]," REST "," TIMES "}", JWT_OK },
        { "{\"iss\":\"https://cuotas.example\",\"aud\":[]," REST "," TIMES "}", JWT_WRONG_PARTY },
        { "{\"iss\":\"https://cuotas.example\",\"aud\":\"cuotas2\"," REST "," TIMES "}", JWT_WRONG_PARTY },
        { "{\"iss\":\"https://cuotas.example\",\"aud\":[\"x\",7]," REST "," TIMES "}", JWT_WRONG_PARTY },
        { "{\"iss\":\"https://evil.example\",\"aud\":\"cuotas\"," REST "," TIMES "}", JWT_WRONG_PARTY },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":1700000096}", JWT_OK },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":1700000095}", JWT_EXPIRED },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":0}", JWT_EXPIRED },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":-1}", JWT_EXPIRED },
        { "{" WHO "," REST ",\"iat\":1700000105,\"exp\":1700000900}", JWT_OK },
        { "{" WHO "," REST ",\"iat\":1700000106,\"exp\":1700000900}", JWT_NOT_YET },
        { "{" CLAIMS ",\"nbf\":1700000106}", JWT_NOT_YET }, { "{" CLAIMS ",\"nbf\":1700000000}", JWT_OK },
        { "{" CLAIMS ",\"nbf\":\"x\"}", JWT_MALFORMED },
        { "{" WHO "," REST ",\"iat\":1700000000}", JWT_MALFORMED }, { "{" WHO "," REST ",\"exp\":1700000900}", JWT_MALFORMED },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":\"1700000900\"}", JWT_MALFORMED },
        { "{" WHO "," REST ",\"iat\":1700000000,\"exp\":1700000900.5}", JWT_MALFORMED },
        { "{" WHO ",\"client_id\":\"web\",\"jti\":\"j\"," TIMES "}", JWT_MALFORMED },
        { "{" WHO ",\"sub\":\"\",\"client_id\":\"web\",\"jti\":\"j\"," TIMES "}", JWT_MALFORMED },
        { "{" WHO ",\"sub\":7,\"client_id\":\"web\",\"jti\":\"j\"," TIMES "}", JWT_MALFORMED },
        { "{" WHO ",\"sub\":\"s\",\"jti\":\"j\"," TIMES "}", JWT_MALFORMED },
        { "{" WHO ",\"sub\":\"s\",\"client_id\":\"web\"," TIMES "}", JWT_MALFORMED },
        { "{" CLAIMS ",\"scope\":[\"admin\"]}", JWT_MALFORMED },
        { "{\"aud\":\"cuotas\"," REST "," TIMES "}", JWT_MALFORMED },
        { "{\"iss\":\"https://cuotas.example\"," REST "," TIMES "}", JWT_MALFORMED }, { "{" CLAIMS ",\"sub\":\"other\"}", JWT_MALFORMED },
        { "{" CLAIMS "", JWT_MALFORMED }, { "[]", JWT_MALFORMED }, { "null", JWT_MALFORMED }, { "", JWT_MALFORMED },
        { "{" CLAIMS "}x", JWT_MALFORMED },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        enum jwt_verdict verdict = verify(forge(key, good_header(), table[i].payload));
        if (verdict != table[i].verdict)
            fail_msg("%s -> %s", table[i].payload, jwt_verdict_name(verdict));
    }
    assert_int_equal(verify(forge(key, good_header(), arena_printf(arena, "{" CLAIMS ",\"x\":\"%04000d\"}", 0).data)), JWT_MALFORMED);
}

static void jwk_sets_are_read_with_care(void **state)
{
    (void)state;
    struct jwt_key *two[] = { key, stranger };
    assert_true(jwt_keys_read(&set, jwt_jwks_write(arena, two, 2)));
    assert_int_equal(set.count, 2);
    assert_slice(jwt_key_kid(set.keys[1]), stranger->kid);
    static const char *const broken[] = { "", "{}", "[]", "{\"keys\":{}}", "{\"keys\":[}", "null" };
    for (size_t i = 0; i < TABLE_COUNT(broken); i++) {
        assert_false(jwt_keys_read(&set, slice_from_text(broken[i])));
        assert_int_equal(set.count, 2);   /* what was known stays */
    }
#define XY "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""
    static const struct { const char *jwk; size_t count; } table[] = {
        { "{\"kty\":\"EC\",\"crv\":\"P-256\"," XY "}", 1 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\"," XY ",\"use\":\"sig\",\"alg\":\"ES256\",\"kid\":\"k\"}", 1 },
        { "{\"kty\":\"EC\",\"crv\":\"P-384\"," XY "}", 0 },
        { "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}", 0 }, { "{\"kty\":\"oct\",\"k\":\"AAAA\"}", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\"," XY ",\"use\":\"enc\"}", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\"," XY ",\"alg\":\"ES384\"}", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}", 0 },
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}", 0 },   /* not on the curve */
        { "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", 0 }, { "7", 0 }, { "null", 0 }, { "{}", 0 },
    };
    for (size_t i = 0; i < TABLE_COUNT(table); i++) {
        assert_true(jwt_keys_read(&set, arena_printf(arena, "{\"keys\":[%s]}", table[i].jwk)));
        if (set.count != table[i].count)
            fail_msg("%s", table[i].jwk);
    }
    struct slice many = SLICE("{}");
    for (int i = 0; i < 2 * JWT_KEYS_MAX; i++)
        many = arena_printf(arena, "%.*s,{\"kty\":\"EC\",\"crv\":\"P-256\"," XY "}", SLICE_FMT(many));
    assert_true(jwt_keys_read(&set, arena_printf(arena, "{\"keys\":[%.*s]}", SLICE_FMT(many))));
    assert_int_equal(set.count, JWT_KEYS_MAX);
}

static struct slice pem_of(EVP_PKEY *pkey, const EVP_CIPHER *cipher, bool traditional)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    const char *password = cipher ? "secret" : NULL;
    assert_int_equal(traditional ? PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL)
                                 : PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, password, cipher ? 6 : 0, NULL, NULL), 1);
    long size = BIO_get_mem_data(bio, &data);
    struct slice pem = arena_copy(arena, slice_of(data, (size_t)size));
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    return pem;
}

static void keys_come_from_pem(void **state)
{
    (void)state;
    struct jwt_key *keys[JWT_KEYS_MAX];
    struct slice first = jwt_key_pem(arena, key), second = pem_of(EVP_EC_gen("P-256"), NULL, true);
    struct slice both = arena_printf(arena,
                                     "# ours\r\n-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n%.*s\n%.*s", SLICE_FMT(first), SLICE_FMT(second));
    assert_int_equal(jwt_keys_from_pem(both, keys), 2);
    assert_string_equal(keys[0]->kid, key->kid);
    assert_int_equal(strlen(keys[1]->kid), JWT_KID_BYTES);
    assert_int_equal(verify(jwt_sign(arena, keys[0], &claims)), JWT_OK);
    jwt_key_free(keys[0]);
    jwt_key_free(keys[1]);
    struct slice refused[] = {
        SLICE(""), SLICE_NONE, SLICE("nothing here"), SLICE("-----BEGIN PRIVATE KEY-----"),
        SLICE("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), slice_of(first.data, first.size / 2),
        SLICE("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"),
        pem_of(EVP_EC_gen("P-384"), NULL, false), pem_of(EVP_RSA_gen(2048), NULL, false),
        pem_of(EVP_EC_gen("P-256"), EVP_aes_128_cbc(), false),
        arena_printf(arena, "%.*s%.*s", SLICE_FMT(first), SLICE_FMT(pem_of(EVP_EC_gen("P-384"), NULL, false))),
    };
    for (size_t i = 0; i < TABLE_COUNT(refused); i++)
        if (jwt_keys_from_pem(refused[i], keys) != 0)
            fail_msg("row %zu", i);
    struct slice many = SLICE("");
    for (int i = 0; i <= JWT_KEYS_MAX; i++)
        many = arena_printf(arena, "%.*s%.*s", SLICE_FMT(many), SLICE_FMT(first));
    assert_int_equal(jwt_keys_from_pem(many, keys), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_token_round_trips, set_up, tear_down),
        cmocka_unit_test_setup_teardown(verifies_rfc_7515s_example, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_character_is_noticed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_our_kind_of_header_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_in_the_header_is_not_trusted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signatures_have_one_shape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(claims_are_judged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(jwk_sets_are_read_with_care, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keys_come_from_pem, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
