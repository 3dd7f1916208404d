/* See pain008.h. Elements stand in the order of the schemas, which for what is written here differ in one name. A group is what shares scheme, sequence and day. Nothing here suspends. */
#include "billing/pain008.h"

#include "billing/sepa.h"
#include "wire/xml_write.h"

#define NAME_MAX 70

struct writer {
    struct xml_writer out;
    struct arena *arena;
    const struct pain008 *file;
};

static struct slice amount_text(struct writer *w, int64_t cents)
{
    return arena_printf(w->arena, "%lld.%02lld", (long long)(cents / 100), (long long)(cents % 100));
}

/* A path of elements around one text. */
static void put_in(struct writer *w, const char *const *path, struct slice text)
{
    if (!path[1]) {
        xml_put(&w->out, path[0], text);
        return;
    }
    xml_begin(&w->out, path[0], NULL);
    put_in(w, path + 1, text);
    xml_end(&w->out, path[0]);
}

#define PUT(w, text, ...) put_in((w), (const char *const[]){ __VA_ARGS__, NULL }, (text))

static void put_agent(struct writer *w, const char *name, struct slice bic)
{
    if (slice_is_none(bic))
        PUT(w, SLICE("NOTPROVIDED"), name, "FinInstnId", "Othr", "Id");
    else
        PUT(w, bic, name, "FinInstnId", w->file->old ? "BIC" : "BICFI");
}

static void put_creditor_id(struct writer *w)
{
    xml_begin(&w->out, "Id", NULL);
    xml_begin(&w->out, "PrvtId", NULL);
    xml_begin(&w->out, "Othr", NULL);
    xml_put(&w->out, "Id", w->file->creditor_id);
    PUT(w, SLICE("SEPA"), "SchmeNm", "Prtry");
    xml_end(&w->out, "Othr");
    xml_end(&w->out, "PrvtId");
    xml_end(&w->out, "Id");
}

static void put_sums(struct writer *w, const struct pain008_debit *debits, size_t count)
{
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += debits[i].amount;
    xml_put(&w->out, "NbOfTxs", arena_printf(w->arena, "%zu", count));
    xml_put(&w->out, "CtrlSum", amount_text(w, sum));
}

static void put_header(struct writer *w)
{
    xml_begin(&w->out, "GrpHdr", NULL);
    xml_put(&w->out, "MsgId", w->file->message_id);
    xml_put(&w->out, "CreDtTm", w->file->made_at);
    put_sums(w, w->file->debits, w->file->count);
    xml_begin(&w->out, "InitgPty", NULL);
    xml_put(&w->out, "Nm", sepa_text(w->arena, w->file->name, NAME_MAX));
    put_creditor_id(w);
    xml_end(&w->out, "InitgPty");
    xml_end(&w->out, "GrpHdr");
}

static void put_debit(struct writer *w, const struct pain008_debit *debit)
{
    xml_begin(&w->out, "DrctDbtTxInf", NULL);
    PUT(w, debit->end_to_end_id, "PmtId", "EndToEndId");
    xml_put_with(&w->out, "InstdAmt", "Ccy", SLICE("EUR"), amount_text(w, debit->amount));
    xml_begin(&w->out, "DrctDbtTx", NULL);
    xml_begin(&w->out, "MndtRltdInf", NULL);
    xml_put(&w->out, "MndtId", debit->reference);
    xml_put(&w->out, "DtOfSgntr", debit->signed_on);
    xml_end(&w->out, "MndtRltdInf");
    xml_end(&w->out, "DrctDbtTx");
    put_agent(w, "DbtrAgt", debit->bic);
    PUT(w, sepa_text(w->arena, debit->debtor_name, NAME_MAX), "Dbtr", "Nm");
    PUT(w, debit->iban, "DbtrAcct", "Id", "IBAN");
    PUT(w, arena_printf(w->arena, "Cuota %lld %.*s", (long long)debit->number, SLICE_FMT(debit->end_to_end_id)), "RmtInf", "Ustrd");
    xml_end(&w->out, "DrctDbtTxInf");
}

static void put_type(struct writer *w, const struct pain008_debit *first)
{
    xml_begin(&w->out, "PmtTpInf", NULL);
    PUT(w, SLICE("SEPA"), "SvcLvl", "Cd");
    PUT(w, first->scheme, "LclInstrm", "Cd");
    xml_put(&w->out, "SeqTp", first->sequence);
    xml_end(&w->out, "PmtTpInf");
}

static void put_group(struct writer *w, size_t number, const struct pain008_debit *debits, size_t count)
{
    const struct pain008 *file = w->file;
    xml_begin(&w->out, "PmtInf", NULL);
    xml_put(&w->out, "PmtInfId", arena_printf(w->arena, "%.24s-%zu", file->message_id.data, number));
    xml_put(&w->out, "PmtMtd", SLICE("DD"));
    xml_put(&w->out, "BtchBookg", file->batch_booking ? SLICE("true") : SLICE("false"));
    put_sums(w, debits, count);
    put_type(w, debits);
    xml_put(&w->out, "ReqdColltnDt", debits->collect_on);
    PUT(w, sepa_text(w->arena, file->name, NAME_MAX), "Cdtr", "Nm");
    PUT(w, file->iban, "CdtrAcct", "Id", "IBAN");
    put_agent(w, "CdtrAgt", file->bic);
    xml_put(&w->out, "ChrgBr", SLICE("SLEV"));
    xml_begin(&w->out, "CdtrSchmeId", NULL);
    put_creditor_id(w);
    xml_end(&w->out, "CdtrSchmeId");
    for (size_t i = 0; i < count; i++)
        put_debit(w, &debits[i]);
    xml_end(&w->out, "PmtInf");
}

static bool of_one_group(const struct pain008_debit *a, const struct pain008_debit *b)
{
    return slice_equals(a->scheme, b->scheme) && slice_equals(a->sequence, b->sequence) && slice_equals(a->collect_on, b->collect_on);
}

struct slice pain008_document(struct arena *arena, const struct pain008 *file)
{
    struct writer w = { .out = xml_to_arena(arena), .arena = arena, .file = file };
    xml_begin(&w.out, "Document", file->old ? "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.02\"" : "xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.008.001.08\"");
    xml_begin(&w.out, "CstmrDrctDbtInitn", NULL);
    put_header(&w);
    size_t groups = 0;
    for (size_t at = 0, end; at < file->count; at = end) {
        for (end = at + 1; end < file->count && of_one_group(&file->debits[at], &file->debits[end]); end++)
            ;
        put_group(&w, ++groups, &file->debits[at], end - at);
    }
    xml_end(&w.out, "CstmrDrctDbtInitn");
    xml_end(&w.out, "Document");
    return xml_done(&w.out);
}
