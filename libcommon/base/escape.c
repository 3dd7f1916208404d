/* JSON string escaping (RFC 8259, section 7): what must be escaped and nothing else, output always valid UTF-8. Pure. */
#include "base/escape.h"

#include "base/utf8.h"

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x80 && c != '"' && c != '\\';
}

#define WORD sizeof(uint64_t)

/* Eight bytes at once: true when all are plain. A byte below 0x20, a quote or a backslash borrows into its own high bit. */
static inline bool word_is_plain(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, at, WORD);
    const uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    const uint64_t special = word | (word - ones * 0x20) | ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash);
    return (special & (ones << 7)) == 0;
}

/* Plain bytes at the start, as far as words tell: all of a plain text, its last word overlapping the one before. */
static inline size_t plain_words(const char *at, size_t size)
{
    size_t done = 0;
    while (size - done >= WORD && word_is_plain(at + done))
        done += WORD;
    return size - done < WORD && size >= WORD && word_is_plain(at + size - WORD) ? size : done;
}

/* Bytes at the start of `s` that can stand as they are. */
static size_t plain_run(struct slice s)
{
    size_t size = 0;
    while ((size += plain_words(s.data + size, s.size - size)) < s.size) {
        while (size < s.size && is_plain(s.data[size]))
            size++;
        size_t sequence = size < s.size ? utf8_sequence(slice_of(s.data + size, s.size - size)) : 0;
        if (sequence < 2)
            break;
        size += sequence;
    }
    return size;
}

static struct slice escape_one(char c, char scratch[8])
{
    static const char letters[][2] = { { '"', '"' }, { '\\', '\\' }, { '\n', 'n' }, { '\r', 'r' }, { '\t', 't' }, { '\b', 'b' },
                                       { '\f', 'f' } };
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++)
        if (letters[i][0] == c) {
            memcpy(scratch, (char[]){ '\\', letters[i][1] }, 2);
            return slice_of(scratch, 2);
        }
    if ((unsigned char)c >= 0x80)
        return SLICE("\xef\xbf\xbd");
    memcpy(scratch, "\\u00", 4);
    scratch[4] = "0123456789abcdef"[(unsigned char)c >> 4];
    scratch[5] = "0123456789abcdef"[(unsigned char)c & 0xf];
    return slice_of(scratch, 6);
}

struct slice escape_json_next(struct slice *rest, char scratch[8])
{
    struct slice s = *rest;
    size_t plain = plain_run(s);
    size_t taken = plain ? plain : 1;
    *rest = slice_of(s.data + taken, s.size - taken);
    return plain ? slice_of(s.data, plain) : escape_one(s.data[0], scratch);
}
