/* cuotas-ledger: reads an export of the ledger (GET /v1/ledger/export, its pages one after the other) on stdin, recomputes every chain, and adds every account up.
 * Exits 0 when all of it is whole, with the balances on stdout; 1 when a chain is broken, which stderr names lane by lane; 2 when stdin is no export or
 * cannot be read. */
#include "billing/ledger_chain.h"

#include <stdio.h>
#include <stdlib.h>

#define EXIT_BROKEN 1
#define EXIT_UNREADABLE 2
#define DIGITS_MAX 48

static struct ledger_chain *chain;

static bool read_all(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    long long number = 0;
    const char *why = NULL;
    while (!why && (size = getline(&line, &capacity, stdin)) >= 0) {
        number++;
        if (size && line[size - 1] == '\n')
            size--;
        why = ledger_chain_line(chain, slice_of(line, (size_t)size));
    }
    free(line);
    if (why)
        (void)fprintf(stderr, "cuotas-ledger: line %lld: %s\n", number, why);
    else if (ferror(stdin))
        perror("cuotas-ledger: stdin");
    return !why && !ferror(stdin);
}

static int tell_broken(void)
{
    struct arena *arena = arena_new();
    int broken = 0;
    for (int lane = 0; lane < LEDGER_LANES; lane++) {
        struct slice what = ledger_chain_broken(chain, arena, lane);
        if (slice_is_none(what))
            continue;
        (void)fprintf(stderr, "cuotas-ledger: lane %d: %.*s\n", lane, SLICE_FMT(what));
        broken++;
    }
    arena_free(arena);
    return broken;
}

static const char *decimal(unsigned __int128 value, char digits[DIGITS_MAX])
{
    char *at = digits + DIGITS_MAX - 1;
    *at = '\0';
    do
        *--at = (char)('0' + (int)(value % 10));
    while (value /= 10);
    return at;
}

static void tell_sums(void)
{
    char debit[DIGITS_MAX], credit[DIGITS_MAX];
    unsigned __int128 debits = 0, credits = 0;
    size_t count;
    const struct ledger_chain_sum *sum = ledger_chain_sums(chain, &count);
    printf("%lld postings in %d lanes, unchanged and without a gap\n", (long long)ledger_chain_postings(chain), LEDGER_LANES);
    for (size_t i = 0; i < count; i++) {
        printf("%s %-20s %20s %20s\n", sum[i].currency, sum[i].account, decimal(sum[i].debit, debit), decimal(sum[i].credit, credit));
        debits += sum[i].debit;
        credits += sum[i].credit;
        if (i + 1 < count && strcmp(sum[i].currency, sum[i + 1].currency) == 0)
            continue;
        printf("%s %-20s %20s %20s\n", sum[i].currency, "in all", decimal(debits, debit), decimal(credits, credit));
        debits = credits = 0;
    }
}

int main(void)
{
    struct arena *arena = arena_new();
    chain = ledger_chain_new(arena);
    int status = read_all() ? EXIT_SUCCESS : EXIT_UNREADABLE;
    if (status == EXIT_SUCCESS && tell_broken())
        status = EXIT_BROKEN;
    if (status == EXIT_SUCCESS)
        tell_sums();
    arena_free(arena);
    return fflush(stdout) ? EXIT_UNREADABLE : status;
}
