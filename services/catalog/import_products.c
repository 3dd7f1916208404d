/* POST /v1/products/import: reads the body as it arrives, checks line by line, writes a batch at a time. Memory is bounded by
 * one batch and one line: each has its own arena, and the report keeps only the first errors. A batch that was written stays written
 * when the client goes away; importing again is safe. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "gen/problems.h"
#include "import_line.h"
#include "wire/csv.h"
#include "wire/json.h"

#define CHUNK_BYTES (32 * 1024)
#define BATCH_LINES 500
#define ERRORS_MAX 100
#define JSON_LINE_MAX (64 * 1024)

struct import {
    struct request *rq;
    struct work batch_work;                  /* the request's, but for the arena */
    struct json_writer batch;
    int batch_count;
    enum import_column order[CSV_FIELDS_MAX];
    size_t order_count;                      /* 0: the header has not been read */
    int64_t received, created, updated, failed, written;
    struct import_error errors[ERRORS_MAX];
    size_t error_count;
};

static void batch_begin(struct import *im)
{
    im->batch_work = im->rq->work;
    im->batch_work.arena = arena_new();
    im->batch = json_to_arena(im->batch_work.arena);
    json_begin(&im->batch, NULL, '[');
    im->batch_count = 0;
}

static SUSPENDS bool batch_write(struct import *im)
{
    json_end(&im->batch, ']');
    struct slice lines = json_done(&im->batch);
    const struct row *row = NULL;
    if (im->batch_count > 0) {
        row = db_one(&im->batch_work, SQL(import_products, .lines = lines));
        if (row) {
            im->created += row_int(row, "created");
            im->updated += row_int(row, "updated");
            im->written += im->batch_count;
        } else {
            work_fail(&im->rq->work, im->batch_work.failure.problem, "%.*s", SLICE_FMT(im->batch_work.failure.detail));
        }
    }
    bool ok = row || im->batch_count == 0;
    arena_free(im->batch_work.arena);
    im->batch_work.arena = NULL;
    return ok;
}

static void note_error(struct import *im, struct import_error error)
{
    im->failed++;
    if (im->error_count == ERRORS_MAX)
        return;
    error.sku = arena_copy(im->rq->work.arena, error.sku);
    im->errors[im->error_count++] = error;
}

static SUSPENDS bool take_line(struct import *im, const struct slice columns[COLUMNS], int64_t line)
{
    struct import_error error = { .line = line, .sku = columns[COLUMN_SKU] };
    im->received++;
    if (!import_line_write(im->batch_work.arena, columns, line, &im->batch, &error)) {
        note_error(im, error);
        return true;
    }
    if (++im->batch_count < BATCH_LINES)
        return true;
    if (!batch_write(im))
        return false;
    batch_begin(im);
    return true;
}

static bool read_header(struct import *im, const struct csv_row *row)
{
    bool present[COLUMNS + 1] = { false };
    for (size_t i = 0; i < row->count; i++) {
        im->order[i] = import_column_find(slice_trim(row->fields[i]));
        if (im->order[i] == COLUMNS || present[im->order[i]]) {
            work_fail(&im->rq->work, &PROBLEM_validation_failed, "the header row has an unknown or repeated column: %.*s",
                      SLICE_FMT(row->fields[i]));
            return false;
        }
        present[im->order[i]] = true;
    }
    im->order_count = row->count;
    static const enum import_column required[] = { COLUMN_SKU, COLUMN_NAME, COLUMN_PRICE, COLUMN_CURRENCY };
    for (size_t i = 0; i < sizeof required / sizeof *required; i++) {
        if (!present[required[i]]) {
            work_fail(&im->rq->work, &PROBLEM_validation_failed, "the header row lacks the column %s",
                      import_column_name(required[i]));
            return false;
        }
    }
    return true;
}

static SUSPENDS bool take_csv_row(struct import *im, const struct csv_row *row)
{
    struct slice columns[COLUMNS] = { { NULL, 0 } };
    if (im->order_count == 0)
        return read_header(im, row);
    if (row->count != im->order_count) {
        im->received++;
        note_error(im, (struct import_error){ .line = row->line, .detail = "has another number of fields than the header" });
        return true;
    }
    for (size_t i = 0; i < row->count; i++)
        columns[im->order[i]] = row->fields[i];
    return take_line(im, columns, row->line);
}

static SUSPENDS bool import_csv(struct import *im)
{
    struct csv *csv = csv_new(im->rq->work.arena);
    char *chunk = ARENA_ARRAY(im->rq->work.arena, char, CHUNK_BYTES);
    for (;;) {
        struct csv_row row;
        enum csv_event event;
        while ((event = csv_next(csv, &row)) == CSV_ROW || event == CSV_BAD) {
            if (event == CSV_BAD && im->order_count == 0) {
                work_fail(&im->rq->work, &PROBLEM_validation_failed, "the header row %s", row.why);
                return false;
            }
            if (event == CSV_ROW && !take_csv_row(im, &row))
                return false;
            if (event == CSV_BAD) {
                im->received++;
                note_error(im, (struct import_error){ .line = row.line, .detail = row.why });
            }
        }
        if (event == CSV_END)
            return true;
        size_t got = 0;
        if (request_read(im->rq, chunk, CHUNK_BYTES, &got) != RESULT_OK)
            return work_fail(&im->rq->work, &PROBLEM_bad_request, "the body ended early") != NULL;
        if (got == 0)
            csv_finish(csv);
        else
            csv_feed(csv, slice_of(chunk, got));
    }
}

