/* What automatic payments would do, and what they do. */
#ifndef CUOTAS_BILLING_AUTOPAY_H
#define CUOTAS_BILLING_AUTOPAY_H

#include "base/work.h"

/* The business day that was asked for, today without one. False, with the failure recorded: it is more than a month ahead, of which a plan would be read for long. */
bool autopay_day(struct work *w, struct slice given, struct slice *out);

#endif
