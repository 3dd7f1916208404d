/* Which name of a table a text is. */
#ifndef CUOTAS_ORDERS_FIND_NAME_H
#define CUOTAS_ORDERS_FIND_NAME_H

#include "base/slice.h"

/* `first`: the first of `count` names, each `stride` bytes behind the one before (members of structures, too); NULL is no name. `equals`: slice_equals, or
 * slice_equals_nocase. -1: none of them. */
static inline int find_name(struct slice text, const char *const *first, size_t stride, size_t count,
                            bool (*equals)(struct slice, struct slice))
{
    for (size_t i = 0; i < count; i++) {
        const char *name = *(const char *const *)(const void *)((const char *)first + i * stride);
        if (name && equals(text, slice_from_text(name)))
            return (int)i;
    }
    return -1;
}

#define FIND_NAME(text, names, equals) find_name(text, names, sizeof *(names), sizeof (names) / sizeof *(names), equals)

#endif
