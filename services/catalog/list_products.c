/* GET /v1/products: a page by name (of all, of a category, of a subcategory) or by relevance. One statement, chosen so
 * that each is served by an index in its own order. */
#include "gen/catalog/api.h"
#include "gen/catalog/sql.h"
#include "service/page.h"

static SUSPENDS const struct row *page_by_name(struct work *w, const struct list_products_in *in)
{
    struct slice after[2];   /* id, name */
    struct slice limit = work_int(w, in->limit);
    if (!page_cursor(w, in->cursor, "ut", after))
        return NULL;
    if (!slice_is_none(in->subcategory))
        return db_one(w, SQL(list_subcategory, .category = in->category, .subcategory = in->subcategory, .limit = limit,
                             .after_id = after[0], .after_name = after[1]));
    if (!slice_is_none(in->category))
        return db_one(w, SQL(list_category, .category = in->category, .limit = limit, .after_id = after[0],
                             .after_name = after[1]));
    return db_one(w, SQL(list_products, .limit = limit, .after_id = after[0], .after_name = after[1]));
}

static SUSPENDS const struct row *page_by_relevance(struct work *w, const struct list_products_in *in)
{
    struct slice after[2];   /* id, rank */
    if (!page_cursor(w, in->cursor, "un", after))
        return NULL;
    return db_one(w, SQL(search_products, .q = in->q, .category = in->category, .subcategory = in->subcategory,
                         .limit = work_int(w, in->limit), .after_id = after[0], .after_rank = after[1]));
}

SUSPENDS struct reply list_products(struct request *rq, const struct list_products_in *in)
{
    const struct row *row =
        slice_is_none(in->q) ? page_by_name(&rq->work, in) : page_by_relevance(&rq->work, in);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
