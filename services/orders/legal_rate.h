/* The highest rate a year the law allows on a day: one comparison for offers, orders and changes of contracts. */
#ifndef CUOTAS_ORDERS_LEGAL_RATE_H
#define CUOTAS_ORDERS_LEGAL_RATE_H

#include "db/db.h"

struct legal_rate {
    struct slice most;   /* a fraction; none: there is no limit */
    bool nominal;        /* it is compared with the nominal rate, else with the effective one */
};

/* Of columns legal_rate and legal_basis (legal_rate_at in the migrations). */
struct legal_rate legal_rate_of(const struct row *row);
/* Rates as fractions with 8 decimals; none: too high to be stated, which is above any. */
bool legal_rate_allows(const struct legal_rate *legal, struct slice nominal, struct slice effective);

#endif
