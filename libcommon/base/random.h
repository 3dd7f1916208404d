/* Random bytes from the kernel, read in batches; a fork drops the batch, so that workers never share bytes. Good for keys,
 * tokens and ids. Only on the loop's thread. */
#ifndef CUOTAS_BASE_RANDOM_H
#define CUOTAS_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t size);
uint64_t random_u64(void);

#endif
