/* See contract_document.h. Two who ask for the first time at once both make the same; the database keeps one, and both answer with that.
 * Suspends in statements, a call to crm, and a PDF's thread. */
#include "contract_document.h"

#include "base/uuid.h"
#include "contract_parties.h"
#include "contract_pdf.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"
#include "merchant.h"
#include "wire/base64.h"

void contract_document_read(struct arena *arena, const struct row *row, struct contract_document *out)
{
    *out = (struct contract_document){ .id = row_text(row, "id"), .kind = row_text(row, "kind"), .version = row_text(row, "version"),
                                       .locale = row_text(row, "locale"), .media_type = row_text(row, "media_type"), .sha256 = row_text(row, "sha256") };
    if (!base64_decode(arena, row_text(row, "base64"), &out->body))
        out->body = SLICE("");   /* PostgreSQL writes nothing else */
}

static SUSPENDS bool find(struct work *w, struct slice kind, struct slice contract_id, struct slice version, struct contract_document *out)
{
    const struct row *row = db_maybe(w, SQL(get_contract_made, .kind = kind, .id = contract_id, .version = version));
    if (row)
        contract_document_read(w->arena, row, out);
    return row != NULL;
}

static SUSPENDS bool keep(struct work *w, struct slice kind, struct slice contract_id, const struct row *facts, struct slice body, struct contract_document *out)
{
    const struct slice version = row_text(facts, "version");
    const struct slice media_type = slice_equals_text(kind, "pdf") ? SLICE("application/pdf") : SLICE("text/markdown");
    if (!db_run(w, SQL(keep_contract_document, .document_id = uuid_new(w->arena), .contract_id = contract_id, .kind = kind, .version = version,
                       .locale = row_text(facts, "locale"), .media_type = media_type, .base64 = base64_encode(w->arena, body))))
        return false;
    if (find(w, kind, contract_id, version, out))
        return true;
    work_fail(w, &PROBLEM_unavailable, "the document was kept and is not seen yet");
    return false;
}

static SUSPENDS struct slice make_text(struct work *w, const struct row *row)
{
    struct contract_facts facts = {
        .spanish = slice_equals_text(row_text(row, "locale"), "es"), .schedule_version = row_int(row, "version"), .reference = row_text(row, "reference"),
        .currency = row_text(row, "currency"), .goods_total = row_int(row, "goods_total"), .deposit = row_int(row, "deposit"),
        .amount_financed = row_int(row, "amount_financed"), .total_payable = row_int(row, "total_payable"),
        .apr_nominal = row_text(row, "apr_nominal"), .effective_annual_rate = row_text(row, "effective_annual_rate"), .plan = row_text(row, "plan"),
        .lines = row_text(row, "lines"), .installments = row_text(row, "installments"), .terms_version = row_text(row, "terms_version"),
        .terms_sha256 = row_text(row, "terms_sha256"), .terms_body = row_text(row, "terms_body"), .release = row_text(row, "release"),
        .legal_rate = row_text(row, "legal_rate"), .legal_is_nominal = slice_equals_text(row_text(row, "legal_basis"), "nominal"),
    };
    if (!contract_parties(w, row_text(row, "customer_id"), &facts))
        return SLICE_NONE;
    const struct slice text = contract_text(w->arena, &facts);
    if (slice_is_none(text))
        work_fail(w, &PROBLEM_internal, "a contract's facts are no JSON");
    return text;
}

/* `facts`: as far as the caller has read them already. */
static SUSPENDS bool text_of(struct work *w, struct slice contract_id, struct slice version, const struct row *facts, struct contract_document *out)
{
    if (find(w, SLICE("contract"), contract_id, version, out))
        return true;
    if (!work_failed(w) && !facts)
        facts = db_one(w, SQL(get_contract_facts, .id = contract_id, .version = version, .country = merchant_country()));
    const struct slice text = work_failed(w) ? SLICE_NONE : make_text(w, facts);
    return !slice_is_none(text) && keep(w, SLICE("contract"), contract_id, facts, text, out);
}

bool contract_document_text(struct work *w, struct slice contract_id, struct slice version, struct contract_document *out)
{
    return text_of(w, contract_id, version, NULL, out);
}

static SUSPENDS struct slice make_pdf(struct work *w, struct slice contract_id, const struct row *facts, const struct contract_document *text)
{
    const bool spanish = slice_equals_text(text->locale, "es");
    const struct contract_evidence evidence = {
        .spanish = spanish, .contract_id = contract_id, .accepted_by = row_text(facts, "accepted_by"), .accepted_at = row_text(facts, "accepted_at"),
        .accepted_from = row_text(facts, "accepted_from"), .text_sha256 = text->sha256, .accepted_sha256 = row_text(facts, "contract_sha256"),
        .terms_sha256 = row_text(facts, "terms_sha256"),
    };
    return contract_pdf(w, text->body, &evidence);
}

bool contract_document_pdf(struct work *w, struct slice contract_id, struct slice version, struct contract_document *out)
{
    struct contract_document text;
    if (find(w, SLICE("pdf"), contract_id, version, out))
        return true;
    const struct row *facts = work_failed(w) ? NULL : db_one(w, SQL(get_contract_facts, .id = contract_id, .version = version, .country = merchant_country()));
    if (!facts || !text_of(w, contract_id, row_text(facts, "version"), facts, &text))
        return false;
    const struct slice pdf = make_pdf(w, contract_id, facts, &text);
    return !slice_is_none(pdf) && keep(w, SLICE("pdf"), contract_id, facts, pdf, out);
}

static const char *extension(struct slice media_type)
{
    if (slice_equals_text(media_type, "application/pdf"))
        return "pdf";
    if (slice_equals_text(media_type, "image/jpeg"))
        return "jpg";
    return slice_equals_text(media_type, "image/png") ? "png" : "md";
}

struct reply contract_document_reply(struct request *rq, const struct contract_document *document)
{
    struct reply reply = reply_ok(rq, document->body);
    const char *type = slice_equals_text(document->media_type, "text/markdown") ? "text/markdown; charset=utf-8" : arena_copy(rq->work.arena, document->media_type).data;
    reply.content_type = type;
    reply_header(rq, &reply, "Content-Disposition",
                 arena_printf(rq->work.arena, "attachment; filename=\"contract-v%.*s-%.8s.%s\"", SLICE_FMT(document->version), document->sha256.data,
                              extension(document->media_type)));
    reply_header(rq, &reply, "X-Content-Type-Options", SLICE("nosniff"));
    return reply;
}
