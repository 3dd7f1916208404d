/* Messages: a template filled with an event's values, and its RFC 5322 form. Pure. */
#ifndef CUOTAS_NOTIFICATIONS_MESSAGE_H
#define CUOTAS_NOTIFICATIONS_MESSAGE_H

#include "base/arena.h"

#include <cjson/cJSON.h>

struct message_values {
    const cJSON *data;          /* the event's */
    struct slice full_name;
    struct slice password_key;  /* where the event is an invitation; stands nowhere else */
    struct slice unsubscribe_url;
    bool spanish;
};

/* Replaces each {{name}}: amounts (members beside `currency`) as money of the customer's language, dates and times (by the merchant's clock)
 * likewise, everything else as it is; a name the event does not have becomes nothing. */
struct slice message_fill(struct arena *arena, struct slice template, const struct message_values *values);
/* 1234567 COP -> "COP 12.345,67" in Spanish, "COP 12,345.67" in English; the minor digits of the currency. */
struct slice message_money(struct arena *arena, int64_t amount, struct slice currency, bool spanish);

struct envelope {
    struct slice from, to;      /* addresses; from may be "Name <address>" */
    struct slice id;            /* of the notification: Message-ID, the same on every try */
    struct slice domain;        /* right side of the Message-ID */
    struct slice template;
    struct slice language;
    struct slice subject, body;
    struct slice unsubscribe_url;   /* none: it has to be told */
    int64_t date_us;
};
/* The whole message with CRLF lines: UTF-8 text, subject encoded (RFC 2047) where needed, no line over 998 bytes. Nothing in a value
 * can start a header. */
struct slice message_write(struct arena *arena, const struct envelope *envelope);
/* The bare address of "Name <address>". */
struct slice message_address(struct slice from);

#endif
