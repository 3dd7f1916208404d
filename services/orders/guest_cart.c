/* Tokens of guests' carts: the cart's id under the key all services share (service/identity.h). They end with the cart. Pure. */
#include "guest_cart.h"

#include "base/uuid.h"
#include "gen/problems.h"
#include "service/identity.h"

#define PURPOSE "guest-cart"

struct slice guest_cart_token(struct arena *arena, struct slice cart_id)
{
    return link_token_make(arena, PURPOSE, cart_id);
}

struct slice guest_cart_open(struct work *w, struct slice token)
{
    struct slice id;
    if (link_token_open(w->arena, PURPOSE, token, &id) && uuid_valid(id))
        return id;
    work_fail(w, &PROBLEM_not_found, "no such cart");
    return SLICE_NONE;
}
