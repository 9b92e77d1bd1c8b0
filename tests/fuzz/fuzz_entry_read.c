/* fuzz_entry_read.c: whatever is read as a line of a journal has one spelling: written again, it is
 * the same bytes. */
#include "base/mem.h"
#include "journal/entry.h"
#include "journal/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_public(struct str text)
{
    struct str rest = text;
    struct public_value v;
    struct public_value item;
    size_t used = 1; /* the closing brace */

    while (public_next(&rest, &v)) {
        struct str items = v.text;

        while (v.kind == PUBLIC_ARRAY && public_item_next(&items, &item))
            ;
        used += 1 + 2 + v.name.len + 1 + v.text.len;
    }
    if (used != text.len - (text.len == 2))
        BUG("the walk over public missed something");
}

static void walk_fields(struct str text)
{
    struct str rest = text;
    struct str name;
    struct hash commitment;
    size_t used = 1;

    while (fields_next(&rest, &name, &commitment))
        used += 1 + 2 + name.len + 1 + 66;
    if (used != text.len - (text.len == 2))
        BUG("the walk over fields missed something");
}

static void walk_refs(struct str text)
{
    struct str rest = text;
    struct id id;
    size_t used = 1;

    while (refs_next(&rest, &id))
        used += 1 + 34;
    if (used != text.len - (text.len == 2))
        BUG("the walk over refs missed something");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_BUF struct buf again = {0};
    CLEANUP(keyring_freep) struct keyring *keyring = keyring_new();
    struct str line = {(const char *)data, size};
    enum key_trust trust;
    struct statement s;
    struct entry entry;
    struct err e;

    if (statement_read(&s, line, &e) == 0 && !str_eq(s.text, line))
        BUG("a statement is not its text");
    if (entry_read(&entry, line, &e) != 0)
        return 0;
    if (entry_write(&again, &entry.case_id, entry.seq, &entry.prev, entry.epoch, entry.logged,
                    entry.statement.text, &e) != 0 ||
        !str_eq(buf_str(&again), line))
        BUG("a line is read that is not written so");
    walk_public(entry.statement.public_text);
    walk_fields(entry.statement.fields_text);
    walk_refs(entry.statement.refs_text);
    if (keyring_add(keyring, &entry, &trust, &e) == 0 && entry.seq != 0)
        BUG("a journal begins with record %llu", (unsigned long long)entry.seq);
    return 0;
}
