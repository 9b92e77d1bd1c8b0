/* check.h: the rules of sections 6, 9, 10 and 11 for every record of a journal, in order. */
#pragma once
#include "verify/journal.h"

/* Judges every record of the file's journal, and of the copies that it merged. Returns 0 with
 * j->trust the state at the journal's end, or -1 with *f the first rule that is broken. */
MUST_CHECK int check_records(struct journal *j, struct hasher *h, struct finding *f);
