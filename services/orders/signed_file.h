/* What an uploaded file is, by its own bytes: whatever its sender says it is. Pure. */
#ifndef CUOTAS_ORDERS_SIGNED_FILE_H
#define CUOTAS_ORDERS_SIGNED_FILE_H

#include "base/slice.h"

/* "application/pdf", "image/jpeg" or "image/png"; NULL: none of them, or not whole. */
const char *signed_file_media_type(struct slice bytes);

#endif
