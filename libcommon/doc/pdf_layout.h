/* Flows text onto A4 pages with libhpdf: words into lines, lines onto pages, tables of measured columns. Helvetica in the encoding of Windows 1252, which
 * has all of Spanish and English; what it has not becomes '?'.
 *
 * Runs on a pool thread: everything is in the struct, nothing of the loop's is touched. libhpdf tells errors through a callback that only takes note; after
 * the first one nothing more is drawn, and `failed` is true. */
#ifndef CUOTAS_DOC_PDF_LAYOUT_H
#define CUOTAS_DOC_PDF_LAYOUT_H

#include "base/slice.h"

#include <hpdf.h>

#define PDF_PAGES_MAX 1000
#define PDF_COLUMNS_MAX 12
#define PDF_ROW_MAX 24576      /* of one row of a table, as it is written */
#define PDF_TEXT_MAX 1024       /* bytes of one run of text, one word, one line of a cell */

struct pdf_layout {
    HPDF_Doc doc;
    HPDF_Font fonts[2];         /* regular, bold */
    HPDF_Page pages[PDF_PAGES_MAX];
    int page_count;
    bool failed;
    float left, y, x;           /* x: where the next run begins */
    float size;
    bool bold;
    bool space;                 /* a blank stands before the next word */
    char run[PDF_TEXT_MAX];     /* of this line and font, not drawn yet */
    size_t run_size;
    float run_width;
    char head_cells[PDF_ROW_MAX], row_cells[PDF_ROW_MAX];   /* a table's head and the row being drawn, without syntax */
};

void pdf_open(struct pdf_layout *at, const char *title);
/* Ends what is open; afterwards the document can be saved. */
void pdf_finish(struct pdf_layout *at, struct slice footer, struct slice page, struct slice of);

/* A block of flowing text begins: after a gap, `indent` from the margin, in a size. */
void pdf_block(struct pdf_layout *at, float gap, float indent, float size, bool bold);
/* One word of UTF-8 without blanks, or a part of one: it goes to the next line when it does not fit. pdf_blank stands between words. */
void pdf_word(struct pdf_layout *at, struct slice word);
static inline void pdf_blank(struct pdf_layout *at) { at->space = true; }
void pdf_bold(struct pdf_layout *at, bool bold);
void pdf_end_line(struct pdf_layout *at);

struct pdf_table {
    size_t columns;
    bool right[PDF_COLUMNS_MAX];
    float widths[PDF_COLUMNS_MAX];   /* as measured, then as they are drawn */
    struct slice head[PDF_COLUMNS_MAX];
    float size;
};

/* Widens the columns so that the cells fit without a break. Cells are UTF-8 as shown, without syntax. */
void pdf_table_measure(struct pdf_layout *at, struct pdf_table *table, const struct slice *cells, bool bold);
/* Fits the columns onto a line: smaller type, then breaks in those that are not to the right. Draws the head. */
void pdf_table_begin(struct pdf_layout *at, struct pdf_table *table);
void pdf_table_row(struct pdf_layout *at, const struct pdf_table *table, const struct slice *cells, bool bold);

/* UTF-8 as Windows 1252; how many bytes of `out` (at least text.size) were written. */
size_t pdf_encode(struct slice text, char *out);

#endif
