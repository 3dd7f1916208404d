/* Structured logs: one JSON object a line on stderr, buffered, flushed once a loop turn and at exit (and at once from
 * LOG_ERROR up). Every value is escaped. Never log a token, password, full tax id or card number: there is no
 * field kind for them on purpose. Arguments: a message, then pairs made by LOG_TEXT / LOG_INT / LOG_SLICE, ended by LOG_END
 * (the macros add it). */
#ifndef CUOTAS_BASE_LOG_H
#define CUOTAS_BASE_LOG_H

#include "base/slice.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *name;
    enum { LOG_FIELD_TEXT, LOG_FIELD_INT } kind;
    struct slice text;
    int64_t number;
};

#define LOG_SLICE(name_, value) ((struct log_field){ .name = (name_), .kind = LOG_FIELD_TEXT, .text = (value) })
#define LOG_TEXT(name_, value) LOG_SLICE(name_, slice_from_text(value))
#define LOG_INT(name_, value) ((struct log_field){ .name = (name_), .kind = LOG_FIELD_INT, .number = (value) })

#define log_write(level, message, ...)                                                                                 \
    log_fields((level), (message), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(, ) { .name = NULL } })
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)

void log_fields(enum log_level level, const char *message, const struct log_field *fields);
/* Names the process in every line; below `level` nothing is written. */
void log_setup(const char *service, enum log_level level);
void log_flush(void);

#endif
