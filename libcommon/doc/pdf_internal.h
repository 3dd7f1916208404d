/* Between pdf_layout.c and pdf_table.c. */
#ifndef CUOTAS_DOC_PDF_INTERNAL_H
#define CUOTAS_DOC_PDF_INTERNAL_H

#include "doc/pdf_layout.h"

#define PDF_MARGIN 50.0f

float pdf_right(const struct pdf_layout *at);
float pdf_width(const struct pdf_layout *at, struct slice encoded, bool bold, float size);
void pdf_text_at(struct pdf_layout *at, float x, float y, const char *encoded, bool bold, float size);
/* False when the rest of the page was too small: a new one has begun. */
bool pdf_room(struct pdf_layout *at, float height);

#endif
