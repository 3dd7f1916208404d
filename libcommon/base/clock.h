/* The process's clocks. Wall: what the machine says, for tokens, signatures, leases, logs. Logical: wall plus the
 * test clock's offset, for everything a business date depends on; without TEST_CLOCK the offset stays 0.
 * Monotonic: for deadlines and durations. All in microseconds. */
#ifndef CUOTAS_BASE_CLOCK_H
#define CUOTAS_BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void);
int64_t clock_monotonic_us(void);
int64_t clock_logical_us(void);
/* The test clock. Seconds; only ever moves forward (a smaller offset is ignored). */
void clock_set_offset_s(int64_t offset_s);
int64_t clock_offset_s(void);

#endif
