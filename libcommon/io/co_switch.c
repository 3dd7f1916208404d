/* The one file that switches stacks. ucontext only makes a stack's first frame (a swapcontext pair costs two system calls,
 * 842 ns; a setjmp pair 32 ns); from then on sigsetjmp/siglongjmp without the signal mask go back and forth, as in qemu.
 * A stack whose coroutine ended keeps its trampoline waiting, so the next coroutine on it costs no ucontext either.
 *
 * Built without _FORTIFY_SOURCE: its longjmp check takes every switch for an attack. ASan is told of each switch (and on a
 * coroutine's last one to drop its fake stack), valgrind of each stack. Only the loop enters, so one jump buffer goes back.
 * Owns the mappings. */
#undef _FORTIFY_SOURCE

#include "io/co_switch.h"

#include "base/limits.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0u
#define VALGRIND_STACK_DEREGISTER(id) ((void)(id))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif
#ifdef CO_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

static sigjmp_buf loop_suspended;
static struct co_stack *entering;      /* the trampoline's argument */
static void *loop_fake_stack;
static const void *loop_bottom;        /* the loop's own stack, as ASan tells it */
static size_t loop_bottom_size;

static char *stack_bottom(const struct co_stack *stack)
{
    return stack->mapping + getpagesize();
}

static void asan_leave(void **fake_stack, const void *bottom, size_t size)
{
#ifdef CO_ASAN
    __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#else
    (void)fake_stack, (void)bottom, (void)size;
#endif
}

static void asan_arrive(void *fake_stack, const void **bottom, size_t *size)
{
#ifdef CO_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
#else
    (void)fake_stack, (void)bottom, (void)size;
#endif
}

bool co_stack_map(struct co_stack *stack)
{
    const size_t guard = (size_t)getpagesize();
    char *mapping = mmap(NULL, guard + COROUTINE_STACK_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED)
        return false;
    if (mprotect(mapping, guard, PROT_NONE) != 0) {
        munmap(mapping, guard + COROUTINE_STACK_BYTES);
        return false;
    }
    *stack = (struct co_stack){ .mapping = mapping };
    stack->valgrind_id = VALGRIND_STACK_REGISTER(stack_bottom(stack), stack_bottom(stack) + COROUTINE_STACK_BYTES);
    return true;
}

void co_stack_unmap(struct co_stack *stack)
{
    VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
    if (munmap(stack->mapping, (size_t)getpagesize() + COROUTINE_STACK_BYTES) != 0)
        abort();
    *stack = (struct co_stack){ .mapping = NULL };
}

void co_stack_cool(struct co_stack *stack)
{
    /* The trampoline's frame goes with the pages. When the kernel cannot now, they stay: only memory is lost, for a while. */
    stack->live = madvise(stack_bottom(stack), COROUTINE_STACK_BYTES, MADV_DONTNEED) != 0;
}

/* Not instrumented: its frame outlives the fake stack ASan drops at each coroutine's end. */
__attribute__((no_sanitize_address, noreturn)) static void trampoline(void)
{
    struct co_stack *stack = entering;
    for (;;) {
        asan_arrive(NULL, &loop_bottom, &loop_bottom_size);
        stack->entry(stack->arg);
        asan_leave(NULL, loop_bottom, loop_bottom_size);
        if (sigsetjmp(stack->suspended, 0) == 0)
            siglongjmp(loop_suspended, 1);
    }
}

/* Nor this one, which is never returned to: its poison would stay on the loop's stack. */
__attribute__((no_sanitize_address, noreturn)) static void first_entry(struct co_stack *stack)
{
    ucontext_t context;
    if (getcontext(&context) != 0)
        abort();
    context.uc_stack.ss_sp = stack_bottom(stack);
    context.uc_stack.ss_size = COROUTINE_STACK_BYTES;
    context.uc_link = NULL;
    makecontext(&context, trampoline, 0);
    stack->live = true;
    setcontext(&context);
    abort();
}

void co_stack_enter(struct co_stack *stack)
{
    entering = stack;
    asan_leave(&loop_fake_stack, stack_bottom(stack), COROUTINE_STACK_BYTES);
    if (sigsetjmp(loop_suspended, 0) == 0) {
        if (!stack->live)
            first_entry(stack);
        siglongjmp(stack->suspended, 1);
    }
    asan_arrive(loop_fake_stack, NULL, NULL);
}

void co_stack_leave(struct co_stack *stack)
{
    asan_leave(&stack->asan_fake_stack, loop_bottom, loop_bottom_size);
    if (sigsetjmp(stack->suspended, 0) == 0)
        siglongjmp(loop_suspended, 1);
    asan_arrive(stack->asan_fake_stack, &loop_bottom, &loop_bottom_size);
}
