/* evidence_more.h: what a file system tells of an item beyond its mode, owner and time of
 * modification, in its record. */
#pragma once
#include "practice/evidence.h"
#include "sys/file_facts.h"

void evidence_draft_more(struct decision *d, struct draft *dr, const struct file_facts *f);
