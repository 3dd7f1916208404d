/* POST /v1/bank-statements: a bank's file, read whole, checked, and kept by one unit. Sent again it changes nothing, so it needs no key. Suspends in reading and in the unit. */
#include "billing/bank_file.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "http/route.h"
#include "http/server.h"
#include "wire/json_write.h"
#include "wire/sha256.h"

static const char *format_of(struct request *rq)
{
    struct slice rest;
    const struct slice type = slice_trim(slice_cut(request_header(rq, "content-type"), ';', &rest));
    if (slice_equals_nocase(type, SLICE("application/xml")))
        return "camt053";
    if (slice_equals_nocase(type, SLICE("text/csv")))
        return "csv";
    if (slice_equals_nocase(type, SLICE("text/plain")))
        return "n43";
    return work_fail(&rq->work, &PROBLEM_unsupported_media_type, "send application/xml (camt.053), text/csv or text/plain (Norma 43)");
}

static bool read_csv(struct request *rq, const struct import_bank_statement_in *in, struct bank_file *file)
{
    const struct bank_csv said = {
        .account = in->account, .currency = in->currency, .columns = in->columns, .skip = in->skip, .decimal_comma = slice_equals_text(in->decimal, "comma"),
        .date_order = slice_equals_text(in->dates, "dmy") ? 'd' : slice_equals_text(in->dates, "mdy") ? 'm' : 'y',
    };
    if (slice_is_none(bank_account(file, in->account))) {
        work_fail_field(&rq->work, &PROBLEM_validation_failed, SLICE("query:account"), "required", "a CSV file does not say whose it is: the account's number");
        return false;
    }
    return bank_read_csv(file, rq->body, &said);
}

static bool read_file(struct request *rq, const struct import_bank_statement_in *in, const char *format, struct bank_file *file)
{
    const bool read = format[0] == 'n'                   ? bank_read_n43(file, rq->body)
                      : strcmp(format, "camt053") == 0 ? bank_read_camt(file, rq->body)
                                                       : read_csv(rq, in, file);
    if (!read && file->problem)
        work_fail(&rq->work, file->problem, "%s", file->why);
    return read;
}

/* The same bytes, read in another way, are another file. */
static struct slice known_by(struct request *rq, const struct import_bank_statement_in *in, const char *format)
{
    const bool csv = strcmp(format, "csv") == 0;
    const struct slice bytes = sha256_hex(rq->work.arena, rq->body);
    const struct slice said = arena_printf(rq->work.arena, "%.*s %s %.*s|%.*s|%.*s|%lld|%.*s|%.*s", SLICE_FMT(bytes), format, SLICE_FMT(in->account), SLICE_FMT(in->currency),
                                           SLICE_FMT(in->columns), (long long)in->skip, SLICE_FMT(in->decimal), SLICE_FMT(in->dates));
    return csv ? sha256_hex(rq->work.arena, said) : bytes;
}

static struct reply report(struct request *rq, int64_t imported, const struct row *file)
{
    struct json_writer out = json_to_arena(rq->work.arena);
    json_begin(&out, NULL, '{');
    json_put_raw(&out, "data", row_text(file, "data"));
    json_put_int(&out, "imported", imported);
    json_put_int(&out, "known", row_int(file, "lines") - imported);
    json_end(&out, '}');
    return reply_ok(rq, json_done(&out));
}

SUSPENDS struct reply import_bank_statement(struct request *rq, const struct import_bank_statement_in *in)
{
    struct work *w = &rq->work;
    struct bank_file *file = ARENA_NEW(w->arena, struct bank_file);
    file->arena = w->arena;
    const char *format = format_of(rq);
    if (!format || !request_read_all(rq, rq->route->body_max) || !read_file(rq, in, format, file))
        return reply_problem(rq);
    struct batch *batch = batch_new(w, POOL_WRITE);
    const struct slice known = known_by(rq, in, format);
    batch_add(batch, SQL(import_bank_statement, .file = known, .format = slice_from_text(format), .statements = bank_file_json(file), .by = w->identity.subject));
    batch_add(batch, SQL(read_bank_file, .file = known));
    if (!batch_run(batch))
        return reply_problem(rq);
    return report(rq, row_int(batch_row(batch, 0), "imported"), batch_row(batch, 1));
}
