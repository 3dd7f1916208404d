/* UUIDs. Version 7 (RFC 9562, section 6.2, method 2): 48 bits of milliseconds, then 74 random bits; ids made in the same millisecond, or
 * after the clock stepped back, add a random step to the last ones, so that within a process they only grow. A fork forgets
 * the last id: the child starts from fresh random bits. Only on the loop's thread. */
#include "base/uuid.h"

#include "base/clock.h"
#include "base/random.h"

#include <pthread.h>
#include <stdlib.h>

static struct {
    uint64_t ms;
    uint64_t high;   /* 12 bits */
    uint64_t low;    /* 62 bits */
    bool ready;
} last;

#define LOW_MASK ((UINT64_C(1) << 62) - 1)

static void last_forget(void)
{
    last.ms = 0;
}

static void uuid_step(void)
{
    last.low += (random_u64() & UINT32_MAX) + 1;
    last.high += last.low >> 62;
    last.low &= LOW_MASK;
    last.ms += last.high >> 12;
    last.high &= 0xfff;
}

static void uuid_next(void)
{
    if (!last.ready && pthread_atfork(NULL, NULL, last_forget) != 0)
        abort();
    last.ready = true;
    uint64_t now_ms = (uint64_t)clock_wall_us() / 1000;
    if (now_ms <= last.ms) {
        uuid_step();
        return;
    }
    last.ms = now_ms;
    last.high = random_u64() & 0x7ff;   /* top bit clear: room to step within the millisecond */
    last.low = random_u64() & LOW_MASK;
}

static char *put_hex(char *out, uint64_t value, int digits)
{
    for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
        *out++ = "0123456789abcdef"[(value >> shift) & 0xf];
    return out;
}

void uuid_v7(char out[UUID_TEXT])
{
    uuid_next();
    char *p = put_hex(out, last.ms >> 16, 8);
    *p++ = '-';
    p = put_hex(p, last.ms & 0xffff, 4);
    *p++ = '-';
    p = put_hex(p, 0x7000 | last.high, 4);
    *p++ = '-';
    p = put_hex(p, 0x8000 | last.low >> 48, 4);
    *p++ = '-';
    p = put_hex(p, last.low & UINT64_C(0xffffffffffff), 12);
    *p = '\0';
}

struct slice uuid_new(struct arena *arena)
{
    char *text = arena_alloc(arena, UUID_TEXT);
    uuid_v7(text);
    return slice_of(text, UUID_TEXT - 1);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool uuid_valid(struct slice text)
{
    if (text.size != UUID_TEXT - 1)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : !is_hex(text.data[i]))
            return false;
    }
    return true;
}
