/* A return (plan_change.h): interest given back, then the price off what is due, off the balance, off what was paid, in this order. Every amount that leaves one of them is
 * told or joins another, so that what is owed falls by the price and what is given back, and by interest of later days. Pure. */
#include "plan_change_internal.h"

#include "plan_rows.h"

/* ---- Interest of before ------------------------------------------------------------------------------------------------------------------------- */

/* Of a sum, row by row. */
struct shared {
    __int128 sum;
    int64_t given;
};

/* What is given back of the sum up to here, less what was of it before: together they are the share of the whole, rounded once, and none is more than its amount. */
static int64_t next_part(const struct plan_draft *draft, struct shared *shared, int64_t amount)
{
    const struct plan_rate *share = &draft->change->refund;
    shared->sum += amount;
    if (share->numerator == 0)
        return 0;
    const int64_t by_now = money_divide(shared->sum * share->numerator, share->denominator, draft->terms.rounding.mode), part = by_now - shared->given;
    shared->given = by_now;
    return part;
}

/* A row's principal, and with it the balance before it. */
static void add_principal(struct plan_row *row, int64_t amount)
{
    row->principal += amount;
    row->opening_balance += amount;
    row->total += amount;
}

/* Of the kept rows; the money that is too much for them then, and is principal of theirs. */
static int64_t give_back(struct plan_draft *draft, struct shared *interests)
{
    struct shared taxes = { 0 };
    int64_t freed = 0;
    for (size_t i = 0; i < draft->at.kept; i++) {
        struct plan_row *row = &draft->out->rows[i];
        const int64_t interest_tax = plan_tax_of_interest(&draft->terms, row->interest, row->tax);
        const int64_t interest = next_part(draft, interests, row->interest), tax = next_part(draft, &taxes, interest_tax);
        row->interest -= interest;
        row->tax -= tax;
        row->total -= interest + tax;
        const int64_t over = draft->out->paid[i] - row->total;
        if (over > 0) {
            add_principal(row, over);
            freed += over;
        }
    }
    draft->out->refunded.tax = taxes.given;
    return freed;
}

/* ---- Rows due ------------------------------------------------------------------------------------------------------------------------------------- */

static void move(int64_t *from, int64_t *to, int64_t most)
{
    const int64_t moved = money_lesser(*from, most);
    *from -= moved;
    *to += moved;
}

/* Fees, then interest and its tax in proportion, up to an amount: what stays of interest is taxed as it was. */
static void move_parts(struct plan_parts *from, struct plan_parts *to, int64_t most)
{
    const int64_t fees = money_lesser(from->fees, most), taxed = from->interest + from->tax, amount = money_lesser(taxed, most - fees);
    move(&from->fees, &to->fees, fees);
    if (amount <= 0)
        return;
    const int64_t interest = (int64_t)((__int128)amount * from->interest / taxed);
    move(&from->interest, &to->interest, interest);
    move(&from->tax, &to->tax, amount - interest);
}

static void add_parts(struct plan_parts *to, const struct plan_parts *parts, int sign)
{
    to->principal += sign * parts->principal;
    to->interest += sign * parts->interest;
    to->fees += sign * parts->fees;
    to->tax += sign * parts->tax;
}

static struct plan_parts unpaid_of(const struct plan_draft *draft, size_t row)
{
    return plan_unpaid(&draft->terms, &draft->out->rows[row], draft->out->paid[row]);
}

static struct plan_parts all_unpaid(const struct plan_draft *draft)
{
    struct plan_parts sum = { 0 };
    for (size_t i = 0; i < draft->at.kept; i++) {
        const struct plan_parts unpaid = unpaid_of(draft, i);
        add_parts(&sum, &unpaid, 1);
    }
    return sum;
}

/* So much of a row stays unpaid: its own parts, as far as they are among what is left, and in the place of others what else is. */
static struct plan_parts stays_unpaid(struct plan_parts own, struct plan_parts *left, int64_t amount)
{
    struct plan_parts stays = { 0 };
    move(&left->principal, &stays.principal, money_lesser(own.principal, amount));
    move(&left->interest, &stays.interest, money_lesser(own.interest, amount - plan_parts_total(&stays)));
    move(&left->fees, &stays.fees, money_lesser(own.fees, amount - plan_parts_total(&stays)));
    move(&left->tax, &stays.tax, money_lesser(own.tax, amount - plan_parts_total(&stays)));
    move_parts(left, &stays, amount - plan_parts_total(&stays));
    move(&left->principal, &stays.principal, amount - plan_parts_total(&stays));
    return stays;
}

