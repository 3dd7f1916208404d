/* Sales returned bit by bit, each time by either rule of interest, with payments, days and other changes in between: what the shop makes of receivables (change_return.c) is what
 * billing books (services/billing/sql/change_schedule.sql), told here once more as checks. CUOTAS_PLANS and CUOTAS_SEED as in test_orders_plan_property. */
#include "plan_changes.h"

#include "base/arena.h"
#include "gen/problems.h"
#include "orders/change.h"

#define LINES_MAX 3
#define STEPS 7

struct line {
    int64_t quantity, total, returned;
};

struct sale {
    struct contract_plan plan;
    struct account account;
    struct receivable rows[RECEIVABLES_MAX];
    struct line lines[LINES_MAX];
    int line_count;
    int32_t date;
    int64_t given_back;
};

static struct plan_row plan_rows[PLAN_INSTALLMENTS_MAX + 1];
static int plan_numbers[PLAN_INSTALLMENTS_MAX + 1];
static struct plan_row sold_rows[PLAN_INSTALLMENTS_MAX];

/* ---- A sale ---- */

static void ask_for(struct sale *sale, int number, int32_t due_date, struct plan_parts parts)
{
    if (plan_parts_total(&parts) == 0)
        return;
    sale->rows[sale->account.row_count++] = (struct receivable){ .number = number, .due_date = due_date, .parts = parts, .total = plan_parts_total(&parts) };
    sale->account.highest = number;
    sale->account.total += plan_parts_total(&parts);
}

static void pay_row(struct sale *sale, struct receivable *row, int64_t amount)
{
    row->paid += amount;
    sale->account.paid += amount;
}

static void sell_lines(struct sale *sale, int64_t price)
{
    sale->line_count = (int)between(1, LINES_MAX);
    for (int i = 0; i < sale->line_count; i++) {
        const int64_t part = i + 1 == sale->line_count ? price : between(0, price);
        sale->lines[i] = (struct line){ .quantity = magnitude(12), .total = part };
        price -= part;
    }
}

/* The deposit and the fees of the sale are paid. */
static bool sell(struct sale *sale, const struct plan_terms *terms)
{
    struct plan_schedule schedule = { .rows = sold_rows };
    *sale = (struct sale){ .plan = { .terms = *terms, .rows = plan_rows, .numbers = plan_numbers }, .account = { .rows = sale->rows, .highest = 0 }, .date = terms->start_date };
    if (!plan_ok(plan_build(terms, &schedule)))
        return false;
    ask_for(sale, 0, terms->start_date, (struct plan_parts){ schedule.deposit, 0, schedule.upfront_fees, schedule.upfront_tax });
    if (sale->account.row_count)
        pay_row(sale, &sale->rows[0], sale->rows[0].total);
    sale->plan.row_count = schedule.row_count;
    for (size_t i = 0; i < schedule.row_count; i++) {
        plan_rows[i] = sold_rows[i];
        plan_numbers[i] = sold_rows[i].number;
        const struct plan_parts parts = change_parts_of(&sold_rows[i]);
        sale->rows[sale->account.row_count++] = (struct receivable){ .number = plan_numbers[i], .due_date = sold_rows[i].due_date, .parts = parts, .total = plan_parts_total(&parts) };
        sale->account.total += plan_parts_total(&parts);
        sale->account.highest = plan_numbers[i];
    }
    sell_lines(sale, terms->principal);
    return true;
}

/* The oldest first, as money is allocated; at times all that is owed. */
static void pay(struct sale *sale)
{
    const int64_t owed = sale->account.total - sale->account.paid;
    int64_t amount = owed == 0 ? 0 : between(0, 5) == 0 ? owed : between(0, 1) ? magnitude(owed) : between(0, owed);
    for (size_t i = 0; i < sale->account.row_count && amount > 0; i++) {
        struct receivable *row = &sale->rows[i];
        const int64_t part = money_lesser(row->total - row->paid, amount);
        pay_row(sale, row, part);
        amount -= part;
    }
}

static void let_days_pass(struct sale *sale)
{
    if (sale->plan.row_count == 0 || between(0, 2) == 0)
        return;
    const struct plan_row *row = &plan_rows[between(0, (int64_t)sale->plan.row_count - 1)];
    const int32_t date = row->due_date - (int32_t)between(-3, row->days);
    sale->date = date > sale->date ? date : sale->date;
}

/* ---- As billing books it ---- */

static const char *parts_broken(const struct plan_parts *parts)
{
    return parts->principal < 0 || parts->interest < 0 || parts->fees < 0 || parts->tax < 0 ? "a part is negative" : NULL;
}

