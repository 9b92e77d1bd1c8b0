/* evidence_more.c: puts times, flags, attributes and access control lists into an item's record. */
#include "practice/evidence_more.h"
#include <linux/fs.h>
#include "practice/intake.h"

enum { VALUE_SIZE_MAX = 512, ATTRIBUTES_SIZE_MAX = 16 << 10 };

static void add_time(struct decision *d, struct draft *dr, const char *name,
                     const struct statx_timestamp *t)
{
    const int64_t first = -62167219200; /* 0000-01-01 */
    const int64_t last = 253402300799;  /* 9999-12-31 */
    char text[UTC_TEXT_SIZE];

    if (t->tv_sec < first || t->tv_sec > last)
        return;
    utc_write(text, (struct utc){t->tv_sec, t->tv_nsec});
    draft_value(dr, name, (struct str){arena_dup(d->arena, text, sizeof(text)), sizeof(text)});
}

/* The words of chattr(1) for those that people ask for, and all of them in hex. */
static void add_flags(struct decision *d, struct draft *dr, const struct file_facts *f)
{
    static const struct {
        uint64_t flag;
        const char *word;
    } words[] = {{FS_IMMUTABLE_FL, "immutable"},
                 {FS_APPEND_FL, "append-only"},
                 {FS_NODUMP_FL, "no-dump"},
                 {FS_NOATIME_FL, "no-access-time"}};
    CLEANUP_BUF struct buf text = {0};

    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (f->flags & words[i].flag)
            buf_addf(&text, "%s%s", text.len ? ", " : "", words[i].word);
    if (f->has_flags)
        buf_addf(&text, "%s%08llx", text.len ? ", " : "", (unsigned long long)f->flags);
    if (text.len)
        draft_value(dr, "flags", str_of(arena_strdup(d->arena, buf_text(&text))));
}

/* A long value is told by its hash; the list of an intake has it whole. */
static void add_attribute(struct buf *out, const struct file_attribute *a)
{
    if (out->len)
        buf_addc(out, '\n');
    intake_path_text(out, a->name);
    if (a->value.len <= VALUE_SIZE_MAX) {
        buf_addc(out, '=');
        hex_add(out, a->value.p, a->value.len);
    } else {
        struct hash hash = hash_bytes(a->value.p, a->value.len);

        buf_addf(out, ": %zu bytes, SHA-256 ", a->value.len);
        hex_add(out, hash.b, sizeof(hash.b));
    }
}

static void add_acl(struct buf *out, const struct file_attribute *a)
{
    CLEANUP_BUF struct buf text = {0};
    bool is_default = strcmp(a->name, "system.posix_acl_default") == 0;

    if (!is_default && strcmp(a->name, "system.posix_acl_access") != 0)
        return;
    if (!file_acl_text(&text, a->value))
        return;
    buf_addf(out, "%s%s", out->len ? "; " : "", is_default ? "default: " : "");
    buf_addstr(out, buf_str(&text));
}

void evidence_draft_more(struct decision *d, struct draft *dr, const struct file_facts *f)
{
    CLEANUP_BUF struct buf attributes = {0};
    CLEANUP_BUF struct buf acl = {0};

    add_time(d, dr, "accessed", &f->x.stx_atime);
    add_time(d, dr, "changed", &f->x.stx_ctime);
    if (f->x.stx_mask & STATX_BTIME)
        add_time(d, dr, "created", &f->x.stx_btime);
    add_flags(d, dr, f);
    for (size_t i = 0; i < f->attribute_count && attributes.len < ATTRIBUTES_SIZE_MAX; i++)
        add_attribute(&attributes, &f->attributes[i]);
    for (size_t i = 0; i < f->attribute_count && acl.len < ATTRIBUTES_SIZE_MAX; i++)
        add_acl(&acl, &f->attributes[i]);
    if (attributes.len)
        draft_value(dr, "attributes", str_of(arena_strdup(d->arena, buf_text(&attributes))));
    if (acl.len)
        draft_value(dr, "acl", str_of(arena_strdup(d->arena, buf_text(&acl))));
}
