/* evidence_image.c: compares the files of a disk image with what was recorded of them, and says
 * what a difference means. */
#include "practice/evidence_image.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/sink.h"
#include "sys/file.h"
#include "sys/patience.h"
#include "sys/worker.h"

enum { PART_SIZE = 1 << 20, FOUND_SIZE = 16 << 10 };

static bool image_is_so(const struct thing *item)
{
    return thing_value(item, "files").len && !thing_value(item, "destroyed").len;
}

static uint64_t number(const struct thing *item, const char *field)
{
    uint64_t value = 0;

    (void)str_u64(thing_value(item, field), &value);
    return value;
}

static uint64_t image_size(const struct thing *item)
{
    uint64_t size = number(item, "image-size");

    return size ? size : number(item, "size");
}

bool image_check_asks_second(struct str name)
{
    return str_ends(name, ".E01") || str_ends(name, ".e01") || str_ends(name, ".s01");
}

/* Its files once, what it holds once, and where it is an E01 once more by libewf. */
static uint64_t image_work(const struct thing *item)
{
    struct str rest = thing_value(item, "files");
    struct evidence_file file;
    uint64_t work = image_size(item);

    for (bool is_first = true; evidence_file_next(&rest, &file); is_first = false) {
        work += file.size;
        if (is_first && image_check_asks_second(file.name))
            work += image_size(item);
    }
    return work;
}

static int rank(int code)
{
    static const int order[] = {0, ERR_IO, ERR_NOTFOUND, ERR_TAMPER};

    for (int i = 0; i < (int)COUNT_OF(order); i++)
        if (order[i] == code)
            return i;
    BUG("an image is found to be %d", code);
}

void image_found(struct image_check *c, int code, const char *fmt, ...)
{
    CLEANUP_BUF struct buf text = {0};
    va_list ap;

    if (rank(code) > rank(c->code))
        c->code = code;
    if (c->found->len >= FOUND_SIZE) {
        c->untold++;
        return;
    }
    va_start(ap, fmt);
    buf_addv(&text, fmt, ap);
    va_end(ap);
    if (c->found->len)
        buf_addc(c->found, '\n');
    sink_terminal(c->found, buf_str(&text), false);
}

/* What lies beside the image may be missing: it is whole without it; but not without the map that
 * says which of its zeros are none of the disk. */
static void tell_missing(struct image_check *c, const struct evidence_file *file, const char *path)
{
    uint64_t bad = number(c->item, "bad") + number(c->item, "left");
    bool is_told = c->count && c->format == IMAGE_E01; /* its own list of errors says which */

    c->lacks_map |= bad && !is_told && str_ends(file->name, ".map");
    if (!evidence_file_is_beside(file))
        image_found(c, ERR_NOTFOUND, STR_FMT " is not where it is kept: %s",
                    STR_ARG(path_base(file->name)), path);
    else if (bad && !is_told && str_ends(file->name, ".map"))
        image_found(c, ERR_NOTFOUND,
                    STR_FMT ", which lay beside it, is not there: it says which %llu bytes were "
                            "not read and are zeros in the image",
                    STR_ARG(file->name), (unsigned long long)bad);
    else if (!str_ends(file->name, ".pieces")) /* which is told where it would be of use */
        image_found(c, 0, STR_FMT ", which lay beside it, is not there", STR_ARG(file->name));
}

/* It must be a file in that folder, and not lead elsewhere. */
static int open_file(struct image_check *c, const struct evidence_file *file, const char *path,
                     uint64_t *size)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    struct stat st;
    int opened;

    if (path[0] != '/' || (fd < 0 && (errno == ENOENT || errno == ENOTDIR))) {
        tell_missing(c, file, path);
        return -1;
    }
    if (fd < 0 && errno != ELOOP) {
        image_found(c, ERR_IO, "%s cannot be opened: %s", path, strerror(errno));
        return -1;
    }
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        image_found(c, ERR_TAMPER, "%s is no file any more", path);
        return -1;
    }
    *size = (uint64_t)st.st_size;
    opened = fd;
    fd = -1;
    return opened;
}

