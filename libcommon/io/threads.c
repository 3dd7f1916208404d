/* The thread pool. Threads start when work comes and none is idle, at most THREADS_MAX, so a process that forks before its first
 * piece of work shares none with its children. A thread only ever touches `pool` under its mutex and the task's fn and arg; all else
 * (waits, release, events) happens on the loop, which an eventfd wakes.
 *
 * A task goes queued -> running -> done and is freed by the loop in pool_collect. Its waiter may be gone by then (abandon
 * cleared task->wait): then release(arg) is called. thread_run* suspend. */
#include "io/threads.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "io/co.h"
#include "io/loop.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct task {
    void (*fn)(void *arg);
    void *arg;
    void (*release)(void *arg);
    struct wait *wait;        /* the loop's; NULL: nobody waits any more */
    struct task *next;
};

struct tasks {
    struct task *first, *last;
};

static struct {
    pthread_mutex_t mutex;    /* guards the members down to stopping */
    pthread_cond_t work;
    struct tasks queued, done;
    size_t queued_count, idle_count;
    bool stopping;
    pthread_t threads[THREADS_MAX];
    size_t thread_count;
    int done_fd;
    struct event *done_event;
} pool = { .mutex = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static void tasks_push(struct tasks *tasks, struct task *task)
{
    task->next = NULL;
    if (tasks->last)
        tasks->last->next = task;
    else
        tasks->first = task;
    tasks->last = task;
}

static struct task *tasks_pop(struct tasks *tasks)
{
    struct task *task = tasks->first;
    if (!task)
        return NULL;
    tasks->first = task->next;
    if (!tasks->first)
        tasks->last = NULL;
    return task;
}

/* With the mutex held. NULL: stop. */
static struct task *pool_next(void)
{
    pool.idle_count++;
    while (!pool.queued.first && !pool.stopping)
        pthread_cond_wait(&pool.work, &pool.mutex);
    pool.idle_count--;
    struct task *task = tasks_pop(&pool.queued);
    if (task)
        pool.queued_count--;
    return task;
}

static void *pool_thread(void *arg)
{
    struct task *task;
    pthread_mutex_lock(&pool.mutex);
    while ((task = pool_next())) {
        pthread_mutex_unlock(&pool.mutex);
        task->fn(task->arg);
        pthread_mutex_lock(&pool.mutex);
        const bool first = !pool.done.first;
        tasks_push(&pool.done, task);
        if (first && eventfd_write(pool.done_fd, 1) != 0)
            abort();
    }
    pthread_mutex_unlock(&pool.mutex);
    return arg;
}

/* On the loop: everything done goes back to its waiter, or is released. */
static void pool_collect(evutil_socket_t fd, short what, void *arg)
{
    (void)what, (void)arg;
    eventfd_t ignored;
    (void)eventfd_read(fd, &ignored);
    pthread_mutex_lock(&pool.mutex);
    struct tasks done = pool.done;
    pool.done = (struct tasks){ 0 };
    pthread_mutex_unlock(&pool.mutex);
    for (struct task *task; (task = tasks_pop(&done));) {
        if (task->wait)
            wait_finish(task->wait, RESULT_OK);
        else if (task->release)
            task->release(task->arg);
        memory_free(task);
    }
}

static bool pool_open(void)
{
    if (pool.done_event)
        return true;
    const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct event *event = fd < 0 ? NULL : event_new(loop_base(), fd, EV_READ | EV_PERSIST, pool_collect, NULL);
    if (!event || event_add(event, NULL) != 0) {
        log_error("no way for threads to tell that they are done", LOG_INT("errno", errno));
        if (event)
            event_free(event);
        if (fd >= 0)
            (void)close(fd);
        return false;
    }
    pool.done_fd = fd;
    pool.done_event = event;
    return true;
}

/* Signals are the loop's: pool threads take none. */
static void pool_start_thread(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&pool.threads[pool.thread_count], NULL, pool_thread, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        pool.thread_count++;
    else
        log_error("no thread", LOG_INT("errno", error));
}

/* False when there is no room, or no thread to ever run it. */
static bool pool_submit(struct task *task)
{
    if (!pool_open())
        return false;
    pthread_mutex_lock(&pool.mutex);
    if (pool.idle_count <= pool.queued_count && pool.thread_count < THREADS_MAX)
        pool_start_thread();
    const bool room = pool.queued_count < THREAD_QUEUE_MAX && pool.thread_count > 0;
    if (room) {
        tasks_push(&pool.queued, task);
        pool.queued_count++;
        pthread_cond_signal(&pool.work);
    }
    pthread_mutex_unlock(&pool.mutex);
    return room;
}

static void task_abandon(struct wait *wait)
{
    struct task *task = wait->owner;
    task->wait = NULL;
}

enum result thread_run_owned(void (*fn)(void *arg), void *arg, void (*release)(void *arg), int64_t deadline_us)
{
    struct task *task = memory_new(sizeof *task);
    struct wait wait = { .abandon = task_abandon, .owner = task };
    *task = (struct task){ .fn = fn, .arg = arg, .release = release, .wait = &wait };
    if (!pool_submit(task)) {
        memory_free(task);
        return RESULT_BUSY;
    }
    return wait_for(&wait, deadline_us);
}

enum result thread_run(void (*fn)(void *arg), void *arg, int64_t deadline_us)
{
    return thread_run_owned(fn, arg, NULL, deadline_us);
}

/* What nobody began is dropped, what runs is waited for. */
void threads_close(void)
{
    if (!pool.done_event)
        return;
    pthread_mutex_lock(&pool.mutex);
    struct tasks dropped = pool.queued;
    pool.queued = (struct tasks){ 0 };
    pool.queued_count = 0;
    pool.stopping = true;
    pthread_cond_broadcast(&pool.work);
    pthread_mutex_unlock(&pool.mutex);
    for (struct task *task; (task = tasks_pop(&dropped)); memory_free(task))
        if (!task->wait && task->release)
            task->release(task->arg);
    for (size_t i = 0; i < pool.thread_count; i++)
        pthread_join(pool.threads[i], NULL);
    pool_collect(pool.done_fd, EV_READ, NULL);
    event_free(pool.done_event);
    (void)close(pool.done_fd);
    assert(!pool.done.first);
    pool.stopping = false;
    pool.thread_count = pool.idle_count = 0;
    pool.done_event = NULL;
}
