/* SipHash (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012), keyed once per process. */
#include "base/hash.h"

#include "base/random.h"

#include <endian.h>

struct sip {
    uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void sip_rounds(struct sip *s, int count)
{
    for (; count > 0; count--) {
        s->v0 += s->v1, s->v1 = rotate(s->v1, 13) ^ s->v0, s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3, s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3, s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1, s->v1 = rotate(s->v1, 17) ^ s->v2, s->v2 = rotate(s->v2, 32);
    }
}

static inline uint64_t load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/* Fewer than eight bytes. */
static inline uint64_t load_rest(struct slice rest)
{
    uint64_t word = 0;
    for (size_t i = 0; i < rest.size; i++)
        word |= (uint64_t)(unsigned char)rest.data[i] << (8 * i);
    return word;
}

static inline struct sip sip_start(const uint64_t key[2])
{
    return (struct sip){ key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
}

static inline void sip_word(struct sip *s, uint64_t word, int compression)
{
    s->v3 ^= word;
    sip_rounds(s, compression);
    s->v0 ^= word;
}

static inline void sip_bytes(struct sip *s, struct slice bytes, int compression)
{
    uint64_t last = (uint64_t)bytes.size << 56;
    for (; bytes.size >= 8; bytes = slice_of(bytes.data + 8, bytes.size - 8))
        sip_word(s, load(bytes.data), compression);
    sip_word(s, last | load_rest(bytes), compression);
}

static inline uint64_t sip_end(struct sip *s, int finalization)
{
    sip_rounds(s, finalization);
    return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

uint64_t hash_siphash(struct slice bytes, const uint64_t key[2], int compression, int finalization)
{
    struct sip s = sip_start(key);
    sip_bytes(&s, bytes, compression);
    s.v2 ^= 0xff;
    return sip_end(&s, finalization);
}

void hash_siphash_128(struct slice bytes, const uint64_t key[2], uint8_t out[HASH_TAG_BYTES])
{
    struct sip s = sip_start(key);
    s.v1 ^= 0xee;
    sip_bytes(&s, bytes, 2);
    s.v2 ^= 0xee;
    uint64_t low = htole64(sip_end(&s, 4));
    s.v1 ^= 0xdd;
    uint64_t high = htole64(sip_end(&s, 4));
    memcpy(out, &low, sizeof low);
    memcpy(out + sizeof low, &high, sizeof high);
}

struct process_key {
    uint64_t key[2];
    bool made;
};

static const uint64_t *made_at_random(struct process_key *key)
{
    if (!key->made) {
        random_bytes(key->key, sizeof key->key);
        key->made = true;
    }
    return key->key;
}

uint64_t hash_bytes(struct slice bytes)
{
    static struct process_key key;
    return hash_siphash(bytes, made_at_random(&key), 1, 3);
}

void hash_tag(struct slice bytes, uint8_t out[HASH_TAG_BYTES])
{
    static struct process_key key;
    hash_siphash_128(bytes, made_at_random(&key), out);
}
