/* See contract_text.h. What stands in it follows what Colombia (Decreto 1074 de 2015, ch. 2.2.2.35) and the European Union (2008/48/EC, art. 10)
 * want a buyer on credit to have: parties, goods, cash price, deposit, all rates, the whole schedule, how it is computed, the rights. Pure. */
#include "contract_text.h"

#include "contract_schedule.h"
#include "contract_md.h"
#include "wire/json.h"

static void put_party(struct md_writer *out, enum contract_word role, const struct contract_party *party)
{
    md_put_item(out, role);
    md_put_escaped(out, party->name);
    if (party->tax_id.size) {
        MD_TEXT(out, ", ");
        md_put_word(out, WORD_tax_id);
        MD_TEXT(out, " ");
        md_put_escaped(out, party->tax_id);
    }
    const struct slice more[] = { party->address, party->contact };
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (more[i].size) {
            MD_TEXT(out, ", ");
            md_put_escaped(out, more[i]);
        }
    MD_TEXT(out, "\n");
}

static void put_opening(struct md_writer *out, const struct contract_facts *facts, struct slice date)
{
    MD_TEXT(out, "# ");
    md_put_word(out, WORD_title);
    MD_TEXT(out, "\n\n");
    md_put_item(out, WORD_date);
    md_put_date(out, date);
    MD_TEXT(out, "\n");
    md_put_item(out, WORD_reference);
    md_put_escaped(out, facts->reference);
    MD_TEXT(out, "\n");
    md_put_item(out, WORD_schedule_version);
    md_put_int(out, facts->schedule_version);
    MD_TEXT(out, "\n");
    if (facts->schedule_version > 1) {
        MD_TEXT(out, "\n");
        md_put_word(out, WORD_replaces);
        MD_TEXT(out, "\n");
    }
    md_put_heading(out, WORD_parties);
    put_party(out, WORD_seller, &facts->seller);
    put_party(out, WORD_buyer, &facts->buyer);
}

static void put_release(struct md_writer *out, struct slice text)
{
    const cJSON *release = slice_is_none(text) ? NULL : json_parse(out->text.arena, text, NULL, NULL);
    const struct slice share = json_member_text(release, "percent");
    const int64_t count = json_member_int64(release, "installments", 0);
    md_put_item(out, WORD_release);
    if (!slice_is_none(share)) {
        md_put_word(out, WORD_release_share);
        MD_TEXT(out, " ");
        md_put_percent(out, share);
    } else if (count > 0) {
        md_put_word(out, WORD_release_count);
        MD_TEXT(out, " ");
        md_put_int(out, count);
    } else {
        md_put_word(out, WORD_release_at_once);
    }
    MD_TEXT(out, ".\n");
}

static void put_goods(struct md_writer *out, const struct contract_facts *facts, const cJSON *lines)
{
    static const enum contract_word columns[] = { WORD_product, WORD_quantity, WORD_unit_price, WORD_line_total };
    md_put_heading(out, WORD_goods);
    for (size_t i = 0; i < 4; i++) {
        md_put(out, i ? SLICE(" | ") : SLICE("| "));
        md_put_word(out, columns[i]);
    }
    MD_TEXT(out, " |\n|---|---:|---:|---:|\n");
    for (const cJSON *line = lines->child; line; line = line->next) {
        MD_TEXT(out, "| ");
        md_put_escaped(out, json_member_text(line, "name"));
        MD_TEXT(out, " | ");
        md_put_int(out, json_member_int64(line, "quantity", 0));
        MD_TEXT(out, " | ");
        md_put_number(out, json_member_int64(line, "unit_price", 0));
        MD_TEXT(out, " | ");
        md_put_number(out, json_member_int64(line, "line_total", 0));
        MD_TEXT(out, " |\n");
    }
    MD_TEXT(out, "\n");
    md_put_item(out, WORD_cash_price);
    md_put_money(out, facts->goods_total);
    MD_TEXT(out, "\n");
    put_release(out, facts->release);
}

static void put_rights(struct md_writer *out)
{
    static const enum contract_word rights[] = { WORD_early, WORD_late, WORD_withdrawal, WORD_reading };
    md_put_heading(out, WORD_rights);
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        MD_TEXT(out, "- ");
        md_put_word(out, rights[i]);
        MD_TEXT(out, "\n");
    }
}

static void put_terms(struct md_writer *out, const struct contract_facts *facts)
{
    md_put_heading(out, WORD_terms);
    md_put_word(out, WORD_terms_part);
    MD_TEXT(out, " ");
    md_put_escaped(out, facts->terms_version);
    MD_TEXT(out, " (SHA-256 ");
    md_put_escaped(out, facts->terms_sha256);
    MD_TEXT(out, ").\n\n");
    md_put(out, facts->terms_body);
    if (!facts->terms_body.size || facts->terms_body.data[facts->terms_body.size - 1] != '\n')
        MD_TEXT(out, "\n");
}

struct slice contract_text(struct arena *arena, const struct contract_facts *facts)
{
    const cJSON *plan = json_parse(arena, facts->plan, NULL, NULL), *lines = json_parse(arena, facts->lines, NULL, NULL);
    const cJSON *rows = json_parse(arena, facts->installments, NULL, NULL);
    if (!plan || !lines || !rows)
        return SLICE_NONE;
    struct md_writer out = md_to_arena(arena, facts->spanish, facts->currency);
    put_opening(&out, facts, json_member_text(plan, "start_date"));
    put_goods(&out, facts, lines);
    contract_put_financing(&out, facts, plan);
    contract_put_calculation(&out, plan);
    contract_put_schedule(&out, rows);
    put_rights(&out);
    put_terms(&out, facts);
    return md_done(&out);
}

static void put_evidence(struct md_writer *out, enum contract_word word, struct slice value)
{
    if (!value.size)
        return;
    md_put_item(out, word);
    md_put_escaped(out, value);
    MD_TEXT(out, "\n");
}

struct slice contract_evidence_text(struct arena *arena, const struct contract_evidence *evidence)
{
    struct md_writer out = md_to_arena(arena, evidence->spanish, SLICE_NONE);
    md_put_heading(&out, WORD_evidence);
    put_evidence(&out, WORD_contract_id, evidence->contract_id);
    put_evidence(&out, WORD_accepted_by, evidence->accepted_by);
    put_evidence(&out, WORD_accepted_at, evidence->accepted_at);
    put_evidence(&out, WORD_accepted_from, evidence->accepted_from);
    put_evidence(&out, WORD_text_sha256, evidence->text_sha256);
    put_evidence(&out, WORD_accepted_sha256, evidence->accepted_sha256);
    put_evidence(&out, WORD_terms_sha256, evidence->terms_sha256);
    return md_done(&out);
}
