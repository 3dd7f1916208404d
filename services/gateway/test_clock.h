/* The test clock as the gateway conducts it: one offset told to every service, and the barrier between two days. */
#ifndef CUOTAS_GATEWAY_TEST_CLOCK_H
#define CUOTAS_GATEWAY_TEST_CLOCK_H

#include "http/request.h"

/* Reads SANDBOX_URL. */
void test_clock_configure(void);
/* False with test_clock_off recorded when TEST_CLOCK is not on. */
bool test_clock_allowed(struct work *w);
/* The greatest offset any service has: after an advance that was interrupted all are brought up to it. False on failure. */
SUSPENDS bool test_clock_read(struct work *w, int64_t *offset_s);
/* Tells every service. */
SUSPENDS bool test_clock_set(struct work *w, int64_t offset_s);
/* Waits until nothing is left to do anywhere. */
SUSPENDS bool test_clock_settle(struct work *w);
struct reply test_clock_reply(struct request *rq, int64_t offset_s);

#endif
