/* GET /v1/direct-debit-batches/{id}/file: for the bank, while all of it would still be asked for; once it is sent, the same bytes for ever. Suspends in two statements. */
#include "billing/pain008.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"

static struct pain008_debit debit_of(const struct row *row)
{
    return (struct pain008_debit){
        .scheme = row_text(row, "scheme"), .sequence = row_text(row, "sequence"), .collect_on = row_text(row, "collect_on"), .end_to_end_id = row_text(row, "end_to_end_id"),
        .amount = row_int(row, "amount"), .number = row_int(row, "number"), .reference = row_text(row, "reference"), .signed_on = row_text(row, "signed_on"),
        .debtor_name = row_text(row, "debtor_name"), .iban = row_text(row, "iban"), .bic = row_text(row, "bic"),
    };
}

static struct slice written(struct work *w, const struct row *head, const struct rows *rows, bool old)
{
    struct pain008 file = {
        .message_id = row_text(head, "message_id"), .made_at = row_text(head, "made_at"), .creditor_id = row_text(head, "creditor_id"), .name = row_text(head, "name"),
        .iban = row_text(head, "iban"), .bic = row_text(head, "bic"), .batch_booking = row_bool(head, "batch_booking"), .old = old, .count = rows_count(rows),
    };
    struct pain008_debit *debits = ARENA_ARRAY(w->arena, struct pain008_debit, file.count);
    for (size_t i = 0; i < file.count; i++)
        debits[i] = debit_of(rows_at(rows, i));
    file.debits = debits;
    return pain008_document(w->arena, &file);
}

SUSPENDS struct reply get_direct_debit_file(struct request *rq, const struct get_direct_debit_file_in *in)
{
    struct work *w = &rq->work;
    const struct row *head = db_one(w, SQL(read_direct_debit_file, .id = in->id));
    const struct rows *rows = head ? db_all(w, SQL(read_direct_debits, .id = in->id)) : NULL;
    if (!rows)
        return reply_problem(rq);
    struct reply reply = reply_ok(rq, written(w, head, rows, slice_equals_text(in->version, "pain.008.001.02")));
    reply.content_type = "application/xml";
    reply_header(rq, &reply, "Content-Disposition", arena_printf(w->arena, "attachment; filename=\"%.*s.xml\"", SLICE_FMT(row_text(head, "message_id"))));
    reply_header(rq, &reply, "X-Content-Type-Options", SLICE("nosniff"));
    return reply;
}
