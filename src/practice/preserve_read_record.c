/* preserve_read_record.c: puts on record that a disk image was read, and what came of it. */
#include "practice/preserve_read_record.h"
#include <limits.h>
#include <unistd.h>
#include "evidence/source_folder.h"
#include "practice/custody.h"
#include "practice/practice.h"
#include "sys/clock.h"
#include "sys/file.h"

void reading_where(struct buf *out, const struct reading *r)
{
    struct str path = input_value(r->op, r->in, "below");
    struct str inode = input_value(r->op, r->in, "inode");

    if (r->wish.number)
        buf_addf(out, "partition %u, ", (unsigned)r->wish.number);
    else if (r->wish.first)
        buf_addf(out, "sector %llu, ", (unsigned long long)r->wish.first);
    if (inode.len)
        buf_addf(out, "inode " STR_FMT, STR_ARG(inode));
    else
        buf_addstr(out, path.len ? path : STR("/"));
    if (r->wish.only_deleted)
        buf_adds(out, ", deleted files");
}

int reading_record(struct reading *r, const struct act *act, const char *did, const char *outcome,
                   struct err *e)
{
    CLEANUP(decision_release) struct decision d = {0};
    CLEANUP_BUF struct buf place = {0};
    CLEANUP_BUF struct buf came = {0};
    struct draft *dr;
    char host[256];
    uint64_t first;

    if (!r->files.item || session_is_read_only(r->session))
        return 0;
    host_name(host, sizeof(host));
    decision_begin(&d, &r->view, r->op, r->in);
    d.is_independent = true;
    dr = decision_add(&d, "custody/1");
    draft_take_input(&d, dr, &custody_kind);
    custody_label(&d, dr, r->files.item);
    draft_value_ref(&d, dr, "evidence", &r->files.item->id);
    draft_value(dr, "act", STR("examined"));
    buf_adds(&place, did);
    if (act->has_where)
        reading_where(&place, r);
    if (act->to)
        buf_adds(&place, "; to ");
    if (act->to)
        custody_add_path(&place, act->to);
    buf_addf(&place, " on %s", host);
    draft_value(dr, "place", buf_str(&place));
    buf_addf(&came, "%s%s%s", outcome ? outcome : "", outcome && r->standing.words.len ? "; " : "",
             buf_text(&r->standing.words));
    if (came.len)
        draft_value(dr, "outcome", buf_str(&came));
    return session_append(r->session, &d, &first, e);
}

int reading_begin(struct reading *r, const struct act *act, const struct out_file *file,
                  struct err *e)
{
    CLEANUP_BUF struct buf words = {0};

    if (file)
        buf_addf(&words, "until it is whole it is %s", strrchr(buf_text(&file->part), '/') + 1);
    return reading_record(r, act, act->begun, words.len ? buf_text(&words) : NULL, e);
}

int reading_end(struct reading *r, const struct act *act, int rc, const char *outcome,
                struct err *e)
{
    CLEANUP_BUF struct buf why = {0};
    struct err late = {0};

    if (rc == 0)
        return reading_record(r, act, act->done, outcome, e);
    buf_addf(&why, "failed: %s%s%s", e->text, outcome ? "; " : "", outcome ? outcome : "");
    if (r->standing.is_unrecorded)
        return err_set(e, rc, "%s. The case can only be read here: this is not on record",
                       buf_text(&why) + strlen("failed: "));
    if (reading_record(r, act, act->failed, buf_text(&why), &late))
        return err_set(e, rc, "%s. That it was tried is not on record: %s", buf_text(&why),
                       late.text);
    return rc;
}

int reading_add_sum(struct buf *out, uint64_t count, const char *one, const char *many,
                    const char *path, struct err *e)
{
    struct hash sum;
    uint64_t size;
    int rc = file_sum(path, &sum, &size, e);

    if (rc)
        return rc;
    add_count(out, count, one, many);
    buf_addf(out, ", %llu bytes, SHA-256 ", (unsigned long long)size);
    hex_add(out, sum.b, sizeof(sum.b));
    return 0;
}

/* The path of the image's first file, or its device. */
static bool source_path(const struct reading *r, char out[PATH_MAX])
{
    char link[64];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", r->files.set.count ? r->files.set.fds[0] : -1);
    n = readlink(link, out, PATH_MAX - 1);
    if (n <= 0)
        return false;
    out[n] = '\0';
    return out[0] == '/';
}

/* What is written onto a disk that is read goes over the deleted files that are looked for. */
static int spare_source(const struct reading *r, const char *path, struct err *e)
{
    const char *in_case = r->a->around ? r->a->around->case_folder : NULL;
    const char *end = strrchr(path, '/');
    char source[PATH_MAX];
    CLEANUP_BUF struct buf folder = {0};
    int rc = 0;

    if (!source_path(r, source))
        return 0;
    buf_addstr(&folder, !end          ? STR(".")
                        : end == path ? STR("/")
                                      : str_head(str_of(path), (size_t)(end - path)));
    if (file_is_there(buf_text(&folder)))
        rc = source_spares_folder(source, buf_text(&folder), e);
    if (rc == 0 && in_case && input_has(r->op, r->in, "keep"))
        rc = source_spares_folder(source, in_case, e);
    return rc;
}

int reading_may_write(const struct reading *r, const char *path, struct err *e)
{
    int rc = out_spares_case(r->a->around ? r->a->around->case_folder : NULL, path, e);
    bool is_recorded = r->files.item || input_has(r->op, r->in, "keep");

    if (rc == 0)
        rc = spare_source(r, path, e);
    return rc == 0 && is_recorded ? session_may_write(r->session, e) : rc;
}