static int hash_all(struct image_check *c, int fd, struct str name, struct hash *out, struct err *e)
{
    CLEANUP(digest_freep) struct digest *d = digest_new(DIGEST_SHA256);
    CLEANUP(patience_freep) struct patience *patience = NULL;
    CLEANUP_FREE char *bytes = mem_alloc(PART_SIZE);
    uint8_t sum[64];
    off_t at = 0;
    ssize_t n;

    while ((n = patience_read(&patience, fd, bytes, PART_SIZE, at)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == ECANCELED)
            return patience_over(fd, e);
        if (n < 0) {
            image_found(c, ERR_IO, STR_FMT " cannot be read at byte %lld: %s", STR_ARG(name),
                        (long long)at, strerror(errno));
            return ERR_IO;
        }
        digest_add(d, bytes, (size_t)n);
        at += n;
        if (!c->watch->saw(c->watch->context, (uint64_t)n))
            return err_set(e, ERR_CANCEL, "stopped at your request");
    }
    (void)digest_end(d, sum);
    memcpy(out->b, sum, sizeof(out->b));
    return 0;
}

static const char *beside_words(const struct evidence_file *file)
{
    return evidence_file_is_beside(file) ? ", which lies beside it," : "";
}

static void tell_sums(struct image_check *c, const struct evidence_file *file,
                      const struct hash *now)
{
    CLEANUP_BUF struct buf is = {0};
    CLEANUP_BUF struct buf was = {0};

    hex_add(&is, now->b, sizeof(now->b));
    hex_add(&was, file->sum.b, sizeof(file->sum.b));
    image_found(c, ERR_TAMPER,
                STR_FMT "%s is not as it was written: its SHA-256 is %s, recorded is %s",
                STR_ARG(file->name), beside_words(file), buf_text(&is), buf_text(&was));
}

/* Size and SHA-256 of one that is open. ERR_CANCEL alone. */
static int compare(struct image_check *c, const struct evidence_file *file, int fd, uint64_t size,
                   struct err *e)
{
    struct hash now;
    bool is_part = !evidence_file_is_beside(file);
    int rc;

    c->has_bad_part |= is_part && size != file->size;
    if (size != file->size)
        image_found(c, ERR_TAMPER, STR_FMT "%s has %llu bytes, recorded are %llu: %s",
                    STR_ARG(file->name), beside_words(file), (unsigned long long)size,
                    (unsigned long long)file->size,
                    size < file->size ? "its end is missing" : "something was added");
    c->has_pieces_sum |= str_ends(file->name, ".pieces");
    if (size > file->size)
        return 0; /* it may be longer without end */
    rc = hash_all(c, fd, file->name, &now, e);
    if (rc)
        return rc == ERR_CANCEL ? rc : 0;
    if (file->has_sum && size == file->size && !hash_eq(&now, &file->sum)) {
        tell_sums(c, file, &now);
        c->has_bad_part |= is_part;
    }
    return 0;
}

static void keep(struct image_check *c, const struct evidence_file *file, int fd)
{
    if (evidence_file_is_beside(file)) {
        fd_close(fd);
        return;
    }
    c->parts = mem_grow(c->parts, c->count, &c->room, sizeof(c->parts[0]));
    c->parts[c->count++] = (struct image_part){fd, file->name};
}

/* Of a raw image each file's place follows from the sizes of those before it. */
static int check_file(struct image_check *c, const struct evidence_file *file, bool *is_short,
                      struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t size = 0;
    bool is_part = !evidence_file_is_beside(file);
    int fd;
    int rc = evidence_file_path(c->item, file, &path, e);

    if (rc) {
        image_found(c, ERR_TAMPER, "%s", e->text);
        return 0;
    }
    if (is_part && image_check_asks_second(file->name) && c->count == 0)
        c->format = IMAGE_E01;
    rc = worker_allow_inputs(c->count + 2, e);
    if (rc) {
        image_found(c, ERR_IO, "%s", e->text);
        return 0;
    }
    fd = open_file(c, file, buf_text(&path), &size);
    c->lacks_part |= is_part && fd < 0;
    if (is_part && *is_short && c->format == IMAGE_RAW)
        c->has_gap = true;
    if (is_part)
        *is_short = fd < 0 || size != file->size;
    if (fd < 0)
        return 0;
    rc = compare(c, file, fd, size, e);
    keep(c, file, fd);
    return rc;
}

static int check_files(struct image_check *c, struct err *e)
{
    struct str rest = thing_value(c->item, "files");
    struct evidence_file file;
    bool is_short = false;
    int rc = 0;

    while (rc == 0 && evidence_file_next(&rest, &file))
        rc = check_file(c, &file, &is_short, e);
    if (rc == 0 && rest.len)
        image_found(c, ERR_IO, "what is on record of its files cannot be read");
    return rc;
}