/* The oldest rows are settled first: what is left unpaid of all of them stays with the newest, of each as much as there was at most. */
static void leave(struct plan_draft *draft, struct plan_parts left)
{
    for (size_t i = draft->at.kept; i-- > 0;) {
        struct plan_row *row = &draft->out->rows[i];
        const struct plan_parts own = unpaid_of(draft, i), stays = stays_unpaid(own, &left, money_lesser(plan_parts_total(&own), plan_parts_total(&left)));
        add_principal(row, stays.principal - own.principal);
        row->interest += stays.interest - own.interest;
        row->fees += stays.fees - own.fees;
        row->tax += stays.tax - own.tax;
        row->total = row->principal + row->interest + row->fees + row->tax;
    }
}

/* ---- Rows behind ---------------------------------------------------------------------------------------------------------------------------------- */

static struct plan_fault keep_all(struct plan_draft *draft)
{
    const struct plan_in_force *plan = draft->plan;
    for (size_t i = draft->at.kept; i < plan->row_count; i++) {
        draft->out->rows[i] = plan->rows[i];
        draft->out->paid[i] = plan->paid ? plan->paid[i] : 0;
    }
    draft->out->balance = draft->at.balance;
    draft->at.kept = plan->row_count;
    draft->charged = true;
    return plan_fine;
}

/* On a smaller balance; `given` of the interest that has run is given back. */
static struct plan_fault go_on(struct plan_draft *draft, int64_t price, int64_t given)
{
    plan_draft_count(draft, plan_draft_left(draft));
    const struct plan_fault begun = plan_draft_begin(draft, -(price + draft->at.ahead));
    if (!plan_ok(begun))
        return begun;
    draft->out->brought = draft->rows.brought -= given;
    plan_draft_same_dates(draft);
    return draft->change->choice == PLAN_SHORTER_TERM ? plan_draft_fill_shorter(draft) : plan_draft_fill(draft);
}

/* No balance is left: what has run, and what moved, is due when the next row was, as far as nothing covers it. */
static struct plan_fault end(struct plan_draft *draft, int64_t given)
{
    const struct plan_standing *at = &draft->at;
    struct plan_changed *out = draft->out;
    const struct plan_row *old = plan_draft_old(draft);
    struct plan_parts left = { .interest = at->carried + at->run - given, .fees = at->carried_fees };
    if (draft->terms.method == PLAN_FLAT)   /* what the rule gives back of interest that has run is `refund`'s to say */
        left.interest += at->unearned - money_lesser(at->unearned, plan_rebate_of(draft->plan, at, draft->change->rebate));
    left.tax = plan_tax_behind(draft->plan, at, left.interest) + at->carried_tax;
    move_parts(&left, &out->covered, out->beyond - plan_parts_total(&out->covered));
    draft->charged = true;
    draft->rows.row_count = 0;
    out->prepaid = at->balance;
    out->brought = left.interest + out->moved.interest;
    const int64_t fees = left.fees + out->moved.fees, tax = left.tax + out->moved.tax, total = out->brought + fees + tax;
    if (total == 0)
        return plan_fine;
    draft->rows.rows[0] = (struct plan_row){ .number = (int)at->kept + 1, .due_date = old->due_date, .days = old->due_date - at->from, .rate = { 0, 1 },
                                             .brought = out->brought, .brought_fees = fees, .brought_tax = plan_tax_beside(&draft->terms, out->brought, tax),
                                             .interest = out->brought, .fees = fees, .tax = tax, .total = total };
    draft->rows.row_count = 1;
    return plan_fine;
}

struct plan_fault plan_draft_return(struct plan_draft *draft)
{
    struct plan_changed *out = draft->out;
    const struct plan_standing *at = &draft->at;
    struct shared interests = { 0 };
    const int64_t freed = give_back(draft, &interests), run = at->carried + at->run, given = next_part(draft, &interests, run);
    const int64_t owed = plan_draft_left(draft) > 0 ? at->balance - at->ahead : 0;
    int64_t price = draft->change->amount + freed;
    struct plan_parts unpaid = all_unpaid(draft);
    const int64_t due = money_lesser(unpaid.principal, price);
    unpaid.principal -= due;
    price -= due;
    out->refunded.interest = interests.given;
    out->refunded.tax += plan_tax_behind(draft->plan, at, run) - plan_tax_behind(draft->plan, at, run - given);
    out->beyond = price > owed ? price - owed : 0;
    move_parts(&unpaid, &out->moved, price > out->beyond ? price : out->beyond);
    leave(draft, unpaid);
    move_parts(&out->moved, &out->covered, out->beyond);
    if (price < owed)
        return price == 0 && given == 0 ? keep_all(draft) : go_on(draft, price, given);
    return plan_draft_left(draft) > 0 ? end(draft, given) : keep_all(draft);
}
