/* export_read.c: reads an export from a stick, checked before a line of it is looked at. */
#include "practice/export_read.h"
#include <unistd.h>
#include "base/limits.h"
#include "journal/entry.h"
#include "practice/import.h"
#include "practice/verify.h"
#include "sys/file.h"

enum { JOURNAL_SIZE_MAX = 1 << 29, SEALED_SIZE_MAX = 1 << 29, GRANTS_SIZE_MAX = 1 << 20 };

void export_release(struct export_copy *x)
{
    buf_release(&x->lines);
    buf_release(&x->sealed);
    buf_release(&x->openings);
    buf_release(&x->grants);
    free(x->copy.lines);
    free(x->copy.openings);
}

static int read_part(struct buf *out, const char *folder, const char *name, size_t most,
                     bool is_needed, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    int rc;

    buf_addf(&path, "%s/%s", folder, name);
    rc = file_read(out, buf_text(&path), most, e);
    return rc == ERR_NOTFOUND && !is_needed ? 0 : rc;
}

static void split_lines(struct export_copy *x)
{
    struct str rest = buf_str(&x->lines);
    size_t room = 0;

    while (rest.len) {
        x->copy.lines = mem_grow(x->copy.lines, x->copy.count, &room, sizeof(x->copy.lines[0]));
        x->copy.lines[x->copy.count++] = str_cut(&rest, '\n');
    }
    x->copy.openings = mem_array(x->copy.count, sizeof(x->copy.openings[0]));
}

/* "17 BASE64" lines. The decoded bytes move while the buffer grows, so they are kept as offsets
 * first. */
static int split_sealed(struct export_copy *x, struct err *e)
{
    CLEANUP_FREE size_t *starts = mem_array(x->copy.count, sizeof(starts[0]));
    struct str rest = buf_str(&x->sealed);

    while (rest.len) {
        struct str line = str_cut(&rest, '\n');
        struct str number = str_cut(&line, ' ');
        size_t start = x->openings.len;
        uint64_t seq;

        if (!str_u64(number, &seq) || seq >= x->copy.count || line.len > BUF_LIMIT / 4 ||
            !base64_read(&x->openings, line))
            return err_set(e, ERR_FORMAT,
                           "the export's sealed values (journal.cjs) are not as they should be");
        starts[seq] = start;
        x->copy.openings[seq].len = x->openings.len - start;
    }
    for (uint64_t k = 0; k < x->copy.count; k++)
        if (x->copy.openings[k].len)
            x->copy.openings[k].p = x->openings.p + starts[k];
    return 0;
}

int export_check(int fd, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf words = {0};
    int verdict;
    int rc;

    buf_addf(&path, "/proc/%d/fd/%d", (int)getpid(), fd);
    rc = verify_file(buf_text(&path), NULL, &verdict, &words, e);
    if (rc)
        return rc;
    if (verdict != VERDICT_VERIFIED && verdict != VERDICT_NOT_ANCHORED)
        return err_set(e, verdict == VERDICT_TAMPERED ? ERR_TAMPER : ERR_FORMAT,
                       "the other copy does not check, so nothing was taken from it. calm-verify "
                       "says: " STR_FMT,
                       STR_ARG(str_head(buf_str(&words), 700)));
    return 0;
}

/* What is checked is what is taken in: a stick, or a folder on the network, could answer otherwise
 * the second time. */
static int check_text(struct str lines, struct err *e)
{
    CLEANUP_FD int fd = -1;
    int rc = import_memory(&fd, lines, e);

    return rc ? rc : export_check(fd, e);
}

int export_read(struct export_copy *x, const char *folder, struct err *e)
{
    int rc = read_part(&x->lines, folder, "journal.cj1", JOURNAL_SIZE_MAX, true, e);

    if (rc == ERR_NOTFOUND)
        return err_set(e, ERR_NOTFOUND,
                       "there is no export in %s (no journal.cj1). The other copy writes one with: "
                       "calm log export FOLDER",
                       folder);
    if (rc == 0)
        rc = check_text(buf_str(&x->lines), e);
    if (rc == 0)
        rc = read_part(&x->sealed, folder, "journal.cjs", SEALED_SIZE_MAX, false, e);
    if (rc == 0)
        rc = read_part(&x->grants, folder, "journal.cjg", GRANTS_SIZE_MAX, false, e);
    if (rc)
        return rc;
    split_lines(x);
    return split_sealed(x, e);
}

int export_grant_next(struct str *rest, struct store_grant *out, struct buf *sealed, struct err *e)
{
    struct str line;
    struct str scope;
    struct str hex;

    if (!rest->len)
        return 0;
    line = str_cut(rest, '\n');
    scope = str_cut(&line, ' ');
    hex = str_cut(&line, ' ');
    buf_clear(sealed);
    if (!spell_is_name(scope) || !hex_read(out->key.b, sizeof(out->key.b), hex) ||
        !base64_read(sealed, line))
        return err_set(e, ERR_FORMAT,
                       "the export's grants (journal.cjg) are not as they should be");
    out->scope = scope;
    out->sealed = buf_str(sealed);
    return 1;
}
