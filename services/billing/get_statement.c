/* GET /v1/customers/{id}/statement. Customers have one statement, their own: in pages as JSON, or whole as CSV or PDF. Suspends in one statement, and while a
 * document is drawn. */
#include "billing/report.h"
#include "billing/statement_pdf.h"
#include "gen/billing/api.h"
#include "gen/billing/sql.h"
#include "gen/problems.h"
#include "service/page.h"

#define LINES_MAX 10000   /* of a statement that is not in pages */
#define COLUMNS "effective_on,type,description,currency,amount,balance,order_id,payment_id,at,id"

static SUSPENDS struct reply pdf_reply(struct request *rq, const struct row *row, bool spanish)
{
    const struct slice pdf = statement_pdf(&rq->work, row_text(row, "body"), spanish);
    if (slice_is_none(pdf))
        return reply_problem(rq);
    struct reply reply = reply_ok(rq, pdf);
    reply.content_type = "application/pdf";
    reply_header(rq, &reply, "Content-Disposition", SLICE("attachment; filename=\"statement.pdf\""));
    return reply;
}

struct reply get_statement(struct request *rq, const struct get_statement_in *in)
{
    struct work *w = &rq->work;
    struct slice after[2], owner = work_owner(w);   /* business day, position */
    const struct slice format = report_format(rq, in->format);
    const bool whole = !slice_equals_text(format, "json");
    if (page_cursor(w, in->cursor, "di", after) && !slice_is_none(owner) && !slice_equals_nocase(owner, in->id))
        work_fail(w, &PROBLEM_not_found, "no such customer");
    if (work_failed(w))
        return reply_problem(rq);
    const struct row *row = db_one(w, SQL(get_statement, .customer_id = in->id, .from = in->from, .to = in->to, .order_id = in->order_id, .contract_id = in->contract_id,
                                          .after_on = after[0], .after = after[1], .limit = work_int(w, whole ? LINES_MAX : in->limit)));
    if (row && whole && row_bool(row, "more")) {   /* one that ended early would not foot */
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("query:from"), "range", "these days have more than 10,000 lines: ask for fewer");
        return reply_problem(rq);
    }
    if (row && slice_equals_text(format, "pdf"))
        return pdf_reply(rq, row, slice_equals_text(in->language, "es"));
    return report_reply(rq, row, format, "statement", SLICE(COLUMNS));
}
