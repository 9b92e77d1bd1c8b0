/* stop_kept.c: takes a file that is to go into quarantine into the case. */
#include "practice/stop_kept.h"
#include <stdio.h>
#include <sys/statvfs.h>
#include "base/sink.h"
#include "base/size.h"
#include "base/utc.h"
#include "contain/action.h"
#include "practice/intake.h"

enum { PART_SIZE = 1 << 20, TITLE_SIZE = 300, SHOWN = 8, SPARE_SIZE = 64 << 20 };

void stop_kept_release(struct stop_kept *k)
{
    arena_free(k->arena);
    buf_release(&k->title);
    buf_release(&k->remark);
}

static void add_moment(struct buf *out, const char *what, struct timespec t)
{
    buf_addf(out, ", %s ", what);
    utc_add(out, (struct utc){t.tv_sec, (uint32_t)t.tv_nsec});
}

static void add_remark(struct stop_kept *k)
{
    const struct file_state *s = &k->state;

    buf_addf(&k->remark, "as it was before it was taken away: %llu name%s",
             (unsigned long long)s->links, s->links == 1 ? "" : "s");
    add_moment(&k->remark, "read", s->accessed);
    add_moment(&k->remark, "changed", s->modified);
    if (s->has_flags)
        buf_addf(&k->remark, ", flags %x", s->flags);
    for (size_t i = 0; i < s->attribute_count && i < SHOWN; i++) {
        buf_adds(&k->remark, i ? ", " : ", attributes ");
        sink_terminal(&k->remark, str_head(s->attributes[i].name, 64), false);
    }
    if (s->attribute_count > SHOWN)
        buf_addf(&k->remark, " and %zu more", s->attribute_count - SHOWN);
    buf_adds(&k->remark, "; all of it stands in the state before");
}

/* What the helper has of it, part by part, until there is no more. */
static int fetch(struct contain_helper *h, const struct plan *plan, uint64_t size,
                 struct blob_writer *w, struct err *e)
{
    uint64_t off = 0;

    while (off < size) {
        CLEANUP_BUF struct buf order = {0};
        CLEANUP_BUF struct buf lines = {0};
        struct str part;
        int rc;

        buf_adds(&order, "fetch ");
        hex_add(&order, plan->id.b, sizeof(plan->id.b));
        buf_addf(&order, " %llu %d", (unsigned long long)off, PART_SIZE);
        rc = contain_helper_ask(h, buf_text(&order), STR(""), &lines, e);
        if (rc)
            return rc;
        part = contain_helper_before(h);
        if (!part.len || part.len > size - off)
            return err_set(e, ERR_TAMPER,
                           "of the file that is to be taken away, other bytes came "
                           "than were told");
        rc = blob_write(w, part.p, part.len, e);
        if (rc)
            return rc;
        off += part.len;
    }
    return 0;
}

int stop_kept_take(struct session *s, struct contain_helper *h, const struct plan *plan,
                   struct str before, struct stop_kept *out, struct err *e)
{
    CLEANUP(blob_abortp) struct blob_writer *w = NULL;
    int rc;

    if (!plan->action->keep)
        return 0;
    out->arena = arena_new();
    rc = file_state_take(out->arena, &before, &out->state, e);
    if (rc || !out->state.kept.len)
        return rc;
    rc = blob_begin(&w, session_store(s), e);
    if (rc == 0)
        rc = fetch(h, plan, out->state.size, w, e);
    if (rc == 0)
        rc = blob_commit(MOVE(w), &out->digests, e);
    if (rc)
        return rc;
    if (!hash_eq(&out->digests.sha256, &out->state.digest))
        return err_set(e, ERR_TAMPER,
                       "the bytes of the file that came have another digest than was told; nothing "
                       "was changed");
    sink_terminal(&out->title, str_head(out->state.path, TITLE_SIZE), false);
    add_remark(out);
    out->is_there = true;
    return 0;
}

struct id stop_kept_draft(struct decision *d, const struct stop_kept *k, const struct plan *plan,
                          struct str system_hex)
{
    const struct evidence_facts facts = {
        .sort = "file",
        .has_blob = true,
        .digests = k->digests,
        .title =
            str_of(arena_printf(d->arena, "quarantined: " STR_FMT, STR_ARG(buf_str(&k->title)))),
        .source_path = buf_str(&k->title),
        .source_host = plan->host,
        .modified = {k->state.modified.tv_sec, (uint32_t)k->state.modified.tv_nsec},
        .mode = k->state.mode | 0100000,
        .uid = k->state.owner,
        .gid = k->state.group,
        .system_id = system_hex,
        .remark = buf_str(&k->remark)};

    return evidence_draft(d, &facts)->id;
}

uint64_t stop_kept_size(struct str preview)
{
    uint64_t size = 0, one;

    while (preview.len) {
        struct str line = str_cut(&preview, '\n');

        if (!str_is(str_cut(&line, ' '), "copy"))
            continue;
        str_cut(&line, ' '); /* its path */
        if (str_u64(line, &one) && one < UINT64_MAX - size)
            size += one;
    }
    return size;
}

int stop_kept_room(const char *case_folder, uint64_t size, uint64_t *free, struct err *e)
{
    char wanted[SIZE_TEXT_SIZE], left[SIZE_TEXT_SIZE];
    struct statvfs at;
    uint64_t there;

    if (statvfs(case_folder, &at) < 0)
        return err_errno(e, "cannot look at %s", case_folder);
    there = (uint64_t)at.f_bavail * at.f_frsize;
    if (size > there || there - size < SPARE_SIZE)
        return err_set(
            e, ERR_FULL,
            "the file has %s, and where the case lies %s are free: it has no room there. "
            "Free some, or go on with the case elsewhere: calm help continue",
            size_text(wanted, size), size_text(left, there));
    *free = there;
    return 0;
}
