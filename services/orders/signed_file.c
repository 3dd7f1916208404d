/* See signed_file.h. Looks at how a file begins and ends, and no further: nothing here opens it. */
#include "signed_file.h"

#define PDF_END_WITHIN 1024   /* after %%EOF writers leave line ends, and some a little more */

static bool begins(struct slice bytes, struct slice with)
{
    return slice_starts_with(bytes, with);
}

static bool ends(struct slice bytes, struct slice with)
{
    return bytes.size >= with.size && memcmp(bytes.data + bytes.size - with.size, with.data, with.size) == 0;
}

static bool is_pdf(struct slice bytes)
{
    const size_t tail = bytes.size < PDF_END_WITHIN ? bytes.size : PDF_END_WITHIN;
    return (begins(bytes, SLICE("%PDF-1.")) || begins(bytes, SLICE("%PDF-2."))) &&
           memmem(bytes.data + bytes.size - tail, tail, "%%EOF", 5) != NULL;
}

/* Start of image and another marker; end of image. */
static bool is_jpeg(struct slice bytes)
{
    return bytes.size > 4 && begins(bytes, SLICE("\xff\xd8\xff")) && ends(bytes, SLICE("\xff\xd9"));
}

/* Its signature and first chunk; its last chunk, which is empty and has a fixed CRC. */
static bool is_png(struct slice bytes)
{
    return bytes.size > 16 && begins(bytes, SLICE("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")) && ends(bytes, SLICE("\0\0\0\0IEND\xae\x42\x60\x82"));
}

const char *signed_file_media_type(struct slice bytes)
{
    if (is_pdf(bytes))
        return "application/pdf";
    if (is_jpeg(bytes))
        return "image/jpeg";
    return is_png(bytes) ? "image/png" : NULL;
}
