/* What all fuzz targets share. A target is one file: LLVMFuzzerTestOneInput, linked with libFuzzer (`make fuzz`), or with standalone.c, which
 * only runs the files it is given (`make test`, with any compiler). */
#ifndef CUOTAS_TESTS_FUZZ_H
#define CUOTAS_TESTS_FUZZ_H

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

/* A broken promise is a crash, for the fuzzer to keep. */
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
            abort(); \
        } \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool is_inside(struct slice part, struct slice whole)
{
    return part.data >= whole.data && part.data + part.size <= whole.data + whole.size;
}

/* Takes structured input apart; past its end everything is 0. */
struct fuzz_bytes {
    const uint8_t *at, *end;
};

static inline uint64_t fuzz_take(struct fuzz_bytes *in, int bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value = value << 8 | (in->at < in->end ? *in->at++ : 0);
    return value;
}

/* Up to the next byte `end`, which is taken too; or all that is left. */
static inline struct slice fuzz_part(struct slice *rest, char end)
{
    struct slice part = slice_cut(*rest, end, rest);
    if (slice_is_none(*rest))
        *rest = SLICE("");
    return part;
}

#endif
