/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef CUOTAS_BASE_UTF8_H
#define CUOTAS_BASE_UTF8_H

#include "base/slice.h"

/* Size (1..4) of the well-formed sequence at the start of `s`; 0 when there is none. */
size_t utf8_sequence(struct slice s);
bool utf8_valid(struct slice s);
/* Code points of valid text. */
size_t utf8_length(struct slice s);
/* The longest prefix of at most `size` bytes that does not cut a sequence. */
struct slice utf8_cut(struct slice s, size_t size);
/* Writes a code point (not a surrogate); returns its size, 1..4. */
size_t utf8_put(uint32_t code_point, char out[4]);

#endif
