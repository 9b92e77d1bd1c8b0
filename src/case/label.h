/* label.h: TLP 2.0 labels in their order, and what each role of the team may see and do. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include "base/str.h"

enum tlp { TLP_CLEAR, TLP_GREEN, TLP_AMBER, TLP_AMBER_STRICT, TLP_RED, TLP_COUNT };

extern const char
    *const tlp_names[TLP_COUNT + 1]; /* "clear" …, ends with NULL: choices of a field */
bool tlp_of(struct str name, enum tlp *out);
const char *tlp_mark(enum tlp t); /* "TLP:AMBER+STRICT" */

/* X(name, highest label seen by need to know, what the role is for) */
#define ROLES(X)                                                                                   \
    X(LEAD, "lead", TLP_RED, "decides; speaks for the team")                                       \
    X(DEPUTY, "deputy", TLP_RED, "decides when the lead cannot be reached")                        \
    X(RESPONDER, "responder", TLP_RED, "acts: the hands at the systems")                           \
    X(SCRIBE, "scribe", TLP_RED, "documents: every action, finding and conversation")              \
    X(CUSTODIAN, "custodian", TLP_RED, "keeps the evidence and its chain of custody")              \
    X(COMMUNICATIONS, "communications", TLP_AMBER_STRICT, "tells the people who need to know")     \
    X(EXPERT, "expert", TLP_AMBER, "called in for a skill; sees what is amber or below")           \
    X(OBSERVER, "observer", TLP_GREEN, "reads what is green or below; changes nothing")

enum role {
#define X(code, name, highest, purpose) ROLE_##code##_ORDINAL,
    ROLES(X)
#undef X
        ROLE_COUNT,
#define X(code, name, highest, purpose) ROLE_##code = 1 << ROLE_##code##_ORDINAL,
    ROLES(X)
#undef X
};

enum {
    ROLES_LEADING = ROLE_LEAD | ROLE_DEPUTY,
    ROLES_ACTING = ROLES_LEADING | ROLE_RESPONDER | ROLE_CUSTODIAN,
    ROLES_WRITING = ROLES_ACTING | ROLE_SCRIBE | ROLE_COMMUNICATIONS | ROLE_EXPERT,
    ROLES_TELLING = ROLES_LEADING | ROLE_COMMUNICATIONS,
    ROLES_ALL = (1 << ROLE_COUNT) - 1,
};

extern const char *const role_names[ROLE_COUNT + 1]; /* ends with NULL */
const char *role_purpose(struct str name);
unsigned roles_of(struct str lines); /* names, one a line, into bits; unknown ones are left out */
void roles_show(struct buf *out, unsigned roles); /* "lead, scribe" */
enum tlp roles_clearance(unsigned roles);
