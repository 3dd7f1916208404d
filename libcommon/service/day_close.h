/* Business days: every service with a database closes them one by one, in order, as jobs. */
#ifndef CUOTAS_SERVICE_DAY_CLOSE_H
#define CUOTAS_SERVICE_DAY_CLOSE_H

#include "bus/job.h"
#include "service/service.h"

/* The service's job kinds with day_close added; static, ends with { NULL }. */
const struct job_kind *day_close_kinds(const struct service *service, const char *zone);
/* Makes the job of the next day to close, if there is none. */
SUSPENDS bool day_close_begin(struct work *w);

#endif
