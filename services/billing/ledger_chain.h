/* The ledger's hash chains, recomputed from an export (GET /v1/ledger/export) line by line, without a database. Pure, and of bounded memory. */
#ifndef CUOTAS_BILLING_LEDGER_CHAIN_H
#define CUOTAS_BILLING_LEDGER_CHAIN_H

#include "base/arena.h"

#define LEDGER_LANES 16

struct ledger_chain;

struct ledger_chain *ledger_chain_new(struct arena *arena);
/* Takes the next line, without its line break. NULL, or why it is no line of an export (static). A broken chain is no reason: it is told at the end. */
const char *ledger_chain_line(struct ledger_chain *chain, struct slice line);
/* After the last line: what is wrong in a lane, its first break or that its end is missing; none: its chain is whole. */
struct slice ledger_chain_broken(const struct ledger_chain *chain, struct arena *arena, int lane);
int64_t ledger_chain_postings(const struct ledger_chain *chain);

/* What was debited and credited to an account, over all postings that were read. */
struct ledger_chain_sum {
    char account[32], currency[4];
    unsigned __int128 debit, credit;
};
/* By currency and account; `count` gets how many. */
const struct ledger_chain_sum *ledger_chain_sums(struct ledger_chain *chain, size_t *count);

#endif
