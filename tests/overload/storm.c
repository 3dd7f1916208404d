/* A load of HTTP requests, from one thread. Closed: every connection sends its next request when its last was answered, which finds out
 * what the server can do. Open: requests leave at a rate, whatever the server says, as the world's do; one that finds all connections
 * busy is counted as unsent. Times are from sending to the last byte of the answer.
 *
 *     storm <address> <port> <seconds> <connections> <rate, 0: closed> <file of requests, each ended by a NUL> [<file for bodies of 201>]
 *
 * Requests are sent in turn. Output: one line a request of the file and status, `index status count p50_us p99_us max_us`; then `unsent n`,
 * `broken n` (connections that ended without an answer), `hurried n` (503 and 429 without Retry-After). Replies have a Content-Length. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS_MAX 64
#define STATUSES 600
#define ANSWER_MAX 65536
#define BUCKETS 4000

struct request {
    const char *bytes;
    size_t size;
};

struct times {
    uint64_t count, max_us;
    uint32_t buckets[BUCKETS];
};

struct peer {
    int fd, kind;
    int64_t sent_us;             /* 0: idle */
    size_t got;
    char *answer;
    struct peer *next_idle;
};

static struct request requests[REQUESTS_MAX];
static struct times *times[REQUESTS_MAX][STATUSES];
static size_t request_count, turn;
static struct peer *peers, *idle;
static struct sockaddr_in server;
static int epoll_fd;
static uint64_t unsent, broken, hurried;
static FILE *bodies;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* Sixteen buckets for each doubling: the position of the highest bit, and the four behind it. */
static size_t bucket_of(uint64_t us)
{
    unsigned bit = us ? 63 - (unsigned)__builtin_clzll(us) : 0;
    return bit < 4 ? us : (bit - 3) * 16 + ((us >> (bit - 4)) & 15);
}

static uint64_t bucket_top(size_t bucket)
{
    if (bucket < 16)
        return bucket;
    unsigned bit = (unsigned)(bucket / 16) + 3;
    return (UINT64_C(1) << bit) + ((bucket % 16 + 1) << (bit - 4));
}

static void note(int kind, int status, uint64_t us)
{
    if (!times[kind][status] && !(times[kind][status] = calloc(1, sizeof(struct times))))
        fail("calloc");
    struct times *t = times[kind][status];
    t->count++;
    t->max_us = us > t->max_us ? us : t->max_us;
    t->buckets[bucket_of(us)]++;
}

static uint64_t percentile(const struct times *t, double share)
{
    uint64_t seen = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        if ((double)(seen += t->buckets[i]) >= share * (double)t->count)
            return bucket_top(i);
    return t->max_us;
}

static void peer_connect(struct peer *p)
{
    int on = 1;
    p->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (p->fd < 0 || connect(p->fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = p };
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, p->fd, &event) != 0)
        fail("epoll_ctl");
}

static void peer_rest(struct peer *p)
{
    p->sent_us = 0;
    p->got = 0;
    p->next_idle = idle;
    idle = p;
}

static void peer_again(struct peer *p)
{
    close(p->fd);
    peer_connect(p);
    if (p->sent_us)
        peer_rest(p);
}

static void peer_send(struct peer *p)
{
    p->kind = (int)(turn++ % request_count);
    const struct request *rq = &requests[p->kind];
    p->sent_us = now_us();
    p->got = 0;
    if (send(p->fd, rq->bytes, rq->size, MSG_NOSIGNAL) != (ssize_t)rq->size) {
        broken++;
        peer_again(p);
    }
}

/* True when the answer is whole. */
static int peer_answered(struct peer *p)
{
    p->answer[p->got] = '\0';
    char *body = strstr(p->answer, "\r\n\r\n");
    if (!body || p->got < 12)
        return 0;
    body += 4;
    char *length = strcasestr(p->answer, "\r\nContent-Length:");
    size_t size = length && length < body ? strtoul(length + 17, NULL, 10) : 0;
    if ((size_t)(p->answer + p->got - body) < size)
        return 0;
    int status = atoi(p->answer + 9);
    status = status > 0 && status < STATUSES ? status : 0;
    note(p->kind, status, (uint64_t)(now_us() - p->sent_us));
    if ((status == 503 || status == 429) && !strcasestr(p->answer, "\r\nRetry-After:"))
        hurried++;
    if (status == 201 && bodies)
        fprintf(bodies, "%s\n", body);
    return 1;
}

static void peer_readable(struct peer *p)
{
    ssize_t got = recv(p->fd, p->answer + p->got, ANSWER_MAX - p->got, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !p->sent_us) {
        broken += p->sent_us != 0;
        peer_again(p);
        return;
    }
    p->got += (size_t)got;
    if (!peer_answered(p))
        return;
    char *closing = strcasestr(p->answer, "\r\nConnection: close");
    if (closing && closing < strstr(p->answer, "\r\n\r\n"))
        peer_again(p);
    else
        peer_rest(p);
}

static void send_due(int64_t started_us, double rate, uint64_t *due)
{
    while (idle && (rate <= 0 || (double)*due < (double)(now_us() - started_us) / 1e6 * rate)) {
        struct peer *p = idle;
        idle = p->next_idle;
        ++*due;
        peer_send(p);
    }
    uint64_t wanted = rate > 0 ? (uint64_t)((double)(now_us() - started_us) / 1e6 * rate) : 0;
    if (!idle && wanted > *due) {
        unsent += wanted - *due;
        *due = wanted;
    }
}

static void run(double seconds, double rate)
{
    struct epoll_event events[256];
    int64_t started_us = now_us(), end_us = started_us + (int64_t)(seconds * 1e6);
    uint64_t due = 0;
    while (now_us() < end_us) {
        send_due(started_us, rate, &due);
        int count = epoll_wait(epoll_fd, events, 256, 1);
        for (int i = 0; i < count; i++)
            peer_readable(events[i].data.ptr);
    }
}

static void read_requests(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file)
        fail(path);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    for (size_t at = 0; at < size && request_count < REQUESTS_MAX; at += requests[request_count - 1].size + 1)
        requests[request_count++] = (struct request){ text + at, strlen(text + at) };
}

int main(int argc, char **argv)
{
    if (argc < 7)
        return 64;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    server = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[2])) };
    inet_pton(AF_INET, argv[1], &server.sin_addr);
    size_t count = strtoul(argv[4], NULL, 10);
    read_requests(argv[6]);
    bodies = argc > 7 ? fopen(argv[7], "a") : NULL;
    epoll_fd = epoll_create1(0);
    peers = calloc(count, sizeof *peers);
    for (size_t i = 0; i < count; i++) {
        peers[i].answer = malloc(ANSWER_MAX + 1);
        peer_connect(&peers[i]);
        peer_rest(&peers[i]);
    }
    run(atof(argv[3]), atof(argv[5]));
    for (size_t k = 0; k < request_count; k++)
        for (int s = 0; s < STATUSES; s++)
            if (times[k][s])
                printf("%zu %d %llu %llu %llu %llu\n", k, s, (unsigned long long)times[k][s]->count,
                       (unsigned long long)percentile(times[k][s], 0.5), (unsigned long long)percentile(times[k][s], 0.99),
                       (unsigned long long)times[k][s]->max_us);
    printf("unsent %llu\nbroken %llu\nhurried %llu\n", (unsigned long long)unsent, (unsigned long long)broken, (unsigned long long)hurried);
    return 0;
}
