/* Memory that a burst left behind. While there is work, what requests give back (blocks of arenas, buffers of heads, coroutines' stacks with
 * their pages, libc's heap) is kept for the next ones; when the process is calm it goes back to the system, at most once for each
 * SPARE_OWED_US of work, so that the pages which are touched again afterwards cost a thousandth of it.
 *
 * The newest events (bus/news.h) go a look later: those of a second ago and more, which consumers that keep up have read.
 *
 * Calm is what CPU time says, whatever the work was. Runs on the loop; nothing here suspends. */
#include "service/spare.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/memory.h"
#include "bus/news.h"
#include "http/inbound.h"
#include "io/co.h"
#include "io/timer.h"

#include <time.h>

static struct {
    struct timer look;
    int64_t looked_us, cpu_us;   /* at the last look */
    int64_t owed_us;             /* CPU time since memory went back */
    uint64_t old_news;           /* events below have to go, too; 0: none */
} spare;

static int64_t cpu_us_now(void)
{
    struct timespec used = { 0 };
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void give_back(void)
{
    inbound_pool_close();
    arena_pool_close();
    co_stacks_cool();
    memory_give_back();
}

static void look(void *unused)
{
    (void)unused;
    int64_t now_us = clock_monotonic_us(), cpu_us = cpu_us_now(), worked_us = cpu_us - spare.cpu_us;
    bool calm = worked_us * 10 < now_us - spare.looked_us;
    spare.owed_us += worked_us;
    if (calm && spare.owed_us >= SPARE_OWED_US) {
        give_back();
        spare.owed_us = 0;
        spare.old_news = news_next();
    } else if (calm && spare.old_news) {
        news_keep_from(spare.old_news);
        memory_give_back();
        spare.old_news = 0;
    }
    spare.looked_us = now_us;
    spare.cpu_us = cpu_us;
    timer_set(&spare.look, now_us + (calm ? SPARE_LOOK_CALM_MS : SPARE_LOOK_MS) * INT64_C(1000));
}

void spare_start(void)
{
    spare.look.fn = look;
    spare.looked_us = clock_monotonic_us();
    timer_set(&spare.look, spare.looked_us + SPARE_LOOK_MS * INT64_C(1000));
}

void spare_stop(void)
{
    timer_clear(&spare.look);
}
