/* image_made.c: looks for the files of an image that was made without the case, compares them with
 * its summary, and puts it on record. */
#include "practice/image_made.h"
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "base/digests.h"
#include "base/mem.h"
#include "evidence/image_read.h"
#include "evidence/image_set.h"
#include "practice/evidence.h"
#include "practice/image_made_begun.h"
#include "practice/image_made_map.h"
#include "practice/image_summary.h"
#include "practice/piece_lines.h"
#include "sys/file.h"
#include "sys/interrupt.h"

enum { SUMMARY_SIZE_MAX = 4 << 20, FOLDERS_SIZE = PATH_MAX };

struct taking_made {
    struct imaging *g;
    struct view view;
    struct buf path; /* of the summary */
    struct buf name;
    struct image_set set;
    struct buf files; /* as the helper tells them, where they lie now */
    uint64_t done, size;
    uint64_t media_done;
    bool is_damaged;
    struct buf map_path;
    struct buf pieces_path;
    struct piece_lines lines; /* its descriptor is ours */
    struct buf sums;          /* of pieces that were read, not compared yet */
    bool has_other_pieces;
    struct made_map map;
    struct image_facts facts;
    struct buf listed; /* struct image_run of each: what an E01 says of itself */
    uint64_t source_size;
    struct digests
        *source; /* of what the image holds, as far as the source went; NULL: all of it */
};

static void taking_release(struct taking_made *t)
{
    buf_release(&t->path);
    buf_release(&t->name);
    buf_release(&t->files);
    image_set_release(&t->set);
    buf_release(&t->map_path);
    buf_release(&t->pieces_path);
    piece_lines_release(&t->lines);
    fd_close(t->lines.fd);
    buf_release(&t->sums);
    buf_release(&t->listed);
    made_map_release(&t->map);
    digests_free(t->source);
}

static int find_summary(struct taking_made *t, struct err *e)
{
    CLEANUP_BUF struct buf given = {0};
    char whole[PATH_MAX];
    const char *slash;
    struct stat st;

    buf_addstr(&given, input_value(t->g->op, t->g->in, "made"));
    if (!realpath(buf_text(&given), whole) || stat(whole, &st))
        return err_errno(e, "cannot find %s", buf_text(&given));
    slash = strrchr(whole, '/');
    if (!S_ISREG(st.st_mode) || !str_ends(str_of(whole), ".txt") || slash == whole)
        return err_set(e, ERR_USAGE,
                       "%s: name the summary of the image, the file that ends in .txt", whole);
    buf_adds(&t->path, whole);
    buf_add(&t->name, slash + 1, strlen(slash + 1) - 4);
    buf_add(&t->g->place, whole, (size_t)(slash - whole));
    return 0;
}

static bool saw(void *context, uint64_t bytes)
{
    struct taking_made *t = context;

    t->done += bytes;
    progress_show(&t->g->progress, "compared", t->done, t->size);
    return !interrupt_came();
}

/* Beside the summary, or in a folder that was named: never where the summary itself says. */
static bool find_file(struct taking_made *t, struct str name, struct buf *folder)
{
    struct str more = input_value(t->g->op, t->g->in, "also");
    struct str next = buf_str(&t->g->place);

    do {
        CLEANUP_BUF struct buf path = {0};
        char whole[FOLDERS_SIZE];

        buf_addstr(&path, next);
        if (realpath(buf_text(&path), whole)) {
            buf_clear(&path);
            buf_addf(&path, "%s/" STR_FMT, whole, STR_ARG(name));
            if (file_is_there(buf_text(&path)))
                return buf_adds(folder, whole), true;
        }
        next = str_cut(&more, '\n');
    } while (next.len);
    return false;
}

static int refuse_sealed(struct taking_made *t, const struct hash *sum, const char *path,
                         struct err *e)
{
    if (!evidence_bytes_are_sealed(t->view.state, sum))
        return 0;
    return err_set(e, ERR_DENIED,
                   "%s is sealed under another number: it may be unlawful to possess, and is not "
                   "taken. See calm help unlawful",
                   path);
}

