/* SipHash-1-3 (Aumasson and Bernstein) under a random key of the process: for tables whose keys come from outside. Not stable
 * between processes; for digests see wire/sha256.h. */
#ifndef CUOTAS_BASE_HASH_H
#define CUOTAS_BASE_HASH_H

#include "base/slice.h"

uint64_t hash_bytes(struct slice bytes);
#define HASH_TAG_BYTES 16
/* SipHash-2-4 of 128 bits, under another such key: a tag that stands for the bytes. Without the key nobody can find two texts with one tag, or
 * learn from a tag what it stands for. */
void hash_tag(struct slice bytes, uint8_t out[HASH_TAG_BYTES]);
/* The function itself, with `compression` and `finalization` rounds (2 and 4 for the published vectors). */
uint64_t hash_siphash(struct slice bytes, const uint64_t key[2], int compression, int finalization);
void hash_siphash_128(struct slice bytes, const uint64_t key[2], uint8_t out[HASH_TAG_BYTES]);
/* XXH64 (Yann Collet, xxHash), seed 0: ten times as fast for what is long. It tells contents apart and guards nothing: anybody can make two with one hash. */
uint64_t hash_contents(struct slice bytes);

#endif
