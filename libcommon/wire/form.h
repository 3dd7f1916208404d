/* application/x-www-form-urlencoded with Stripe's bracket nesting: metadata[order_id]=..., expand[]=..., items[0][price]=... */
#ifndef CUOTAS_WIRE_FORM_H
#define CUOTAS_WIRE_FORM_H

#include "base/arena.h"

#define FORM_FIELDS_MAX 256
#define FORM_KEY_BYTES_MAX 512
#define FORM_DEPTH_MAX 8

struct form_field {
    struct slice key, value;     /* decoded; value empty when there was no '=' */
};
struct form {
    const struct form_field *fields;
    size_t count;
};
/* All fields in order, decoded into the arena. False on a malformed escape, bytes that are not UTF-8, an empty or over-long key, or more
 * than FORM_FIELDS_MAX fields. */
bool form_read(struct arena *arena, struct slice body, struct form *out);
/* First value of that key ("metadata[order_id]"); none when absent. */
struct slice form_find(const struct form *form, const char *key);
/* Walks the direct children of `prefix`: for "metadata" yields ("order_id", value) of metadata[order_id]. *at starts at 0. */
bool form_child(const struct form *form, const char *prefix, size_t *at, struct slice *name, struct slice *value);

struct form_writer {
    struct arena *arena;
    char *data;
    size_t size, capacity;
    const char *path[FORM_DEPTH_MAX];
    size_t depth;
};
struct form_writer form_to_arena(struct arena *arena);
/* Inside begin(name) .. end, keys become name[key]; the key "" writes name[]=, a list's element. */
void form_begin(struct form_writer *out, const char *name);
void form_end(struct form_writer *out);
void form_put_text(struct form_writer *out, const char *key, struct slice value);   /* none: nothing is written */
void form_put_int(struct form_writer *out, const char *key, int64_t value);
void form_put_bool(struct form_writer *out, const char *key, bool value);
struct slice form_done(struct form_writer *out);

#endif
