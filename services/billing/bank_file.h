/* What a bank's file says: statements of accounts and their lines, whatever its format. Readers fill it in, bank_file_check holds it against the balances it
 * states, bank_file_json is what the statement that keeps it reads. Pure; everything lives in the file's arena. */
#ifndef CUOTAS_BILLING_BANK_FILE_H
#define CUOTAS_BILLING_BANK_FILE_H

#include "base/arena.h"
#include "base/money.h"
#include "base/problem.h"

#define BANK_LINES_MAX 10000
#define BANK_STATEMENTS_MAX 100
#define BANK_WHY_BYTES 300

struct bank_line {
    int64_t amount;                 /* minor units; what came in is above 0 */
    struct slice booked_on;         /* "2026-11-22" */
    struct slice value_on;          /* none: not stated; so may the following be */
    struct slice reference;         /* what the payer wrote to be known by */
    struct slice bank_reference;    /* the bank's own */
    struct slice name;              /* who paid, or was paid */
    struct slice counter_account;
    struct slice text;
    struct slice return_code;       /* why it went back, by ISO 20022 */
};

struct bank_statement {
    struct slice account, reference;
    const struct currency *currency;
    bool has_opening, has_closing;
    int64_t opening, closing;
    struct slice from_on, to_on;
    struct bank_line *lines;
    size_t count, room;
};

struct bank_file {
    struct arena *arena;
    struct bank_statement *statements;
    size_t count, room, lines;
    const struct problem *problem;   /* NULL: nothing is wrong */
    char why[BANK_WHY_BYTES];
};

/* The caller's declarations about a CSV file. */
struct bank_csv {
    struct slice account, currency;
    struct slice columns;    /* none: the first line that is not left out names them */
    int64_t skip;            /* lines before that */
    bool decimal_comma;
    char date_order;         /* 'y': 2026-11-22, 'd': 22/11/2026, 'm': 11/22/2026 */
};

/* False with what is wrong, at a line (1-based) or an element. */
bool bank_read_camt(struct bank_file *file, struct slice body);
bool bank_read_csv(struct bank_file *file, struct slice body, const struct bank_csv *said);
bool bank_read_n43(struct bank_file *file, struct slice body);

/* A further statement; a further line of the newest one. NULL with what is wrong: too many. */
struct bank_statement *bank_file_statement(struct bank_file *file);
struct bank_line *bank_file_line(struct bank_file *file);
/* The first of them stays. Always false. */
bool bank_file_fail(struct bank_file *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* As a line of text: blanks and what is no text become one blank each run; cut at `size` bytes. None when nothing is left. */
struct slice bank_text(struct bank_file *file, struct slice text, size_t size);
/* An account's number as it is compared: no blanks, upper case. None: it is none. */
struct slice bank_account(struct bank_file *file, struct slice text);

/* Every statement has account and currency, and its lines lead from its opening to its closing balance. */
bool bank_file_check(struct bank_file *file);
struct slice bank_file_json(const struct bank_file *file);

#endif
