/* rules_common.h: how rules put their sentences together. */
#pragma once
#include "collect/rules.h"

/* A sentence with values of the line: "%key" is its key, "%{name}" a member; all else is text. */
void rule_say(struct buf *words, const struct item *item, const struct members *m,
              const char *sentence);
/* Whether a path, as spelled in the document, lies where everyone may write. */
bool rule_is_temporary(struct str value);
/* Whether a text, as spelled, names such a path anywhere, as a command does. */
bool rule_names_temporary(struct str value);
bool rule_has(struct str array, const char *text); /* one of an array's strings */
