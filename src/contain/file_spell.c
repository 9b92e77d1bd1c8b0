/* file_spell.c: the state of a file in the lines of doc/format/containment.md section 7.1. */
#include <string.h>
#include "contain/file_state.h"
#include "contain/spell.h"

static const char *const kinds[] = {
    [FILE_STATE_NONE] = "none", [FILE_STATE_FILE] = "file", [FILE_STATE_LINK] = "link"};

static void add_moment(struct buf *out, struct timespec t)
{
    if (t.tv_sec < 0)
        buf_addc(out, '-');
    buf_add_u64(out, t.tv_sec < 0 ? (uint64_t)-t.tv_sec : (uint64_t)t.tv_sec);
    buf_addf(out, ".%09ld", t.tv_nsec);
}

static void add_flags(struct buf *out, bool has_flags, uint32_t flags)
{
    if (has_flags)
        buf_addf(out, "%x", flags);
    else
        buf_addc(out, '-');
}

static void add_known(const struct file_state *s, struct buf *out)
{
    buf_addf(out, "mode %04o\nowner %u\ngroup %u\nlinks ", s->mode, s->owner, s->group);
    buf_add_u64(out, s->links);
    buf_adds(out, "\naccessed ");
    add_moment(out, s->accessed);
    buf_adds(out, "\nmodified ");
    add_moment(out, s->modified);
    buf_adds(out, "\nflags ");
    add_flags(out, s->has_flags, s->flags);
    buf_addc(out, '\n');
    for (size_t i = 0; i < s->attribute_count; i++) {
        buf_adds(out, "attribute ");
        spell_add(out, s->attributes[i].name);
        buf_addc(out, ' ');
        spell_add(out, s->attributes[i].value);
        buf_addc(out, '\n');
    }
}

void file_state_add(const struct file_state *s, struct buf *out)
{
    buf_adds(out, "file ");
    spell_add(out, s->path);
    buf_adds(out, "\nfolder ");
    add_moment(out, s->folder.modified);
    buf_addc(out, ' ');
    add_flags(out, s->folder.has_flags, s->folder.flags);
    buf_addc(out, ' ');
    hex_add(out, s->folder.names.b, sizeof(s->folder.names.b));
    buf_addf(out, "\nkind %s\n", kinds[s->kind]);
    if (s->kind != FILE_STATE_NONE)
        add_known(s, out);
    if (s->kind == FILE_STATE_LINK) {
        buf_adds(out, "target ");
        spell_add(out, s->target);
        buf_addc(out, '\n');
    }
    if (s->kind == FILE_STATE_FILE && s->kept.len) {
        buf_adds(out, "kept ");
        spell_add(out, s->kept);
        buf_addc(out, ' ');
        buf_add_u64(out, s->size);
        buf_addc(out, ' ');
        hex_add(out, s->digest.b, sizeof(s->digest.b));
        buf_addc(out, '\n');
    } else if (s->kind == FILE_STATE_FILE && !s->has_bytes) {
        buf_adds(out, "digest ");
        hex_add(out, s->digest.b, sizeof(s->digest.b));
        buf_addc(out, '\n');
    } else if (s->kind == FILE_STATE_FILE) {
        buf_adds(out, "size ");
        buf_add_u64(out, s->bytes.len);
        buf_addc(out, '\n');
        buf_addstr(out, s->bytes);
        buf_addc(out, '\n');
    }
}

struct taking {
    struct arena *arena;
    struct str *rest;
    struct file_state s;
    struct err *e;
};

static int bad(const struct taking *t, const char *name)
{
    return err_set(t->e, ERR_FORMAT, "the state of a file is not spelled as it should be at \"%s\"",
                   name);
}

/* The value of the line with that name. */
static int take(struct taking *t, const char *name, struct str *value)
{
    struct str got;

    return spell_line(t->rest, &got, value) && str_is(got, name) ? 0 : bad(t, name);
}

static bool read_moment(struct str text, struct timespec *out)
{
    bool is_before = str_starts(text, "-");
    uint64_t seconds, nanoseconds;
    struct str part;

    if (is_before)
        text = str_from(text, 1);
    part = str_cut(&text, '.');
    if (!str_u64(part, &seconds) || seconds > INT64_MAX || text.len != 9 ||
        !str_u64(text, &nanoseconds))
        return false;
    out->tv_sec = is_before ? -(time_t)seconds : (time_t)seconds;
    out->tv_nsec = (long)nanoseconds;
    return true;
}

static bool read_base(struct str text, unsigned base, uint32_t *out)
{
    uint64_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;

        if ((c < '0' || c > '9') && (c < 'a' || c > 'f'))
            return false;
        n = n * base + digit;
        if (digit >= base || n > UINT32_MAX)
            return false;
    }
    *out = (uint32_t)n;
    return text.len > 0;
}

static bool read_flags(struct str text, bool *has_flags, uint32_t *out)
{
    *has_flags = !str_is(text, "-");
    return !*has_flags || read_base(text, 16, out);
}

static bool read_folder(struct str text, struct file_folder *out)
{
    struct str moment = str_cut(&text, ' '), flags = str_cut(&text, ' ');

    return read_moment(moment, &out->modified) && read_flags(flags, &out->has_flags, &out->flags) &&
           hex_read(out->names.b, sizeof(out->names.b), text);
}

