/* The log: every line one JSON object whatever is put into it, nothing blocked or lost unnoticed when nobody reads. */
#include "check.h"

#include "base/arena.h"
#include "base/date.h"
#include "base/log.h"
#include "wire/json.h"

#include <fcntl.h>
#include <stdio.h>

static int pipes[2], real_stderr;
static struct arena *arena;

static int redirect(void **state)
{
    (void)state;
    arena = arena_new();
    real_stderr = dup(STDERR_FILENO);
    return pipe(pipes) || fcntl(pipes[1], F_SETFL, O_NONBLOCK) || fcntl(pipes[0], F_SETFL, O_NONBLOCK)
           || fcntl(pipes[1], F_SETPIPE_SZ, 4096) < 0 || dup2(pipes[1], STDERR_FILENO) < 0;
}

static int restore(void **state)
{
    (void)state;
    log_flush();
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
    close(pipes[0]);
    close(pipes[1]);
    arena_free(arena);
    return 0;
}

/* All there is to read now. */
static struct slice drain(void)
{
    static char all[256 * 1024];
    size_t size = 0;
    for (ssize_t got; (got = read(pipes[0], all + size, sizeof all - size)) > 0;)
        size += (size_t)got;
    return arena_copy(arena, slice_of(all, size));
}

static const cJSON *take_line(struct slice *text)
{
    struct slice line = slice_cut(*text, '\n', text);
    const cJSON *object = json_parse(arena, line, NULL, NULL);
    if (!object)
        fail_msg("not JSON: %.*s", SLICE_FMT(line));
    return object;
}

static void a_line_is_a_json_object(void **state)
{
    (void)state;
    log_setup("catalog", LOG_INFO);
    log_debug("not at this level");
    log_info("plain");
    log_warn("fields \"here\"", LOG_TEXT("path", "/a\nb"), LOG_INT("status", -5), LOG_SLICE("none", SLICE_NONE),
             LOG_INT("least", -9007199254740991));
    assert_int_equal(drain().size, 0);   /* buffered */
    log_flush();
    struct slice text = drain();
    const cJSON *line = take_line(&text);
    int64_t when;
    assert_slice(json_member_text(line, "msg"), "plain");
    assert_slice(json_member_text(line, "level"), "info");
    assert_slice(json_member_text(line, "service"), "catalog");
    assert_true(time_parse(json_member_text(line, "time"), &when));
    line = take_line(&text);
    assert_slice(json_member_text(line, "msg"), "fields \"here\"");
    assert_slice(json_member_text(line, "path"), "/a\nb");
    assert_int_equal(json_member_int64(line, "status", 0), -5);
    assert_int_equal(json_member_int64(line, "least", 0), -9007199254740991);
    assert_true(cJSON_IsNull(json_member(line, "none")));
    assert_int_equal(text.size, 0);
}

static void errors_are_written_at_once(void **state)
{
    (void)state;
    log_error("bad", LOG_INT("n", 1));
    struct slice text = drain();
    assert_slice(json_member_text(take_line(&text), "level"), "error");
}

static void hostile_text_stays_inside_its_quotes(void **state)
{
    (void)state;
    log_error("a\xff\"}\n{\"level\":\"fake", LOG_SLICE("bytes", slice_of("\0\x01\xc3", 3)));
    struct slice text = drain();
    /* The gate of wire/json refuses \u0000, which a log may well show. */
    assert_non_null(memmem(text.data, text.size, "\\u0000\\u0001\xef\xbf\xbd\"}\n", 17));
    assert_int_equal(memchr(text.data, '\n', text.size) == text.data + text.size - 1, 1);
}

static void long_values_are_cut(void **state)
{
    (void)state;
    char *big = malloc(200000);
    memset(big, 'x', 200000);
    log_error("long", LOG_SLICE("value", slice_of(big, 200000)));
    free(big);
    struct slice text = drain();
    struct slice value = json_member_text(take_line(&text), "value");
    assert_int_equal(value.size, 2048 + 3);
    assert_slice(slice_of(value.data + 2048, 3), "...");
}

static void a_reader_that_stalls_blocks_nobody(void **state)
{
    (void)state;
    int written = 3000;   /* some 250 KB: more than the pipe and the buffer hold */
    for (int i = 0; i < written; i++) {
        log_info("line", LOG_INT("i", i));
        if (i % 10 == 0)
            log_flush();
    }
    struct slice text = SLICE("");
    for (struct slice more; (more = drain()).size; log_flush())
        text = arena_printf(arena, "%.*s%.*s", SLICE_FMT(text), SLICE_FMT(more));
    log_error("after");
    for (struct slice more; (more = drain()).size; log_flush())
        text = arena_printf(arena, "%.*s%.*s", SLICE_FMT(text), SLICE_FMT(more));
    int64_t seen = 0, dropped = 0, last = -1;
    while (text.size) {
        const cJSON *line = take_line(&text);
        if (slice_equals_text(json_member_text(line, "msg"), "line")) {
            int64_t i = json_member_int64(line, "i", -1);
            assert_true(i > last);
            last = i;
            seen++;
        } else if (slice_equals_text(json_member_text(line, "msg"), "log lines were dropped")) {
            dropped += json_member_int64(line, "lines", 0);
        } else {
            assert_slice(json_member_text(line, "msg"), "after");
        }
    }
    assert_true(dropped > 0);
    assert_int_equal(seen + dropped, written);
}

static void a_fork_does_not_repeat_lines(void **state)
{
    (void)state;
    log_info("once");
    if (fork() == 0) {
        log_flush();
        _exit(0);
    }
    wait(NULL);
    log_flush();
    struct slice text = drain();
    assert_slice(json_member_text(take_line(&text), "msg"), "once");
    assert_int_equal(text.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_a_json_object, redirect, restore),
        cmocka_unit_test_setup_teardown(errors_are_written_at_once, redirect, restore),
        cmocka_unit_test_setup_teardown(hostile_text_stays_inside_its_quotes, redirect, restore),
        cmocka_unit_test_setup_teardown(long_values_are_cut, redirect, restore),
        cmocka_unit_test_setup_teardown(a_reader_that_stalls_blocks_nobody, redirect, restore),
        cmocka_unit_test_setup_teardown(a_fork_does_not_repeat_lines, redirect, restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
