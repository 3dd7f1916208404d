/* Sums of the ledger, for balances and reports. */
#ifndef CUOTAS_BILLING_LEDGER_FOLD_H
#define CUOTAS_BILLING_LEDGER_FOLD_H

#include "base/result.h"
#include "base/work.h"

/* Adds to ledger_sum what was posted since the last time, in short units; a part of the day's close. False: not all of it, and may be run again. */
SUSPENDS bool ledger_fold(struct work *w);

#endif