static bool read_id(struct str text, uint32_t *out)
{
    uint64_t n;

    if (!str_u64(text, &n) || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    return true;
}

static int take_head(struct taking *t)
{
    struct str value;
    int rc = take(t, "file", &value);

    if (rc || !spell_read(t->arena, value, &t->s.path) || !str_starts(t->s.path, "/"))
        return rc ? rc : bad(t, "file");
    rc = take(t, "folder", &value);
    if (rc || !read_folder(value, &t->s.folder))
        return rc ? rc : bad(t, "folder");
    rc = take(t, "kind", &value);
    for (size_t i = 0; i < COUNT_OF(kinds) && rc == 0; i++)
        if (str_is(value, kinds[i])) {
            t->s.kind = (enum file_state_kind)i;
            return 0;
        }
    return rc ? rc : bad(t, "kind");
}

static int take_numbers(struct taking *t)
{
    struct str value;
    int rc = take(t, "mode", &value);

    if (rc || !read_base(value, 8, &t->s.mode) || t->s.mode > 07777)
        return rc ? rc : bad(t, "mode");
    rc = take(t, "owner", &value);
    if (rc || !read_id(value, &t->s.owner))
        return rc ? rc : bad(t, "owner");
    rc = take(t, "group", &value);
    if (rc || !read_id(value, &t->s.group))
        return rc ? rc : bad(t, "group");
    rc = take(t, "links", &value);
    if (rc || !str_u64(value, &t->s.links))
        return rc ? rc : bad(t, "links");
    rc = take(t, "accessed", &value);
    if (rc || !read_moment(value, &t->s.accessed))
        return rc ? rc : bad(t, "accessed");
    rc = take(t, "modified", &value);
    if (rc || !read_moment(value, &t->s.modified))
        return rc ? rc : bad(t, "modified");
    rc = take(t, "flags", &value);
    if (rc || !read_flags(value, &t->s.has_flags, &t->s.flags))
        return rc ? rc : bad(t, "flags");
    return 0;
}

static int take_attributes(struct taking *t)
{
    struct file_state *s = &t->s;

    s->attributes = arena_alloc(t->arena, FILE_STATE_ATTRIBUTE_COUNT * sizeof(*s->attributes));
    while (str_starts(*t->rest, "attribute ")) {
        struct file_attribute *a = &s->attributes[s->attribute_count];
        struct str value, name;
        int rc = take(t, "attribute", &value);

        name = str_cut(&value, ' ');
        if (rc || s->attribute_count == FILE_STATE_ATTRIBUTE_COUNT ||
            !spell_read(t->arena, name, &a->name) || !a->name.len ||
            !spell_read(t->arena, value, &a->value))
            return rc ? rc : bad(t, "attribute");
        s->attribute_count++;
    }
    return 0;
}

static int take_target(struct taking *t)
{
    struct str value;
    int rc = take(t, "target", &value);

    if (rc || !spell_read(t->arena, value, &t->s.target) || !t->s.target.len)
        return rc ? rc : bad(t, "target");
    return 0;
}

static int take_digest(struct taking *t)
{
    struct str value;
    int rc = take(t, "digest", &value);

    if (rc || !hex_read(t->s.digest.b, sizeof(t->s.digest.b), value))
        return rc ? rc : bad(t, "digest");
    return 0;
}

static int take_kept(struct taking *t)
{
    struct str value, path, size;
    int rc = take(t, "kept", &value);

    path = str_cut(&value, ' ');
    size = str_cut(&value, ' ');
    if (rc || !spell_read(t->arena, path, &t->s.kept) || !str_starts(t->s.kept, "/") ||
        !str_u64(size, &t->s.size) || !hex_read(t->s.digest.b, sizeof(t->s.digest.b), value))
        return rc ? rc : bad(t, "kept");
    return 0;
}

static int take_bytes(struct taking *t)
{
    struct str value;
    uint64_t size;
    int rc = take(t, "size", &value);

    if (rc || !str_u64(value, &size) || size > FILE_STATE_SIZE || t->rest->len <= size ||
        t->rest->p[size] != '\n')
        return rc ? rc : bad(t, "size");
    t->s.bytes = str_head(*t->rest, size);
    t->s.digest = hash_bytes(t->s.bytes.p, size);
    t->s.has_bytes = true;
    t->s.size = size;
    *t->rest = str_from(*t->rest, size + 1);
    return 0;
}

static int take_content(struct taking *t)
{
    if (t->s.kind == FILE_STATE_LINK)
        return take_target(t);
    if (str_starts(*t->rest, "kept "))
        return take_kept(t);
    return str_starts(*t->rest, "digest ") ? take_digest(t) : take_bytes(t);
}

int file_state_take(struct arena *a, struct str *rest, struct file_state *out, struct err *e)
{
    struct taking t = {.arena = a, .rest = rest, .e = e};
    int rc = take_head(&t);

    if (rc == 0 && t.s.kind != FILE_STATE_NONE) {
        rc = take_numbers(&t);
        if (rc == 0)
            rc = take_attributes(&t);
        if (rc == 0)
            rc = take_content(&t);
    }
    if (rc == 0)
        *out = t.s;
    return rc;
}
