/* At most so many automatic charges a second at a provider, by all processes together: they take turns from a row they share (table autopay_pace),
 * a twentieth of a second's at once, so that what a turn costs is little and what one process does not use is lost rather than saved up. */
#ifndef CUOTAS_BILLING_PACE_H
#define CUOTAS_BILLING_PACE_H

#include "billing/provider.h"
#include "io/co.h"

#define PACES_MAX 4

/* Reads each provider's <NAME>_AUTOPAY_PER_SECOND; after provider_configure_all. */
void pace_configure(void);
/* Waits for the next turn at the provider; at once where there is no limit. False without a failure: the next one is too near the work's deadline, and was not taken. */
SUSPENDS bool pace_wait(struct work *w, const struct provider *provider);

/* One process's turns at a provider. */
struct pace {
    int64_t gap_us;               /* between two turns; 0: no limit */
    int64_t left, next_us;        /* turns in hand, and when the first of them is (monotonic) */
    struct co_lock asking;
};
/* The next turn (monotonic), taken from the shared row when none is left; 0 when the database did not answer, or the next is too late to be used. */
SUSPENDS int64_t pace_turn(struct work *w, struct slice provider, struct pace *pace);

#endif
