/* image_probe.c: image_probe (any|raw|e01) (look|read|hash|pieces|second) FILE…: what src/evidence
 * says of a disk image, a line for each fact; read writes the bytes of the disk instead.
 *
 * image_probe e01 (flips|cuts) FILE: the same image with each single bit changed, or cut behind
 * each byte, is read in this process and compared with the sound one. Counts what was found, and
 * writes a line for each that was not as it must be. */
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>
#include "base/mem.h"
#include "evidence/image.h"
#include "evidence/image_read.h"
#include "evidence/le.h"
#include "sys/file.h"
#include "sys/worker.h"

static int show_facts(void *context, const struct image_facts *f, struct err *e)
{
    CLEANUP_BUF struct buf hex = {0};

    (void)context, (void)e;
    printf("format %s\nsize %" PRIu64 "\nsectors %" PRIu64 "\nsector %u\nchunk %u\nfiles %u\n",
           f->format == IMAGE_E01 ? "e01" : "raw", f->size, f->sector_count, f->sector_size,
           f->chunk_size, f->file_count);
    hex_add(&hex, f->id, sizeof(f->id));
    if (f->flags & IMAGE_HAS_ID)
        printf("id %s\n", buf_text(&hex));
    buf_clear(&hex);
    hex_add(&hex, f->md5, sizeof(f->md5));
    if (f->flags & IMAGE_HAS_MD5)
        printf("stored md5 %s\n", buf_text(&hex));
    buf_clear(&hex);
    hex_add(&hex, f->sha1, sizeof(f->sha1));
    if (f->flags & IMAGE_HAS_SHA1)
        printf("stored sha1 %s\n", buf_text(&hex));
    return 0;
}

static int show_value(void *context, struct str name, struct str text, struct err *e)
{
    (void)context, (void)e;
    printf("value " STR_FMT " " STR_FMT "\n", STR_ARG(name), STR_ARG(text));
    return 0;
}

static int show_errors(void *context, const struct image_run *runs, size_t count, struct err *e)
{
    (void)context, (void)e;
    for (size_t i = 0; i < count; i++)
        printf("unread %u %u\n", runs[i].first, runs[i].count);
    return 0;
}

static int show_problem(void *context, const struct image_problem *p, struct err *e)
{
    static const char *const names[] = {
#define PROBLEM(name, words) #name,
#include "evidence/image_problems.def"
#undef PROBLEM
    };

    (void)context, (void)e;
    printf("problem %s %d %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", names[p->kind], (int)p->file,
           p->off, p->first_sector, p->sector_count);
    return 0;
}

static int write_bytes(void *context, uint64_t off, struct str bytes, struct err *e)
{
    (void)context, (void)off;
    return fwrite(bytes.p, 1, bytes.len, stdout) == bytes.len ? 0 : err_errno(e, "standard output");
}

static void show_hash(const char *name, const void *bytes, size_t size)
{
    CLEANUP_BUF struct buf hex = {0};

    hex_add(&hex, bytes, size);
    printf("%s %s\n", name, buf_text(&hex));
}

static void show_pieces(const struct buf *pieces)
{
    for (size_t i = 0; i < pieces->len; i += sizeof(struct hash))
        show_hash("piece", pieces->p + i, sizeof(struct hash));
}

static int hash(const struct image_input *input, const struct image_receiver *to, struct err *e)
{
    CLEANUP_BUF struct buf pieces = {0};
    struct digests_result r;
    int code = image_hash(input, to, &r, &pieces, e);

    if (code)
        return code;
    show_hash("md5", r.md5, sizeof(r.md5));
    show_hash("sha1", r.sha1, sizeof(r.sha1));
    show_hash("sha256", &r.sha256, sizeof(r.sha256));
    show_pieces(&pieces);
    return 0;
}

static int show_damage(void *context, uint64_t first, uint64_t count, struct err *e)
{
    (void)context, (void)e;
    printf("damage %" PRIu64 " %" PRIu64 "\n", first, count);
    return 0;
}

