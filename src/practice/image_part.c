/* image_part.c: tells by their names which files a disk image lies in. */
#include "practice/image_part.h"
#include <ctype.h>
#include "base/sink.h"
#include "evidence/image_read.h"
#include "practice/evidence.h"
#include "practice/practice.h"
#include "sys/file.h"

enum { SUMMARY_SIZE_MAX = 4 << 20, RAW_LEAST = 1 << 20, SECTOR_SIZE = 512, SIBLINGS_TOLD = 8 };

unsigned image_part_number(struct str path, struct str *stem)
{
    const char *p = path.len < 5 ? NULL : path.p + path.len - 3;
    bool is_e01, is_raw;

    if (!p || p[-1] != '.' || p[-2] == '/' || !isdigit((unsigned char)p[1]) ||
        !isdigit((unsigned char)p[2]))
        return 0;
    is_e01 = p[0] && strchr("EeSs", p[0]);
    is_raw = isdigit((unsigned char)p[0]);
    if (!is_e01 && !is_raw)
        return 0;
    *stem = str_head(path, path.len - 4);
    return (unsigned)((is_raw ? p[0] - '0' : 0) * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
}

static bool is_summary(const char *path)
{
    CLEANUP_BUF struct buf text = {0};

    return file_read(&text, path, SUMMARY_SIZE_MAX, NULL) == 0 &&
           str_starts(buf_str(&text), "Disk image made by calm ");
}

/* The first file of the image, spelled as this one is. */
static void add_first(struct buf *out, struct str path)
{
    buf_addstr(out, path);
    memcpy(out->p + out->len - 2, "01", 2);
    if (isdigit((unsigned char)out->p[out->len - 3]))
        out->p[out->len - 3] = '0';
}

static void add_command(struct buf *out, const char *before, const struct buf *path,
                        const char *behind)
{
    buf_adds(out, before);
    sink_shell(out, buf_str(path));
    buf_adds(out, behind);
}

bool image_part_hint(const char *path, uint64_t size, struct buf *out)
{
    CLEANUP_BUF struct buf first = {0};
    CLEANUP_BUF struct buf summary = {0};
    struct str stem;
    unsigned number = image_part_number(str_of(path), &stem);
    bool has_summary;

    if (!number)
        return false;
    buf_addf(&summary, STR_FMT ".txt", STR_ARG(stem));
    add_first(&first, str_of(path));
    has_summary = is_summary(buf_text(&summary));
    /* Numbers are the endings of many other files, too. */
    if (!has_summary && isdigit((unsigned char)path[strlen(path) - 3]) &&
        (size < RAW_LEAST || size % SECTOR_SIZE))
        return false;
    sink_terminal(out, str_of(path), false);
    buf_adds(out,
             " looks like a disk image, or a part of one, and is in the case as a file now. As an "
             "image, one item with all its files and its hashes compared, it goes on the "
             "register with\n");
    if (has_summary)
        add_command(out, "    calm preserve image --made ", &summary, "\n");
    else if (file_is_there(buf_text(&first)))
        add_command(out, "    calm preserve image ", &first,
                    " --to FOLDER\nwhich makes an image of what it holds, since no summary of calm "
                    "lies beside it.\n");
    else
        add_command(out, "    calm preserve image FIRST --to FOLDER\nbut its first file, ", &first,
                    ", is not beside it.\n");
    return true;
}

/* What a worker finds wrong with a file that is read alone. */
struct alone {
    bool lacks_before;
    bool lacks_behind;
};

static int take_problem(void *context, const struct image_problem *p, struct err *e)
{
    struct alone *a = context;

    (void)e;
    a->lacks_before |= p->kind == IMAGE_FILE_MISSING;
    a->lacks_behind |= p->kind == IMAGE_FILE_LAST;
    return 0;
}

/* Raw bytes say nothing of a set: there the name alone counts. */
static int look(const struct disk_files *f, unsigned number, bool is_raw, struct alone *out,
                struct err *e)
{
    const struct image_input input = {.name = buf_text(&f->reading),
                                      .fds = f->set.fds,
                                      .count = f->set.count,
                                      .format = f->set.format};
    const struct image_receiver to = {.problem = take_problem, .context = out};

    out->lacks_before = is_raw && number > 1;
    return is_raw ? 0 : image_look(&input, &to, e);
}

/* "e2 (file 2), e3 (file 3)" */
static unsigned add_siblings(const struct view *v, const struct thing *item, struct str stem,
                             struct buf *out)
{
    const struct thing *t;
    unsigned count = 0;

    for (size_t at = 0; (t = view_next(v, "evidence", &at));) {
        struct str other = {0};
        unsigned number = image_part_number(thing_value(t, "path"), &other);

        if (t == item || !number || !str_eq(other, stem) ||
            !str_eq(thing_value(t, "host"), thing_value(item, "host")) ||
            thing_value(t, "files").len || evidence_is_sealed(t))
            continue;
        if (count++ < SIBLINGS_TOLD)
            buf_addf(out, "%se%u (file %u)", count > 1 ? ", " : "", t->number, number);
    }
    if (count > SIBLINGS_TOLD)
        buf_addf(out, " and %u more", count - SIBLINGS_TOLD);
    return count;
}

static void add_missing(const struct alone *a, unsigned number, struct buf *out)
{
    CLEANUP_BUF struct buf behind = {0};

    if (a->lacks_behind)
        buf_addf(&behind, "%s those from %u on", a->lacks_before ? " and" : "", number + 1);
    if (a->lacks_before && number > 2)
        buf_addf(out, "What is missing: files 1 to %u%s", number - 1, buf_text(&behind));
    else if (a->lacks_before)
        buf_addf(out, "What is missing: file 1%s", buf_text(&behind));
    else
        buf_addf(out, "What is missing:%s", buf_text(&behind));
    buf_adds(out, ". What lies there reads as zeros, or not at all.");
}

int image_part_lone(const struct view *v, const struct disk_files *f, struct buf *out,
                    struct err *e)
{
    struct str path = f->item ? thing_value(f->item, "path") : buf_str(&f->name);
    CLEANUP_BUF struct buf siblings = {0};
    struct alone a = {0};
    struct str stem;
    unsigned number = image_part_number(path, &stem), count;
    int rc;

    if (!number || f->set.count != 1 || (f->item && thing_value(f->item, "files").len))
        return 0;
    rc = look(f, number, isdigit((unsigned char)path.p[path.len - 3]), &a, e);
    if (rc)
        return rc;
    count = f->item ? add_siblings(v, f->item, stem, &siblings) : 0;
    if (!a.lacks_before && !a.lacks_behind && !count)
        return 0;
    buf_addf(out, "This is one of several files of an image alone: file %u, by its name. ", number);
    if (a.lacks_before || a.lacks_behind)
        add_missing(&a, number, out);
    if (count)
        buf_addf(out,
                 " Of them, by the names that they had, the case has %s: write them into one "
                 "folder with calm preserve get, under these names, and read file 1 there.",
                 buf_text(&siblings));
    return 0;
}

int image_part_tell(const struct buf *lone, int rc, struct answer *a, struct err *e)
{
    struct err why = e ? *e : (struct err){0};

    if (!lone->len)
        return rc;
    if (rc)
        return err_set(e, rc, "%s. %s", why.text, buf_text(lone));
    if (!a->wants_json)
        buf_addf(&a->text, "\n%s\n", buf_text(lone));
    return 0;
}
