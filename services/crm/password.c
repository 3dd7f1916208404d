/* See password.h. Parameters are OWASP's for Argon2id: 19 MiB, 2 passes, 1 lane. What the thread works on lives in an arena of its
 * own, which outlives a waiter whose deadline passed. */
#include "password.h"

#include "base/random.h"
#include "gen/problems.h"
#include "io/threads.h"
#include "service/metrics.h"

#include <argon2.h>

#define MEMORY_KIB 19456
#define PASSES 2
#define LANES 1
#define SALT_BYTES 16
#define HASH_BYTES 32
#define ENCODED_BYTES 128

/* Of no password: what a log-in without an account is compared with. */
static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static struct metric work_done = { .name = "cuotas_password_hashes_total", .help = "Argon2id computations, whatever came of them." };

struct task {
    struct arena *arena;
    struct slice password, hash;
    unsigned char salt[SALT_BYTES];
    char encoded[ENCODED_BYTES];
    int result;
};

static struct task *task_new(struct slice password, struct slice hash)
{
    struct arena *arena = arena_new();
    struct task *task = ARENA_NEW(arena, struct task);
    task->arena = arena;
    task->password = arena_copy(arena, password);
    task->hash = arena_copy(arena, hash);
    return task;
}

static void task_free(void *arg)
{
    struct task *task = arg;
    explicit_bzero((char *)task->password.data, task->password.size);
    arena_free(task->arena);
}

static void hash_on_thread(void *arg)
{
    struct task *task = arg;
    task->result = argon2id_hash_encoded(PASSES, MEMORY_KIB, LANES, task->password.data, task->password.size, task->salt,
                                         SALT_BYTES, HASH_BYTES, task->encoded, sizeof task->encoded);
}

static void verify_on_thread(void *arg)
{
    struct task *task = arg;
    task->result = argon2id_verify(task->hash.data, task->password.data, task->password.size);
}

static void fail_overloaded(struct work *w)
{
    work_fail(w, &PROBLEM_overloaded, "too many log-ins at once, or too little memory for one");
    w->failure.retry_after_s = 1;
}

/* Runs one task. On true it is the caller's to free; on false it is gone, or goes when its thread is through with it. */
static SUSPENDS bool run(struct work *w, void (*fn)(void *arg), struct task *task)
{
    enum result result = thread_run_owned(fn, task, task_free, w->deadline_us);
    metric_add(&work_done, result != RESULT_BUSY);
    if (result == RESULT_OK)
        return true;
    if (result == RESULT_BUSY)
        task_free(task);   /* never queued */
    fail_overloaded(w);
    return false;
}

struct slice password_hash(struct work *w, struct slice password)
{
    struct task *task = task_new(password, SLICE(""));
    random_bytes(task->salt, SALT_BYTES);
    if (!run(w, hash_on_thread, task))
        return SLICE_NONE;
    struct slice encoded = arena_copy(w->arena, slice_from_text(task->encoded));
    bool ok = task->result == ARGON2_OK;
    task_free(task);
    if (!ok)
        fail_overloaded(w);
    return ok ? encoded : SLICE_NONE;
}

bool password_matches(struct work *w, struct slice hash, struct slice password)
{
    bool known = !slice_is_none(hash);
    struct task *task = task_new(password, known ? hash : slice_from_text(nobody));
    if (!run(w, verify_on_thread, task))
        return false;
    bool matches = known && task->result == ARGON2_OK;
    /* Without its 19 MiB nobody can tell: that is no wrong password. */
    if (task->result == ARGON2_MEMORY_ALLOCATION_ERROR)
        fail_overloaded(w);
    task_free(task);
    return matches;
}