static int second(const struct image_input *input, struct err *e)
{
    const struct image_second_watch watch = {.damage = show_damage};
    struct image_second s;
    int code = image_ask_second(input, UINT64_MAX, &watch, &s, e);

    if (code)
        return code;
    printf("size %" PRIu64 "\ncorrupted %u\n", s.size, s.is_corrupted);
    if (s.flags & IMAGE_HAS_MD5)
        show_hash("stored md5", s.md5, sizeof(s.md5));
    if (s.flags & IMAGE_HAS_SHA1)
        show_hash("stored sha1", s.sha1, sizeof(s.sha1));
    show_hash("md5", s.found.md5, sizeof(s.found.md5));
    show_hash("sha1", s.found.sha1, sizeof(s.found.sha1));
    show_hash("sha256", &s.found.sha256, sizeof(s.found.sha256));
    return 0;
}

/* An image in memory, and what was told of it. */
struct trial {
    struct str bytes;
    uint64_t size;
    struct image_problem problems[64];
    size_t problem_count;
    struct buf disk;
};

static int read_memory(const struct media_files *files, size_t file, uint64_t off, void *bytes,
                       size_t size, struct err *e)
{
    const struct trial *t = files->context;

    (void)file, (void)e;
    if (off > t->bytes.len || size > t->bytes.len - off)
        BUG("%zu bytes at %" PRIu64 " were asked for", size, off);
    memcpy(bytes, t->bytes.p + off, size);
    return 0;
}

static void note_problem(void *context, const struct image_problem *p)
{
    struct trial *t = context;

    if (t->problem_count < COUNT_OF(t->problems))
        t->problems[t->problem_count++] = *p;
}

/* Reads all of the disk. False: it cannot be opened at all. */
static bool run_trial(struct trial *t)
{
    const struct image_watcher watcher = {note_problem, t};
    struct media_files files = {.count = 1, .sizes = &t->size, read_memory, t};
    CLEANUP(image_closep) struct image *image = NULL;
    const struct media *media;
    size_t damaged;

    t->size = t->bytes.len;
    t->problem_count = 0;
    buf_clear(&t->disk);
    if (image_open(&image, &files, IMAGE_E01, &watcher, NULL))
        return false;
    media = image_media(image);
    if (media->size > 1 << 26 || image_check(image, 0, media->size, NULL))
        return false;
    for (uint64_t off = 0; off < media->size; off += 4096) {
        size_t part = media->size - off < 4096 ? (size_t)(media->size - off) : 4096;
        uint64_t missing = image_missing(image, off);
        char *to = buf_room(&t->disk, part);

        memset(to, 0, part);
        if (missing < part && media->read_at(media->context, off, to, part, &damaged, NULL))
            return false;
        t->disk.len += part;
    }
    return true;
}

static bool is_told_lost(const struct trial *t, uint64_t sector)
{
    for (size_t i = 0; i < t->problem_count; i++)
        if (sector - t->problems[i].first_sector < t->problems[i].sector_count)
            return true;
    return false;
}

/* Each sector is as it was, or is told to be lost. */
static bool is_honest(const struct trial *t, const struct buf *sound)
{
    if (t->disk.len != sound->len)
        return false;
    for (size_t off = 0; off < sound->len; off += 512)
        if (memcmp(t->disk.p + off, sound->p + off, 512) != 0 && !is_told_lost(t, off / 512))
            return false;
    return true;
}

/* Where the section begins that this byte is in. */
static uint64_t section_of(struct str bytes, size_t at)
{
    uint64_t off = 13;

    while (at >= off) {
        uint64_t next = le_at(bytes, off + 16, 8);

        if (next <= at && next > off)
            off = next;
        else
            return off;
    }
    return 0;
}

/* In the section, and where its chunks have checksums of their own not behind the byte. */
static bool is_located(const struct trial *t, struct str image, size_t at)
{
    uint64_t section = section_of(image, at);
    bool is_table = section && str_starts(str_from(image, (size_t)section), "table");

    for (size_t i = 0; i < t->problem_count; i++) {
        uint64_t off = t->problems[i].off;

        if (off >= section &&
            (off <= at || (is_table && off < image.len && section_of(image, off) == section)))
            return true;
    }
    return false;
}

static bool loses_nothing(const struct trial *t)
{
    for (size_t i = 0; i < t->problem_count; i++)
        if (t->problems[i].sector_count)
            return false;
    return true;
}

