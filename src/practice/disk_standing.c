/* disk_standing.c: tells when an item's bytes were last compared with the record, and what may have
 * become of them since. */
#include "practice/disk_standing.h"
#include <sys/stat.h>
#include "evidence/image_read.h"
#include "practice/preserve_verify.h"
#include "render/screen.h"

void disk_standing_release(struct disk_standing *s)
{
    buf_release(&s->words);
    buf_release(&s->flaws);
    buf_release(&s->call);
}

/* When the item was last compared with the record: as it was taken, or hashed again since. */
struct compared {
    struct utc at;
    struct str found; /* empty: as it was taken */
    bool is_never;
};

/* An image that was not read back has no SHA-256 of its files on record. */
static bool was_read_back(const struct thing *item)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;

    while (evidence_file_next(&rest, &file))
        if (!evidence_file_is_beside(&file) && !file.has_sum)
            return false;
    return true;
}

static struct compared last_compared(const struct view *v, const struct thing *item)
{
    struct compared c = {.at = state_record(v->state, item->seq)->time,
                         .is_never = !was_read_back(item)};
    const struct thing *t;

    for (size_t at = 0; (t = view_next_of(v, "verification", "evidence", item, &at));) {
        struct str words = verification_words(v, t, item);

        if (!thing_time(t, "begun", &c.at))
            c.at = state_record(v->state, t->seq)->time;
        (void)str_take(&words, "verified: ");
        c.found = str_is(words, "as it was taken") ? STR("") : words;
        c.is_never = false;
    }
    return c;
}

/* Whoever puts other bytes there changes one of these; none says that nobody did. */
static bool is_written_since(int fd, struct utc then)
{
    struct stat st;
    struct utc modified, changed;

    if (fstat(fd, &st) != 0)
        return true;
    modified = (struct utc){st.st_mtim.tv_sec, (uint32_t)st.st_mtim.tv_nsec};
    changed = (struct utc){st.st_ctim.tv_sec, (uint32_t)st.st_ctim.tv_nsec};
    return utc_cmp(modified, then) > 0 || utc_cmp(changed, then) > 0;
}

/* An item whose bytes are in the case has no name there that people know. */
static void add_name(const struct disk_files *f, size_t number, struct buf *out)
{
    struct str rest = f->item ? thing_value(f->item, "files") : STR("");
    struct evidence_file file;

    while (evidence_file_next(&rest, &file)) {
        if (evidence_file_is_beside(&file))
            continue;
        if (number-- == 0) {
            buf_addstr(out, file.name);
            return;
        }
    }
    buf_adds(out, "its file in the case");
}

static void add_compared(struct disk_standing *s, const struct view *v, const struct disk_files *f)
{
    const struct compared c = last_compared(v, f->item);
    char time[UTC_PLAIN_SIZE];
    size_t written = 0;

    while (written < f->set.count && !is_written_since(f->set.fds[written], c.at))
        written++;
    s->is_in_doubt |= c.is_never || c.found.len || written < f->set.count;
    if (c.is_never) {
        buf_adds(&s->words, "its bytes were never compared with the record");
        return;
    }
    buf_addf(&s->words, "its bytes were last compared with the record %s", utc_plain(time, c.at));
    if (c.found.len)
        buf_addf(&s->words, ": " STR_FMT, STR_ARG(c.found));
    if (written == f->set.count) {
        buf_adds(&s->words, ", and by its times no file was written since");
        return;
    }
    buf_adds(&s->words, ", and since then somebody wrote ");
    add_name(f, written, &s->words);
    buf_adds(&s->words, ", or moved it, by its times");
}

struct flaws {
    const struct disk_files *files;
    struct image_problem first;
    uint64_t count;
};

/* That files of a set lie elsewhere is told of one that is read alone (image_part.h). */
static int take_problem(void *context, const struct image_problem *p, struct err *e)
{
    struct flaws *w = context;

    (void)e;
    if (w->files->set.count == 1 && (p->kind == IMAGE_FILE_MISSING || p->kind == IMAGE_FILE_LAST))
        return 0;
    if (w->count++ == 0)
        w->first = *p;
    return 0;
}

/* What fails here fails again when it is read, and is told then. */
static void add_flaws(struct disk_standing *s, const struct disk_files *f)
{
    struct flaws w = {.files = f};
    const struct image_input input = {.name = buf_text(&f->reading),
                                      .fds = f->set.fds,
                                      .count = f->set.count,
                                      .format = f->set.format};
    const struct image_receiver to = {.problem = take_problem, .context = &w};

    if (image_look(&input, &to, NULL) != 0 || w.count == 0)
        return;
    s->is_in_doubt = true;
    buf_adds(&s->flaws, "; ");
    if (w.first.file != IMAGE_NO_FILE) {
        add_name(f, w.first.file, &s->flaws);
        buf_addf(&s->flaws, ", byte %llu: ", (unsigned long long)w.first.off);
    }
    buf_adds(&s->flaws, image_problem_words(w.first.kind));
    if (w.count > 1)
        buf_addf(&s->flaws, ", and damage at %llu places more", (unsigned long long)(w.count - 1));
}

void disk_standing_find(struct disk_standing *out, const struct view *v, const struct disk_files *f,
                        bool is_unrecorded)
{
    bool is_image;

    if (!f->item)
        return;
    is_image = thing_value(f->item, "files").len > 0;
    view_call(&out->call, f->item);
    out->is_unrecorded = is_unrecorded;
    if (is_image)
        add_compared(out, v, f);
    else /* the store opens nothing of the case without that */
        buf_adds(&out->words, "its bytes were compared with the record for this");
    add_flaws(out, f);
    buf_addstr(&out->words, buf_str(&out->flaws));
}

void disk_standing_compare(struct disk_standing *s, const struct disk_files *f, struct str sha256)
{
    struct str recorded = f->item ? thing_value(f->item, "image-sha256") : STR("");

    if (!recorded.len)
        return;
    buf_clear(&s->words);
    s->is_other = !str_eq(recorded, sha256);
    s->is_in_doubt = s->is_other || s->flaws.len;
    if (s->is_other)
        buf_addf(&s->words, "this is NOT what was taken: SHA-256 " STR_FMT " is on record",
                 STR_ARG(recorded));
    else
        buf_adds(&s->words, "this is what was taken, by the SHA-256 on record");
    buf_addstr(&s->words, buf_str(&s->flaws));
}

void disk_standing_text(const struct disk_standing *s, struct answer *a)
{
    struct screen screen = {&a->text, a->columns, a->color};
    CLEANUP_BUF struct buf words = {0};

    if (!s->call.len || a->wants_json)
        return;
    buf_addf(&words, "%s: %s.", buf_text(&s->call), buf_text(&s->words));
    if (s->is_in_doubt)
        buf_addf(&words, " calm preserve verify %s hashes all of it, and says where it differs.",
                 buf_text(&s->call));
    screen_blank(&screen);
    screen_para_style(&screen, 0, s->is_in_doubt ? SCREEN_WARN : SCREEN_NORMAL, buf_str(&words));
    if (s->is_unrecorded)
        screen_para(&screen, 0, STR("The case can only be read here: this look is not on record."));
}

void disk_standing_json(const struct disk_standing *s, struct json *j)
{
    if (!s->call.len)
        return;
    json_put_bool(j, "recorded", !s->is_unrecorded);
    json_put_str(j, "compared", buf_str(&s->words));
    json_put_bool(j, "in_doubt", s->is_in_doubt);
}
