/* See contract_md.h. */
#include "contract_md.h"

void md_put_word(struct md_writer *out, enum contract_word word)
{
    md_put(out, contract_word(word, out->spanish));
}

void md_put_heading(struct md_writer *out, enum contract_word word)
{
    MD_TEXT(out, "\n## ");
    md_put_word(out, word);
    MD_TEXT(out, "\n\n");
}

void md_put_item(struct md_writer *out, enum contract_word word)
{
    MD_TEXT(out, "- **");
    md_put_word(out, word);
    MD_TEXT(out, ":** ");
}

void md_put_row(struct md_writer *out, enum contract_word word)
{
    MD_TEXT(out, "| ");
    md_put_word(out, word);
    MD_TEXT(out, " | ");
}