static const char *replaced_broken(const struct change_draft *draft, bool returned)
{
    for (size_t i = 0; i < draft->replaced_count; i++) {
        const struct receivable *row = draft->replaced[i].row;
        const struct plan_parts *stays = &draft->replaced[i].stays, *was = &row->parts;
        const int64_t total = plan_parts_total(stays);
        if (parts_broken(stays) || row->replaced)
            return "what stays of a row is negative, or it was replaced before";
        if (returned ? total > row->total : total > row->paid || stays->interest > was->interest || stays->fees > was->fees || stays->tax > was->tax)
            return "more stays of a row than there may";
        for (size_t j = 0; j < i; j++)
            if (draft->replaced[j].row == row)
                return "a row is replaced twice";
    }
    return NULL;
}

static const char *added_broken(const struct change_draft *draft)
{
    for (size_t i = 0; i < draft->added_count; i++)
        if (parts_broken(&draft->added[i].parts))
            return "a part of a new row is negative";
    return NULL;
}

static void book(struct sale *sale, const struct change_draft *draft, int64_t *refund, int64_t *principal)
{
    for (size_t i = 0; i < draft->replaced_count; i++) {
        struct receivable *row = &sale->rows[draft->replaced[i].row - sale->rows];
        const int64_t total = plan_parts_total(&draft->replaced[i].stays), back = row->paid > total ? row->paid - total : 0;
        *principal += draft->replaced[i].stays.principal - row->parts.principal;
        sale->account.total += total - row->total;
        pay_row(sale, row, -back);
        *refund += back;
        row->parts = draft->replaced[i].stays;
        row->total = total;
        row->replaced = total == 0;
    }
    const int highest = sale->account.highest;
    for (size_t i = 0; i < draft->added_count; i++) {
        const struct plan_parts parts = draft->added[i].parts;
        *principal += parts.principal;
        sale->rows[sale->account.row_count++] =
            (struct receivable){ .number = highest + (int)i + 1, .due_date = draft->added[i].due_date, .parts = parts, .total = plan_parts_total(&parts) };
        sale->account.highest = highest + (int)i + 1;
        sale->account.total += plan_parts_total(&parts);
    }
}

/* As it is kept and read again. */
static const char *follow(struct sale *sale, const struct change_draft *draft)
{
    sale->plan.terms = draft->after.terms;
    sale->plan.row_count = draft->after.row_count;
    for (size_t i = 0; i < draft->after.row_count; i++) {
        struct plan_row row = draft->after.rows[i];
        row.number = (int)i + 1;
        row.total = row.principal + row.interest + row.fees + row.tax;
        row.closing_balance = row.opening_balance - row.principal;
        plan_rows[i] = row;
        plan_numbers[i] = draft->after.numbers[i];
        const struct receivable *asked = account_row(&sale->account, plan_numbers[i]);
        const struct plan_parts parts = change_parts_of(&row);
        if (!asked || asked->due_date != row.due_date || memcmp(&asked->parts, &parts, sizeof parts) != 0)
            return "plan and account do not agree";
        if (asked->paid > asked->total)
            return "more is paid for a row than it is";
    }
    return NULL;
}

static const char *booked(struct sale *sale, const struct change_draft *draft, bool returned)
{
    const int64_t total = sale->account.total, paid = sale->account.paid;
    const char *broken = replaced_broken(draft, returned);
    int64_t refund = 0, principal = 0;
    if (!broken)
        broken = added_broken(draft);
    if (broken)
        return broken;
    book(sale, draft, &refund, &principal);
    sale->given_back += refund;
    if (refund != draft->refund || refund > paid || sale->account.paid < 0 || sale->account.paid != paid - refund)
        return "another amount goes back, or more than was paid";
    if (principal != -draft->returned)
        return "principal does not fall by the price";
    if (refund > 0 && sale->account.paid != sale->account.total)
        return "money goes back while something is owed";
    if (paid == total && total > 0 && sale->account.paid < sale->account.total)
        return "what was settled is owed again";
    return follow(sale, draft);
}

/* ---- Steps ---- */

static struct change_draft draft_of(struct work *w, struct sale *sale, const struct compute_change_in *in, struct plan_in_force *force)
{
    int64_t *paid = ARENA_ARRAY(w->arena, int64_t, sale->plan.row_count + 1);
    for (size_t i = 0; i < sale->plan.row_count; i++)
        paid[i] = account_row(&sale->account, plan_numbers[i])->paid;
    *force = contract_plan_in_force(&sale->plan, paid, sale->date);
    struct change_draft draft = { .in = in, .kind = in->kind, .as_of = sale->date, .force = force, .before = &sale->plan, .account = &sale->account };
    change_draft_begin(w, &draft);
    return draft;
}

