/* Fuzz target of the mails: a template, an event's data, a name and an address, each up to a line end (the template to the first, so that "\1" stands for one in
 * it). A mail is RFC 5322 whatever is in them: CRLF and nothing else ends a line, none is over 998 bytes, no value starts a header of its own, and what a
 * customer is called is never taken for a template. */
#include "fuzz.h"

#include "notifications/message.h"
#include "wire/json.h"

#define HEADERS 10

static void check_lines(struct slice mail)
{
    size_t line = 0;
    for (size_t i = 0; i < mail.size; i++) {
        if (mail.data[i] == '\r')
            CHECK(i + 1 < mail.size && mail.data[i + 1] == '\n');
        if (mail.data[i] == '\n') {
            CHECK(i > 0 && mail.data[i - 1] == '\r');
            line = 0;
            continue;
        }
        CHECK(mail.data[i] != '\0' && ++line <= 999);
    }
}

/* Exactly the headers that message_write writes, in their order; continuation lines belong to the one before. */
static void check_headers(struct slice mail)
{
    static const char *const names[HEADERS] = { "From: ", "To: ", "Subject: ", "Date: ", "Message-ID: ", "MIME-Version: ", "Content-Type: ",
                                                "Content-Transfer-Encoding: ", "Content-Language: ", "Auto-Submitted: " };
    const char *end = memmem(mail.data, mail.size, "\r\n\r\n", 4);
    CHECK(end);
    struct slice head = slice_of(mail.data, (size_t)(end - mail.data)), rest = head;
    size_t count = 0;
    while (!slice_is_none(rest)) {
        struct slice line = slice_cut(rest, '\n', &rest);
        if (line.size && line.data[0] == ' ')
            continue;
        CHECK(slice_starts_with(line, slice_from_text(count < HEADERS ? names[count] : "X-Cuotas-Template: ")));
        count++;
    }
    CHECK(count == HEADERS + 1);
}

static void check_address(struct slice from)
{
    struct slice address = message_address(from);
    CHECK(is_inside(address, from) || address.size == 0);
}

static struct slice with_lines(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    for (size_t i = 0; i < text.size; i++)
        copy[i] = text.data[i] == '\1' ? '\n' : text.data[i];
    return slice_of(copy, text.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new();
    struct fuzz_bytes in = { data, data + size };
    bool spanish = fuzz_take(&in, 1) % 2;
    struct slice rest = slice_of((const char *)in.at, (size_t)(in.end - in.at));
    struct slice template = with_lines(arena, fuzz_part(&rest, '\n')), event = fuzz_part(&rest, '\n'), name = fuzz_part(&rest, '\n');
    struct message_values values = { .data = json_parse(arena, event, NULL, NULL), .full_name = name, .spanish = spanish };
    struct slice filled = message_fill(arena, template, &values);
    struct envelope envelope = { .from = name, .to = rest, .id = SLICE("018f0000-0000-7000-8000-000000000001"), .domain = SLICE("example.com"),
                                 .template = SLICE("payment_due"), .language = SLICE("es"), .subject = filled, .body = filled,
                                 .date_us = INT64_C(1800000000000000) };
    struct slice mail = message_write(arena, &envelope);
    check_lines(mail);
    check_headers(mail);
    check_address(name);
    /* A name that looks like a template comes out as it went in. */
    struct slice plain = message_fill(arena, SLICE("{{full_name}}"), &values);
    CHECK(slice_equals(plain, name));
    arena_free(arena);
    return 0;
}
