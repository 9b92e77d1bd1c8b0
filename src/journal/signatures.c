/* signatures.c: every signature that an entry holds, checked. */
#include "journal/ed25519.h"
#include "journal/keys.h"
#include "journal/note.h"
#include "journal/record.h"

static bool statement_signature_holds(const struct statement *s)
{
    CLEANUP_BUF struct buf message = {0};

    statement_signed_bytes(&message, s->signed_head);
    return ed25519_holds(&s->sig, buf_str(&message), &s->by);
}

static bool proof_holds(const struct statement *s)
{
    CLEANUP_BUF struct buf message = {0};
    struct key key;
    struct sig proof;

    record_hex(s, "key", &key, sizeof(key));
    record_hex(s, "proof", &proof, sizeof(proof));
    buf_adds(&message, "cj/1 enrol\n");
    hex_add(&message, &s->case_id, sizeof(s->case_id));
    return ed25519_holds(&proof, buf_str(&message), &key);
}

static bool checkpoint_signature_holds(const struct statement *s)
{
    CLEANUP_BUF struct buf message = {0};
    CLEANUP_BUF struct buf sig = {0};
    struct checkpoint c = {.case_id = s->case_id, .size = record_integer(s, "size")};
    struct key key;
    struct sig bytes;

    record_hex(s, "root", &c.root, sizeof(c.root));
    record_hex(s, "key", &key, sizeof(key));
    if (!base64_read(&sig, record_string(s, "sig")) || sig.len != sizeof(bytes.b))
        BUG("the signature of a checkpoint was not checked for its shape");
    memcpy(bytes.b, sig.p, sizeof(bytes.b));
    checkpoint_text(&message, &c);
    return ed25519_holds(&bytes, buf_str(&message), &key);
}

bool entry_is_of_journal(const struct entry *entry)
{
    return record_kind_of(&entry->statement) != RECORD_OTHER;
}

int entry_check_signature(const struct entry *entry, struct err *e)
{
    if (statement_signature_holds(&entry->statement))
        return 0;
    return err_set(e, ERR_TAMPER, "the signature of record %llu does not hold",
                   (unsigned long long)entry->seq);
}

int entry_check_proofs(const struct entry *entry, struct err *e)
{
    const struct statement *s = &entry->statement;
    enum record_kind kind = record_kind_of(s);
    int code = record_check_public(kind, s, e);

    if (code < 0)
        return code;
    if (kind == RECORD_ENROL && !proof_holds(s))
        return err_set(e, ERR_TAMPER, "it has no proof that the holder of the key agreed");
    if (kind == RECORD_CHECKPOINT && !checkpoint_signature_holds(s))
        return err_set(e, ERR_TAMPER, "the signature of its checkpoint does not hold");
    return 0;
}

int entry_check_signatures(const struct entry *entry, struct err *e)
{
    const struct statement *s = &entry->statement;
    int code = record_check_public(record_kind_of(s), s, e);

    if (code == 0)
        code = entry_check_signature(entry, e);
    return code < 0 ? code : entry_check_proofs(entry, e);
}