static int check_size(const struct image_file *f, const char *path, uint64_t size, struct err *e)
{
    uint64_t bytes = 0;

    if (str_u64(f->bytes, &bytes) && bytes == size)
        return 0;
    return err_set(e, ERR_TAMPER,
                   "%s has %llu bytes, and its summary says " STR_FMT
                   ": the image is not as it was made, and nothing was put on record",
                   path, (unsigned long long)size, STR_ARG(f->bytes));
}

static int compare(const struct image_file *f, const char *path, uint64_t size,
                   const struct hash *sum, struct err *e)
{
    struct hash then;
    int rc = check_size(f, path, size, e);

    if (rc)
        return rc;
    if (hex_read(then.b, sizeof(then.b), f->sum) && !hash_eq(&then, sum))
        return err_set(e, ERR_TAMPER,
                       "%s has another SHA-256 than its summary says: the image is not as it was "
                       "made, and nothing was put on record",
                       path);
    return 0;
}

static void add_file(struct taking_made *t, const char *path, uint64_t size, const struct hash *sum)
{
    buf_addf(&t->files, "%llu ", (unsigned long long)size);
    hex_add(&t->files, sum->b, sizeof(sum->b));
    buf_addf(&t->files, " %s\n", path);
}

static bool is_of_image(const struct taking_made *t, struct str name)
{
    struct str rest = name;

    return str_take(&rest, buf_text(&t->name)) && rest.len > 1 && rest.p[0] == '.';
}

/* What lies beside the image is not followed elsewhere, either, as it is not when it is verified;
 * and what has another size is not read, for that may have no end. */
static int look_before(const struct image_file *f, const char *path, struct err *e)
{
    struct stat st;

    if (lstat(path, &st))
        return err_errno(e, "cannot find %s", path);
    if (S_ISLNK(st.st_mode))
        return err_set(e, ERR_TAMPER, "%s is a link now: nothing was put on record", path);
    return S_ISREG(st.st_mode) ? check_size(f, path, (uint64_t)st.st_size, e) : 0;
}

static int take_file(struct taking_made *t, struct str line, struct err *e)
{
    struct image_file f = image_helper_file(line);
    struct evidence_file named = {.name = f.name};
    CLEANUP_BUF struct buf path = {0};
    struct hash sum;
    uint64_t size;
    int rc;

    if (!is_of_image(t, f.name))
        return err_set(e, ERR_FORMAT,
                       "the summary names a file that is none of this image: " STR_FMT,
                       STR_ARG(f.name));
    if (!find_file(t, f.name, &path))
        return err_set(e, ERR_NOTFOUND,
                       STR_FMT " does not lie beside the summary. It was written in " STR_FMT
                               ": name the folder where it is now with --also",
                       STR_ARG(f.name), STR_ARG(f.folder));
    buf_addf(&path, "/" STR_FMT, STR_ARG(f.name));
    rc = look_before(&f, buf_text(&path), e);
    if (rc == 0)
        rc = file_sum_while(buf_text(&path), saw, t, &sum, &size, e);
    if (rc == 0)
        rc = compare(&f, buf_text(&path), size, &sum, e);
    if (rc == 0)
        rc = refuse_sealed(t, &sum, buf_text(&path), e);
    if (rc)
        return rc;
    add_file(t, buf_text(&path), size, &sum);
    if (str_ends(f.name, ".map") && f.name.len == t->name.len + 4)
        buf_addstr(&t->map_path, buf_str(&path));
    if (str_ends(f.name, ".pieces") && f.name.len == t->name.len + 7)
        buf_addstr(&t->pieces_path, buf_str(&path));
    return evidence_file_is_beside(&named)
               ? 0
               : image_set_add_itself(&t->set, buf_text(&path), &size, e);
}

static int take_files(struct taking_made *t, struct err *e)
{
    struct str rest = buf_str(&t->g->helper.files);
    struct hash sum;
    uint64_t size;
    int rc = 0;

    while (rc == 0 && rest.len)
        rc = take_file(t, str_cut(&rest, '\n'), e);
    if (rc == 0 && t->set.count == 0)
        rc = err_set(e, ERR_FORMAT, "the summary names no file that the image lies in");
    if (rc == 0)
        rc = file_sum(buf_text(&t->path), &sum, &size, e);
    if (rc == 0)
        add_file(t, buf_text(&t->path), size, &sum);
    return rc;
}

