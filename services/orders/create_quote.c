/* POST /v1/quotes: quote.c does it. */
#include "quote.h"

SUSPENDS struct reply create_quote(struct request *rq, const struct create_quote_in *in)
{
    return quote_write(rq, &(struct quote_ask){ .customer_id = in->customer_id, .cart_id = in->cart_id, .lines = in->lines, .lines_count = in->lines_count,
        .offer_id = in->offer_id, .channel = in->channel, .valid_until = in->valid_until, .note = in->note, .terms = in->terms });
}
