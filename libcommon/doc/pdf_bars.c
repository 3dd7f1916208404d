/* See pdf_bars.h. */
#include "doc/pdf_bars.h"

#include "doc/pdf_internal.h"

#define START_C 105
#define STOP 106
#define MODULES 11       /* of a symbol; the stop has two more */
#define QUIET 10         /* modules on either side, which readers want */
#define MODULE_MAX 1.0f  /* points: 0.35 mm */

const char *code128_widths(unsigned char symbol)
{
    static const char *const widths[] = {
        "212222", "222122", "222221", "121223", "121322", "131222", "122213", "122312", "132212", "221213", "221312", "231212", "112232", "122132", "122231", "113222",
        "123122", "123221", "223211", "221132", "221231", "213212", "223112", "312131", "311222", "321122", "321221", "312212", "322112", "322211", "212123", "212321",
        "232121", "111323", "131123", "131321", "112313", "132113", "132311", "211313", "231113", "231311", "112133", "112331", "132131", "113123", "113321", "133121",
        "313121", "211331", "231131", "213113", "213311", "213131", "311123", "311321", "331121", "312113", "312311", "332111", "314111", "221411", "431111", "111224",
        "111422", "121124", "121421", "141122", "141221", "112214", "112412", "122114", "122411", "142112", "142211", "241211", "221114", "413111", "241112", "134111",
        "111242", "121142", "121241", "114212", "124112", "124211", "411212", "421112", "421211", "212141", "214121", "412121", "111143", "111341", "131141", "114113",
        "114311", "411113", "411311", "113141", "114131", "311141", "411131", "211412", "211214", "211232", "2331112",
    };
    return symbol < sizeof widths / sizeof *widths ? widths[symbol] : "";
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The pairs and separators, from `count` on; 0: they are no pairs. */
static size_t put_pairs(struct slice elements, unsigned char *out, size_t count)
{
    for (size_t i = 0; i < elements.size; count++) {
        if (count >= CODE128_SYMBOLS_MAX - 2)
            return 0;
        if (elements.data[i] == '\x1d') {
            out[count] = CODE128_FNC1;
            i++;
        } else if (i + 1 < elements.size && digit(elements.data[i]) && digit(elements.data[i + 1])) {
            out[count] = (unsigned char)(10 * (elements.data[i] - '0') + elements.data[i + 1] - '0');
            i += 2;
        } else {
            return 0;
        }
    }
    return count;
}

size_t code128_symbols(struct slice elements, unsigned char out[CODE128_SYMBOLS_MAX])
{
    out[0] = START_C;
    out[1] = CODE128_FNC1;
    size_t count = elements.size ? put_pairs(elements, out, 2) : 0;
    if (!count)
        return 0;
    unsigned sum = START_C;
    for (size_t i = 1; i < count; i++)
        sum += (unsigned)i * out[i];
    out[count++] = (unsigned char)(sum % 103);
    out[count++] = STOP;
    return count;
}

static void draw_bars(struct pdf_layout *at, const unsigned char *symbols, size_t count, float height)
{
    const HPDF_Page page = at->pages[at->page_count - 1];
    const float wide = (pdf_right(at) - PDF_MARGIN) / (float)(MODULES * count + 2 + 2 * QUIET), module = wide < MODULE_MAX ? wide : MODULE_MAX;
    float x = PDF_MARGIN + QUIET * module;
    for (size_t i = 0; i < count; i++) {
        const char *widths = code128_widths(symbols[i]);
        for (size_t k = 0; widths[k]; k++) {
            const float width = (float)(widths[k] - '0') * module;
            if (k % 2 == 0)
                HPDF_Page_Rectangle(page, x, at->y - height, width, height);
            x += width;
        }
    }
    HPDF_Page_Fill(page);
}

void pdf_bars(struct pdf_layout *at, struct slice elements, float height)
{
    unsigned char symbols[CODE128_SYMBOLS_MAX];
    const size_t count = at->failed ? 0 : code128_symbols(elements, symbols);
    if (!count)
        return;
    pdf_end_line(at);
    pdf_room(at, height);
    if (!at->failed)
        draw_bars(at, symbols, count, height);
    at->y -= height;
}
