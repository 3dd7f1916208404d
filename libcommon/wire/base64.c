/* Base64, both alphabets, strict. Pure. */
#include "wire/base64.h"

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static uint32_t byte_at(struct slice s, size_t i)
{
    return i < s.size ? (unsigned char)s.data[i] : 0;
}

/* Writes without padding; returns the size. */
static size_t encode(const char *alphabet, struct slice bytes, char *out)
{
    size_t size = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        uint32_t group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        size_t left = bytes.size - i, characters = left >= 3 ? 4 : left + 1;
        for (size_t c = 0; c < characters; c++)
            out[size++] = alphabet[group >> (18 - 6 * c) & 0x3f];
    }
    return size;
}

struct slice base64_encode(struct arena *arena, struct slice bytes)
{
    char *out = arena_alloc(arena, (bytes.size + 2) / 3 * 4 + 1);
    size_t size = encode(standard, bytes, out);
    while (size % 4)
        out[size++] = '=';
    return slice_of(out, size);
}

struct slice base64url_encode(struct arena *arena, struct slice bytes)
{
    char *out = arena_alloc(arena, (bytes.size + 2) / 3 * 4 + 1);
    return slice_of(out, encode(url, bytes, out));
}

static int digit(char c, char c62, char c63)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == c62 ? 62 : c == c63 ? 63 : -1;
}

/* Decodes text without padding. */
static bool decode(struct arena *arena, const char *alphabet, struct slice text, struct slice *out)
{
    if (text.size % 4 == 1)
        return false;
    char *data = arena_alloc(arena, text.size / 4 * 3 + 3);
    size_t size = 0;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = digit(text.data[i], alphabet[62], alphabet[63]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (uint32_t)value) & 0xffff;
        count += 6;
        if (count >= 8) {
            count -= 8;
            data[size++] = (char)(bits >> count & 0xff);
        }
    }
    if (bits & ((1u << count) - 1))
        return false;   /* the bits that stand for nothing must be zero */
    *out = slice_of(data, size);
    return true;
}

bool base64_decode(struct arena *arena, struct slice text, struct slice *out)
{
    if (text.size % 4)
        return false;
    for (int padding = 0; padding < 2 && text.size && text.data[text.size - 1] == '='; padding++)
        text.size--;
    return decode(arena, standard, text, out);
}

bool base64url_decode(struct arena *arena, struct slice text, struct slice *out)
{
    return decode(arena, url, text, out);
}
