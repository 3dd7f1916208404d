/* The newest events of the own outbox in memory, so that each is read from the database once however many consume it. Filled by reads
 * behind one mark, in the order of the commits; a consumer whose cursors the memory does not reach back to is answered by outbox_read. */
#ifndef CUOTAS_BUS_NEWS_H
#define CUOTAS_BUS_NEWS_H

#include "bus/outbox.h"

struct news_event {
    struct lane_cursor at;
    struct slice type, text;   /* the CloudEvent; both in one block, at `type` */
    struct cursor after;       /* between there and this event there is none */
};

/* Reads what is new, by a read that begins after this call; callers that come together share one. False: the database does not answer. */
SUSPENDS bool news_refresh(int64_t deadline_us);
/* True when everything up to there has been read, be it kept still or not. */
bool news_reaches(struct cursor place);
/* False when some lane's cursor certainly lies before what is kept. */
bool news_reaches_back(const struct outbox_query *query);
/* Answers out of memory. False when some lane's cursor lies before what is kept, or behind what was read. The events are views that hold
 * until the next suspension. */
bool news_answer(struct arena *arena, const struct outbox_query *query, struct outbox_page *page);

/* Every event gets a number, from 1 on. The number the next one will get: */
uint64_t news_next(void);
/* The event of that number, or of the first one after it that is kept, with *number set to that; NULL when there is none. */
const struct news_event *news_at(uint64_t *number);
/* What the last read said: that there may be more at once, and that events wait for a running transaction. */
bool news_more(void);
bool news_held(void);

/* Keeps no event of a lower number any more; consumers that are further behind are answered by outbox_read. */
void news_keep_from(uint64_t number);
/* Forgets all. */
void news_forget(void);

#endif
