/* package_walk.c: opens a package, and holds its members against the list that it begins with. */
#include "evidence/package_walk.h"
#include "base/mem.h"
#include "evidence/age_stream.h"

enum { PLAIN_SIZE = 256 << 10, SUM_DIGITS = 64 };

static const struct bundle_members_limits limits = {"package", "100,000", PACKAGE_MEMBER_LIMIT,
                                                    PACKAGE_SIZE_LIMIT};

static bool is_plain(struct str part)
{
    for (size_t i = 0; i < part.len; i++) {
        char c = part.p[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
            c != '.' && c != '-' && c != '_')
            return false;
    }
    return part.len && part.p[0] != '.' && part.p[0] != '-';
}

bool package_name_is_fit(struct str name)
{
    if (name.len == 0 || name.len > PACKAGE_NAME_LIMIT || name.p[name.len - 1] == '/')
        return false;
    for (int depth = 0; name.len; depth++)
        if (depth == PACKAGE_DEPTH_LIMIT || !is_plain(str_cut(&name, '/')))
            return false;
    return true;
}

int package_walk_head(const struct bundle_source *s, struct buf *bytes, struct age_head *out,
                      struct err *e)
{
    while (!age_head_is_whole(buf_str(bytes))) {
        char c = '\0';

        /* Byte by byte, so that what follows is left; a line at a time is looked at. */
        while (c != '\n') {
            size_t got;
            int code = s->read(s->context, &c, 1, &got, e);

            if (code)
                return code;
            if (got == 0)
                return age_head_read(out, buf_str(bytes), e);
            if (bytes->len == AGE_HEAD_SIZE_LIMIT)
                return err_set(e, ERR_LIMIT, "its header is larger than %d KiB",
                               AGE_HEAD_SIZE_LIMIT >> 10);
            buf_addc(bytes, c);
        }
    }
    return age_head_read(out, buf_str(bytes), e);
}

struct walk {
    const struct package_receiver *to;
    struct buf sums; /* SHA256SUMS */
    struct str rest; /* of its lines */
    bool has_sums;
    bool is_in_sums;
    bool is_ended; /* by the receiver: its error is not the archive's */
};

static void walk_release(struct walk *w)
{
    buf_release(&w->sums);
}

static int told(struct walk *w, int code)
{
    w->is_ended = code != 0;
    return code;
}

/* "HEX  NAME" LF */
static bool take_sum(struct walk *w, struct hash *sum, struct str *name)
{
    struct str line;

    if (!memchr(w->rest.p, '\n', w->rest.len))
        return false;
    line = str_cut(&w->rest, '\n');
    if (!hex_read(sum->b, sizeof(sum->b), str_head(line, SUM_DIGITS)))
        return false;
    line = str_from(line, SUM_DIGITS);
    *name = line;
    return str_take(name, "  ");
}

static int on_entry(void *context, const struct archived *entry, struct err *e)
{
    struct walk *w = context;
    struct hash sum;
    struct str name;

    if (entry->type != ARCHIVED_FILE || !package_name_is_fit(entry->name))
        return err_set(e, ERR_FORMAT, "a member is no file, or has a name that no package has");
    if (!w->has_sums) {
        if (!str_is(entry->name, PACKAGE_SUMS) || entry->size > PACKAGE_SUMS_LIMIT)
            return err_set(e, ERR_FORMAT, PACKAGE_NONE);
        w->is_in_sums = true;
        return told(w, w->to->begin(w->to->context, entry->name, NULL, e));
    }
    if (!w->rest.len || !take_sum(w, &sum, &name) || !str_eq(name, entry->name))
        return err_set(e, ERR_FORMAT, "a member is not the next one in " PACKAGE_SUMS);
    return told(w, w->to->begin(w->to->context, entry->name, &sum, e));
}

static int on_data(void *context, struct str bytes, struct err *e)
{
    struct walk *w = context;

    if (w->is_in_sums)
        buf_addstr(&w->sums, bytes);
    return told(w, w->to->data(w->to->context, bytes, e));
}

static int on_end(void *context, uint64_t size, struct str problem, struct err *e)
{
    struct walk *w = context;

    (void)size;
    (void)problem;
    if (w->is_in_sums) {
        w->is_in_sums = false;
        w->has_sums = true;
        w->rest = buf_str(&w->sums);
    }
    return told(w, w->to->end(w->to->context, e));
}

static void end_as(struct package_summary *out, enum bundle_state state, const char *why)
{
    out->state = state;
    snprintf(out->why, sizeof(out->why), "%s", why);
}

static int pump(const struct bundle_source *plain, struct bundle_members *m, struct walk *w,
                struct package_summary *out, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(PLAIN_SIZE);
    struct err why = {0};

    for (;;) {
        size_t got;
        int code = plain->read(plain->context, bytes, PLAIN_SIZE, &got, e);

        if (code || got == 0)
            return code;
        code = bundle_members_add(m, (struct str){bytes, got}, &why);
        if (code && w->is_ended)
            return err_set(e, code, "%s", why.text);
        if (code) {
            end_as(out, BUNDLE_UNSOUND, why.text);
            return 0;
        }
    }
}

int package_walk_members(const struct bundle_source *plain, const struct package_receiver *to,
                         struct package_summary *out, struct err *e)
{
    CLEANUP(walk_release) struct walk w = {.to = to};
    const struct archived_receiver members = {on_entry, on_data, on_end, &w};
    CLEANUP(bundle_members_freep)
    struct bundle_members *m = bundle_members_new(&members, &limits);
    struct package_summary sum = {.state = BUNDLE_WHOLE};
    int code = pump(plain, m, &w, &sum, e);

    if (code)
        return code;
    sum.members = bundle_members_count(m);
    if (sum.state == BUNDLE_WHOLE && !bundle_members_is_at_end(m))
        end_as(&sum, BUNDLE_CUT, "its archive ends before its end");
    else if (sum.state == BUNDLE_WHOLE && (!w.has_sums || w.rest.len))
        end_as(&sum, BUNDLE_UNSOUND, "it lacks what " PACKAGE_SUMS " names");
    if (sum.state != BUNDLE_WHOLE && !w.has_sums && !w.is_in_sums)
        end_as(&sum, sum.state, PACKAGE_NONE);
    *out = sum;
    return 0;
}

int package_walk(const struct bundle_source *s, const uint8_t file_key[AGE_FILE_KEY_SIZE],
                 const struct package_receiver *to, struct package_summary *out, struct err *e)
{
    CLEANUP(age_opener_freep) struct age_opener *o = NULL;
    CLEANUP_FREE struct age_head *head = mem_new(struct age_head);
    CLEANUP_BUF struct buf bytes = {0};
    struct bundle_source plain;
    enum bundle_state ended;
    const char *why;
    int code = package_walk_head(s, &bytes, head, e);

    if (code)
        return code;
    if (!age_head_fits(head, buf_str(&bytes), file_key))
        return err_set(e, ERR_TAMPER, "its header is not as it was made");
    code = age_opener_new(&o, s, file_key, e);
    if (code)
        return code;
    plain = age_opener_source(o);
    code = package_walk_members(&plain, to, out, e);
    if (code)
        return code;
    out->chunks = age_opener_chunks(o);
    ended = age_opener_state(o, &why);
    if (ended != BUNDLE_WHOLE)
        end_as(out, ended, why);
    return 0;
}
