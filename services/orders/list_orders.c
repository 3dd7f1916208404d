/* GET /v1/orders: newest first, or the longest past due first. One statement, chosen so that each walks one index in its own order. Ids are made in the
 * order of time, so a range of dates is also one of ids: a wider one, by the minutes that clocks may differ and by what the test clock is ahead. */
#include "base/clock.h"
#include "base/date.h"
#include "gen/orders/api.h"
#include "gen/orders/sql.h"
#include "service/page.h"

#define CLOCKS_APART_US (INT64_C(10) * 60 * 1000000)

/* The parameters all of the statements share. */
struct range {
    struct slice placed_from, placed_to;   /* times */
    struct slice from_id, below_id;
};

/* The smallest id made at that moment. */
static struct slice first_id(struct work *w, int64_t at_us)
{
    const uint64_t ms = at_us > 0 ? (uint64_t)at_us / 1000 : 0;
    return arena_printf(w->arena, "%08llx-%04llx-7000-8000-000000000000", (unsigned long long)(ms >> 16), (unsigned long long)(ms & 0xffff));
}

static struct range range_of(struct work *w, const struct list_orders_in *in)
{
    struct range range = { .placed_from = SLICE_NONE, .placed_to = SLICE_NONE, .from_id = SLICE_NONE, .below_id = SLICE_NONE };
    int32_t date;
    if (date_parse(in->placed_from, &date)) {
        range.placed_from = work_time(w, date_start_us(date));
        range.from_id = first_id(w, date_start_us(date) - clock_offset_s() * 1000000 - CLOCKS_APART_US);
    }
    if (date_parse(in->placed_to, &date)) {
        range.placed_to = work_time(w, date_start_us(date + 1));
        range.below_id = first_id(w, date_start_us(date + 1) + CLOCKS_APART_US);
    }
    return range;
}

#define RANGE(range) .placed_from = (range)->placed_from, .placed_to = (range)->placed_to, .from_id = (range)->from_id, .below_id = (range)->below_id

static SUSPENDS const struct row *page_of_all(struct work *w, const struct list_orders_in *in, const struct range *range, struct slice after)
{
    const struct slice limit = work_int(w, in->limit);
    if (!slice_is_none(in->fulfilment_status))
        return db_one(w, SQL(list_orders_fulfilment, .fulfilment_status = in->fulfilment_status, .status = in->status, .after = after, .limit = limit,
                             RANGE(range)));
    if (!slice_is_none(in->status))
        return db_one(w, SQL(list_orders_status, .status = in->status, .after = after, .limit = limit, RANGE(range)));
    return db_one(w, SQL(list_orders, .after = after, .limit = limit, RANGE(range)));
}

static SUSPENDS const struct row *page_of_customer(struct work *w, const struct list_orders_in *in, const struct range *range, struct slice after,
                                                   struct slice customer)
{
    const struct slice limit = work_int(w, in->limit);
    if (!slice_is_none(in->fulfilment_status))
        return db_one(w, SQL(list_orders_customer_fulfilment, .customer_id = customer, .fulfilment_status = in->fulfilment_status,
                             .status = in->status, .after = after, .limit = limit, RANGE(range)));
    if (!slice_is_none(in->status))
        return db_one(w, SQL(list_orders_customer_status, .customer_id = customer, .status = in->status, .after = after, .limit = limit, RANGE(range)));
    return db_one(w, SQL(list_orders_customer, .customer_id = customer, .after = after, .limit = limit, RANGE(range)));
}

/* `after`: days since 2000-01-01 and an id. */
static SUSPENDS const struct row *page_overdue(struct work *w, const struct list_orders_in *in, const struct range *range, struct slice customer)
{
    struct slice after[2];
    if (!page_cursor(w, in->cursor, "iu", after))
        return NULL;
    const struct slice limit = work_int(w, in->limit), least = in->has_dpd_min ? work_int(w, in->dpd_min) : SLICE_NONE,
                       most = in->has_dpd_max ? work_int(w, in->dpd_max) : SLICE_NONE;
    if (slice_is_none(customer) && slice_is_none(in->status) && slice_is_none(in->fulfilment_status))
        return db_one(w, SQL(list_orders_overdue, .dpd_min = least, .dpd_max = most, .after_since = after[0], .after = after[1], .limit = limit,
                             .placed_from = range->placed_from, .placed_to = range->placed_to));
    if (slice_is_none(customer))
        return db_one(w, SQL(list_orders_overdue_progress, .status = in->status, .fulfilment_status = in->fulfilment_status, .dpd_min = least,
                             .dpd_max = most, .after_since = after[0], .after = after[1], .limit = limit, .placed_from = range->placed_from,
                             .placed_to = range->placed_to));
    return db_one(w, SQL(list_orders_customer_overdue, .customer_id = customer, .status = in->status, .fulfilment_status = in->fulfilment_status,
                         .dpd_min = least, .dpd_max = most, .after_since = after[0], .after = after[1], .limit = limit,
                         .placed_from = range->placed_from, .placed_to = range->placed_to));
}

static SUSPENDS const struct row *page(struct work *w, const struct list_orders_in *in)
{
    const struct range range = range_of(w, in);
    const struct slice owner = work_owner(w), customer = slice_is_none(in->customer_id) ? owner : in->customer_id;
    if (in->has_dpd_min || in->has_dpd_max)
        return page_overdue(w, in, &range, customer);
    struct slice after;
    if (!page_cursor(w, in->cursor, "u", &after))
        return NULL;
    return slice_is_none(customer) ? page_of_all(w, in, &range, after) : page_of_customer(w, in, &range, after, customer);
}

SUSPENDS struct reply list_orders(struct request *rq, const struct list_orders_in *in)
{
    const struct row *row = page(&rq->work, in);
    return row ? reply_ok(rq, row_text(row, "body")) : reply_problem(rq);
}
