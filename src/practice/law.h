/* law.h: which laws and rules apply to the organisation, as was decided; their clocks are
 * deadline.c's. */
#pragma once
#include "practice/practice.h"

/* The laws that calm has files of, and what else there can be. */
#define LAWS WORDS("gdpr", "nis2", "dora", "sec-8k", "hipaa", "contract", "other")
bool law_is_known(struct str name);

extern const struct kind law_kind;
extern const struct operation notify_law, notify_laws;
/* Laws that apply and of which no clock was started nor decided against: lines of what is missing.
 */
void law_status(const struct view *v, struct practice_status *out);
