/* Reads XML 1.0 as events, over expat: well-formed or refused, names without their namespaces' prefixes, nesting bounded. A document type is refused, so
 * there are no entities but XML's own five, and nothing is ever fetched. Nothing suspends.
 *     static bool ended(void *of, const struct xml_element *element) { ... }
 *     struct xml_error error;
 *     bool whole = xml_read(arena, document, &(struct xml_handler){ .end = ended }, of, &error); */
#ifndef CUOTAS_WIRE_XML_READ_H
#define CUOTAS_WIRE_XML_READ_H

#include "base/arena.h"

#define XML_DEPTH_MAX 32
#define XML_PATH_BYTES_MAX 1024
#define XML_TEXT_BYTES_MAX 4096

struct xml_element {
    struct slice path;         /* local names from the root on: "Document/Stmt/Id" */
    struct slice space;        /* its namespace; none: in none */
    struct slice text;         /* at its end: what stands in it behind its last child, markup resolved, cut at XML_TEXT_BYTES_MAX */
    const char **attributes;   /* at its begin: names and values in turn, then NULL */
    int64_t line;
};

/* What is told of each element; NULL: nothing. False ends the reading. All slices last for the call. */
struct xml_handler {
    bool (*begin)(void *of, const struct xml_element *element);
    bool (*end)(void *of, const struct xml_element *element);
};

struct xml_error {
    int64_t line;
    const char *why;   /* NULL: a handler ended it */
};

/* True when the document is whole and no handler ended it. */
bool xml_read(struct arena *arena, struct slice document, const struct xml_handler *handler, void *of, struct xml_error *error);
/* None when there is no such attribute. */
struct slice xml_attribute(const struct xml_element *element, const char *name);

#endif
