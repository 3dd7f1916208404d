/* cuotas-plan: one JSON request a line on stdin, one answer a line on stdout, in order. A wrong line gets an answer with an error and the next one
 * is read; exits 0 at the end of stdin, 1 when it cannot read or write. */
#include "plan_ops.h"

#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A line's answer, flushed when nobody else would (a person, or a program that waits for it). */
static bool answer_line(struct slice line)
{
    struct work work = { .arena = arena_new() };
    const struct slice answer = plan_answer(&work, line);
    const bool written = fwrite(answer.data, 1, answer.size, stdout) == answer.size && putchar('\n') != EOF;
    arena_free(work.arena);
    return written;
}

int main(void)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    tzset();
    setvbuf(stdout, NULL, _IOLBF, 1 << 16);
    while ((size = getline(&line, &capacity, stdin)) >= 0) {
        if (size && line[size - 1] == '\n')
            size--;
        if (!answer_line(slice_of(line, (size_t)size))) {
            perror("cuotas-plan: stdout");
            return EXIT_FAILURE;
        }
    }
    free(line);
    return ferror(stdin) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
