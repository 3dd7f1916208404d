/* Fuzz target of uploaded files: bytes are one of three media types, or none, whatever follows; what is one is so by its first bytes, and a piece of it
 * is none by chance. */
#include "fuzz.h"

#include "orders/signed_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A copy of that size: a read beyond its end is seen. */
    char *bytes = malloc(size ? size : 1);
    CHECK(bytes);
    memcpy(bytes, data, size);
    const struct slice file = slice_of(bytes, size);
    const char *type = signed_file_media_type(file);
    if (type) {
        CHECK(size > 4);
        const bool pdf = !strcmp(type, "application/pdf"), jpeg = !strcmp(type, "image/jpeg"), png = !strcmp(type, "image/png");
        CHECK(pdf + jpeg + png == 1);
        CHECK(slice_starts_with(file, pdf ? SLICE("%PDF-") : jpeg ? SLICE("\xff\xd8\xff") : SLICE("\x89PNG")));
        CHECK(!signed_file_media_type(slice_of(bytes + 1, size - 1)));
    }
    free(bytes);
    return 0;
}