static int on_facts(void *context, const struct image_facts *facts, struct err *e)
{
    struct taking_made *t = context;
    uint64_t then = 0;

    t->facts = *facts;
    (void)str_u64(str_of(image_helper_result(&t->g->helper, "stored-size")), &then);
    if (then != facts->size)
        return err_set(e, ERR_TAMPER,
                       "the image holds %llu bytes, and its summary says %llu: nothing was put on "
                       "record",
                       (unsigned long long)facts->size, (unsigned long long)then);
    return 0;
}

static int on_problem(void *context, const struct image_problem *problem, struct err *e)
{
    struct taking_made *t = context;

    (void)problem, (void)e;
    t->is_damaged = true;
    return 0;
}

static int on_progress(void *context, uint64_t done, struct err *e)
{
    struct taking_made *t = context;
    uint64_t more = done > t->media_done ? done - t->media_done : 0;

    t->media_done += more;
    return saw(t, more) ? 0 : err_set(e, ERR_CANCEL, "stopped at your request");
}

static bool is_said(const struct taking_made *t, const char *word, const void *sum, size_t size)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, sum, size);
    return strcmp(image_helper_result(&t->g->helper, word), buf_text(&hex)) == 0;
}

static int on_errors(void *context, const struct image_run *runs, size_t count, struct err *e)
{
    struct taking_made *t = context;

    (void)e;
    buf_add(&t->listed, runs, count * sizeof(runs[0]));
    return 0;
}

static void compare_pieces(struct taking_made *t)
{
    struct hash is, said;

    for (size_t at = 0; at + sizeof(is) <= t->sums.len; at += sizeof(is)) {
        memcpy(is.b, t->sums.p + at, sizeof(is.b));
        t->has_other_pieces |= !piece_lines_next(&t->lines, &said) || !hash_eq(&is, &said);
    }
    buf_clear(&t->sums);
}

static int on_bytes(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct taking_made *t = context;
    CLEANUP_BUF struct buf pieces = {0};
    uint64_t left = off < t->source_size ? t->source_size - off : 0;

    (void)e;
    compare_pieces(t);
    if (t->source && left)
        digests_add(t->source, bytes.p, bytes.len < left ? bytes.len : (size_t)left, &pieces);
    return 0;
}

static int contradicts(struct err *e, const char *what)
{
    return err_set(e, ERR_TAMPER,
                   "the summary contradicts %s: it is not as calm-image wrote it, and nothing was "
                   "put on record",
                   what);
}

/* What of the source could not be read stands in the summary, in the map, and in an E01. */
static int compare_map(struct taking_made *t, struct err *e)
{
    const struct image_helper *h = &t->g->helper;
    CLEANUP_BUF struct buf words = {0};
    CLEANUP_BUF struct buf left_words = {0};
    uint64_t bad = 0, left = 0, sector = 0;
    int rc;

    if (!t->map_path.len)
        return err_set(e, ERR_FORMAT, "the summary names no map of the image");
    (void)str_u64(str_of(image_helper_result(h, "bad")), &bad);
    (void)str_u64(str_of(image_helper_result(h, "left")), &left);
    (void)str_u64(str_of(image_helper_fact(h, "sector")), &sector);
    if (sector == 0)
        return err_set(e, ERR_FORMAT, "the summary says that a sector has no bytes");
    rc = made_map_read(&t->map, buf_text(&t->map_path), t->source_size, t->source_size, e);
    if (rc)
        return rc;
    made_map_words(&t->map, false, sector, &words);
    made_map_words(&t->map, true, sector, &left_words);
    if (bad != t->map.bad || left != t->map.left ||
        strcmp(buf_text(&words), image_helper_result(h, "missing")) != 0 ||
        strcmp(buf_text(&left_words), image_helper_result(h, "left-sectors")) != 0)
        return contradicts(e, "the map, which says what could not be read");
    return 0;
}

