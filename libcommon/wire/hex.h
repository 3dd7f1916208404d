/* Hexadecimal. */
#ifndef CUOTAS_WIRE_HEX_H
#define CUOTAS_WIRE_HEX_H

#include "base/arena.h"

/* Lower case; out holds 2 * size bytes, not NUL-terminated. */
void hex_write(const void *bytes, size_t size, char *out);
struct slice hex_encode(struct arena *arena, struct slice bytes);
/* Either case. False unless `text` is exactly 2 * size digits. */
bool hex_read(struct slice text, void *out, size_t size);

#endif
