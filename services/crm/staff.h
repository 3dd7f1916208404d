/* What the operations on the shop's own people share. */
#ifndef CUOTAS_CRM_STAFF_H
#define CUOTAS_CRM_STAFF_H

/* Of the keys in mails to them (link_token_make), whose payload is an invitation's id: notifications makes them with the same word. */
#define STAFF_KEY_PURPOSE "staff-password"
#define STAFF_KEY_HOURS 72

#endif
