/* A document made on a pool thread: what is drawn, and what it is drawn of, is in an arena of its own, which outlives a waiter whose deadline passed.
 * The same drawing gives the same bytes: nothing of a document is of the time it was made. */
#ifndef CUOTAS_DOC_PDF_H
#define CUOTAS_DOC_PDF_H

#include "base/result.h"
#include "base/work.h"
#include "doc/pdf_layout.h"

/* Draws everything, pdf_finish included. On the thread: touches `layout` and what `of` points to, nothing of the loop's. */
typedef void pdf_draw(struct pdf_layout *layout, const void *of);

/* The document's bytes, in w's arena; none with the failure recorded. Takes `arena`, which holds `of` and the title. Suspends while the thread works. */
SUSPENDS struct slice pdf_make(struct work *w, struct arena *arena, const char *title, pdf_draw *draw, const void *of);

#endif
