/* See ledger_chain.h. A posting's hash is SHA-256 over the hash before it and posting_text (migrations/0008_lighter_checks.sql), its members joined by '|':
 * so what is taken for a member holds none. Lanes may come in any order, also mixed; within a lane only the first break is told, for what follows it
 * hangs on it. */
#include "billing/ledger_chain.h"

#include "base/date.h"
#include "base/uuid.h"
#include "wire/hex.h"
#include "wire/json.h"
#include "wire/sha256.h"

#include <stdlib.h>

#define SUMS_MAX 4096          /* accounts of all currencies: the chart's times some two hundred */

enum broken { WHOLE, CHANGED, MISSING, OUT_OF_ORDER, INSERTED, WRONG_END, AFTER_END };

struct lane {
    int64_t position;          /* of the last posting */
    uint8_t hash[SHA256_BYTES];
    enum broken broken;
    int64_t at, id, before;    /* the first break: position and id of its posting, position of the one before */
    bool ended;
};

struct ledger_chain {
    struct lane lane[LEDGER_LANES];
    struct ledger_chain_sum sum[SUMS_MAX];
    size_t sums;
    int64_t postings;
};

struct posting {
    int64_t lane, position, id, line, amount, installment, recorded_us;
    bool has_installment;
    int32_t effective_on;
    struct slice entry_id, kind, debit, credit, currency, customer_id, order_id, payment_id;
    uint8_t hash[SHA256_BYTES];
};

struct ledger_chain *ledger_chain_new(struct arena *arena)
{
    return ARENA_NEW(arena, struct ledger_chain);
}

static bool word(struct slice text)
{
    if (text.size == 0 || text.size > sizeof ((struct ledger_chain_sum *)NULL)->account - 1)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '_' && (text.data[i] < 'a' || text.data[i] > 'z'))
            return false;
    return true;
}

static bool currency(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 'A' || text.data[i] > 'Z')
            return false;
    return text.size == 3;
}

static bool uuid_or_null(const cJSON *object, const char *name, struct slice *out)
{
    const cJSON *value = json_member(object, name);
    *out = json_text(value);
    return cJSON_IsNull(value) || (!slice_is_none(*out) && uuid_valid(*out));
}

static bool number(const cJSON *object, const char *name, int64_t *out)
{
    return json_int64(json_member(object, name), out);
}

static const char *read_posting(const cJSON *object, struct posting *p)
{
    const cJSON *installment = json_member(object, "installment_number");
    p->has_installment = json_int64(installment, &p->installment);
    p->entry_id = json_member_text(object, "entry_id");
    p->kind = json_member_text(object, "kind");
    p->debit = json_member_text(object, "debit");
    p->credit = json_member_text(object, "credit");
    p->currency = json_member_text(object, "currency");
    if (!number(object, "position", &p->position) || p->position < 1 || !number(object, "id", &p->id) || !number(object, "line", &p->line) ||
        !number(object, "amount", &p->amount) || (!p->has_installment && !cJSON_IsNull(installment)))
        return "a number is missing or is none";
    if (!word(p->kind) || !word(p->debit) || !word(p->credit) || !currency(p->currency))
        return "kind, accounts or currency are missing or are none";
    if (slice_is_none(p->entry_id) || !uuid_valid(p->entry_id) || !uuid_or_null(object, "customer_id", &p->customer_id) ||
        !uuid_or_null(object, "order_id", &p->order_id) || !uuid_or_null(object, "payment_id", &p->payment_id))
        return "an id is missing or is none";
    if (!date_parse(json_member_text(object, "effective_on"), &p->effective_on) || !time_parse(json_member_text(object, "recorded_at"), &p->recorded_us))
        return "a day or a time is missing or is none";
    return NULL;
}

static void hash_of(struct arena *arena, const struct lane *lane, const struct posting *p, uint8_t out[SHA256_BYTES])
{
    struct slice installment = p->has_installment ? arena_printf(arena, "%lld", (long long)p->installment) : SLICE("");
    struct slice text = arena_printf(
        arena, "%lld|%lld|%lld|%.*s|%lld|%.*s|%.*s|%.*s|%lld|%.*s|%.*s|%.*s|%.*s|%.*s|%d|%lld", (long long)p->lane, (long long)p->position, (long long)p->id,
        SLICE_FMT(p->entry_id), (long long)p->line, SLICE_FMT(p->kind), SLICE_FMT(p->debit), SLICE_FMT(p->credit), (long long)p->amount, SLICE_FMT(p->currency),
        SLICE_FMT(p->customer_id), SLICE_FMT(p->order_id), SLICE_FMT(installment), SLICE_FMT(p->payment_id), (int)p->effective_on, (long long)p->recorded_us);
    struct sha256 *hash = sha256_new(arena);
    if (lane->position > 0)
        sha256_add(hash, slice_of((const char *)lane->hash, SHA256_BYTES));
    sha256_add(hash, text);
    sha256_finish(hash, out);
}

static void break_at(struct lane *lane, enum broken how, int64_t position, int64_t id)
{
    if (lane->broken)
        return;
    lane->broken = how;
    lane->at = position;
    lane->id = id;
    lane->before = lane->position;
}