/* Behind the source the last sector of an E01 is filled up with zeros, no more. */
static int compare_size(struct taking_made *t, struct err *e)
{
    uint64_t stored = 0, sector = 0;

    (void)str_u64(str_of(image_helper_result(&t->g->helper, "stored-size")), &stored);
    (void)str_u64(str_of(image_helper_fact(&t->g->helper, "sector")), &sector);
    if (stored < t->source_size || stored - t->source_size >= sector)
        return contradicts(e, "itself: the image holds more or less than its source had");
    if (stored != t->source_size)
        t->source = digests_new();
    return 0;
}

static int compare_source(struct taking_made *t, const struct digests_result *all, struct err *e)
{
    CLEANUP_BUF struct buf pieces = {0};
    struct digests_result d = *all;

    if (t->source)
        digests_end(t->source, &d, &pieces);
    if (!is_said(t, "md5", d.md5, sizeof(d.md5)) || !is_said(t, "sha1", d.sha1, sizeof(d.sha1)) ||
        !is_said(t, "sha256", d.sha256.b, sizeof(d.sha256.b)))
        return contradicts(e, "the image: the hashes of the source are those of other bytes");
    if (t->facts.format == IMAGE_E01 &&
        !made_map_is_listed(&t->map, t->facts.sector_size, (const void *)t->listed.p,
                            t->listed.len / sizeof(struct image_run)))
        return contradicts(e, "the E01, which lists other sectors as not readable");
    return 0;
}

/* What was left of the last piece, and that there are no more. */
static int end_pieces(struct taking_made *t, struct err *e)
{
    struct hash more;

    compare_pieces(t);
    if (t->has_other_pieces || piece_lines_next(&t->lines, &more) || t->lines.is_bad)
        return contradicts(e, "the image: its pieces are those of other bytes");
    return 0;
}

static int hash_media(struct taking_made *t, const struct image_receiver *to,
                      struct digests_result *out, struct err *e)
{
    struct image_input input = {.name = "reading the image",
                                .fds = t->set.fds,
                                .count = t->set.count,
                                .format = t->set.format == IMAGE_E01 ? IMAGE_E01 : IMAGE_RAW};

