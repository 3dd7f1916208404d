/* Markdown onto pages: headings, paragraphs, bullets and numbered points, tables, **bold**, backslash escapes; whatever else is written stands as it is.
 * Nothing of a text is left out. Runs on a pool thread, as pdf_layout.h. */
#ifndef CUOTAS_DOC_PDF_MARKDOWN_H
#define CUOTAS_DOC_PDF_MARKDOWN_H

#include "doc/pdf_layout.h"

void pdf_markdown(struct pdf_layout *at, struct slice text);

#endif
