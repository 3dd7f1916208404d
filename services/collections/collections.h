/* What the files of collections share. */
#ifndef CUOTAS_COLLECTIONS_COLLECTIONS_H
#define CUOTAS_COLLECTIONS_COLLECTIONS_H

/* PAYMENT_LINK_BASE: the public address links in messages begin with. */
const char *collections_link_base(void);

#endif
