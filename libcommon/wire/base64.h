/* Base64 (RFC 4648): the standard alphabet with padding, and the URL one without. Decoding is strict: only the alphabet, exact padding,
 * unused bits zero, so that every text has one meaning and every meaning one text. Results are in the arena. */
#ifndef CUOTAS_WIRE_BASE64_H
#define CUOTAS_WIRE_BASE64_H

#include "base/arena.h"

struct slice base64_encode(struct arena *arena, struct slice bytes);
struct slice base64url_encode(struct arena *arena, struct slice bytes);
bool base64_decode(struct arena *arena, struct slice text, struct slice *out);
bool base64url_decode(struct arena *arena, struct slice text, struct slice *out);

#endif
