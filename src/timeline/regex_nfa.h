/* regex_nfa.h: an extended regular expression as steps of a machine that may be in many places. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

enum { NFA_STEPS_MOST = 2000, ASCII_COUNT = 128 };

enum nfa_kind {
    NFA_CHAR,  /* takes a character of the set, and goes on behind */
    NFA_SPLIT, /* goes on at both */
    NFA_JUMP,  /* goes on at the first */
    NFA_BEGIN, /* goes on behind, at the text's beginning */
    NFA_END,   /* the same at its end */
    NFA_MATCH,
};

struct nfa_step {
    enum nfa_kind kind;
    int to[2];       /* from this step */
    uint64_t set[2]; /* by character */
};

struct nfa {
    struct nfa_step steps[NFA_STEPS_MOST];
    int count;
};

static inline bool nfa_has(const struct nfa_step *s, unsigned c)
{
    return s->set[c / 64] >> c % 64 & 1;
}
/* Letters are alike. False: see regex_dfa_new. */
bool nfa_read(struct nfa *n, struct str expression);
