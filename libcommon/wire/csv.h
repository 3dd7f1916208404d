/* CSV (RFC 4180) read over chunks as they arrive, in bounded memory. Comma (or another separator), double quotes, LF or CRLF, a UTF-8 byte order mark
 * skipped, empty lines skipped. A bad row (stray quote, NUL, bare CR, not UTF-8, too long, too many fields) is reported and
 * reading goes on with the next one.
 *     csv_feed(csv, chunk);
 *     while ((event = csv_next(csv, &row)) != CSV_MORE && event != CSV_END) ...
 * Feed again on CSV_MORE; after the last chunk call csv_finish once and go on until CSV_END. */
#ifndef CUOTAS_WIRE_CSV_H
#define CUOTAS_WIRE_CSV_H

#include "base/arena.h"

#define CSV_ROW_BYTES_MAX (64 * 1024)
#define CSV_FIELDS_MAX 64

struct csv;

struct csv_row {
    const struct slice *fields;   /* unquoted; NUL-terminated; valid until the next csv_next */
    size_t count;
    int64_t line;                 /* 1-based physical line the row starts at */
    const char *why;              /* CSV_BAD: what is wrong */
};

enum csv_event { CSV_ROW, CSV_BAD, CSV_MORE, CSV_END };

/* Lives in the arena with its row buffer. */
struct csv *csv_new(struct arena *arena);
/* Before the first chunk: what stands between fields instead of a comma; no quote, no line end. */
void csv_separate(struct csv *csv, char separator);
/* The chunk must stay valid until csv_next answers CSV_MORE; feeding before that aborts. */
void csv_feed(struct csv *csv, struct slice chunk);
void csv_finish(struct csv *csv);
enum csv_event csv_next(struct csv *csv, struct csv_row *row);

#endif
