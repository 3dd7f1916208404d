/* Pix "copia e cola": a BR Code, the Banco Central's text of EMV's merchant-presented code, which any Brazilian bank's app reads or takes by paste. Pure. */
#ifndef CUOTAS_BILLING_PIX_H
#define CUOTAS_BILLING_PIX_H

#include "base/arena.h"

struct pix {
    struct slice key;         /* of the receiver's account: a tax number, a telephone, a mail address or a random UUID */
    struct slice name, city;  /* of the receiver; written without accents, cut to 25 and 15 characters */
    int64_t amount;           /* centavos; 0: the payer says it */
    struct slice txid;        /* letters and digits, at most 25; none: *** */
};
#define PIX_KEY_MAX 77

struct slice pix_br_code(struct arena *arena, const struct pix *pix);
/* CRC-16/CCITT-FALSE, as the code's last field has it. */
uint16_t pix_crc(struct slice text);

#endif
