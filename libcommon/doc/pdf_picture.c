/* See pdf_picture.h. libhpdf checks little of a picture: only what the operator configured is given to it. */
#include "doc/pdf_picture.h"

#include "doc/pdf_internal.h"

#include <qrencode.h>

#define PNG SLICE("\x89PNG\r\n\x1a\n")
#define JPEG SLICE("\xff\xd8\xff")
#define QUIET 4   /* modules around a code, which readers want */

static uint32_t number_at(struct slice bytes, size_t at)
{
    const unsigned char *s = (const unsigned char *)bytes.data + at;
    return (uint32_t)s[0] << 24 | (uint32_t)s[1] << 16 | (uint32_t)s[2] << 8 | s[3];
}

static uint32_t crc_of(struct slice bytes)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= (unsigned char)bytes.data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

/* All chunks are whole, from IHDR to IEND: libpng, as libhpdf calls it, ends the process over one that is not. */
static bool png_is_whole(struct slice bytes)
{
    size_t at = PNG.size;
    while (bytes.size - at >= 12) {
        const struct slice type = slice_of(bytes.data + at + 4, 4);
        const size_t length = number_at(bytes, at);
        if (length > bytes.size - at - 12 || number_at(bytes, at + 8 + length) != crc_of(slice_of(type.data, 4 + length)) ||
            (at == PNG.size) != slice_equals_text(type, "IHDR"))
            return false;
        at += length + 12;
        if (slice_equals_text(type, "IEND"))
            return at == bytes.size;
    }
    return false;
}

bool pdf_picture_known(struct slice bytes)
{
    return slice_starts_with(bytes, JPEG) || (slice_starts_with(bytes, PNG) && png_is_whole(bytes));
}

void pdf_logo(struct pdf_layout *at, struct slice bytes, float width, float height)
{
    if (at->failed || !pdf_picture_known(bytes))
        return;
    const HPDF_BYTE *data = (const HPDF_BYTE *)bytes.data;
    const HPDF_Image image = slice_starts_with(bytes, PNG) ? HPDF_LoadPngImageFromMem(at->doc, data, (HPDF_UINT)bytes.size)
                                                           : HPDF_LoadJpegImageFromMem(at->doc, data, (HPDF_UINT)bytes.size);
    if (!image || at->failed) {
        at->failed = !at->doc;
        HPDF_ResetError(at->doc);
        return;
    }
    const float w = (float)HPDF_Image_GetWidth(image), h = (float)HPDF_Image_GetHeight(image);
    if (w <= 0 || h <= 0)
        return;   /* a JPEG without a frame */
    const float scale = w * height > h * width ? width / w : height / h;
    const HPDF_Page page = at->pages[at->page_count - 1];
    HPDF_Page_DrawImage(page, image, pdf_right(at) - w * scale, HPDF_Page_GetHeight(page) - PDF_MARGIN - h * scale, w * scale, h * scale);
}

static void draw_modules(struct pdf_layout *at, const QRcode *code, float side)
{
    const HPDF_Page page = at->pages[at->page_count - 1];
    const float module = side / (float)(code->width + 2 * QUIET);
    for (int i = 0; i < code->width * code->width; i++)
        if (code->data[i] & 1)
            HPDF_Page_Rectangle(page, PDF_MARGIN + (float)(i % code->width + QUIET) * module, at->y - (float)(i / code->width + QUIET + 1) * module, module, module);
    HPDF_Page_Fill(page);
}

void pdf_qr(struct pdf_layout *at, struct slice text, float side)
{
    QRcode *code = at->failed ? NULL : QRcode_encodeData((int)text.size, (const unsigned char *)text.data, 0, QR_ECLEVEL_M);
    if (!code)
        return;
    pdf_end_line(at);
    pdf_room(at, side);
    if (!at->failed)
        draw_modules(at, code, side);
    at->y -= side;
    QRcode_free(code);
}
