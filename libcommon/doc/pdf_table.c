/* Tables on pages; see pdf_layout.h. Columns to the right are numbers and never broken; the others share what is left and are broken into lines between
 * words. A row stays on one page, unless it is longer than one; the head is repeated on each. */
#include "doc/pdf_internal.h"

#define GAP 8.0f             /* between columns */
#define SIZE_FULL 8.0f
#define SIZE_LEAST 4.5f
#define NARROWEST 40.0f      /* of a column that is broken */
#define LEADING 1.3f

void pdf_table_measure(struct pdf_layout *at, struct pdf_table *table, const struct slice *cells, bool bold)
{
    char encoded[PDF_TEXT_MAX];
    for (size_t i = 0; i < table->columns; i++) {
        const struct slice cell = slice_of(cells[i].data, cells[i].size < sizeof encoded ? cells[i].size : sizeof encoded);
        const float width = pdf_width(at, slice_of(encoded, pdf_encode(cell, encoded)), bold, SIZE_FULL) + GAP;
        if (width > table->widths[i])
            table->widths[i] = width;
    }
}

static float sum_of(const struct pdf_table *table, bool right)
{
    float sum = 0;
    for (size_t i = 0; i < table->columns; i++)
        sum += table->right[i] == right ? table->widths[i] : 0;
    return sum;
}

static void scale(struct pdf_table *table, bool right, float factor)
{
    for (size_t i = 0; i < table->columns; i++)
        table->widths[i] *= table->right[i] == right ? factor : 1;
}

/* What is over goes to all columns alike; what lacks is taken from those that can be broken, and from the type's size when the numbers alone are too wide. */
static void fit(struct pdf_table *table, float room)
{
    const float numbers = sum_of(table, true), words = sum_of(table, false), least = words > 0 ? NARROWEST : 0;
    table->size = SIZE_FULL;
    if (numbers + words <= room) {
        scale(table, true, room / (numbers + words));
        scale(table, false, room / (numbers + words));
        return;
    }
    if (numbers + least > room) {
        const float factor = (room - least) / numbers;
        table->size = SIZE_FULL * factor > SIZE_LEAST ? SIZE_FULL * factor : SIZE_LEAST;
        scale(table, true, factor);
    }
    if (words > 0)
        scale(table, false, (room - sum_of(table, true)) / words);
}

/* How much of the text goes on a line of this width: up to a blank, or at least a letter. */
static size_t line_of(const struct pdf_layout *at, struct slice text, float width, bool bold, float size)
{
    size_t end = 0;
    float taken = 0;
    for (size_t i = 1; i <= text.size; i++) {
        taken += pdf_width(at, slice_of(text.data + i - 1, 1), bold, size);
        if (taken > width)
            return end ? end : i > 1 ? i - 1 : 1;
        if (i == text.size || text.data[i] == ' ')
            end = i;
    }
    return text.size;
}

/* A cell's piece for the line, taken from *rest (UTF-8 already encoded). */
static struct slice take_line(const struct pdf_layout *at, struct slice *rest, float width, bool whole, bool bold, float size)
{
    const size_t taken = whole || rest->size == 0 ? rest->size : line_of(at, *rest, width, bold, size);
    const struct slice line = slice_of(rest->data, taken);
    *rest = slice_of(rest->data + taken, rest->size - taken);
    while (rest->size && rest->data[0] == ' ')
        *rest = slice_of(rest->data + 1, rest->size - 1);
    return line;
}

/* Cells longer than a run of text are taken piece by piece: `rest` is UTF-8, each piece encoded for its line. */
static struct slice next_piece(struct slice *rest, char encoded[PDF_TEXT_MAX])
{
    size_t size = rest->size < PDF_TEXT_MAX ? rest->size : PDF_TEXT_MAX - 1;
    while (size < rest->size && size > PDF_TEXT_MAX / 2 && rest->data[size] != ' ')
        size--;
    const struct slice piece = slice_of(rest->data, size);
    *rest = slice_of(rest->data + size, rest->size - size);
    return slice_of(encoded, pdf_encode(piece, encoded));
}

static void draw_line(struct pdf_layout *at, float x, float width, struct slice line, bool right, bool bold, float size)
{
    char text[PDF_TEXT_MAX];
    memcpy(text, line.data, line.size);
    text[line.size] = '\0';
    pdf_text_at(at, right ? x + width - pdf_width(at, line, bold, size) : x, at->y, text, bold, size);
}

/* One cell from at->y down; returns how many lines it has. Without `draw` it only counts. */
static int cell(struct pdf_layout *at, const struct pdf_table *table, size_t column, float x, struct slice content, bool bold, bool draw)
{
    const float width = table->widths[column] - GAP, top = at->y;
    char encoded[PDF_TEXT_MAX];
    int lines = 0;
    while (content.size && !at->failed) {
        struct slice piece = next_piece(&content, encoded);
        while (piece.size && !at->failed) {
            const struct slice line = take_line(at, &piece, width, table->right[column], bold, table->size);
            if (draw) {
                pdf_room(at, table->size * LEADING);
                at->y -= table->size * LEADING;
                draw_line(at, x, width, line, table->right[column], bold, table->size);
            }
            lines++;
        }
    }
    if (draw && at->y < top)   /* the cells beside begin where this one began */
        at->y = top;
    return lines;
}

static void draw_row(struct pdf_layout *at, const struct pdf_table *table, const struct slice *cells, bool bold)
{
    float x = at->left;
    int most = 1;
    for (size_t i = 0; i < table->columns; i++) {
        const int lines = cell(at, table, i, x, cells[i], bold, false);
        most = lines > most ? lines : most;
        cell(at, table, i, x, cells[i], bold, true);
        x += table->widths[i];
    }
    at->y -= (float)most * table->size * LEADING;
}

static float height_of(struct pdf_layout *at, const struct pdf_table *table, const struct slice *cells, bool bold)
{
    int most = 1;
    for (size_t i = 0; i < table->columns; i++) {
        const int lines = cell(at, table, i, 0, cells[i], bold, false);
        most = lines > most ? lines : most;
    }
    return (float)most * table->size * LEADING;
}

void pdf_table_begin(struct pdf_layout *at, struct pdf_table *table)
{
    pdf_end_line(at);
    at->left = PDF_MARGIN;
    at->y -= GAP / 2;
    fit(table, pdf_right(at) - at->left + GAP);
    pdf_room(at, 3 * height_of(at, table, table->head, true));
    draw_row(at, table, table->head, true);
}

void pdf_table_row(struct pdf_layout *at, const struct pdf_table *table, const struct slice *cells, bool bold)
{
    if (at->failed)
        return;
    if (!pdf_room(at, height_of(at, table, cells, bold)))
        draw_row(at, table, table->head, true);
    draw_row(at, table, cells, bold);
}
