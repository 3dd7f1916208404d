/* One pass over the format. Nothing is written past the capacity, but everything is counted, so that the caller knows what to make room for. */
#include "base/print.h"

#include "base/put.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sink {
    char *out;
    size_t capacity, size;
};

static void sink_add(struct sink *sink, const char *bytes, size_t count)
{
    if (sink->size < sink->capacity) {
        size_t room = sink->capacity - sink->size;
        memcpy(sink->out + sink->size, bytes, count < room ? count : room);
    }
    sink->size += count;
}

static void add_number(struct sink *sink, uint64_t magnitude, bool negative)
{
    char text[1 + PUT_DECIMAL_MAX] = "-";
    char *end = put_decimal(text + negative, magnitude);
    sink_add(sink, text, (size_t)(end - text));
}

static void add_signed(struct sink *sink, int64_t value)
{
    add_number(sink, value < 0 ? -(uint64_t)value : (uint64_t)value, value < 0);
}

/* At most `precision` bytes of it; a negative one is none, as printf has it. */
static void add_text(struct sink *sink, const char *text, int precision)
{
    if (!text)
        text = precision < 0 ? "(null)" : "";
    sink_add(sink, text, precision < 0 ? strlen(text) : strnlen(text, (size_t)precision));
}

/* The conversion behind a '%', whose argument is taken from `args`; where the format goes on, NULL when it is none of ours. */
static const char *convert(struct sink *sink, const char *at, va_list *args)
{
    if (at[0] == '.' && at[1] == '*' && at[2] == 's') {
        int precision = va_arg(*args, int);
        add_text(sink, va_arg(*args, const char *), precision);
        return at + 3;
    }
    size_t length = at[0] == 'z' ? 1 : at[0] != 'l' ? 0 : at[1] == 'l' ? 2 : 1;
    switch (at[length]) {
    case 's':
        if (length > 0)
            return NULL;
        add_text(sink, va_arg(*args, const char *), -1);
        return at + 1;
    case 'd':
        if (at[0] == 'z')
            return NULL;
        add_signed(sink, length == 0 ? va_arg(*args, int) : length == 1 ? va_arg(*args, long) : va_arg(*args, long long));
        return at + length + 1;
    case 'u':
        add_number(sink, length == 0 ? va_arg(*args, unsigned) : at[0] == 'z' ? va_arg(*args, size_t) :
                         length == 1 ? va_arg(*args, unsigned long) : va_arg(*args, unsigned long long), false);
        return at + length + 1;
    case 'c':
    case '%':
        if (length > 0)
            return NULL;
        sink_add(sink, &(char){ at[0] == '%' ? '%' : (char)va_arg(*args, int) }, 1);
        return at + 1;
    default:
        return NULL;
    }
}

int print_format(char *out, size_t capacity, const char *format, va_list args)
{
    struct sink sink = { out, capacity, 0 };
    va_list taken;
    va_copy(taken, args);
    for (const char *at = format; *at;) {
        const char *next = strchrnul(at, '%');
        sink_add(&sink, at, (size_t)(next - at));
        at = *next ? convert(&sink, next + 1, &taken) : next;
        if (!at) {
            va_end(taken);
            return vsnprintf(out, capacity, format, args);
        }
    }
    va_end(taken);
    if (capacity > 0)
        out[sink.size < capacity ? sink.size : capacity - 1] = '\0';
    return sink.size <= INT_MAX ? (int)sink.size : -1;
}
