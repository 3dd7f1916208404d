/* The process's clocks. The test clock's offset is the only state; it never goes back. */
#include "base/clock.h"

#include <time.h>

static int64_t offset_s;

static int64_t clock_read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

int64_t clock_logical_us(void)
{
    return clock_wall_us() + offset_s * 1000000;
}

void clock_set_offset_s(int64_t offset)
{
    if (offset > offset_s)
        offset_s = offset;
}

int64_t clock_offset_s(void)
{
    return offset_s;
}