/* NAME.pieces lies beside the first file of the image. */
static void open_pieces(struct image_check *c, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct evidence_file file = {0};
    struct str name = c->parts[0].name;

    name = path_base(name);
    while (name.len && name.p[name.len - 1] != '.')
        name.len--;
    buf_addf(&c->pieces_name, STR_FMT "pieces", STR_ARG(name));
    file.name = buf_str(&c->pieces_name);
    if (evidence_file_path(c->item, &file, &path, e) == 0)
        c->pieces_fd = open(buf_text(&path), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (c->pieces_fd < 0)
        image_found(c, 0, "%s is not there: a difference could be located in its files alone",
                    buf_text(&c->pieces_name));
}

/* Nothing of the image was opened, so that nobody could ask for them where they are of use. */
static void tell_pieces(struct image_check *c)
{
    struct str rest = thing_value(c->item, "files");
    struct evidence_file file;

    while (!c->has_pieces_sum && evidence_file_next(&rest, &file))
        if (str_ends(file.name, ".pieces"))
            image_found(c, 0, STR_FMT ", which lay beside it, is not there", STR_ARG(file.name));
}

static const char *meaning(const struct image_check *c)
{
    if (c->code == 0)
        return "";
    if (c->has_compared && !c->holds_other && c->lacks_map)
        return "What it means: it still holds exactly what was read from the source, but nobody "
               "can "
               "say now which of its zeros the source held. Look for another copy of the map.";
    if (c->has_compared && !c->holds_other)
        return "What it means: it still holds exactly what was read from the source, so the "
               "evidence is whole; files of it, or beside it, are not as they were. Find out who "
               "had access.";
    if (c->holds_other && c->differing_size)
        return "What it means: what is named above is not what was read from the source. By the "
               "pieces beside the image all other MiB are as they were, and can be used. What "
               "is said in this case from the others must be looked at again. Look for another "
               "copy of the files named: its SHA-256 says whether it is whole.";
    if (c->holds_other)
        return "What it means: what it holds is not what was read from the source, and what is "
               "said in this case from it must be looked at again. Look for another copy of the "
               "files named: its SHA-256 says whether it is whole.";
    if (c->code == ERR_NOTFOUND)
        return "Connect the medium that they lie on. Where they lie elsewhere now: calm preserve "
               "move ITEM stored --place FOLDER";
    return "What it means: nobody can say now whether it holds what was read from the source. Look "
           "for another copy of the files named: its SHA-256 says whether it is whole.";
}

static void image_check_release(struct image_check *c)
{
    for (size_t i = 0; i < c->count; i++)
        fd_close(c->parts[i].fd);
    free(c->parts);
    fd_close(c->pieces_fd);
    buf_release(&c->pieces_name);
}

static void tell_untold(const struct image_check *c)
{
    if (c->untold)
        buf_addf(c->found, "\nand %llu places more", (unsigned long long)c->untold);
}

static int image_check_item(struct session *s, const struct thing *item,
                            const struct blob_watch *watch, struct buf *found, struct err *e)
{
    CLEANUP(image_check_release)
    struct image_check c = {
        .item = item, .watch = watch, .found = found, .format = IMAGE_RAW, .pieces_fd = -1};
    int rc;

    (void)s;
    rc = check_files(&c, e);
    if (rc == 0 && c.count) {
        open_pieces(&c, e);
        rc = image_check_media(&c, e);
    } else if (rc == 0) {
        tell_pieces(&c);
    }
    if (rc)
        return rc;
    tell_untold(&c);
    return c.code ? err_set(e, c.code, "%s", meaning(&c)) : 0;
}

int image_check_file(const struct thing *item, int fd, uint64_t size,
                     const struct blob_watch *watch, struct buf *found, struct err *e)
{
    struct image_part part = {fd, STR("the E01")};
    struct image_check c = {.item = item,
                            .watch = watch,
                            .found = found,
                            .parts = &part,
                            .count = 1,
                            .format = IMAGE_E01,
                            .pieces_fd = -1,
                            .file_size = size};
    int rc = image_check_media(&c, e);

    if (rc)
        return rc;
    tell_untold(&c);
    if (c.code)
        buf_adds(found, "\nits bytes are as they were taken, so all this was so before");
    return 0;
}

const struct item_bytes item_image = {.name = "image",
                                      .is_so = image_is_so,
                                      .size = image_size,
                                      .work = image_work,
                                      .check = image_check_item};
