/* What the installment engine takes by itself: no server, no JSON, nothing allocated. Each plan is built anew with another principal, again and
 * again for the time given, which is the process's own: neighbours cost cache, not turns. Prints one JSON line: plans a second of one core by name.
 *     engine MILLISECONDS           (of each plan) */
#include "base/date.h"
#include "orders/plan_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT_ONCE 64   /* between two looks at the clock */
#define PRINCIPAL 1000000

static struct plan_row rows[PLAN_INSTALLMENTS_MAX], changed_rows[PLAN_INSTALLMENTS_MAX];
static int64_t changed_paid[PLAN_INSTALLMENTS_MAX];

static struct plan_terms terms_of(enum plan_method method, int installments, enum plan_unit unit, enum plan_day_count day_count)
{
    struct plan_terms terms = { .method = method, .principal = PRINCIPAL, .annual_rate = { .digits = 24, .scale = 2 }, .installments = installments,
                                .frequency = { .unit = unit, .every = 1 }, .day_count = day_count,
                                .rounding = { .mode = ROUND_HALF_EVEN, .unit = 1 } };
    if (!date_parse(SLICE("2027-01-15"), &terms.start_date))
        abort();
    return terms;
}

static void build(struct plan_terms *terms, struct plan_schedule *out)
{
    *out = (struct plan_schedule){ .rows = rows };
    terms->principal++;
    const struct plan_fault fault = plan_build(terms, out);
    if (!plan_ok(fault)) {
        (void)fprintf(stderr, "engine: %s %s\n", fault.pointer, fault.detail);
        exit(1);
    }
}

static void schedule(struct plan_terms *terms)
{
    struct plan_schedule out;
    build(terms, &out);
}

/* After six installments, which it pays, and a tenth of the principal besides: the others fall. */
static void prepayment(struct plan_terms *terms)
{
    struct plan_schedule out;
    build(terms, &out);
    const struct plan_in_force plan = { .terms = terms, .rows = rows, .row_count = out.row_count, .date = rows[5].due_date };
    const struct plan_change change = { .type = PLAN_PREPAY, .amount = 6 * rows[0].total + PRINCIPAL / 10, .choice = PLAN_LOWER_INSTALLMENT };
    struct plan_changed changed = { .rows = changed_rows, .paid = changed_paid };
    const struct plan_fault fault = plan_change_of(&plan, &change, &changed);
    if (!plan_ok(fault)) {
        (void)fprintf(stderr, "engine: %s %s\n", fault.pointer, fault.detail);
        exit(1);
    }
}

static double cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double rate(void (*make)(struct plan_terms *), struct plan_terms terms, double seconds)
{
    const double begun = cpu_s();
    double passed = 0;
    long made = 0;
    for (; passed < seconds; passed = cpu_s() - begun, made += AT_ONCE)
        for (int i = 0; i < AT_ONCE; i++)
            make(&terms);
    return (double)made / passed;
}

int main(int argc, char **argv)
{
    const double seconds = argc == 2 ? strtod(argv[1], NULL) / 1e3 : 0;
    if (seconds <= 0) {
        (void)fprintf(stderr, "usage: engine MILLISECONDS\n");
        return 2;
    }
    const struct {
        const char *name;
        void (*make)(struct plan_terms *);
        struct plan_terms terms;
    } plans[] = {
        { "annuity of 12", schedule, terms_of(PLAN_ANNUITY, 12, PLAN_MONTH, PLAN_PERIOD) },
        { "equal principal of 12", schedule, terms_of(PLAN_EQUAL_PRINCIPAL, 12, PLAN_MONTH, PLAN_30_360) },
        { "360 days by actual/365", schedule, terms_of(PLAN_ANNUITY, 360, PLAN_DAY, PLAN_ACTUAL_365) },
        { "600 months", schedule, terms_of(PLAN_ANNUITY, 600, PLAN_MONTH, PLAN_ACTUAL_365) },
        { "annuity of 12, prepaid in part", prepayment, terms_of(PLAN_ANNUITY, 12, PLAN_MONTH, PLAN_PERIOD) },
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++)
        printf("%s\"%s\": %.0f", i ? ", " : "{", plans[i].name, rate(plans[i].make, plans[i].terms, seconds));
    printf("}\n");
    return 0;
}
