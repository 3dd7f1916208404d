/* Bar codes on the page that is open: Code 128 (ISO/IEC 15417) in set C, as GS1-128 has it. Runs on a pool thread, as pdf_layout.h. */
#ifndef CUOTAS_DOC_PDF_BARS_H
#define CUOTAS_DOC_PDF_BARS_H

#include "doc/pdf_layout.h"

#define CODE128_FNC1 102
#define CODE128_SYMBOLS_MAX 64

/* The values of its symbols, from the start to the stop, the check character before that; how many. `elements` are digits, an even number of them, each element but the
 * last followed by a '\x1d' where its length is not known beforehand. 0: it is not so, or too long. */
size_t code128_symbols(struct slice elements, unsigned char out[CODE128_SYMBOLS_MAX]);
/* Widths of a symbol's bars and spaces in modules, a digit each, a bar first: "212222". */
const char *code128_widths(unsigned char symbol);
/* The code, across the page below what is written; the text goes on under it. What cannot be written is left out. */
void pdf_bars(struct pdf_layout *at, struct slice elements, float height);

#endif
