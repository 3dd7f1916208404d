/* Prometheus text metrics. Counters are registered once (static), cheap to bump, bounded in number. */
#ifndef CUOTAS_SERVICE_METRICS_H
#define CUOTAS_SERVICE_METRICS_H

#include "base/buf.h"
#include "base/result.h"

struct metric {
    const char *name;     /* cuotas_..._total, base units */
    const char *help;
    const char *labels;   /* "provider=\"stripe\",outcome=\"ok\"", or NULL */
    uint64_t value;
    struct metric *next;
    bool listed;
};
void metric_add(struct metric *metric, uint64_t count);
/* One finished request: count and duration histogram by operation and status class. */
void metrics_request(const char *operation, int status, int64_t duration_us);
/* A gauge read at scrape time. */
void metrics_gauge(const char *name, const char *help, int64_t (*read)(void));
/* One that is a series for each of something, in that label; read gives the i-th, and false when there are fewer. */
void metrics_gauge_each(const char *name, const char *help, const char *label, bool (*read)(size_t i, const char **of, int64_t *value));
MUST_CHECK enum result metrics_render(struct buf *out);

#endif
