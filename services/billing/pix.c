/* See pix.h. Fields are two digits of name, two of length, and the value. */
#include "billing/pix.h"

#include "base/text.h"

#include <inttypes.h>

#define NAME_MAX_BYTES 25
#define CITY_MAX_BYTES 15

uint16_t pix_crc(struct slice text)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < text.size; i++) {
        crc ^= (unsigned)(unsigned char)text.data[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
    }
    return (uint16_t)crc;
}

static void put(struct text *out, const char *field, struct slice value)
{
    text_put(out, arena_printf(out->arena, "%s%02zu%.*s", field, value.size, SLICE_FMT(value)));
}

/* Latin letters without their accents (U+00C0 to U+00FF); what has no such letter goes. */
static struct slice plain(struct arena *arena, struct slice text, size_t most)
{
    static const char letters[] = "AAAAAAACEEEEIIIIDNOOOOO*OUUUUYTsaaaaaaaceeeeiiiidnooooo*ouuuuyty";
    struct text out = text_to_arena(arena);
    for (size_t i = 0; i < text.size && out.size < most; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == 0xc3 && i + 1 < text.size) {
            c = (unsigned char)letters[(unsigned char)text.data[++i] & 63];
            c = c == '*' ? ' ' : c;
        }
        if (c >= ' ' && c < 127)
            text_put(&out, slice_of((const char *)&c, 1));
    }
    return text_done(&out);
}

struct slice pix_br_code(struct arena *arena, const struct pix *pix)
{
    struct text account = text_to_arena(arena), extra = text_to_arena(arena), out = text_to_arena(arena);
    put(&account, "00", SLICE("br.gov.bcb.pix"));
    put(&account, "01", pix->key);
    put(&extra, "05", slice_is_none(pix->txid) ? SLICE("***") : pix->txid);
    put(&out, "00", SLICE("01"));
    put(&out, "26", text_done(&account));
    put(&out, "52", SLICE("0000"));
    put(&out, "53", SLICE("986"));
    if (pix->amount > 0)
        put(&out, "54", arena_printf(arena, "%" PRId64 ".%02" PRId64, pix->amount / 100, pix->amount % 100));
    put(&out, "58", SLICE("BR"));
    put(&out, "59", plain(arena, pix->name, NAME_MAX_BYTES));
    put(&out, "60", plain(arena, pix->city, CITY_MAX_BYTES));
    put(&out, "62", text_done(&extra));
    text_put(&out, SLICE("6304"));
    text_put(&out, arena_printf(arena, "%04X", (unsigned)pix_crc(text_done(&out))));
    return text_done(&out);
}