static struct slice lines_json(struct arena *arena, const struct sale *sale)
{
    struct slice text = SLICE("[");
    for (int i = 0; i < sale->line_count; i++)
        text = arena_printf(arena, "%.*s%s{\"line\":%d,\"quantity\":%lld,\"line_total\":%lld,\"returned\":%lld,\"picking\":0}", SLICE_FMT(text), i ? "," : "", i + 1,
                            (long long)sale->lines[i].quantity, (long long)sale->lines[i].total, (long long)sale->lines[i].returned);
    return arena_printf(arena, "%.*s]", SLICE_FMT(text));
}

/* Some units of some lines, or all that are left; none where nothing is. */
static size_t choose_units(const struct sale *sale, struct shipment_units *units)
{
    const bool all = between(0, 3) == 0;
    size_t count = 0;
    for (int i = 0; i < sale->line_count; i++) {
        const int64_t left = sale->lines[i].quantity - sale->lines[i].returned;
        if (left > 0 && (all || between(0, 1)))
            units[count++] = (struct shipment_units){ .line = i + 1, .has_line = true, .quantity = all ? left : between(1, left), .has_quantity = true };
    }
    return count;
}

static const char *give_back(struct work *w, struct sale *sale, const char *rule, long *made)
{
    struct shipment_units units[LINES_MAX];
    struct plan_in_force force;
    struct compute_change_in in = { .kind = SLICE("return"), .lines = units, .lines_count = choose_units(sale, units), .refund_interest = slice_from_text(rule) };
    if (between(0, 2) == 0)
        in.choice = SLICE("shorter_term");
    in.rebate = plan_rebate_name((enum plan_rebate)between(PLAN_REBATE_ACTUARIAL, PLAN_REBATE_NONE));
    if (in.lines_count == 0)
        return NULL;
    struct change_draft draft = draft_of(w, sale, &in, &force);
    draft.facts.lines = lines_json(w->arena, sale);
    if (!change_return(w, &draft)) {
        const bool free = w->failure.problem == &PROBLEM_nothing_to_change && draft.returned == 0;
        if (!free)
            fprintf(stderr, "%s: %.*s\n", w->failure.problem->code, SLICE_FMT(w->failure.detail));
        w->failure = (struct failure){ 0 };
        return free ? NULL : "a return was refused";
    }
    for (size_t i = 0; i < in.lines_count; i++)
        sale->lines[units[i].line - 1].returned += units[i].quantity;
    ++*made;
    return booked(sale, &draft, true);
}

/* What the engine does to the same rows; refused ones change nothing. */
static const char *change_otherwise(struct work *w, struct sale *sale)
{
    struct plan_in_force force;
    const struct compute_change_in in = { .kind = SLICE("reschedule") };
    struct change_draft draft = draft_of(w, sale, &in, &force);
    struct plan_change change = random_change(&force);
    if (change.type == PLAN_PREPAY || change.type == PLAN_ADVANCE)
        change.type = PLAN_SKIP;
    change.arrears = PLAN_ARREARS_KEEP;
    const struct plan_changed *changed = change_by_engine(w, &force, &change);
    w->failure = (struct failure){ 0 };
    if (!changed || sale->account.row_count + changed->row_count > RECEIVABLES_MAX)
        return NULL;
    change_adopt(&draft, changed);
    return booked(sale, &draft, false);
}

static const char *history_broken(struct sale *sale, char *history, long *made)
{
    const char *broken = NULL;
    for (int step = 0; step < STEPS && !broken; step++) {
        struct work w = { .arena = arena_new() };
        const char *rule = between(0, 1) ? "earned" : "unearned";
        let_days_pass(sale);
        if (between(0, 2))
            pay(sale);
        if (between(0, 4) == 0 && sale->plan.row_count > 0) {
            history += sprintf(history, " other");
            broken = change_otherwise(&w, sale);
        } else if (sale->account.row_count + sale->plan.row_count + 1 < RECEIVABLES_MAX) {
            history += sprintf(history, " %s", rule);
            broken = give_back(&w, sale, rule, made);
        }
        arena_free(w.arena);
    }
    return broken;
}

static void sales_are_returned_bit_by_bit(void **state)
{
    (void)state;
    static struct sale sale;
    const long plans = random_count(3000);
    long made = 0, refunds = 0;
    for (long i = 0; i < plans; i++) {
        struct plan_terms terms = random_terms();
        char history[STEPS * 16] = "";
        if (terms.rounding.carry == PLAN_CARRY_UNROUNDED || !sell(&sale, &terms))
            continue;
        const char *broken = history_broken(&sale, history, &made);
        if (broken) {
            print_plan(&terms);
            print_rows(&(struct plan_in_force){ &sale.plan.terms, plan_rows, sale.plan.row_count, NULL, sale.date });
            fail_msg("plan %ld,%s: %s", i, history, broken);
        }
        refunds += sale.given_back > 0;
    }
    assert_true(made > plans && refunds > plans / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(sales_are_returned_bit_by_bit) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
