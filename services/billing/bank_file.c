/* See bank_file.h. Nothing here suspends. */
#include "billing/bank_file.h"

#include "base/utf8.h"
#include "gen/problems.h"
#include "wire/json_write.h"

#include <stdio.h>

#define ACCOUNT_BYTES_MAX 40

static bool fail(struct bank_file *file, const struct problem *problem, const char *format, va_list args)
{
    if (!file->problem) {
        file->problem = problem;
        vsnprintf(file->why, sizeof file->why, format, args);
        /* What was quoted from the file may have been cut. */
        const struct slice whole = slice_of(file->why, strlen(file->why));
        size_t good = 0;
        for (size_t step; good < whole.size && (step = utf8_sequence(slice_of(whole.data + good, whole.size - good))) > 0;)
            good += step;
        file->why[good] = '\0';
    }
    return false;
}

bool bank_file_fail(struct bank_file *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(file, &PROBLEM_bank_file_unreadable, format, args);
    va_end(args);
    return false;
}

static bool unbalanced(struct bank_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool unbalanced(struct bank_file *file, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(file, &PROBLEM_bank_statement_unbalanced, format, args);
    va_end(args);
    return false;
}

struct bank_statement *bank_file_statement(struct bank_file *file)
{
    if (file->count == BANK_STATEMENTS_MAX) {
        bank_file_fail(file, "more than %d statements", BANK_STATEMENTS_MAX);
        return NULL;
    }
    if (file->count == file->room) {
        const size_t room = file->room ? 2 * file->room : 4;
        file->statements = arena_grow(file->arena, file->statements, file->room * sizeof *file->statements, room * sizeof *file->statements);
        file->room = room;
    }
    return &file->statements[file->count++];
}

struct bank_line *bank_file_line(struct bank_file *file)
{
    struct bank_statement *statement = &file->statements[file->count - 1];
    if (file->lines == BANK_LINES_MAX) {
        bank_file_fail(file, "more than %d lines", BANK_LINES_MAX);
        return NULL;
    }
    if (statement->count == statement->room) {
        const size_t room = statement->room ? 2 * statement->room : 16;
        statement->lines = arena_grow(file->arena, statement->lines, statement->room * sizeof *statement->lines, room * sizeof *statement->lines);
        statement->room = room;
    }
    file->lines++;
    return &statement->lines[statement->count++];
}

struct slice bank_text(struct bank_file *file, struct slice text, size_t size)
{
    char *out = arena_alloc(file->arena, text.size + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        if (c > ' ' && c != 0x7f)
            out[used++] = (char)c;
        else if (used > 0 && out[used - 1] != ' ')
            out[used++] = ' ';
    }
    const struct slice cut = slice_trim(utf8_cut(slice_of(out, used), size));
    return cut.size ? cut : SLICE_NONE;
}

struct slice bank_account(struct bank_file *file, struct slice text)
{
    char *out = arena_alloc(file->arena, text.size + 1);
    size_t used = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/')
            out[used++] = c;
        else if (c != ' ')
            return SLICE_NONE;
    }
    return used > 0 && used <= ACCOUNT_BYTES_MAX ? slice_of(out, used) : SLICE_NONE;
}

static bool check_statement(struct bank_file *file, size_t number)
{
    const struct bank_statement *statement = &file->statements[number];
    int64_t sum = 0, reached = 0;
    if (slice_is_none(statement->account))
        return bank_file_fail(file, "statement %zu has no account", number + 1);
    if (!statement->currency)
        return bank_file_fail(file, "statement %zu has no currency", number + 1);
    for (size_t i = 0; i < statement->count; i++)
        if (!money_add(sum, statement->lines[i].amount, &sum))
            return bank_file_fail(file, "the lines of statement %zu are too much to be added up", number + 1);
    if (!statement->has_opening || !statement->has_closing)
        return true;
    if (money_add(statement->opening, sum, &reached) && reached == statement->closing)
        return true;
    return unbalanced(file, "statement %zu (%.*s): %lld and %lld in lines are not %lld, in minor units of %s", number + 1, SLICE_FMT(statement->account),
                      (long long)statement->opening, (long long)sum, (long long)statement->closing, statement->currency->code);
}

bool bank_file_check(struct bank_file *file)
{
    if (file->problem)
        return false;
    if (file->count == 0)
        return bank_file_fail(file, "there is no statement in it");
    for (size_t i = 0; i < file->count; i++)
        if (!check_statement(file, i))
            return false;
    return true;
}

static void put_line(struct json_writer *out, const struct bank_line *line, size_t place)
{
    json_begin(out, NULL, '{');
    json_put_int(out, "place", (int64_t)place);
    json_put_int(out, "amount", line->amount);
    json_put_text(out, "booked_on", line->booked_on);
    json_put_text(out, "value_on", line->value_on);
    json_put_text(out, "reference", line->reference);
    json_put_text(out, "bank_reference", line->bank_reference);
    json_put_text(out, "name", line->name);
    json_put_text(out, "counter_account", line->counter_account);
    json_put_text(out, "text", line->text);
    json_put_text(out, "return_code", line->return_code);
    json_end(out, '}');
}

static void put_statement(struct json_writer *out, const struct bank_statement *statement, size_t place)
{
    json_begin(out, NULL, '{');
    json_put_int(out, "place", (int64_t)place);
    json_put_text(out, "account", statement->account);
    json_put_text(out, "currency", slice_from_text(statement->currency->code));
    json_put_text(out, "reference", statement->reference);
    json_put_text(out, "from_on", statement->from_on);
    json_put_text(out, "to_on", statement->to_on);
    if (statement->has_opening)
        json_put_int(out, "opening", statement->opening);
    if (statement->has_closing)
        json_put_int(out, "closing", statement->closing);
    json_begin(out, "lines", '[');
    for (size_t i = 0; i < statement->count; i++)
        put_line(out, &statement->lines[i], i + 1);
    json_end(out, ']');
    json_end(out, '}');
}

struct slice bank_file_json(const struct bank_file *file)
{
    struct json_writer out = json_to_arena(file->arena);
    json_begin(&out, NULL, '[');
    for (size_t i = 0; i < file->count; i++)
        put_statement(&out, &file->statements[i], i + 1);
    json_end(&out, ']');
    return json_done(&out);
}
