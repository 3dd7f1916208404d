/* Between jwt_key.c and jwt.c: what a key is, and its two operations. Not for others. */
#ifndef CUOTAS_WIRE_JWT_KEY_H
#define CUOTAS_WIRE_JWT_KEY_H

#include "wire/jwt.h"

#include <openssl/evp.h>

#define P256_BYTES 32
#define ES256_BYTES (2 * P256_BYTES)
#define JWT_KID_BYTES_MAX 128

struct jwt_key {
    EVP_PKEY *pkey;
    bool has_private;
    uint8_t x[P256_BYTES], y[P256_BYTES];
    char kid[JWT_KID_BYTES_MAX + 1];
};

bool jwt_key_sign(const struct jwt_key *key, struct slice input, uint8_t out[ES256_BYTES]);
bool jwt_key_verify(const struct jwt_key *key, struct slice input, const uint8_t signature[ES256_BYTES]);

#endif
