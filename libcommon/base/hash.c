/* SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012), keyed once per process. */
#include "base/hash.h"

#include "base/random.h"

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(struct sip *s, int count)
{
    while (count--) {
        s->v0 += s->v1, s->v1 = rotate(s->v1, 13) ^ s->v0, s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3, s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3, s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1, s->v1 = rotate(s->v1, 17) ^ s->v2, s->v2 = rotate(s->v2, 32);
    }
}

/* Little-endian, up to eight bytes. */
static inline uint64_t load(const char *p, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)(unsigned char)p[i] << (8 * i);
    return word;
}

uint64_t hash_siphash(struct slice bytes, const uint64_t key[2], int compression, int finalization)
{
    struct sip s = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                     key[1] ^ 0x7465646279746573 };
    uint64_t last = (uint64_t)bytes.size << 56;
    while (bytes.size >= 8) {
        uint64_t word = load(bytes.data, 8);
        s.v3 ^= word;
        sip_rounds(&s, compression);
        s.v0 ^= word;
        bytes = slice_of(bytes.data + 8, bytes.size - 8);
    }
    last |= load(bytes.data, bytes.size);
    s.v3 ^= last;
    sip_rounds(&s, compression);
    s.v0 ^= last;
    s.v2 ^= 0xff;
    sip_rounds(&s, finalization);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_bytes(struct slice bytes)
{
    static uint64_t key[2];
    static bool keyed;
    if (!keyed) {
        random_bytes(key, sizeof key);
        keyed = true;
    }
    return hash_siphash(bytes, key, 1, 3);
}
