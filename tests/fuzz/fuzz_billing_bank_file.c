/* Fuzz target of banks' files: the first byte says the format. What is read has accounts, days and amounts, its balances are led to by its lines, and it is written as
 * JSON that the gate takes; what is refused says why, in UTF-8. Read twice it is the same. */
#include "fuzz.h"

#include "base/date.h"
#include "base/utf8.h"
#include "billing/bank_file.h"
#include "wire/json.h"

static bool read_as(struct bank_file *file, uint8_t kind, struct slice body)
{
    const struct bank_csv said = { .account = SLICE("ES91"), .currency = kind & 8 ? SLICE("JPY") : SLICE("EUR"), .columns = kind & 16 ? SLICE("date,text,amount") : SLICE_NONE,
                                   .skip = kind & 32 ? 2 : 0, .decimal_comma = kind & 64, .date_order = "ydm"[kind >> 2 & 1] };
    return kind % 3 == 0 ? bank_read_camt(file, body) : kind % 3 == 1 ? bank_read_csv(file, body, &said) : bank_read_n43(file, body);
}

static void check_statement(const struct bank_statement *statement)
{
    int64_t sum = statement->opening;
    CHECK(statement->account.size > 0 && statement->currency);
    for (size_t i = 0; i < statement->count; i++) {
        const struct bank_line *line = &statement->lines[i];
        int32_t day;
        CHECK(line->amount != 0 && date_parse(line->booked_on, &day) && (slice_is_none(line->value_on) || date_parse(line->value_on, &day)));
        CHECK(utf8_valid(line->text) && line->text.size <= 1100 && utf8_valid(line->name) && utf8_valid(line->reference));
        CHECK(!statement->has_opening || money_add(sum, line->amount, &sum));
    }
    CHECK(!statement->has_opening || !statement->has_closing || sum == statement->closing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct slice body = slice_of((const char *)data + 1, size ? size - 1 : 0);
    struct bank_file file = { .arena = arena }, again = { .arena = arena };
    if (size == 0) {
        arena_free(arena);
        return 0;
    }
    const bool read = read_as(&file, data[0], body);
    CHECK(read == (file.problem == NULL) && read == read_as(&again, data[0], body));
    if (read) {
        for (size_t i = 0; i < file.count; i++)
            check_statement(&file.statements[i]);
        const struct slice json = bank_file_json(&file);
        CHECK(slice_equals(json, bank_file_json(&again)) && (file.lines > 1000 || json_parse(arena, json, NULL, NULL)));
    } else {
        CHECK(file.why[0] && utf8_valid(slice_from_text(file.why)) && strcmp(file.why, again.why) == 0);
    }
    arena_free(arena);
    return 0;
}
