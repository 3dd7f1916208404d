/* Random bytes in batches: one getrandom a few dozen ids instead of one each. Invariant: bytes of the batch are handed out once and wiped;
 * a forked child starts with an empty batch, so no two processes ever share any. Only on the loop's thread. */
#include "base/random.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct {
    unsigned char bytes[1024];
    size_t left;
    bool ready;
} batch;

static void batch_drop(void)
{
    batch.left = 0;
}

static void kernel_random(unsigned char *out, size_t size)
{
    while (size) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno != EINTR)
            abort();
        if (got > 0) {
            out += got;
            size -= (size_t)got;
        }
    }
}

static void batch_fill(void)
{
    if (!batch.ready && pthread_atfork(NULL, NULL, batch_drop) != 0)
        abort();
    batch.ready = true;
    kernel_random(batch.bytes, sizeof batch.bytes);
    batch.left = sizeof batch.bytes;
}

void random_bytes(void *out, size_t size)
{
    if (size > sizeof batch.bytes) {
        kernel_random(out, size);
        return;
    }
    if (size > batch.left)
        batch_fill();
    unsigned char *from = batch.bytes + (batch.left - size);
    memcpy(out, from, size);
    memset(from, 0, size);
    batch.left -= size;
}

uint64_t random_u64(void)
{
    uint64_t value;
    random_bytes(&value, sizeof value);
    return value;
}
