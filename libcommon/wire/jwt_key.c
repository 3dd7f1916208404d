/* P-256 keys: PEM and JWK in and out, thumbprints, ECDSA. Invariants: a jwt_key is always on the curve and always has a kid; OpenSSL's error
 * queue is left as clean as it was found empty. Keys are malloc'ed: their owner frees them. Nothing here suspends. */
#include "wire/jwt_key.h"

#include "base/memory.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/json_write.h"
#include "wire/sha256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <stdlib.h>

static bool read_coordinate(const EVP_PKEY *pkey, const char *name, uint8_t out[P256_BYTES])
{
    BIGNUM *number = NULL;
    bool ok = EVP_PKEY_get_bn_param(pkey, name, &number) == 1 && BN_bn2binpad(number, out, P256_BYTES) == P256_BYTES;
    BN_free(number);
    return ok;
}

static struct slice coordinate_text(struct arena *arena, const uint8_t bytes[P256_BYTES])
{
    return base64url_encode(arena, slice_of((const char *)bytes, P256_BYTES));
}

/* RFC 7638: SHA-256 of the required members, sorted, without blanks. */
static void set_thumbprint(struct jwt_key *key)
{
    struct arena *arena = arena_new();
    uint8_t digest[SHA256_BYTES];
    struct slice x = coordinate_text(arena, key->x), y = coordinate_text(arena, key->y);
    sha256(arena_printf(arena, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", SLICE_FMT(x), SLICE_FMT(y)), digest);
    struct slice kid = base64url_encode(arena, slice_of((const char *)digest, sizeof digest));
    memcpy(key->kid, kid.data, kid.size + 1);
    arena_free(arena);
}

/* Takes pkey over; NULL (and pkey freed) when it is no P-256 key. */
static struct jwt_key *key_from_pkey(EVP_PKEY *pkey, bool has_private)
{
    char group[32] = "";
    struct jwt_key *key = memory_new(sizeof *key);
    *key = (struct jwt_key){ .pkey = pkey, .has_private = has_private };
    bool ok = pkey && EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, NULL) == 1
              && strcmp(group, "prime256v1") == 0 && read_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->x)
              && read_coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->y);
    ERR_clear_error();
    if (!ok) {
        jwt_key_free(key);
        return NULL;
    }
    set_thumbprint(key);
    return key;
}

void jwt_key_free(struct jwt_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->pkey);
    memory_free(key);
}

struct jwt_key *jwt_key_generate(void)
{
    struct jwt_key *key = key_from_pkey(EVP_EC_gen("P-256"), true);
    return key;
}

struct slice jwt_key_kid(const struct jwt_key *key)
{
    return slice_from_text(key->kid);
}

/* An encrypted key file must not make the process ask a terminal. */
static int no_password(char *out, int size, int writing, void *data)
{
    (void)out, (void)size, (void)writing, (void)data;
    return -1;
}

static struct jwt_key *key_from_block(struct slice block)
{
    BIO *bio = BIO_new_mem_buf(block.data, (int)block.size);
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    return key_from_pkey(pkey, true);
}

/* The next "-----BEGIN x-----" .. "-----END x-----" of *rest; none at the end. *is_private: x ends in PRIVATE KEY. */
static struct slice next_block(struct slice *rest, bool *is_private)
{
    static const char begin[] = "-----BEGIN ", end[] = "-----END ", private_end[] = "PRIVATE KEY-----";
    const char *start = rest->size ? memmem(rest->data, rest->size, begin, sizeof begin - 1) : NULL;
    if (!start)
        return SLICE_NONE;
    struct slice from = slice_of(start, rest->size - (size_t)(start - rest->data)), after;
    struct slice line = slice_trim(slice_cut(from, '\n', &after));
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    *is_private = line.size >= sizeof private_end - 1
                  && memcmp(line.data + line.size - (sizeof private_end - 1), private_end, sizeof private_end - 1) == 0;
    const char *stop = after.size ? memmem(after.data, after.size, end, sizeof end - 1) : NULL;
    struct slice tail = stop ? slice_of(stop, from.size - (size_t)(stop - start)) : slice_of(start + from.size, 0);
    slice_cut(tail, '\n', rest);
    size_t size = slice_is_none(*rest) ? from.size : (size_t)(rest->data - start);
    return slice_of(start, size);
}

size_t jwt_keys_from_pem(struct slice pem, struct jwt_key *keys[JWT_KEYS_MAX])
{
    size_t count = 0;
    bool is_private, ok = pem.size <= 64 * 1024;
    while (ok && !slice_is_none(pem)) {
        struct slice block = next_block(&pem, &is_private);
        if (slice_is_none(block))
            break;
        if (!is_private)
            continue;   /* "EC PARAMETERS" */
        ok = count < JWT_KEYS_MAX && (keys[count] = key_from_block(block)) != NULL;
        count += ok;
    }
    if (ok)
        return count;
    while (count)
        jwt_key_free(keys[--count]);
    return 0;
}

