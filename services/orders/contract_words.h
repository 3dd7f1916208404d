/* What a contract says, in Spanish and English: contract_words.def has both beside each other. */
#ifndef CUOTAS_ORDERS_CONTRACT_WORDS_H
#define CUOTAS_ORDERS_CONTRACT_WORDS_H

#include "base/slice.h"

enum contract_word {
#define WORD(name, spanish, english) WORD_##name,
#include "contract_words.def"
#undef WORD
    CONTRACT_WORDS
};

struct slice contract_word(enum contract_word word, bool spanish);
/* The word for one of the engine's names ("annuity", "half_even", "actual/365"): `group` is the first word of its kind, in the order of the
 * engine's enumeration. */
static inline enum contract_word contract_word_at(enum contract_word group, int offset)
{
    return (enum contract_word)((int)group + offset);
}

#endif
