/* Prometheus text exposition. Requests are counted per operation and status class with one histogram each; the
 * tables are fixed, so labels cannot grow with what clients send. One loop thread touches them: no locks. */
#include "service/metrics.h"

#define OPERATIONS_MAX 256
#define GAUGES_MAX 32
#define CLASSES 6

static const int64_t bucket_us[] = { 500,    1000,   2500,   5000,    10000,   25000,
                                     50000, 100000, 250000, 1000000, 5000000 };
#define BUCKETS (sizeof bucket_us / sizeof *bucket_us)

struct operation_metrics {
    const char *operation;
    uint64_t by_class[CLASSES];
    uint64_t bucket[BUCKETS];
    uint64_t count;
    int64_t sum_us;
};

static struct operation_metrics operations[OPERATIONS_MAX];
static struct metric *counters;
static struct gauge {
    const char *name, *help;
    int64_t (*read)(void);
    const char *label;      /* with read_each, instead of read */
    bool (*read_each)(size_t i, const char **of, int64_t *value);
} gauges[GAUGES_MAX];
static size_t gauge_count;

void metric_add(struct metric *metric, uint64_t count)
{
    if (!metric->listed) {
        metric->next = counters;
        counters = metric;
        metric->listed = true;
    }
    metric->value += count;
}

/* Operation names are static strings of the route table, so the pointer identifies them. */
static struct operation_metrics *operation_find(const char *operation)
{
    size_t at = ((uintptr_t)operation >> 3) % OPERATIONS_MAX;
    for (size_t tried = 0; tried < OPERATIONS_MAX; tried++, at = (at + 1) % OPERATIONS_MAX) {
        if (operations[at].operation == operation)
            return &operations[at];
        if (!operations[at].operation) {
            operations[at].operation = operation;
            return &operations[at];
        }
    }
    return NULL;
}

void metrics_request(const char *operation, int status, int64_t duration_us)
{
    struct operation_metrics *m = operation_find(operation);
    if (!m)
        return;
    m->by_class[status >= 100 && status < 600 ? status / 100 : 0]++;
    m->count++;
    m->sum_us += duration_us;
    for (size_t i = 0; i < BUCKETS; i++) {
        if (duration_us <= bucket_us[i]) {
            m->bucket[i]++;
            break;
        }
    }
}

static void gauge_add(struct gauge gauge)
{
    if (gauge_count < GAUGES_MAX)
        gauges[gauge_count++] = gauge;
}

void metrics_gauge(const char *name, const char *help, int64_t (*read)(void))
{
    gauge_add((struct gauge){ .name = name, .help = help, .read = read });
}

void metrics_gauge_each(const char *name, const char *help, const char *label, bool (*read)(size_t i, const char **of, int64_t *value))
{
    gauge_add((struct gauge){ .name = name, .help = help, .label = label, .read_each = read });
}

static enum result render_counters(struct buf *out)
{
    for (const struct metric *m = counters; m; m = m->next) {
        /* HELP and TYPE once per name: the first of that name in the list prints them and all its series. */
        bool printed = false;
        for (const struct metric *before = counters; before != m && !printed; before = before->next)
            printed = strcmp(before->name, m->name) == 0;
        if (printed)
            continue;
        enum result result = buf_printf(out, "# HELP %s %s\n# TYPE %s counter\n", m->name, m->help, m->name);
        for (const struct metric *same = m; same && result == RESULT_OK; same = same->next) {
            if (strcmp(same->name, m->name) == 0)
                result = same->labels ? buf_printf(out, "%s{%s} %llu\n", m->name, same->labels,
                                                   (unsigned long long)same->value)
                                      : buf_printf(out, "%s %llu\n", m->name, (unsigned long long)same->value);
        }
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result render_gauge(struct buf *out, const struct gauge *gauge)
{
    enum result result = RESULT_OK;
    const char *of;
    int64_t value;
    if (gauge->read)
        return buf_printf(out, "%s %lld\n", gauge->name, (long long)gauge->read());
    for (size_t i = 0; result == RESULT_OK && gauge->read_each(i, &of, &value); i++)
        result = buf_printf(out, "%s{%s=\"%s\"} %lld\n", gauge->name, gauge->label, of, (long long)value);
    return result;
}

static enum result render_gauges(struct buf *out)
{
    for (size_t i = 0; i < gauge_count; i++) {
        enum result result = buf_printf(out, "# HELP %s %s\n# TYPE %s gauge\n", gauges[i].name, gauges[i].help, gauges[i].name);
        if (result == RESULT_OK)
            result = render_gauge(out, &gauges[i]);
        if (result != RESULT_OK)
            return result;
    }
    return RESULT_OK;
}

static enum result render_requests(struct buf *out)
{
    enum result result = buf_printf(out, "# HELP cuotas_http_requests_total Requests answered, by operation and status "
                                         "class.\n# TYPE cuotas_http_requests_total counter\n");
    for (size_t i = 0; i < OPERATIONS_MAX; i++) {
        for (int class = 0; class < CLASSES && result == RESULT_OK; class ++) {
            if (operations[i].operation && operations[i].by_class[class])
                result = buf_printf(out, "cuotas_http_requests_total{operation=\"%s\",status=\"%dxx\"} %llu\n",
                                    operations[i].operation, class,
                                    (unsigned long long)operations[i].by_class[class]);
        }
    }
    return result;
}

static enum result render_one_histogram(struct buf *out, const struct operation_metrics *m)
{
    uint64_t cumulative = 0;
    enum result result = RESULT_OK;
    for (size_t b = 0; b < BUCKETS && result == RESULT_OK; b++) {
        cumulative += m->bucket[b];
        result = buf_printf(out, "cuotas_http_request_duration_seconds_bucket{operation=\"%s\",le=\"%lld.%06lld\"} %llu\n",
                            m->operation, (long long)(bucket_us[b] / 1000000), (long long)(bucket_us[b] % 1000000),
                            (unsigned long long)cumulative);
    }
    if (result == RESULT_OK)
        result = buf_printf(out,
                            "cuotas_http_request_duration_seconds_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n"
                            "cuotas_http_request_duration_seconds_sum{operation=\"%s\"} %lld.%06lld\n"
                            "cuotas_http_request_duration_seconds_count{operation=\"%s\"} %llu\n",
                            m->operation, (unsigned long long)m->count, m->operation, (long long)(m->sum_us / 1000000),
                            (long long)(m->sum_us % 1000000), m->operation, (unsigned long long)m->count);
    return result;
}

static enum result render_durations(struct buf *out)
{
    enum result result = buf_printf(out, "# HELP cuotas_http_request_duration_seconds Time from head to reply, by operation.\n"
                                         "# TYPE cuotas_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i < OPERATIONS_MAX && result == RESULT_OK; i++)
        if (operations[i].operation)
            result = render_one_histogram(out, &operations[i]);
    return result;
}

enum result metrics_render(struct buf *out)
{
    enum result result = render_requests(out);
    if (result == RESULT_OK)
        result = render_durations(out);
    if (result == RESULT_OK)
        result = render_counters(out);
    return result == RESULT_OK ? render_gauges(out) : result;
}
