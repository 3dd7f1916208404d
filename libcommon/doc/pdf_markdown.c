/* See pdf_markdown.h. Line by line, a table at a time. No allocation. */
#include "doc/pdf_markdown.h"

#include "base/slice.h"

#define BODY 9.0f

/* Of a text: what is left, line by line. */
static struct slice next_line(struct slice *rest)
{
    struct slice line = slice_cut(*rest, '\n', rest);
    if (line.size && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

static bool is_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static bool is_escape(struct slice s, size_t i)
{
    return s.data[i] == '\\' && i + 1 < s.size && is_punctuation(s.data[i + 1]);
}

static bool is_bold(struct slice s, size_t i)
{
    return s.data[i] == '*' && i + 1 < s.size && s.data[i + 1] == '*';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Where a stretch of plain letters ends: at a blank, an escape, a mark for bold, or when it is as long as a word may be. */
static size_t plain_end(struct slice s, size_t i)
{
    const size_t limit = i + PDF_TEXT_MAX - 8;
    while (i < s.size && i < limit && !is_blank(s.data[i]) && !is_escape(s, i) && !is_bold(s, i))
        i++;
    while (i < s.size && i == limit && i > limit - 4 && ((unsigned char)s.data[i] & 0xc0) == 0x80)
        i++;   /* not within a letter */
    return i;
}

/* The words of a line, after what is on the line already. `bold`: of the whole block. */
static void put_inline(struct pdf_layout *at, struct slice s, bool bold)
{
    for (size_t i = 0; i < s.size && !at->failed;) {
        if (is_blank(s.data[i])) {
            pdf_blank(at);
            i++;
        } else if (is_bold(s, i)) {
            pdf_bold(at, bold || !at->bold);
            i += 2;
        } else if (is_escape(s, i)) {
            pdf_word(at, slice_of(s.data + i + 1, 1));
            i += 2;
        } else {
            const size_t end = plain_end(s, i);
            pdf_word(at, slice_of(s.data + i, end - i));
            i = end;
        }
    }
    pdf_blank(at);   /* a line goes on in the next one */
}

static size_t heading_level(struct slice line)
{
    size_t level = 0;
    while (level < line.size && level < 6 && line.data[level] == '#')
        level++;
    return level && level < line.size && is_blank(line.data[level]) ? level : 0;
}

/* Bytes of "- ", "* ", "12. " at the beginning; 0 without. */
static size_t mark_size(struct slice line)
{
    size_t i = 0;
    if (line.size > 1 && (line.data[0] == '-' || line.data[0] == '*') && is_blank(line.data[1]))
        return 2;
    while (i < line.size && i < 9 && line.data[i] >= '0' && line.data[i] <= '9')
        i++;
    return i && i + 1 < line.size && line.data[i] == '.' && is_blank(line.data[i + 1]) ? i + 2 : 0;
}

static void put_point(struct pdf_layout *at, struct slice line, size_t mark, float depth)
{
    const bool bullet = line.data[0] == '-' || line.data[0] == '*';
    pdf_block(at, 2, depth, BODY, false);
    pdf_word(at, bullet ? SLICE("\xe2\x80\xa2") : slice_of(line.data, mark - 1));
    pdf_blank(at);
    put_inline(at, slice_of(line.data + mark, line.size - mark), false);
}

/* ---- Tables */

/* The cells of "| a | b |" as text: what is escaped as it is, marks for bold gone. Their bytes lie in `bytes`. Returns how many. */
static size_t cells_of(struct slice line, char bytes[PDF_ROW_MAX], struct slice cells[PDF_COLUMNS_MAX])
{
    size_t count = 0, size = 0, begin = 0;
    for (size_t i = 1; i <= line.size; i++) {
        const bool ends = i == line.size || (line.data[i] == '|' && count + 1 < PDF_COLUMNS_MAX);
        if (ends) {
            cells[count++] = slice_trim(slice_of(bytes + begin, size - begin));
            begin = size;
        } else if (is_bold(line, i)) {
            i++;
        } else {
            i += is_escape(line, i);
            bytes[size++] = line.data[i];
        }
    }
    if (count > 1 && cells[count - 1].size == 0)   /* behind the last bar */
        count--;
    return count;
}

/* "|---|---:|" */
static bool is_rule(struct slice line)
{
    bool dash = false;
    for (size_t i = 0; i < line.size; i++) {
        if (!memchr("|-: \t", line.data[i], 5))
            return false;
        dash = dash || line.data[i] == '-';
    }
    return dash;
}

static bool is_row(struct slice line)
{
    return line.size > 1 && line.size < PDF_ROW_MAX && line.data[0] == '|';
}

static void pad(struct slice cells[PDF_COLUMNS_MAX], size_t from)
{
    for (size_t i = from; i < PDF_COLUMNS_MAX; i++)
        cells[i] = SLICE("");
}

static void read_sides(struct slice rule, struct pdf_table *table, char bytes[PDF_ROW_MAX])
{
    struct slice cells[PDF_COLUMNS_MAX];
    const size_t count = cells_of(rule, bytes, cells);
    for (size_t i = 0; i < count && i < table->columns; i++)
        table->right[i] = cells[i].size && cells[i].data[cells[i].size - 1] == ':';
}

struct table_source {
    struct slice head, rule, rows;
};

/* Every row of the table; rows with fewer cells have empty ones, what is too much for the columns stays in the last. */
static struct slice each_row(struct pdf_layout *at, const struct table_source *source, struct pdf_table *table, bool draw)
{
    struct slice rest = source->rows, cells[PDF_COLUMNS_MAX];
    while (!slice_is_none(rest) && !at->failed) {
        struct slice after = rest;
        const struct slice line = next_line(&after);
        if (!is_row(line))
            break;
        pad(cells, cells_of(line, at->row_cells, cells));
        if (draw)
            pdf_table_row(at, table, cells, false);
        else
            pdf_table_measure(at, table, cells, false);
        rest = after;
    }
    return rest;
}

/* The columns are those of the widest row, so that no cell is left out. */
static size_t columns_of(struct pdf_layout *at, const struct table_source *source)
{
    struct slice rest = source->rows, cells[PDF_COLUMNS_MAX];
    size_t most = cells_of(source->head, at->row_cells, cells);
    while (!slice_is_none(rest)) {
        const struct slice line = next_line(&rest);
        if (!is_row(line))
            break;
        const size_t count = cells_of(line, at->row_cells, cells);
        most = count > most ? count : most;
    }
    return most;
}

/* A table begins at `line`; returns what is behind it. */
static struct slice put_table(struct pdf_layout *at, struct slice line, struct slice rest)
{
    struct table_source source;
    struct pdf_table table = { 0 };
    source.head = line;
    source.rule = next_line(&rest);
    source.rows = rest;
    table.columns = columns_of(at, &source);
    pad(table.head, cells_of(line, at->head_cells, table.head));
    read_sides(source.rule, &table, at->row_cells);
    pdf_table_measure(at, &table, table.head, true);
    each_row(at, &source, &table, false);
    pdf_table_begin(at, &table);
    return each_row(at, &source, &table, true);
}

static bool table_begins(struct slice line, struct slice rest)
{
    struct slice after = rest;
    if (!is_row(line) || slice_is_none(rest))
        return false;
    const struct slice rule = next_line(&after);
    return is_row(rule) && is_rule(rule);
}

void pdf_markdown(struct pdf_layout *at, struct slice text)
{
    static const float sizes[] = { BODY, 15, 11.5f, 10, BODY, BODY, BODY };
    struct slice rest = text;
    bool flows = false;   /* the line before goes on in this one */
    while (!slice_is_none(rest) && !at->failed) {
        const struct slice raw = next_line(&rest), line = slice_trim(raw);
        const size_t level = heading_level(line), mark = level ? 0 : mark_size(line);
        if (table_begins(line, rest)) {
            rest = put_table(at, line, rest);
            flows = false;
        } else if (level) {
            pdf_block(at, level == 1 ? 4 : 8, 0, sizes[level], true);
            put_inline(at, slice_of(line.data + level, line.size - level), true);
            flows = false;
        } else if (mark) {
            put_point(at, line, mark, raw.data == line.data ? 0 : 12);
            flows = true;
        } else if (line.size) {
            if (!flows)
                pdf_block(at, 4, 0, BODY, false);
            put_inline(at, line, false);
            flows = true;
        } else {
            flows = false;
        }
    }
    pdf_end_line(at);
}
