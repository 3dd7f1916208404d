/* Fuzz target of base's readers of text: dates, times, decimals, amounts, integers, UUIDs, UTF-8, escaping. What is read and written
 * again must be the same value. */
#include "fuzz.h"

#include "base/date.h"
#include "base/escape.h"
#include "base/money.h"
#include "base/utf8.h"
#include "base/uuid.h"
#include "wire/card_number.h"
#include "wire/json.h"

#include <stdio.h>

static void fuzz_times(struct slice text)
{
    int32_t date;
    int64_t time_us, again;
    char out[28];
    if (date_parse(text, &date)) {
        date_format(date, out);
        CHECK(slice_equals_text(text, out));
    }
    if (time_parse(text, &time_us) && time_us >= INT64_C(-62135596800000000) && time_us < INT64_C(253402300800000000)) {
        time_format(time_us, out);
        CHECK(time_parse(slice_from_text(out), &again) && again == time_us);
    }
}

static void fuzz_numbers(struct slice text)
{
    struct decimal decimal;
    int64_t amount, integer;
    bool is_decimal = decimal_parse(text, 18, &decimal);
    CHECK(!is_decimal || (decimal.scale >= 0 && decimal.scale <= 18));
    if (money_parse_major(text, currency_find(SLICE("USD")), &amount))
        CHECK(is_decimal && amount <= MONEY_MAX && amount >= -MONEY_MAX);
    if (slice_to_int64(text, &integer)) {
        char out[24];
        int64_t again;
        snprintf(out, sizeof out, "%lld", (long long)integer);
        CHECK(slice_to_int64(slice_from_text(out), &again) && again == integer);
    }
    (void)uuid_valid(text);
    (void)currency_find(text);
}

static void fuzz_utf8(struct slice text)
{
    struct slice rest = text;
    while (rest.size && utf8_sequence(rest))
        rest = slice_of(rest.data + utf8_sequence(rest), rest.size - utf8_sequence(rest));
    CHECK(utf8_valid(text) == (rest.size == 0));
    for (size_t size = 0; size < 12; size++) {
        struct slice cut = utf8_cut(text, size);
        CHECK(cut.size <= size || cut.size == text.size);
        CHECK(rest.size || utf8_valid(cut));
    }
}

/* What stands before a text, apart from it, does not change what it holds. */
static void fuzz_card(struct arena *arena, struct slice text)
{
    char *behind = arena_alloc(arena, text.size + 2);
    memcpy(behind, "x ", 2);
    memcpy(behind + 2, text.data, text.size);
    CHECK(card_number_in(text) == card_number_in(slice_of(behind, text.size + 2)));
}

static void fuzz_escape(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, text.size * 6 + 3);
    size_t size = 0;
    out[size++] = '"';
    for (struct slice rest = text; rest.size;) {
        char scratch[8];
        struct slice piece = escape_json_next(&rest, scratch);
        memcpy(out + size, piece.data, piece.size);
        size += piece.size;
    }
    out[size++] = '"';
    bool has_nul = text.size && memchr(text.data, '\0', text.size);
    struct slice back = json_text(json_parse(arena, slice_of(out, size), NULL, NULL));
    CHECK(slice_is_none(back) == has_nul);
    CHECK(has_nul || !utf8_valid(text) || slice_equals(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct slice text = slice_of((const char *)data, size);
    fuzz_times(text);
    fuzz_numbers(text);
    fuzz_utf8(text);
    fuzz_escape(arena, text);
    fuzz_card(arena, text);
    arena_free(arena);
    return 0;
}
