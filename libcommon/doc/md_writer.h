/* Writes a document's Markdown into an arena. What comes from outside (names, ids) is escaped: it is text, never syntax. */
#ifndef CUOTAS_DOC_MD_WRITER_H
#define CUOTAS_DOC_MD_WRITER_H

#include "base/text.h"

struct md_writer {
    struct text text;
    bool spanish;
    struct slice currency;
};

struct md_writer md_to_arena(struct arena *arena, bool spanish, struct slice currency);
struct slice md_done(const struct md_writer *out);

void md_put(struct md_writer *out, struct slice markdown);
#define MD_TEXT(out, literal) md_put((out), SLICE(literal))
void md_put_escaped(struct md_writer *out, struct slice text);
void md_put_int(struct md_writer *out, int64_t value);
void md_put_number(struct md_writer *out, int64_t amount);   /* "12.345,67" */
void md_put_money(struct md_writer *out, int64_t amount);    /* "COP 12.345,67" */
/* "0.2450" as "24,5 %"; what is no decimal as it is. */
void md_put_percent(struct md_writer *out, struct slice fraction);
/* "2026-11-22" as "22/11/2026" in Spanish. */
void md_put_date(struct md_writer *out, struct slice date);

#endif
