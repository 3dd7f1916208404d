/* Lines of identity.h that were signed or verified a moment ago, so that a caller who asks many things costs one HMAC and not one each. */
#ifndef CUOTAS_SERVICE_IDENTITY_LINES_H
#define CUOTAS_SERVICE_IDENTITY_LINES_H

#include "base/slice.h"

struct identity_lines;

/* A table of its own; never freed. */
struct identity_lines *identity_lines_new(void);
/* What was kept under exactly this key and is still good at `now_s`; none when nothing is. Compared in constant time. */
struct slice identity_lines_find(const struct identity_lines *lines, struct slice key, int64_t now_s);
/* Keeps copies, good from now_s to until_s; what is long is not kept. The place may be somebody else's, who then is forgotten. */
void identity_lines_keep(struct identity_lines *lines, struct slice key, struct slice value, int64_t now_s, int64_t until_s);
void identity_lines_forget(struct identity_lines *lines);

#endif
