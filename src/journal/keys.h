/* keys.h: who may sign what, at each place of a journal: enrolment, revocation, trust, legal hold,
 * redactions, merges (doc/format/journal.md §9, §10). A fold over the lines in order. */
#pragma once
#include "journal/entry.h"

enum key_power { POWER_NONE, POWER_LOG, POWER_MEMBER, POWER_LEAD };

struct keyring;
struct keyring *keyring_new(void);
void keyring_free(struct keyring *k);
DEFINE_CLEANUP(struct keyring *, keyring_free)

enum key_trust {
    TRUST_YES,
    TRUST_MERGED_NO /* merged, and its key has no power here */,
    TRUST_REVOKED /* merged, and its key was revoked here */
};

/* Takes the next line. Its chain (seq, prev, case, seen), ids, refs, roots and signatures were
 * checked before (see entry_check_signatures), and that a redaction's target has the fields. Says
 * whether the record is trusted at its place. A record that breaks a rule of its type or, in its
 * own place, of powers: ERR_TAMPER. A known type of another version, or an epoch: ERR_NEWER. Merges
 * more than 16 deep: ERR_LIMIT. On error the keyring is as it was, and e is a clause about the
 * record: "its key lacks the power for it". */
MUST_CHECK int keyring_add(struct keyring *k, const struct entry *entry, enum key_trust *trust,
                           struct err *e);
/* The next line breaks a rule: it takes its place and has no effect. */
void keyring_skip(struct keyring *k);
/* The merge that stands at seq, in its own place, brought fewer records than it said: what comes
 * next was written here. */
void keyring_end_merge(struct keyring *k, uint64_t seq);

/* That of the statement, which the signer made. ERR_TAMPER. */
MUST_CHECK int entry_check_signature(const struct entry *entry, struct err *e);
/* Those that the statement hands on: the proof of an enrol/1, that of a checkpoint/1. Those of
 * keyring_add for its `public`; ERR_TAMPER, in a clause. */
MUST_CHECK int entry_check_proofs(const struct entry *entry, struct err *e);
/* All of them. */
MUST_CHECK int entry_check_signatures(const struct entry *entry, struct err *e);

/* Its type is one of those that checking depends on (doc/format/journal.md §9): it gives or takes
 * power, destroys, merges, seals. */
bool entry_is_of_journal(const struct entry *entry);

/* After the last line; a revoked key has none. */
enum key_power keyring_power(const struct keyring *k, const struct key *key);
/* Is the record at seq, by that key and of that type ("hold/1"), trusted by all revocations so far?
 * That at its own place, which keyring_add says, may come to differ either way. A query follows the
 * enrolments of the key backwards from the last. */
bool keyring_trusts(const struct keyring *k, uint64_t seq, const struct key *by, struct str type);
bool keyring_legal_hold(const struct keyring *k);
const struct key *keyring_recovery(const struct keyring *k); /* NULL before record 0 */
/* True while the next line is one that a merge brought. */
bool keyring_expects_merged(const struct keyring *k);
