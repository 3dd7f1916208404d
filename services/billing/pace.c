/* See pace.h. The times are the database's, told as how long from now. Suspends in pace_wait and pace_turn. */
#include "billing/pace.h"

#include "base/clock.h"
#include "gen/billing/sql.h"
#include "service/config.h"

#define SECOND_US INT64_C(1000000)
#define PER_SECOND_MAX 10000
#define CHARGE_US (20 * SECOND_US)   /* what a charge may take, once it is its turn */

static struct pace paces[PACES_MAX];   /* by the provider's place */

void pace_configure(void)
{
    const struct provider *provider;
    for (size_t i = 0; i < PACES_MAX && (provider = provider_at(i)); i++) {
        const int64_t per_second = config_int_or(provider->autopay_limit, 0, 0, PER_SECOND_MAX);
        paces[i] = (struct pace){ .gap_us = per_second > 0 ? (SECOND_US + per_second - 1) / per_second : 0 };
    }
}

static SUSPENDS void take(struct work *w, struct slice provider, struct pace *pace)
{
    const int64_t within_us = w->deadline_us - CHARGE_US - clock_monotonic_us();
    const int64_t twentieth = SECOND_US / 20 / pace->gap_us, count = twentieth > 0 ? twentieth : 1;
    const struct row *row = db_maybe(w, SQL(take_turns, .provider = provider, .count = work_int(w, count), .gap_us = work_int(w, pace->gap_us),
                                            .within_us = work_int(w, within_us)));
    if (!row)
        return;
    pace->left = count;
    pace->next_us = clock_monotonic_us() + row_int(row, "wait_us");
}

int64_t pace_turn(struct work *w, struct slice provider, struct pace *pace)
{
    if (co_lock_acquire(&pace->asking, w->deadline_us) != RESULT_OK)
        return 0;
    int64_t turn_us = 0;
    if (pace->left == 0)
        take(w, provider, pace);
    if (pace->left > 0 && pace->next_us <= w->deadline_us - CHARGE_US) {
        turn_us = pace->next_us;
        pace->left--;
        pace->next_us += pace->gap_us;
    }
    co_lock_release(&pace->asking);
    return turn_us;
}

bool pace_wait(struct work *w, const struct provider *provider)
{
    size_t place = 0;
    while (place < PACES_MAX && provider_at(place) != provider)
        place++;
    if (place == PACES_MAX || paces[place].gap_us == 0)
        return true;
    const int64_t turn_us = pace_turn(w, slice_from_text(provider->name), &paces[place]), wait_us = turn_us - clock_monotonic_us();
    if (turn_us == 0)
        return false;
    if (wait_us > 0)
        co_sleep_us(wait_us);
    return true;
}
