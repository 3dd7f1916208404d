/* Where a page of a list by time starts. */
#ifndef CUOTAS_BILLING_LIST_PAGE_H
#define CUOTAS_BILLING_LIST_PAGE_H

#include "base/work.h"

struct list_position {
    struct slice at, id;   /* none: at the beginning */
};
/* Reads a cursor made of cursor_time() and an id. False with the failure recorded. */
bool list_position_read(struct work *w, struct slice cursor, struct list_position *out);

#endif
