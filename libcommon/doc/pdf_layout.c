/* See pdf_layout.h: documents, pages, lines. pdf_table.c has the tables. No allocation but libhpdf's own. */
#include "doc/pdf_internal.h"

#include "base/utf8.h"

#include <stdio.h>

#define FOOT 60.0f
#define LEADING 1.35f
#define FOOTER_SIZE 7.0f

static void note_error(HPDF_STATUS error, HPDF_STATUS detail, void *layout)
{
    (void)error;
    (void)detail;
    ((struct pdf_layout *)layout)->failed = true;
}

/* What Windows 1252 has at 0x80 to 0x9f. */
static char beyond_latin(uint32_t code_point)
{
    static const uint16_t high[32] = { 0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
                                       0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
                                       0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178 };
    for (int i = 0; i < 32; i++)
        if (high[i] && high[i] == code_point)
            return (char)(0x80 + i);
    return code_point == 0x2212 ? '-' : '?';   /* minus */
}

static uint32_t decode(const char *data, size_t size)
{
    const unsigned char *s = (const unsigned char *)data;
    switch (size) {
    case 2: return (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
    case 3: return (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
    case 4: return (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
    default: return s[0];
    }
}

size_t pdf_encode(struct slice text, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < text.size;) {
        const size_t size = utf8_sequence(slice_of(text.data + i, text.size - i));
        const uint32_t c = size ? decode(text.data + i, size) : '?';
        const bool control = c < 0x20 || c == 0x7f;
        out[written++] = control ? ' ' : c < 0x80 || (c >= 0xa0 && c <= 0xff) ? (char)c : beyond_latin(c);
        i += size ? size : 1;
    }
    return written;
}

static void new_page(struct pdf_layout *at)
{
    if (at->failed || at->page_count == PDF_PAGES_MAX) {
        at->failed = true;
        return;
    }
    const HPDF_Page page = HPDF_AddPage(at->doc);
    if (!page)
        return;   /* noted */
    HPDF_Page_SetSize(page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
    at->pages[at->page_count++] = page;
    at->y = HPDF_Page_GetHeight(page) - PDF_MARGIN;
}

void pdf_open(struct pdf_layout *at, const char *title)
{
    *at = (struct pdf_layout){ .left = PDF_MARGIN, .size = 9 };
    at->doc = HPDF_New(note_error, at);
    at->failed = at->failed || !at->doc;
    if (at->failed)
        return;
    HPDF_SetCompressionMode(at->doc, HPDF_COMP_ALL);
    HPDF_SetInfoAttr(at->doc, HPDF_INFO_TITLE, title);
    at->fonts[0] = HPDF_GetFont(at->doc, "Helvetica", "WinAnsiEncoding");
    at->fonts[1] = HPDF_GetFont(at->doc, "Helvetica-Bold", "WinAnsiEncoding");
    new_page(at);
}

float pdf_right(const struct pdf_layout *at)
{
    return at->page_count ? HPDF_Page_GetWidth(at->pages[0]) - PDF_MARGIN : PDF_MARGIN + 1;
}

float pdf_width(const struct pdf_layout *at, struct slice encoded, bool bold, float size)
{
    if (at->failed || encoded.size == 0)
        return 0;
    return (float)HPDF_Font_TextWidth(at->fonts[bold], (const HPDF_BYTE *)encoded.data, (HPDF_UINT)encoded.size).width * size / 1000;
}

/* `encoded` must end in a NUL behind its size, and have none within: pdf_encode writes none. */
void pdf_text_at(struct pdf_layout *at, float x, float y, const char *encoded, bool bold, float size)
{
    if (at->failed)
        return;
    const HPDF_Page page = at->pages[at->page_count - 1];
    HPDF_Page_BeginText(page);
    HPDF_Page_SetFontAndSize(page, at->fonts[bold], size);
    HPDF_Page_TextOut(page, x, y, encoded);
    HPDF_Page_EndText(page);
}

bool pdf_room(struct pdf_layout *at, float height)
{
    if (at->y - height >= FOOT)
        return true;
    new_page(at);
    return false;
}

static void flush_run(struct pdf_layout *at)
{
    at->run[at->run_size] = '\0';
    if (at->run_size)
        pdf_text_at(at, at->x, at->y, at->run, at->bold, at->size);
    at->x += at->run_width;
    at->run_size = 0;
    at->run_width = 0;
}

static void next_line(struct pdf_layout *at)
{
    flush_run(at);
    pdf_room(at, at->size * LEADING);
    at->y -= at->size * LEADING;
    at->x = at->left;
    at->space = false;
}

void pdf_block(struct pdf_layout *at, float gap, float indent, float size, bool bold)
{
    flush_run(at);
    at->y -= gap;
    at->left = PDF_MARGIN + indent;
    at->size = size;
    at->bold = bold;
    next_line(at);
}

void pdf_end_line(struct pdf_layout *at)
{
    flush_run(at);
}

void pdf_bold(struct pdf_layout *at, bool bold)
{
    if (bold != at->bold)
        flush_run(at);
    at->bold = bold;
}

static void append(struct pdf_layout *at, struct slice encoded, float width)
{
    if (at->run_size + encoded.size >= sizeof at->run)
        flush_run(at);
    memcpy(at->run + at->run_size, encoded.data, encoded.size);
    at->run_size += encoded.size;
    at->run_width += width;
}

/* A word wider than a line: as many of its letters as fit, line by line. */
static void break_word(struct pdf_layout *at, struct slice encoded)
{
    for (size_t i = 0; i < encoded.size && !at->failed; i++) {
        const struct slice letter = slice_of(encoded.data + i, 1);
        const float width = pdf_width(at, letter, at->bold, at->size);
        if (at->x + at->run_width + width > pdf_right(at) && at->x + at->run_width > at->left)
            next_line(at);
        append(at, letter, width);
    }
}

void pdf_word(struct pdf_layout *at, struct slice word)
{
    char encoded_bytes[PDF_TEXT_MAX];
    if (at->failed || word.size >= sizeof encoded_bytes)
        return;
    const struct slice encoded = slice_of(encoded_bytes, pdf_encode(word, encoded_bytes));
    const float width = pdf_width(at, encoded, at->bold, at->size), blank = pdf_width(at, SLICE(" "), at->bold, at->size);
    const bool begins = at->x + at->run_width <= at->left;
    const float before = at->space && !begins ? blank : 0;
    at->space = false;
    if (at->x + at->run_width + before + width <= pdf_right(at)) {
        if (before > 0)
            append(at, SLICE(" "), blank);
        append(at, encoded, width);
        return;
    }
    if (!begins)
        next_line(at);
    break_word(at, encoded);
}

static void draw_footer(struct pdf_layout *at, struct slice footer, struct slice page, struct slice of, int number)
{
    char text[PDF_TEXT_MAX], encoded[PDF_TEXT_MAX];
    const int size = snprintf(text, sizeof text, "%.*s %d %.*s %d", SLICE_FMT(page), number, SLICE_FMT(of), at->page_count);
    const size_t count = pdf_encode(slice_of(text, (size_t)size), encoded);
    encoded[count] = '\0';
    const float width = pdf_width(at, slice_of(encoded, count), false, FOOTER_SIZE);
    const int pages = at->page_count;
    at->page_count = number;   /* pdf_text_at writes on the last one */
    pdf_text_at(at, pdf_right(at) - width, FOOT / 2, encoded, false, FOOTER_SIZE);
    encoded[pdf_encode(footer, encoded)] = '\0';
    pdf_text_at(at, PDF_MARGIN, FOOT / 2, encoded, false, FOOTER_SIZE);
    at->page_count = pages;
}

void pdf_finish(struct pdf_layout *at, struct slice footer, struct slice page, struct slice of)
{
    flush_run(at);
    for (int number = 1; number <= at->page_count && !at->failed; number++)
        draw_footer(at, slice_of(footer.data, footer.size < PDF_TEXT_MAX ? footer.size : PDF_TEXT_MAX - 1), page, of, number);
}
