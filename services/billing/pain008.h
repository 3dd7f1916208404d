/* A file of SEPA direct debits as ISO 20022 has it: pain.008.001.08, or .02 as older banks take it, by the EPC's implementation guidelines (EPC130-08, EPC131-08). Pure: the same debits are the
 * same bytes. */
#ifndef CUOTAS_BILLING_PAIN008_H
#define CUOTAS_BILLING_PAIN008_H

#include "base/arena.h"

struct pain008_debit {
    struct slice scheme, sequence, collect_on;   /* CORE or B2B, FRST or RCUR, a day: those of one group stand together */
    struct slice end_to_end_id;
    int64_t amount, number;                      /* cents; of the installment */
    struct slice reference, signed_on;           /* the mandate's */
    struct slice debtor_name, iban, bic;         /* bic: or none */
};

struct pain008 {
    struct slice message_id, made_at;            /* at most 35 bytes; RFC 3339 */
    struct slice creditor_id, name, iban, bic;   /* bic: or none */
    bool batch_booking, old;                     /* old: .02 */
    const struct pain008_debit *debits;
    size_t count;
};

struct slice pain008_document(struct arena *arena, const struct pain008 *file);

#endif
