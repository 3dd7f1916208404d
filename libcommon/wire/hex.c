/* Hexadecimal. Pure. */
#include "wire/hex.h"

void hex_write(const void *bytes, size_t size, char *out)
{
    const unsigned char *from = bytes;
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = "0123456789abcdef"[from[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[from[i] & 0xf];
    }
}

struct slice hex_encode(struct arena *arena, struct slice bytes)
{
    char *out = arena_alloc(arena, bytes.size * 2 + 1);
    hex_write(bytes.data, bytes.size, out);
    return slice_of(out, bytes.size * 2);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(struct slice text, void *out, size_t size)
{
    unsigned char *to = out;
    if (text.size != size * 2)
        return false;
    for (size_t i = 0; i < size; i++) {
        int high = digit(text.data[2 * i]), low = digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        to[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}
