/* help.h: help, manual pages and completion, all made from the table of operations. */
#pragma once
#include "practice/practice.h"

void help_overview(const struct model *m, struct buf *out);
void help_operation(const struct operation *op, struct buf *out);
void help_practice(const struct model *m, const struct practice *p, struct buf *out);
/* Its commands in at most that many lines: the first ones with what they do, the others by name. */
void help_commands(const struct model *m, const struct practice *p, size_t lines, struct buf *out);
/* A page of text by name: "evidence", "experts", a verb. False when there is none. */
bool help_page(const char *name, struct buf *out);
void help_page_names(struct buf *out); /* separated by spaces */
/* The whole table as JSON, for programs and tests. */
void help_table(const struct model *m, struct buf *out);
/* mdoc for calm(1), and for one page a practice: calm-VERB(1). */
void help_manual(const struct model *m, struct buf *out);
void help_manual_practice(const struct model *m, const struct practice *p, struct buf *out);
/* calm-records(7): every type of record, for whoever reads a journal without this program. */
void help_manual_records(const struct model *m, struct buf *out);
void help_completion_bash(const struct model *m, struct buf *out);
void help_completion_zsh(const struct model *m, struct buf *out);
