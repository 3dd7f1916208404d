/* What the files of notifications share: where mail goes out. */
#ifndef CUOTAS_NOTIFICATIONS_NOTIFICATIONS_H
#define CUOTAS_NOTIFICATIONS_NOTIFICATIONS_H

#include "base/slice.h"

struct mail_settings {
    const char *smtp_url;
    const char *username, *password;   /* NULL: no AUTH */
    bool require_tls;
    struct slice from;                 /* "Name <address>" or an address */
    const char *envelope_from;
    struct slice domain;
    struct slice staff_password_page;  /* links to set a password begin with it; none: the key stands alone */
    const char *unsubscribe_base;      /* the public address links in messages begin with */
};
const struct mail_settings *mail_settings(void);

#endif
