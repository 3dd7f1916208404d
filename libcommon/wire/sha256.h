/* SHA-256 and HMAC-SHA256 (OpenSSL), with the set-up done once. Only on the loop's thread. */
#ifndef CUOTAS_WIRE_SHA256_H
#define CUOTAS_WIRE_SHA256_H

#include "base/arena.h"

#define SHA256_BYTES 32

void sha256(struct slice bytes, uint8_t out[SHA256_BYTES]);
/* Lower-case hex. */
struct slice sha256_hex(struct arena *arena, struct slice bytes);

/* Piece by piece; freed with the arena. */
struct sha256;
struct sha256 *sha256_new(struct arena *arena);
void sha256_add(struct sha256 *hash, struct slice bytes);
void sha256_finish(struct sha256 *hash, uint8_t out[SHA256_BYTES]);

/* An HMAC key prepared for many uses. Copies the secret's digest state, not the secret. */
struct hmac_key;
struct hmac_key *hmac_key_new(struct slice secret);
void hmac_key_free(struct hmac_key *key);
/* Over the concatenation of `count` parts. */
void hmac_sha256(const struct hmac_key *key, const struct slice *parts, size_t count, uint8_t out[SHA256_BYTES]);

/* In constant time for equal sizes; the size itself is not secret. */
bool bytes_equal_secret(struct slice a, struct slice b);

#endif
