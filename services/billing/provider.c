/* The providers there are. Adding one is an adapter and a line here (and its name in the contract). Nothing suspends. */
#include "billing/provider.h"

#include "billing/mercadopago.h"
#include "billing/stripe.h"
#include "gen/problems.h"
#include "wire/json_write.h"

static const struct provider *const providers[] = { &stripe_provider, &mercadopago_provider };
#define PROVIDERS (sizeof providers / sizeof *providers)

static const struct provider *set_up[PROVIDERS];
static size_t set_up_count;

const struct provider *provider_find(struct slice name)
{
    for (size_t i = 0; i < set_up_count; i++)
        if (slice_equals_text(name, set_up[i]->name))
            return set_up[i];
    return NULL;
}

const struct provider *provider_at(size_t place)
{
    return place < set_up_count ? set_up[place] : NULL;
}

bool provider_check(struct work *w, struct slice name, const char *pointer)
{
    if (!provider_find(name))
        work_fail_field(w, &PROBLEM_provider_not_set_up, slice_from_text(pointer), "provider", "this shop does not take payments through it");
    return !work_failed(w);
}

struct slice provider_currencies(struct arena *arena)
{
    struct json_writer out = json_to_arena(arena);
    json_begin(&out, NULL, '{');
    for (size_t i = 0; i < set_up_count; i++)
        if (set_up[i]->currency)
            json_put_text(&out, set_up[i]->name, set_up[i]->currency());
    json_end(&out, '}');
    return json_done(&out);
}

void provider_configure_all(void)
{
    set_up_count = 0;
    for (size_t i = 0; i < PROVIDERS; i++)
        if (providers[i]->configure())
            set_up[set_up_count++] = providers[i];
}