static void link_posting(struct arena *arena, struct lane *lane, const struct posting *p)
{
    uint8_t hash[SHA256_BYTES];
    /* What was taken for missing comes after all. */
    if (lane->broken == MISSING && p->position > lane->before && p->position < lane->at)
        lane->broken = OUT_OF_ORDER;
    if (lane->ended)
        break_at(lane, AFTER_END, p->position, p->id);
    else if (p->position <= lane->position)
        break_at(lane, INSERTED, p->position, p->id);
    else if (p->position > lane->position + 1)
        break_at(lane, MISSING, p->position, p->id);
    if (lane->broken)
        return;
    hash_of(arena, lane, p, hash);
    if (memcmp(hash, p->hash, SHA256_BYTES) != 0 || p->amount <= 0 || slice_equals(p->debit, p->credit))
        break_at(lane, CHANGED, p->position, p->id);
    lane->position = p->position;
    memcpy(lane->hash, p->hash, SHA256_BYTES);
}

static struct ledger_chain_sum *sum_of(struct ledger_chain *chain, struct slice account, struct slice in_currency)
{
    for (size_t i = 0; i < chain->sums; i++)
        if (slice_equals_text(account, chain->sum[i].account) && slice_equals_text(in_currency, chain->sum[i].currency))
            return &chain->sum[i];
    if (chain->sums == SUMS_MAX)
        return NULL;
    struct ledger_chain_sum *sum = &chain->sum[chain->sums++];
    memcpy(sum->account, account.data, account.size);
    memcpy(sum->currency, in_currency.data, in_currency.size);
    return sum;
}

static const char *take_posting(struct ledger_chain *chain, struct arena *arena, const cJSON *object, struct posting *p)
{
    const char *why = read_posting(object, p);
    if (why)
        return why;
    struct ledger_chain_sum *debit = sum_of(chain, p->debit, p->currency), *credit = sum_of(chain, p->credit, p->currency);
    if (!debit || !credit)
        return "there are more accounts than a ledger has";
    if (p->amount > 0) {
        debit->debit += (unsigned __int128)p->amount;
        credit->credit += (unsigned __int128)p->amount;
    }
    chain->postings++;
    link_posting(arena, &chain->lane[p->lane], p);
    return NULL;
}

static const char *take_end(struct lane *lane, int64_t end, struct slice hash_text)
{
    uint8_t hash[SHA256_BYTES];
    if (end < 0 || (end > 0 ? !hex_read(hash_text, hash, SHA256_BYTES) : hash_text.size > 0))
        return "an end's hash is missing or is none";
    if (lane->ended || end != lane->position || (end > 0 && memcmp(hash, lane->hash, SHA256_BYTES) != 0))
        break_at(lane, WRONG_END, end, 0);
    lane->ended = true;
    return NULL;
}

static const char *take(struct ledger_chain *chain, struct arena *arena, struct slice line)
{
    struct posting p;
    int64_t end;
    const cJSON *object = json_parse(arena, line, NULL, NULL);
    if (!object || !cJSON_IsObject(object) || json_duplicate(arena, object))
        return "it is no JSON object";
    if (!number(object, "lane", &p.lane) || p.lane < 0 || p.lane >= LEDGER_LANES)
        return "it names no lane";
    if (number(object, "end", &end))
        return take_end(&chain->lane[p.lane], end, json_member_text(object, "hash"));
    if (!hex_read(json_member_text(object, "hash"), p.hash, SHA256_BYTES))
        return "its hash is missing or is none";
    return take_posting(chain, arena, object, &p);
}

const char *ledger_chain_line(struct ledger_chain *chain, struct slice line)
{
    struct arena *arena = arena_new();
    const char *why = take(chain, arena, line);
    arena_free(arena);
    return why;
}

struct slice ledger_chain_broken(const struct ledger_chain *chain, struct arena *arena, int number_of_lane)
{
    const struct lane *lane = &chain->lane[number_of_lane];
    const long long at = lane->at, id = lane->id, before = lane->before;
    switch (lane->broken) {
    case CHANGED:
        return arena_printf(arena, "posting %lld (position %lld) was changed, or the one before it: its hash is not that of what it says", id, at);
    case MISSING:
        return arena_printf(arena, "posting %lld (position %lld) comes after position %lld: what was between them was removed", id, at, before);
    case OUT_OF_ORDER:
        return arena_printf(arena, "posting %lld (position %lld) comes after position %lld, and what was between them later: they are out of order", id, at, before);
    case INSERTED:
        return arena_printf(arena, "posting %lld (position %lld) comes after position %lld: it was inserted, or is out of order", id, at, before);
    case WRONG_END:
        return arena_printf(arena, "the ledger ends it at position %lld, its last posting here is at %lld: the last ones were removed or changed", at, before);
    case AFTER_END:
        return arena_printf(arena, "posting %lld (position %lld) comes after its end: it was inserted", id, at);
    default:
        return lane->ended ? SLICE_NONE : SLICE("its end is missing: the export is not whole");
    }
}

int64_t ledger_chain_postings(const struct ledger_chain *chain)
{
    return chain->postings;
}

static int by_currency(const void *one, const void *other)
{
    const struct ledger_chain_sum *a = one, *b = other;
    int order = strcmp(a->currency, b->currency);
    return order ? order : strcmp(a->account, b->account);
}

const struct ledger_chain_sum *ledger_chain_sums(struct ledger_chain *chain, size_t *count)
{
    qsort(chain->sum, chain->sums, sizeof *chain->sum, by_currency);
    *count = chain->sums;
    return chain->sum;
}
