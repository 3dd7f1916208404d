/* Pictures on the page that is open. Runs on a pool thread, as pdf_layout.h. */
#ifndef CUOTAS_DOC_PDF_PICTURE_H
#define CUOTAS_DOC_PDF_PICTURE_H

#include "doc/pdf_layout.h"

/* By its own bytes: a PNG whose chunks are whole, or a JPEG. What a document may show. */
bool pdf_picture_known(struct slice bytes);
/* PNG or JPEG in the page's upper right corner, as large as fits into width and height, its shape kept. One that cannot be read is left out. */
void pdf_logo(struct pdf_layout *at, struct slice bytes, float width, float height);
/* A QR code (level M) below what is written; the text goes on under it. A text too long for one is left out. */
void pdf_qr(struct pdf_layout *at, struct slice text, float side);

#endif
