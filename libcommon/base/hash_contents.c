/* XXH64 (Yann Collet, xxHash), seed 0: four lanes that a processor works on at once. Pure. */
#include "base/hash.h"

#include <endian.h>

#define PRIME_1 0x9e3779b185ebca87u
#define PRIME_2 0xc2b2ae3d27d4eb4fu
#define PRIME_3 0x165667b19e3779f9u
#define PRIME_4 0x85ebca77c2b2ae63u
#define PRIME_5 0x27d4eb2f165667c5u
#define LANES 4
#define WORD sizeof(uint64_t)

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return le64toh(word);
}

static inline uint64_t mix(uint64_t lane, uint64_t word)
{
    return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

/* Takes whole stripes off the front. */
static uint64_t stripes(struct slice *bytes)
{
    uint64_t a = PRIME_1 + PRIME_2, b = PRIME_2, c = 0, d = 0 - PRIME_1;
    for (; bytes->size >= LANES * WORD; *bytes = slice_of(bytes->data + LANES * WORD, bytes->size - LANES * WORD)) {
        a = mix(a, word_at(bytes->data));
        b = mix(b, word_at(bytes->data + WORD));
        c = mix(c, word_at(bytes->data + 2 * WORD));
        d = mix(d, word_at(bytes->data + 3 * WORD));
    }
    const uint64_t lanes[LANES] = { a, b, c, d };
    uint64_t hash = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    for (int i = 0; i < LANES; i++)
        hash = (hash ^ mix(0, lanes[i])) * PRIME_1 + PRIME_4;
    return hash;
}

static uint64_t rest_of(uint64_t hash, struct slice bytes)
{
    for (; bytes.size >= WORD; bytes = slice_of(bytes.data + WORD, bytes.size - WORD))
        hash = rotate(hash ^ mix(0, word_at(bytes.data)), 27) * PRIME_1 + PRIME_4;
    if (bytes.size >= sizeof(uint32_t)) {
        uint32_t half;
        memcpy(&half, bytes.data, sizeof half);
        hash = rotate(hash ^ (le32toh(half) * PRIME_1), 23) * PRIME_2 + PRIME_3;
        bytes = slice_of(bytes.data + sizeof half, bytes.size - sizeof half);
    }
    for (size_t i = 0; i < bytes.size; i++)
        hash = rotate(hash ^ ((unsigned char)bytes.data[i] * PRIME_5), 11) * PRIME_1;
    return hash;
}

uint64_t hash_contents(struct slice bytes)
{
    size_t size = bytes.size;
    uint64_t hash = size >= LANES * WORD ? stripes(&bytes) : PRIME_5;
    hash = rest_of(hash + size, bytes);
    hash = (hash ^ hash >> 33) * PRIME_2;
    hash = (hash ^ hash >> 29) * PRIME_3;
    return hash ^ hash >> 32;
}