/* Text of a member that may be written as a string or a number. */
static struct slice member_text(struct arena *arena, const cJSON *value)
{
    return cJSON_IsNumber(value) ? json_print(arena, value) : json_text(value);
}

static SUSPENDS bool take_json_text(struct import *im, struct arena *arena, struct slice text, int64_t line)
{
    const char *why = NULL;
    struct slice columns[COLUMNS] = { { NULL, 0 } };
    const cJSON *object = json_parse(arena, text, &why, NULL);
    if (object && !cJSON_IsObject(object))
        why = "is not an object";
    for (const cJSON *member = !why && object ? object->child : NULL; member && !why; member = member->next) {
        enum import_column column = import_column_find(slice_from_text(member->string));
        if (column == COLUMNS || !slice_is_none(columns[column]))
            why = "has an unknown or repeated member";
        else if (!cJSON_IsNull(member) && !cJSON_IsString(member) && !cJSON_IsNumber(member))
            why = "has a member that is neither text nor a number";
        else
            columns[column] = member_text(arena, member);
    }
    if (why) {
        im->received++;
        note_error(im, (struct import_error){ .line = line, .detail = why });
        return true;
    }
    return take_line(im, columns, line);
}

/* A line's tree is many times its text, and a refused line ends no batch: each has an arena of its own. */
static SUSPENDS bool take_json_line(struct import *im, struct slice text, int64_t line)
{
    if (slice_trim(text).size == 0)
        return true;
    struct arena *arena = arena_new();
    bool ok = take_json_text(im, arena, text, line);
    arena_free(arena);
    return ok;
}

struct line_buffer {
    char *data;
    size_t size;
    bool overlong;
    int64_t line;
};

static SUSPENDS bool end_json_line(struct import *im, struct line_buffer *buffer)
{
    bool ok = true;
    if (buffer->overlong) {
        im->received++;
        note_error(im, (struct import_error){ .line = buffer->line, .detail = "is too long" });
    } else {
        ok = take_json_line(im, slice_of(buffer->data, buffer->size), buffer->line);
    }
    buffer->size = 0;
    buffer->overlong = false;
    buffer->line++;
    return ok;
}

static SUSPENDS bool import_json_lines(struct import *im)
{
    struct arena *arena = im->rq->work.arena;
    struct line_buffer buffer = { .data = ARENA_ARRAY(arena, char, JSON_LINE_MAX), .line = 1 };
    char *chunk = ARENA_ARRAY(arena, char, CHUNK_BYTES);
    for (;;) {
        size_t got = 0;
        if (request_read(im->rq, chunk, CHUNK_BYTES, &got) != RESULT_OK)
            return work_fail(&im->rq->work, &PROBLEM_bad_request, "the body ended early") != NULL;
        if (got == 0)
            return end_json_line(im, &buffer);
        for (size_t i = 0; i < got; i++) {
            if (chunk[i] == '\n') {
                if (!end_json_line(im, &buffer))
                    return false;
            } else if (buffer.size < JSON_LINE_MAX) {
                buffer.data[buffer.size++] = chunk[i];
            } else {
                buffer.overlong = true;
            }
        }
    }
}

static struct reply report(struct import *im)
{
    struct json_writer out = json_to_arena(im->rq->work.arena);
    json_begin(&out, NULL, '{');
    json_put_int(&out, "received", im->received);
    json_put_int(&out, "created", im->created);
    json_put_int(&out, "updated", im->updated);
    json_put_int(&out, "unchanged", im->written - im->created - im->updated);
    json_put_int(&out, "failed", im->failed);
    json_begin(&out, "errors", '[');
    for (size_t i = 0; i < im->error_count; i++) {
        json_begin(&out, NULL, '{');
        json_put_int(&out, "line", im->errors[i].line);
        json_put_text(&out, "sku", im->errors[i].sku);
        json_put_text(&out, "field", slice_from_text(im->errors[i].field));
        json_put_text(&out, "detail", slice_from_text(im->errors[i].detail));
        json_end(&out, '}');
    }
    json_end(&out, ']');
    json_end(&out, '}');
    return reply_ok(im->rq, json_done(&out));
}

SUSPENDS struct reply import_products(struct request *rq, const struct import_products_in *in)
{
    (void)in;
    struct import *im = ARENA_NEW(rq->work.arena, struct import);
    struct slice rest;
    struct slice type = slice_trim(slice_cut(request_header(rq, "content-type"), ';', &rest));
    bool csv = slice_equals_nocase(type, SLICE("text/csv"));
    if (!csv && !slice_equals_nocase(type, SLICE("application/json")) &&
        !slice_equals_nocase(type, SLICE("application/x-ndjson"))) {
        work_fail(&rq->work, &PROBLEM_unsupported_media_type, "send text/csv or application/json lines");
        return reply_problem(rq);
    }
    im->rq = rq;
    batch_begin(im);
    bool read = csv ? import_csv(im) : import_json_lines(im);
    bool written = read && batch_write(im);
    arena_free(im->batch_work.arena);
    if (written && csv && im->order_count == 0)
        work_fail(&rq->work, &PROBLEM_validation_failed, "the header row is missing");
    return written && !work_failed(&rq->work) ? report(im) : reply_problem(rq);
}
