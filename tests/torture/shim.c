/* The torture shim: preloaded into a service, it stands before libc and libpq and makes the n-th call of a class fail, as control.h says.
 * Nothing else changes: unarmed, every call goes straight through.
 *
 * Invariants: what a failed call returns is what the real one may return, with its errno; a call that "fails" has no effect,
 * but for TORTURE_ANSWER, whose point is that the effect is there; a real failure is never hidden. Memory handed out before dlsym works
 * (dlsym itself allocates) comes from `early` and is never given back. Safe in threads: counters are atomic, all else is the loop's.
 * TORTURE_ARM=class:n:how in the environment arms it from the first instruction on, for start-ups. */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE   /* its inlines would define what is defined here */

#include "control.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct torture_control nowhere;          /* until the file is mapped, or when there is none */
static struct torture_control *control = &nowhere;

/* ---- whether this call fails ---- */

static bool due(uint64_t seen, uint64_t n, uint32_t how)
{
    return how == TORTURE_ONCE ? seen == n : how == TORTURE_ON ? seen >= n : n && seen % n == 0;
}

__attribute__((noinline)) static bool fails(enum torture_class class)
{
    struct torture_control *c = control;
    if (__atomic_load_n(&c->counting, __ATOMIC_ACQUIRE))
        __atomic_add_fetch(&c->counts[class], 1, __ATOMIC_RELAXED);
    if (!__atomic_load_n(&c->armed, __ATOMIC_ACQUIRE) || c->class_armed != class)
        return false;
    if (!due(__atomic_add_fetch(&c->seen, 1, __ATOMIC_RELAXED), c->n, c->how))
        return false;
    __atomic_add_fetch(&c->failed, 1, __ATOMIC_RELAXED);
    /* Frame 1 is this file's, compiled with a frame pointer. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-address"
    c->where = (uint64_t)(uintptr_t)__builtin_return_address(1);   /* whoever called the function that fails */
#pragma GCC diagnostic pop
    return true;
}

#define REAL(name)                                                          \
    static __typeof__(&name) real_##name;                                   \
    if (!real_##name)                                                       \
        real_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* ---- memory: what stands behind our own malloc (libcommon/base/memory.c), by libc's name and by the sanitizer's ---- */

static char early[64 * 1024] __attribute__((aligned(16)));
static size_t early_used;
static __thread bool looking;   /* inside dlsym, which allocates */

static void *early_take(size_t size)
{
    size_t at = __atomic_fetch_add(&early_used, (size + 31) & ~(size_t)15, __ATOMIC_RELAXED);
    if (at + size + 16 > sizeof early)
        _exit(97);
    *(size_t *)(void *)(early + at) = size;
    return early + at + 16;
}

static bool is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + sizeof early;
}