    if (!t->pieces_path.len)
        return err_set(e, ERR_FORMAT, "the summary names no pieces of the image");
    t->lines.fd = open(buf_text(&t->pieces_path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (t->lines.fd < 0)
        return err_errno(e, "cannot open %s", buf_text(&t->pieces_path));
    return image_hash(&input, to, out, &t->sums, e);
}

/* All that it holds, out of the bytes that a worker sends. */
static int compare_media(struct taking_made *t, struct err *e)
{
    const struct image_receiver to = {.facts = on_facts,
                                      .errors = on_errors,
                                      .problem = on_problem,
                                      .bytes = on_bytes,
                                      .progress = on_progress,
                                      .context = t};
    struct digests_result d;
    int rc = hash_media(t, &to, &d, e);

    if (rc)
        return rc;
    if (t->is_damaged || !is_said(t, "stored-md5", d.md5, sizeof(d.md5)) ||
        !is_said(t, "stored-sha1", d.sha1, sizeof(d.sha1)) ||
        !is_said(t, "stored-sha256", d.sha256.b, sizeof(d.sha256.b)))
        return err_set(e, ERR_TAMPER,
                       "what the image holds is not what its summary says (%s): nothing was put "
                       "on record. Look for another copy of its files",
                       t->is_damaged ? "it is damaged" : "its hashes are others");
    rc = compare_source(t, &d, e);
    if (rc == 0)
        rc = end_pieces(t, e);
    return rc ? rc : refuse_sealed(t, &d.sha256, buf_text(&t->path), e);
}

/* Its files, with these bytes, on the register. */
static int refuse_registered(struct taking_made *t, struct err *e)
{
    struct str line = buf_str(&t->files);
    struct image_file first = image_helper_file(str_cut(&line, '\n'));
    const struct thing *item;

    for (size_t at = 0; (item = view_next(&t->view, "evidence", &at));) {
        struct str rest = thing_value(item, "files");
        struct evidence_file f;
        struct hash sum;

        if (hex_read(sum.b, sizeof(sum.b), first.sum) && evidence_file_next(&rest, &f) &&
            f.has_sum && hash_eq(&f.sum, &sum))
            return err_set(e, ERR_USAGE, "this image is on the register already: e%u",
                           item->number);
    }
    return 0;
}

/* What it was begun with stays on the form: the summary has not all of it. */
static void set_options(struct taking_made *t, const struct thing *begun)
{
    static const char *const flags[] = {"leave-places", "in-order", "accept-end"};
    const struct image_helper *h = &t->g->helper;
    struct str then = begun ? thing_value(begun, "options") : STR("");
    const char *retries = image_helper_result(h, "retries");
    struct buf *out = &t->g->options;

    if (then.len)
        buf_addf(out, STR_FMT "; by its summary: ", STR_ARG(then));
    buf_adds(out, image_helper_result(h, "options"));
    if (retries[0])
        buf_addf(out, ", retries %s", retries);
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (image_helper_result(h, flags[i])[0])
            buf_addf(out, ", %s", flags[i]);
}

static void set_words(struct taking_made *t)
{
    struct imaging *g = t->g;
    struct image_helper *h = &g->helper;
    const struct thing *begun = image_made_begun(g, &t->view, buf_str(&t->name));
    struct str title = input_value(g->op, g->in, "title");

    if (begun)
        g->id = begun->id;
    g->is_made = true;
    image_made_path(str_of(image_helper_fact(h, "path")), &g->source);
    set_options(t, begun);
    buf_addf(&g->program, "calm-image %s, %s", image_helper_result(h, "program"),
             begun ? "begun in this case, and taken into it later by its summary"
                   : "without the case");
    buf_addstr(&g->title, title.len ? title
                          : begun   ? thing_value(begun, "title")
                                    : str_of(image_helper_result(h, "summary-description")));
    if (!g->title.len)
        buf_adds(&g->title, image_helper_fact(h, "path"));
    image_helper_say_fact(h, "name", buf_str(&t->name));
    image_helper_say_result(h, "name", buf_str(&t->name));
    image_helper_say_result(h, "summary", buf_str(&t->path));
    buf_clear(&h->files);
    buf_addstr(&h->files, buf_str(&t->files));
}

static void count_size(struct taking_made *t)
{
    struct str rest = buf_str(&t->g->helper.files);
    uint64_t size = 0;

    (void)str_u64(str_of(image_helper_result(&t->g->helper, "stored-size")), &size);
    (void)str_u64(str_of(image_helper_fact(&t->g->helper, "size")), &t->source_size);
    t->size = size;
    while (rest.len) {
        struct image_file f = image_helper_file(str_cut(&rest, '\n'));

        if (str_u64(f.bytes, &size) && size < UINT64_MAX - t->size)
            t->size += size;
    }
}

static int read_summary(struct taking_made *t, struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    struct image_helper *h = &t->g->helper;
    int rc = file_read(&text, buf_text(&t->path), SUMMARY_SIZE_MAX, e);

    if (rc == 0)
        rc = image_summary_read(h, buf_str(&text), e);
    if (rc == 0 && strcmp(image_helper_result(h, "read-back"), "different") == 0)
        rc = err_set(e, ERR_TAMPER,
                     "its summary says that it was read back, and was different: it is no image "
                     "of its source");
    return rc;
}

int image_made_take(struct imaging *g, struct err *e)
{
    CLEANUP(taking_release) struct taking_made t = {.g = g, .lines = {.fd = -1}};
    int rc = session_may_write(g->session, e);

    if (rc == 0)
        rc = session_view(g->session, &t.view, e);
    if (rc == 0)
        rc = find_summary(&t, e);
    if (rc == 0)
        rc = read_summary(&t, e);
    if (rc)
        return rc;
    count_size(&t);
    rc = compare_size(&t, e);
    if (rc)
        return rc;
    progress_begin(&g->progress, g->a);
    rc = take_files(&t, e);
    if (rc == 0)
        rc = refuse_registered(&t, e);
    if (rc == 0)
        rc = compare_map(&t, e);
    if (rc == 0)
        rc = compare_media(&t, e);
    if (rc)
        return rc;
    set_words(&t);
    return image_record_made(g, e);
}