struct slice jwt_key_pem(struct arena *arena, const struct jwt_key *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data;
    if (!bio || !key->has_private || PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    long size = BIO_get_mem_data(bio, &data);
    struct slice pem = arena_copy(arena, slice_of(data, (size_t)size));
    BIO_free(bio);
    return pem;
}

struct slice jwt_jwks_write(struct arena *arena, struct jwt_key *const *keys, size_t count)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    json_begin(&out, "keys", '[');
    for (size_t i = 0; i < count; i++) {
        json_begin(&out, NULL, '{');
        json_put_text(&out, "kty", SLICE("EC"));
        json_put_text(&out, "crv", SLICE("P-256"));
        json_put_text(&out, "alg", SLICE("ES256"));
        json_put_text(&out, "use", SLICE("sig"));
        json_put_text(&out, "kid", jwt_key_kid(keys[i]));
        json_put_text(&out, "x", coordinate_text(arena, keys[i]->x));
        json_put_text(&out, "y", coordinate_text(arena, keys[i]->y));
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return json_done(&out);
}

/* The public key at a point, which OpenSSL checks to be on the curve. */
static EVP_PKEY *pkey_from_point(uint8_t point[1 + 2 * P256_BYTES])
{
    EVP_PKEY *pkey = NULL;
    char group[] = "P-256";
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                                OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * P256_BYTES),
                                OSSL_PARAM_construct_end() };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(context);
    return pkey;
}

static bool member_is(const cJSON *jwk, const char *name, const char *value, bool may_be_absent)
{
    const cJSON *member = json_member(jwk, name);
    return member ? slice_equals_text(json_text(member), value) : may_be_absent;
}

/* NULL when the JWK is not one of ours. */
static struct jwt_key *key_from_jwk(struct arena *arena, const cJSON *jwk)
{
    struct slice x, y, kid = json_member_text(jwk, "kid");
    uint8_t point[1 + 2 * P256_BYTES] = { 0x04 };
    if (!member_is(jwk, "kty", "EC", false) || !member_is(jwk, "crv", "P-256", false) || !member_is(jwk, "use", "sig", true)
        || !member_is(jwk, "alg", "ES256", true) || kid.size > JWT_KID_BYTES_MAX)
        return NULL;
    if (!base64url_decode(arena, json_member_text(jwk, "x"), &x) || !base64url_decode(arena, json_member_text(jwk, "y"), &y)
        || x.size != P256_BYTES || y.size != P256_BYTES)
        return NULL;
    memcpy(point + 1, x.data, P256_BYTES);
    memcpy(point + 1 + P256_BYTES, y.data, P256_BYTES);
    struct jwt_key *key = key_from_pkey(pkey_from_point(point), false);
    if (key && kid.size)
        memcpy(key->kid, kid.data, kid.size + 1);
    return key;
}

bool jwt_keys_read(struct jwt_keys *set, struct slice jwks)
{
    struct arena *arena = arena_new();
    const cJSON *list = json_member(json_parse(arena, jwks, NULL, NULL), "keys");
    bool ok = cJSON_IsArray(list);
    if (ok)
        jwt_keys_clear(set);
    for (const cJSON *jwk = ok ? list->child : NULL; jwk && set->count < JWT_KEYS_MAX; jwk = jwk->next) {
        struct jwt_key *key = key_from_jwk(arena, jwk);
        if (key)
            set->keys[set->count++] = key;
    }
    arena_free(arena);
    return ok;
}

void jwt_keys_clear(struct jwt_keys *set)
{
    while (set->count)
        jwt_key_free(set->keys[--set->count]);
}

/* DER to the fixed-size r || s of RFC 7518, section 3.4. */
static bool signature_from_der(const unsigned char *der, size_t size, uint8_t out[ES256_BYTES])
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, P256_BYTES) == P256_BYTES
              && BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + P256_BYTES, P256_BYTES) == P256_BYTES;
    ECDSA_SIG_free(pair);
    return ok;
}

bool jwt_key_sign(const struct jwt_key *key, struct slice input, uint8_t out[ES256_BYTES])
{
    unsigned char der[80];
    size_t size = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1
              && EVP_DigestSign(context, der, &size, (const unsigned char *)input.data, input.size) == 1
              && signature_from_der(der, size, out);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return ok;
}

/* r || s to DER; the size, 0 when out of memory. */
static size_t signature_to_der(const uint8_t in[ES256_BYTES], unsigned char out[80])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(in, P256_BYTES, NULL), *s = BN_bin2bn(in + P256_BYTES, P256_BYTES, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
        abort();
    unsigned char *at = out;
    int size = i2d_ECDSA_SIG(pair, &at);
    ECDSA_SIG_free(pair);
    return size > 0 ? (size_t)size : 0;
}

bool jwt_key_verify(const struct jwt_key *key, struct slice input, const uint8_t signature[ES256_BYTES])
{
    unsigned char der[80];
    size_t size = signature_to_der(signature, der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context && size && EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1
              && EVP_DigestVerify(context, der, size, (const unsigned char *)input.data, input.size) == 1;
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return ok;
}
