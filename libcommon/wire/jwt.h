/* Access tokens: JWS compact, ES256 and nothing else (RFC 7515, 7518, 8725), claims of RFC 9068 (typ at+jwt), keys as JWK sets
 * (RFC 7517) named by their RFC 7638 thumbprint. Pure but for OpenSSL's random source when signing. */
#ifndef CUOTAS_WIRE_JWT_H
#define CUOTAS_WIRE_JWT_H

#include "base/arena.h"

#define JWT_KEYS_MAX 16
#define JWT_KID_BYTES 43   /* base64url of a SHA-256 */

struct jwt_key;    /* a P-256 key, perhaps with its private half */

/* A new key pair; for tests and for making AUTH_KEY_FILE. */
struct jwt_key *jwt_key_generate(void);
/* All P-256 private keys of a PEM text ("EC PRIVATE KEY" or "PRIVATE KEY"), in order; the count, 0 when there is none or one is of
 * another kind, not a key, or there are more than JWT_KEYS_MAX. */
size_t jwt_keys_from_pem(struct slice pem, struct jwt_key *keys[JWT_KEYS_MAX]);
/* The private key as PKCS#8 PEM. */
struct slice jwt_key_pem(struct arena *arena, const struct jwt_key *key);
struct slice jwt_key_kid(const struct jwt_key *key);   /* lives as long as the key */
void jwt_key_free(struct jwt_key *key);

/* {"keys":[...]} with the public halves. */
struct slice jwt_jwks_write(struct arena *arena, struct jwt_key *const *keys, size_t count);
/* Keys of a JWK set that are EC, P-256, for signatures and ES256; others are skipped. False when it is not a JWK set. Old content of
 * the set is freed first when reading succeeds, and kept when it fails. Zero-initialise a set. */
struct jwt_keys {
    struct jwt_key *keys[JWT_KEYS_MAX];
    size_t count;
};
bool jwt_keys_read(struct jwt_keys *set, struct slice jwks);
void jwt_keys_clear(struct jwt_keys *set);

struct jwt_claims {
    struct slice issuer, subject, audience, client_id, id;   /* iss, sub, aud, client_id, jti */
    struct slice scope;                                      /* space-separated; none: no such claim */
    int64_t issued_at_s, expires_at_s;
};

/* None when the key has no private half. */
struct slice jwt_sign(struct arena *arena, const struct jwt_key *key, const struct jwt_claims *claims);

enum jwt_verdict {
    JWT_OK,
    JWT_MALFORMED,       /* not a compact JWS of an at+jwt with all required claims, or another algorithm */
    JWT_UNKNOWN_KEY,     /* kid not in the set: fetch the set again, once */
    JWT_BAD_SIGNATURE,
    JWT_EXPIRED,
    JWT_NOT_YET,         /* iat or nbf in the future */
    JWT_WRONG_PARTY      /* other issuer or audience */
};
struct jwt_expected {
    struct slice issuer, audience;
    int64_t now_s;       /* the wall clock's */
    int leeway_s;
};
/* Signature first, claims after; claims are in the arena. `aud` may be a text or a list holding the expected one. */
enum jwt_verdict jwt_verify(struct arena *arena, const struct jwt_keys *set, struct slice token, const struct jwt_expected *expected,
                            struct jwt_claims *claims);
/* Stable lower-case name, for logs and metrics. */
const char *jwt_verdict_name(enum jwt_verdict verdict);

#endif