static void *early_resize(void *memory, size_t size, void *copy)
{
    if (copy && memory) {
        size_t old = ((size_t *)memory)[-2];
        memcpy(copy, memory, old < size ? old : size);
    }
    return copy;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

#define ALLOCATOR(prefix)                                                                                                       \
    static void *(*prefix##real_malloc)(size_t);                                                                                \
    static void *(*prefix##real_calloc)(size_t, size_t);                                                                        \
    static void *(*prefix##real_realloc)(void *, size_t);                                                                       \
    static void (*prefix##real_free)(void *);                                                                                   \
    void *prefix##malloc(size_t size);                                                                                          \
    void *prefix##calloc(size_t count, size_t size);                                                                            \
    void *prefix##realloc(void *memory, size_t size);                                                                           \
    void prefix##free(void *memory);                                                                                            \
    static bool prefix##ready(void)                                                                                             \
    {                                                                                                                           \
        if (prefix##real_free || looking)                                                                                       \
            return !looking;                                                                                                    \
        looking = true;                                                                                                         \
        prefix##real_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, #prefix "malloc");                                            \
        prefix##real_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, #prefix "calloc");                                    \
        prefix##real_realloc = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, #prefix "realloc");                                  \
        prefix##real_free = (void (*)(void *))dlsym(RTLD_NEXT, #prefix "free");                                                 \
        looking = false;                                                                                                        \
        return true;                                                                                                            \
    }                                                                                                                           \
    void *prefix##malloc(size_t size)                                                                                           \
    {                                                                                                                           \
        if (!prefix##ready())                                                                                                   \
            return early_take(size);                                                                                            \
        return fails(TORTURE_ALLOC) ? no_memory() : prefix##real_malloc(size);                                                  \
    }                                                                                                                           \
    void *prefix##calloc(size_t count, size_t size)                                                                             \
    {                                                                                                                           \
        if (!prefix##ready())                                                                                                   \
            return early_take(count * size);   /* early is zero */                                                              \
        return fails(TORTURE_ALLOC) ? no_memory() : prefix##real_calloc(count, size);                                           \
    }                                                                                                                           \
    void *prefix##realloc(void *memory, size_t size)                                                                            \
    {                                                                                                                           \
        if (!prefix##ready())                                                                                                   \
            return early_resize(memory, size, early_take(size));                                                                \
        if (is_early(memory))                                                                                                   \
            return early_resize(memory, size, prefix##real_malloc(size));                                                       \
        return fails(TORTURE_ALLOC) ? no_memory() : prefix##real_realloc(memory, size);                                         \
    }                                                                                                                           \
    void prefix##free(void *memory)                                                                                             \
    {                                                                                                                           \
        if (memory && !is_early(memory) && prefix##ready())                                                                     \
            prefix##real_free(memory);                                                                                          \
    }

ALLOCATOR(__libc_)
ALLOCATOR(__interceptor_)

/* ---- bytes: only on sockets, the rest is the process's own ---- */

static bool is_socket(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode);
}

/* 0: go on; else the errno to fail with. *one: let only one byte through (of a write: a read of less than was asked for means, by
 * epoll(7), that there is no more). */
static int byte_fault(int fd, enum torture_class class, int error, bool *one)
{
    if (one)
        *one = false;
    if (!is_socket(fd))
        return 0;
    if (fails(TORTURE_EINTR))
        return EINTR;
    if (fails(class)) {   /* a connection that fails once is dead for both sides */
        (void)shutdown(fd, SHUT_RDWR);
        return error;
    }
    if (one)
        *one = fails(TORTURE_SHORT);
    return 0;
}

#define READ_OR_FAIL(fd)                                            \
    int error = byte_fault(fd, TORTURE_READ, ECONNRESET, NULL);     \
    if (error) {                                                    \
        errno = error;                                              \
        return -1;                                                  \
    }

#define WRITE_OR_FAIL(fd)                                           \
    bool one;                                                       \
    int error = byte_fault(fd, TORTURE_WRITE, EPIPE, &one);         \
    if (error) {                                                    \
        errno = error;                                              \
        return -1;                                                  \
    }

ssize_t read(int fd, void *data, size_t size)
{
    REAL(read);
    READ_OR_FAIL(fd)
    return real_read(fd, data, size);
}

ssize_t recv(int fd, void *data, size_t size, int flags)
{
    REAL(recv);
    READ_OR_FAIL(fd)
    return real_recv(fd, data, size, flags);
}

/* The names _FORTIFY_SOURCE gives them. */
ssize_t __read_chk(int fd, void *data, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags);

ssize_t __read_chk(int fd, void *data, size_t size, size_t room)
{
    if (size > room)
        abort();
    return read(fd, data, size);
}

ssize_t __recv_chk(int fd, void *data, size_t size, size_t room, int flags)
{
    if (size > room)
        abort();
    return recv(fd, data, size, flags);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    REAL(recvmsg);
    READ_OR_FAIL(fd)
    return real_recvmsg(fd, message, flags);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    REAL(readv);
    READ_OR_FAIL(fd)
    return real_readv(fd, parts, count);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    WRITE_OR_FAIL(fd)
    return real_write(fd, data, one && size ? 1 : size);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
    REAL(send);
    WRITE_OR_FAIL(fd)
    return real_send(fd, data, one && size ? 1 : size, flags);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    REAL(writev);
    WRITE_OR_FAIL(fd)
    return one && count > 0 && parts[0].iov_len ? write(fd, parts[0].iov_base, 1) : real_writev(fd, parts, count);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    REAL(sendmsg);
    WRITE_OR_FAIL(fd)
    if (!one || message->msg_controllen || message->msg_iovlen == 0 || message->msg_iov[0].iov_len == 0)
        return real_sendmsg(fd, message, flags);
    struct iovec first = { message->msg_iov[0].iov_base, 1 };
    struct msghdr shorter = *message;
    shorter.msg_iov = &first;
    shorter.msg_iovlen = 1;
    return real_sendmsg(fd, &shorter, flags);
}

/* ---- descriptors and connections ---- */

#define FAIL_WITH(class, error)     \
    if (fails(class)) {             \
        errno = (error);            \
        return -1;                  \
    }

int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    REAL(connect);
    FAIL_WITH(TORTURE_EINTR, EINTR)
    FAIL_WITH(TORTURE_CONNECT, ECONNREFUSED)
    return real_connect(fd, address, size);
}

int socket(int domain, int type, int protocol)
{
    REAL(socket);
    FAIL_WITH(TORTURE_FD, EMFILE)
    return real_socket(domain, type, protocol);
}

int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    REAL(accept4);
    FAIL_WITH(TORTURE_EINTR, EINTR)
    FAIL_WITH(TORTURE_FD, EMFILE)
    return real_accept4(fd, address, size, flags);
}

int eventfd(unsigned int value, int flags);
int eventfd(unsigned int value, int flags)
{
    static int (*real_eventfd)(unsigned int, int);
    if (!real_eventfd)
        real_eventfd = (int (*)(unsigned int, int))dlsym(RTLD_NEXT, "eventfd");
    FAIL_WITH(TORTURE_FD, EMFILE)
    return real_eventfd(value, flags);
}

int open(const char *path, int flags, ...)
{
    static int (*real_open)(const char *, int, ...);
    mode_t mode = 0;
    if (!real_open)
        real_open = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    FAIL_WITH(TORTURE_FD, EMFILE)
    return real_open(path, flags, mode);
}

int epoll_ctl(int epfd, int what, int fd, struct epoll_event *event)
{
    REAL(epoll_ctl);
    if (what != EPOLL_CTL_DEL)
        FAIL_WITH(TORTURE_WATCH, ENOSPC)
    return real_epoll_ctl(epfd, what, fd, event);
}

int epoll_wait(int epfd, struct epoll_event *events, int count, int timeout)
{
    REAL(epoll_wait);
    FAIL_WITH(TORTURE_EINTR, EINTR)
    return real_epoll_wait(epfd, events, count, timeout);
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    /* Not by dlsym: the sanitizers' start-up maps before that works. */
    if (fails(TORTURE_MAP)) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
    REAL(pthread_create);
    return fails(TORTURE_MAP) ? EAGAIN : real_pthread_create(thread, attributes, run, arg);
}

/* ---- libpq: declared here, since its header is no part of a shim that also stands before programs without it ---- */

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
#define PGRES_PIPELINE_SYNC 10

#define REAL_PQ(name, type)                              \
    static type real_##name;                             \
    if (!real_##name)                                    \
        real_##name = (type)dlsym(RTLD_NEXT, #name)

typedef int (*send_prepared_fn)(PGconn *, const char *, int, const char *const *, const int *, const int *, int);
typedef int (*send_params_fn)(PGconn *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int);
typedef int (*prepare_fn)(PGconn *, const char *, const char *, int, const unsigned *);
typedef int (*on_connection_fn)(PGconn *);
typedef PGresult *(*get_result_fn)(PGconn *);
typedef int (*status_fn)(const PGresult *);

int PQsendQueryPrepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths, const int *formats,
                        int result_format);
int PQsendPrepare(PGconn *pg, const char *name, const char *text, int count, const unsigned *types);
int PQpipelineSync(PGconn *pg);
int PQconsumeInput(PGconn *pg);
int PQflush(PGconn *pg);
PGresult *PQgetResult(PGconn *pg);

/* In its place in the pipeline: a statement the server refuses. */
static int send_refused(PGconn *pg)
{
    char text[160];
    REAL_PQ(PQsendQueryParams, send_params_fn);
    (void)snprintf(text, sizeof text, "DO $$ BEGIN RAISE EXCEPTION 'torture' USING ERRCODE = '%.5s'; END $$",
                   control->sqlstate[0] ? control->sqlstate : "53200");
    return real_PQsendQueryParams(pg, text, 0, NULL, NULL, NULL, NULL, 0);
}

int PQsendQueryPrepared(PGconn *pg, const char *name, int count, const char *const *values, const int *lengths, const int *formats,
                        int result_format)
{
    REAL_PQ(PQsendQueryPrepared, send_prepared_fn);
    if (fails(TORTURE_SEND))
        return 0;
    return fails(TORTURE_QUERY) ? send_refused(pg)
                                : real_PQsendQueryPrepared(pg, name, count, values, lengths, formats, result_format);
}

int PQsendPrepare(PGconn *pg, const char *name, const char *text, int count, const unsigned *types)
{
    REAL_PQ(PQsendPrepare, prepare_fn);
    return fails(TORTURE_SEND) ? 0 : real_PQsendPrepare(pg, name, text, count, types);
}

int PQconsumeInput(PGconn *pg)
{
    REAL_PQ(PQconsumeInput, on_connection_fn);
    return fails(TORTURE_RESULT) ? 0 : real_PQconsumeInput(pg);
}

int PQflush(PGconn *pg)
{
    REAL_PQ(PQflush, on_connection_fn);
    return real_PQflush(pg);
}

/* Syncs sent and not answered yet, by connection; a handful of connections. */
#define CONNECTIONS_MAX 128
static struct {
    PGconn *pg;
    int syncs;
} open_syncs[CONNECTIONS_MAX];

static int *syncs_of(PGconn *pg)
{
    size_t at = 0;
    while (at < CONNECTIONS_MAX - 1 && open_syncs[at].pg && open_syncs[at].pg != pg)
        at++;
    open_syncs[at].pg = pg;
    return &open_syncs[at].syncs;
}

void PQfinish(PGconn *pg);
void PQfinish(PGconn *pg)
{
    static void (*real_PQfinish)(PGconn *);
    if (!real_PQfinish)
        real_PQfinish = (void (*)(PGconn *))dlsym(RTLD_NEXT, "PQfinish");
    *syncs_of(pg) = 0;
    real_PQfinish(pg);
}

PGresult *PQgetResult(PGconn *pg)
{
    REAL_PQ(PQgetResult, get_result_fn);
    REAL_PQ(PQresultStatus, status_fn);
    PGresult *result = real_PQgetResult(pg);
    if (result && real_PQresultStatus(result) == PGRES_PIPELINE_SYNC && *syncs_of(pg) > 0)
        --*syncs_of(pg);
    return result;
}

/* ReadyForQuery messages among bytes that may begin in the middle of one. */
static int count_ready(const char *bytes, size_t size)
{
    static const char ready[] = { 'Z', 0, 0, 0, 5 };
    int count = 0;
    const char *at = bytes, *end = bytes + size;
    while (at && (at = memmem(at, (size_t)(end - at), ready, sizeof ready))) {
        count++;
        at += sizeof ready;
    }
    return count;
}

/* Waits until the server has answered everything that was asked, which is after its commit, and throws the answer away. */
static void lose_answer(PGconn *pg)
{
    static char bytes[1024 * 1024];
    REAL_PQ(PQsocket, on_connection_fn);
    REAL_PQ(PQflush, on_connection_fn);
    REAL(recv);
    const int fd = real_PQsocket(pg);
    while (real_PQflush(pg) == 1)
        (void)poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, 100);
    for (int left = 1000; left > 0; left--) {
        ssize_t size = real_recv(fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
        if (size == 0 || (size > 0 && count_ready(bytes, (size_t)size) >= *syncs_of(pg)))
            break;
        (void)poll(NULL, 0, 10);
    }
    while (real_recv(fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
        continue;
    (void)shutdown(fd, SHUT_RDWR);
}

int PQpipelineSync(PGconn *pg)
{
    REAL_PQ(PQpipelineSync, on_connection_fn);
    if (fails(TORTURE_SEND))
        return 0;
    const int sent = real_PQpipelineSync(pg);
    ++*syncs_of(pg);
    if (sent && fails(TORTURE_ANSWER))
        lose_answer(pg);
    return sent;
}

/* ---- start ---- */

static void arm_from_environment(void)
{
    static const char *const hows[] = { "once", "on", "every" };
    const char *wanted = getenv("TORTURE_ARM");
    unsigned class = 0;
    unsigned long n = 0;
    char how[16] = "";
    if (!wanted || sscanf(wanted, "%u:%lu:%15s", &class, &n, how) != 3)
        return;
    for (uint32_t i = 0; i < 3; i++)
        if (strcmp(how, hows[i]) == 0)
            control->how = i;
    control->class_armed = class;
    control->n = n;
    __atomic_store_n(&control->armed, 1, __ATOMIC_RELEASE);
}

__attribute__((constructor)) static void torture_open(void)
{
    char path[512];
    const char *directory = getenv("TORTURE_DIR");
    /* The launcher becomes the service, under the same pid: it is not what is tortured. */
    if (!directory || strcmp(program_invocation_short_name, "setpriv") == 0)
        return;
    (void)snprintf(path, sizeof path, "%s/%d", directory, (int)getpid());
    const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        return;
    void *page = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (page == MAP_FAILED)
        return;
    struct torture_control *mapped = page;
    if (getenv("TORTURE_COUNT"))
        mapped->counting = 1;
    control = mapped;
    arm_from_environment();
}
