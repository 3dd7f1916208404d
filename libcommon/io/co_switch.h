/* Stacks and the switch between the loop and a coroutine; for co.c only. */
#ifndef CUOTAS_IO_CO_SWITCH_H
#define CUOTAS_IO_CO_SWITCH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>

struct co_stack {
    sigjmp_buf suspended;        /* where to go on, while live */
    bool live;                   /* its trampoline waits on it, or runs */
    char *mapping;               /* guard page, then the stack; NULL: none yet */
    void (*entry)(void *arg);    /* set before each first entry */
    void *arg;
    void *asan_fake_stack;
    unsigned valgrind_id;
};

/* False when the kernel gives no more mappings. */
bool co_stack_map(struct co_stack *stack);
void co_stack_unmap(struct co_stack *stack);
/* Gives its pages back to the kernel; the mapping stays. Only between two runs. */
void co_stack_cool(struct co_stack *stack);
/* From the loop: runs entry(arg), or goes on where it left, until co_stack_leave or the end of entry. */
void co_stack_enter(struct co_stack *stack);
/* From the coroutine: back to the loop, until it enters again. */
void co_stack_leave(struct co_stack *stack);

#endif
