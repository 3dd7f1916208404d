/* The log: JSON lines gathered in one 64 KiB buffer and written to stderr whole. Invariants: the buffer holds whole lines, but for
 * the first one when a write took only a part of it; a line that finds no room, because stderr takes no more, is counted and the count
 * is told when there is room again, so the process neither blocks nor grows. Only on the loop's thread. */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/date.h"
#include "base/digits.h"
#include "base/escape.h"
#include "base/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOG_BUFFER_BYTES (64 * 1024)
#define LOG_TEXT_BYTES_MAX 2048      /* longer values are cut */

static struct {
    struct buf buf;
    char origin[LOG_ERROR + 1][128];   /* by level: what follows the time in every line */
    enum log_level level;
    uint64_t dropped;
    bool ready;
} state = { .level = LOG_INFO };

/* A service's name is ours: nothing in it needs an escape. */
static void name_origin(const char *service)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++)
        snprintf(state.origin[level], sizeof state.origin[level], "\",\"level\":\"%s\",\"service\":\"%.64s\",\"msg\":", names[level], service);
}

static void log_prepare(void)
{
    if (state.ready)
        return;
    state.ready = true;
    name_origin("cuotas");
    buf_init(&state.buf, LOG_BUFFER_BYTES);
    if (buf_reserve(&state.buf, LOG_BUFFER_BYTES) != RESULT_OK)   /* all at once: put() need not ask again */
        abort();
    /* A child must not write its parent's lines again. */
    if (atexit(log_flush) != 0 || pthread_atfork(log_flush, NULL, NULL) != 0)
        abort();
}

void log_setup(const char *service, enum log_level level)
{
    log_prepare();
    name_origin(service);
    state.level = level;
}

void log_flush(void)
{
    while (state.buf.size) {
        ssize_t written = write(STDERR_FILENO, state.buf.data, state.buf.size);
        if (written > 0)
            buf_consume(&state.buf, (size_t)written);
        else if (written < 0 && errno != EINTR && errno != EAGAIN)
            buf_clear(&state.buf);   /* nobody will ever read it */
        else if (errno != EINTR)
            return;                  /* full pipe: kept for later */
    }
}

static inline bool put(struct slice bytes)
{
    if (bytes.size > LOG_BUFFER_BYTES - state.buf.size)
        return false;
    memcpy(state.buf.data + state.buf.size, bytes.data, bytes.size);
    state.buf.size += bytes.size;
    return true;
}

static bool put_text(struct slice text)
{
    struct slice rest = utf8_cut(text, LOG_TEXT_BYTES_MAX);
    bool cut = rest.size < text.size;
    if (!put(SLICE("\"")))
        return false;
    while (rest.size) {
        char scratch[8];
        if (!put(escape_json_next(&rest, scratch)))
            return false;
    }
    return put(cut ? SLICE("...\"") : SLICE("\""));
}

static bool put_int(int64_t number)
{
    char digits[DIGITS_INT_MAX];
    return put(slice_of(digits, (size_t)(digits_put_int(digits, number) - digits)));
}

static bool put_name(const char *name)
{
    const size_t size = strlen(name);
    if (size + 4 > LOG_BUFFER_BYTES - state.buf.size)
        return false;
    char *at = state.buf.data + state.buf.size;
    memcpy(at, ",\"", 2);
    memcpy(at + 2, name, size);
    memcpy(at + 2 + size, "\":", 2);
    state.buf.size += size + 4;
    return true;
}

static bool put_member(const char *name, struct slice text)
{
    if (!put_name(name))
        return false;
    return slice_is_none(text) ? put(SLICE("null")) : put_text(text);
}

static bool put_line(enum log_level level, const char *message, const struct log_field *fields)
{
    char time[28];
    time_format(clock_wall_us(), time);
    bool ok = put(SLICE("{\"time\":\"")) && put(slice_of(time, sizeof time - 1)) && put(slice_from_text(state.origin[level]))
              && put_text(slice_from_text(message));
    for (; ok && fields->name; fields++) {
        if (fields->kind == LOG_FIELD_TEXT)
            ok = put_member(fields->name, fields->text);
        else
            ok = put_name(fields->name) && put_int(fields->number);
    }
    return ok && put(SLICE("}\n"));
}

/* One whole line into the buffer or none; once more after a flush. */
static bool add_line(enum log_level level, const char *message, const struct log_field *fields)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        size_t before = state.buf.size;
        if (put_line(level, message, fields))
            return true;
        state.buf.size = before;
        log_flush();
    }
    return false;
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields)
{
    log_prepare();
    if (level < state.level)
        return;
    if (state.dropped) {
        const struct log_field count[] = { LOG_INT("lines", (int64_t)state.dropped), { .name = NULL } };
        if (add_line(LOG_WARN, "log lines were dropped", count))
            state.dropped = 0;
    }
    if (!add_line(level, message, fields))
        state.dropped++;
    if (level >= LOG_ERROR)
        log_flush();
}
