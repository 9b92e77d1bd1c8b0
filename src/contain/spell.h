/* spell.h: how plans and the state before a change spell a value of any bytes
 * (doc/format/containment.md section 1). */
#pragma once
#include "base/mem.h"
#include "base/str.h"

void spell_add(struct buf *out, struct str value);
/* The same behind a space; "-" for an empty one. */
void spell_add_word(struct buf *line, struct str word);
/* False where it is not the one spelling of anything. What *out is lies in the arena, with a NUL
 * behind; it may be empty. */
bool spell_read(struct arena *a, struct str text, struct str *out);
/* Takes a line "NAME VALUE" off; false where none ends. */
bool spell_line(struct str *rest, struct str *name, struct str *value);
