/* Fuzz target of cuotas-ledger: any bytes as an export. Read twice it is the same, and as much is debited as is credited, by accounts in order. */
#include "fuzz.h"

#include "billing/ledger_chain.h"

/* How many lines were taken. */
static size_t feed(struct ledger_chain *chain, struct slice text)
{
    size_t lines = 0;
    while (text.size > 0) {
        struct slice line = slice_cut(text, '\n', &text);
        if (ledger_chain_line(chain, line))
            break;
        lines++;
    }
    return lines;
}

static int broken(const struct ledger_chain *chain, struct arena *arena)
{
    int count = 0;
    for (int lane = 0; lane < LEDGER_LANES; lane++)
        count += !slice_is_none(ledger_chain_broken(chain, arena, lane));
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    const struct slice text = slice_of((const char *)data, size);
    struct ledger_chain *once = ledger_chain_new(arena), *twice = ledger_chain_new(arena);
    CHECK(feed(once, text) == feed(twice, text));
    CHECK(broken(once, arena) == broken(twice, arena) && ledger_chain_postings(once) == ledger_chain_postings(twice));
    size_t count;
    const struct ledger_chain_sum *sum = ledger_chain_sums(once, &count);
    unsigned __int128 debit = 0, credit = 0;
    for (size_t i = 0; i < count; i++) {
        debit += sum[i].debit;
        credit += sum[i].credit;
        CHECK(i == 0 || strcmp(sum[i - 1].currency, sum[i].currency) < 0 || strcmp(sum[i - 1].account, sum[i].account) < 0);
    }
    CHECK(debit == credit);
    arena_free(arena);
    return 0;
}