static void flip_all(struct str image)
{
    CLEANUP_FREE char *copy = mem_dup(image.p, image.len);
    struct trial good = {.bytes = image};
    struct trial t = {.bytes = {copy, image.len}};
    size_t found = 0;
    size_t harmless = 0;
    size_t unreadable = 0;
    size_t no_loss = 0;

    if (!run_trial(&good) || good.problem_count)
        BUG("the image is not sound");
    for (size_t at = 0; at < image.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bool opens;

            copy[at] = (char)(image.p[at] ^ (1 << bit));
            opens = run_trial(&t);
            if (!opens)
                unreadable++;
            else if (!is_honest(&t, &good.disk))
                printf("wrong: byte %zu bit %u\n", at, bit);
            else if (t.problem_count == 0)
                harmless++;
            else if (!is_located(&t, image, at))
                printf("elsewhere: byte %zu bit %u problem %u at %" PRIu64 "\n", at, bit,
                       t.problems[0].kind, t.problems[0].off);
            else
                found++;
            no_loss += opens && loses_nothing(&t);
            copy[at] = image.p[at];
        }
    printf("found %zu harmless %zu unreadable %zu no loss %zu\n", found, harmless, unreadable,
           no_loss);
    buf_release(&good.disk);
    buf_release(&t.disk);
}

static size_t count_same(const struct buf *a, const struct buf *b)
{
    size_t same = 0;

    for (size_t off = 0; off < b->len && a->len == b->len; off += 512)
        same += memcmp(a->p + off, b->p + off, 512) == 0;
    return same;
}

static void cut_all(struct str image)
{
    struct trial good = {.bytes = image};
    struct trial t = {0};
    size_t unreadable = 0;
    size_t best = 0;

    if (!run_trial(&good) || good.problem_count)
        BUG("the image is not sound");
    for (size_t len = 0; len < image.len; len++) {
        size_t same;

        t.bytes = str_head(image, len);
        if (!run_trial(&t)) {
            unreadable++;
            continue;
        }
        same = count_same(&t.disk, &good.disk);
        if (!is_honest(&t, &good.disk) || t.problem_count == 0 || same < best)
            printf("wrong: cut behind %zu\n", len);
        best = same;
        if (len == image.len / 2)
            printf("half %zu\n", same);
    }
    printf("unreadable %zu best %zu of %zu\n", unreadable, best, good.disk.len / 512);
    buf_release(&good.disk);
    buf_release(&t.disk);
}

static int try_all(const char *what, int fd, struct err *e)
{
    CLEANUP_BUF struct buf image = {0};
    int code = file_read_fd(&image, fd, "the image", 1 << 20, e);

    if (code)
        return code;
    if (strcmp(what, "flips") == 0)
        flip_all(buf_str(&image));
    else
        cut_all(buf_str(&image));
    return 0;
}

static int work(const char *what, const struct image_input *input, struct err *e)
{
    struct image_receiver show = {
        .facts = show_facts, .value = show_value, .errors = show_errors, .problem = show_problem};
    static const struct image_receiver copy = {.bytes = write_bytes};
    CLEANUP_BUF struct buf pieces = {0};
    int code;

    if (strcmp(what, "look") == 0)
        return image_look(input, &show, e);
    if (strcmp(what, "read") == 0)
        return image_read(input, 0, UINT64_MAX, &copy, e);
    if (strcmp(what, "hash") == 0)
        return hash(input, &show, e);
    if (strcmp(what, "second") == 0)
        return second(input, e);
    if (strcmp(what, "flips") == 0 || strcmp(what, "cuts") == 0)
        return try_all(what, input->fds[0], e);
    code = image_pieces(input, 0, &show, &pieces, e);
    show_pieces(&pieces);
    return code;
}

int main(int argc, char **argv)
{
    struct image_input input = {.name = "reading", .format = IMAGE_ANY};
    CLEANUP_FREE int *fds = NULL;
    struct err e = {0};
    int code;

    worker_main_if_asked(argc, argv);
    if (argc < 4)
        return 2;
    input.count = (size_t)argc - 3;
    input.format = argv[1][0] == 'r' ? IMAGE_RAW : argv[1][0] == 'e' ? IMAGE_E01 : IMAGE_ANY;
    input.fds = fds = mem_array(input.count, sizeof(fds[0]));
    code = worker_allow_inputs(input.count, &e);
    for (size_t i = 0; i < input.count && !code; i++) {
        fds[i] = open(argv[i + 3], O_RDONLY | O_CLOEXEC);
        if (fds[i] < 0)
            code = err_errno(&e, "%s", argv[i + 3]);
    }
    if (!code)
        code = work(argv[2], &input, &e);
    if (code)
        printf("failed %s %s\n", err_name(code), e.text);
    return err_exit_status(code);
}
