/* Writes XML 1.0 into an arena: escaped, always well-formed and valid UTF-8. What XML cannot hold (control characters, U+FFFE, U+FFFF, bad bytes) becomes
 * U+FFFD. Names and attributes' names are the program's own and are not escaped.
 *     struct xml_writer out = xml_to_arena(arena);
 *     xml_begin(&out, "Invoice", "xmlns=\"urn:...\"");
 *     xml_put(&out, "cbc:ID", id);
 *     xml_end(&out, "Invoice");
 *     struct slice document = xml_done(&out); */
#ifndef CUOTAS_WIRE_XML_WRITE_H
#define CUOTAS_WIRE_XML_WRITE_H

#include "base/text.h"

struct xml_writer {
    struct text text;
    unsigned depth;
};

/* Begins with the declaration. */
struct xml_writer xml_to_arena(struct arena *arena);
/* `attributes`: as they are written, or NULL. */
void xml_begin(struct xml_writer *out, const char *name, const char *attributes);
void xml_end(struct xml_writer *out, const char *name);
/* An element with text; none: no element. */
void xml_put(struct xml_writer *out, const char *name, struct slice text);
void xml_put_with(struct xml_writer *out, const char *name, const char *attribute, struct slice value, struct slice text);
/* NUL-terminated. Aborts when an element is still open. */
struct slice xml_done(struct xml_writer *out);

#endif
