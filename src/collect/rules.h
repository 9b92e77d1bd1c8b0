/* rules.h: what a rule gets and answers. */
#pragma once
#include "collect/reader.h"

/* What rules must know of the whole document. */
struct rule_facts {
    struct utc taken;
    bool knows_packages; /* the package database was read */
    bool sees_owners;    /* all processes' descriptors could be read */
};
void rule_facts_read(struct rule_facts *out, const struct document *d, struct members *m);

/* True when the line shows it; words then get a sentence. */
typedef bool rule_see(const struct rule_facts *facts, const struct item *item,
                      const struct members *m, struct buf *words);

#define RULE(code, section, function, hint, weight, title, harmless)                               \
    bool function(const struct rule_facts *facts, const struct item *item,                         \
                  const struct members *m, struct buf *words);
#include "collect/rules.def"
#undef RULE
