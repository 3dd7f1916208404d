/* UTF-8: the table of well-formed sequences (Unicode, table 3-7), and what is built on it. Pure. */
#include "base/utf8.h"

static bool within(unsigned char c, unsigned char low, unsigned char high)
{
    return c >= low && c <= high;
}

static size_t sequence_size(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;    /* no overlong forms */
    *high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;   /* no surrogates, nothing past U+10FFFF */
    return lead < 0x80 ? 1 : within(lead, 0xc2, 0xdf) ? 2 : within(lead, 0xe0, 0xef) ? 3 : within(lead, 0xf0, 0xf4) ? 4 : 0;
}

size_t utf8_sequence(struct slice s)
{
    if (!s.size)
        return 0;
    const unsigned char *p = (const unsigned char *)s.data;
    unsigned char low, high;
    size_t size = sequence_size(p[0], &low, &high);
    if (size > s.size || (size > 1 && !within(p[1], low, high)))
        return 0;
    for (size_t i = 2; i < size; i++)
        if (!within(p[i], 0x80, 0xbf))
            return 0;
    return size;
}

bool utf8_valid(struct slice s)
{
    while (s.size) {
        uint64_t word;
        if (s.size >= sizeof word) {   /* mostly ASCII: eight at a time */
            memcpy(&word, s.data, sizeof word);
            if (!(word & UINT64_C(0x8080808080808080))) {
                s = slice_of(s.data + sizeof word, s.size - sizeof word);
                continue;
            }
        }
        size_t size = utf8_sequence(s);
        if (!size)
            return false;
        s = slice_of(s.data + size, s.size - size);
    }
    return true;
}

size_t utf8_length(struct slice s)
{
    size_t length = 0;
    for (size_t i = 0; i < s.size; i++)
        length += ((unsigned char)s.data[i] & 0xc0) != 0x80;
    return length;
}

struct slice utf8_cut(struct slice s, size_t size)
{
    if (s.size <= size)
        return s;
    while (size && ((unsigned char)s.data[size] & 0xc0) == 0x80)
        size--;
    return slice_of(s.data, size);
}

size_t utf8_put(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t size = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    out[0] = (char)(lead[size] | c);
    return size;
}
