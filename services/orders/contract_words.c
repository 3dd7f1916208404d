/* See contract_words.h. Pure. */
#include "contract_words.h"

static const struct slice words[CONTRACT_WORDS][2] = {
#define WORD(name, spanish, english) { { "" spanish, sizeof(spanish) - 1 }, { "" english, sizeof(english) - 1 } },
#include "contract_words.def"
#undef WORD
};

struct slice contract_word(enum contract_word word, bool spanish)
{
    return words[word][!spanish];
}
