/* printf into memory for what most formats are made of, without what makes printf slow: it was a quarter of an order's instructions. */
#ifndef CUOTAS_BASE_PRINT_H
#define CUOTAS_BASE_PRINT_H

#include <stdarg.h>
#include <stddef.h>

/* As vsnprintf: at most `capacity` bytes with the NUL are written, the length of the whole is returned, negative when the format cannot be
 * followed. Plain %s %.*s %c %d %ld %lld %u %lu %llu %zu %% are followed here; a format with anything else goes to vsnprintf as a whole. */
int print_format(char *out, size_t capacity, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

#endif
