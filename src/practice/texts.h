/* texts.h: the texts and data that ship inside the program. */
#pragma once
#include "base/str.h"

struct str texts_help(const char *file);              /* "evidence.txt"; empty when there is none */
bool texts_help_name(size_t index, struct str *name); /* "evidence", in order; false past the end */
struct str texts_script(const char *file);            /* "managers.txt" */
bool texts_template(size_t index, struct str *name, struct str *text); /* "first-alarm" */
bool texts_playbook(size_t index, struct str *name, struct str *json); /* "ransomware" */
bool texts_deadline(size_t index, struct str *name, struct str *json); /* "gdpr" */
struct str texts_data(const char *file); /* "glossary.json", "organisation.json" … */
/* A text with each {name} replaced by its value; names[i] belongs to values[i]. Unknown names stay
 * as they are. */
void texts_fill(struct buf *out, struct str text, const char *const *names,
                const struct str *values, size_t count);
