/* POST /v1/terms: a draft of terms of sale, which replaces an earlier draft of the version. One statement. */
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "gen/problems.h"

/* It stands in paths and in contracts: letters, digits, dots, hyphens and underscores. */
static bool is_version(struct slice version)
{
    for (size_t i = 0; i < version.size; i++) {
        const char c = version.data[i], letter = (char)(c | 0x20);
        if (!(letter >= 'a' && letter <= 'z') && !(c >= '0' && c <= '9') && c != '-' && c != '_' && (c != '.' || i == 0))
            return false;
    }
    return true;
}

SUSPENDS struct reply create_terms(struct request *rq, const struct create_terms_in *in)
{
    struct work *w = &rq->work;
    if (!is_version(in->version)) {
        work_fail_field(w, &PROBLEM_validation_failed, SLICE("/version"), "format", "letters, digits, hyphens, underscores, and dots but for the first");
        return reply_problem(rq);
    }
    const struct row *row = db_one(w, SQL(create_terms, .version = in->version, .title_es = in->es->title, .body_es = in->es->body,
                                          .title_en = in->en->title, .body_en = in->en->body, .by = w->identity.subject));
    return row ? reply_created(rq, row_text(row, "body")) : reply_problem(rq);
}
