/* evidence_image_media.c: reads what a disk image holds, compares it with its record and with the
 * pieces beside it, and asks libewf for a second opinion. */
#include <pthread.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/size.h"
#include "base/utc.h"
#include "evidence/image_read.h"
#include "practice/evidence_image.h"
#include "practice/piece_lines.h"
#include "sys/file.h"

enum {
    RUNS_SIZE = 8 << 10,
    PACKED_MOST = 1100, /* times the size of a file; zlib reaches 1032 */
};

struct media_check {
    struct image_check *c;
    struct image_input input;
    struct image_facts facts;
    bool has_facts;
    bool is_alone;   /* and is not all of the image */
    uint64_t done;   /* bytes of the disk, as the watch was told */
    struct buf sums; /* of pieces, not compared yet */
    struct piece_lines lines;
    uint64_t piece;         /* that comes next */
    uint64_t first;         /* of the run that differs */
    uint64_t run;           /* MiB of it; 0: none */
    struct buf runs;        /* those before it, in words: a line each */
    uint64_t missing_piece; /* from which on NAME.pieces has none; UINT64_MAX: it has */
};

static void tell_run(struct media_check *m)
{
    uint64_t size = m->facts.sector_size ? m->facts.sector_size : 512;
    uint64_t per = DIGESTS_PIECE_SIZE / size;
    uint64_t behind = (m->first + m->run) * per;
    uint64_t all = (m->facts.size + size - 1) / size;

    if (!m->run || m->runs.len > RUNS_SIZE)
        return;
    buf_addf(&m->runs,
             "%s%llu MiB of the disk from MiB %llu on (sectors %llu to %llu) are not what was read "
             "from the source",
             m->runs.len ? "\n" : "", (unsigned long long)m->run, (unsigned long long)m->first,
             (unsigned long long)(m->first * per),
             (unsigned long long)((behind < all ? behind : all) - 1));
    m->run = 0;
}

static void compare_piece(struct media_check *m, const struct hash *sum)
{
    struct hash then;

    if (m->c->pieces_fd >= 0 && m->missing_piece == UINT64_MAX &&
        !piece_lines_next(&m->lines, &then))
        m->missing_piece = m->piece;
    if (m->c->pieces_fd >= 0 && m->missing_piece == UINT64_MAX && !hash_eq(&then, sum)) {
        m->first = m->run ? m->first : m->piece;
        m->run++;
        m->c->differing_size += DIGESTS_PIECE_SIZE;
    } else {
        tell_run(m);
    }
    m->piece++;
}

static void compare_pieces(struct media_check *m)
{
    struct hash sum;

    for (size_t at = 0; at + sizeof(sum) <= m->sums.len; at += sizeof(sum)) {
        memcpy(sum.b, m->sums.p + at, sizeof(sum.b));
        compare_piece(m, &sum);
    }
    buf_clear(&m->sums);
}

static int take_facts(void *context, const struct image_facts *facts, struct err *e)
{
    struct media_check *m = context;

    (void)e;
    m->facts = *facts;
    m->has_facts = true;
    return 0;
}

static int take_bytes(void *context, uint64_t off, struct str bytes, struct err *e)
{
    struct media_check *m = context;

    (void)off, (void)bytes, (void)e;
    compare_pieces(m);
    return 0;
}

static int tell_watch(const struct media_check *m, uint64_t more, struct err *e)
{
    const struct blob_watch *watch = m->c->watch;

    if (m->c->file_size)
        more = (uint64_t)((double)more / (double)m->facts.size * (double)m->c->file_size);
    return watch->saw(watch->context, more) ? 0 : err_set(e, ERR_CANCEL, "stopped at your request");
}

static int take_progress(void *context, uint64_t done, struct err *e)
{
    struct media_check *m = context;
    uint64_t more = done - m->done;

    m->done = done;
    return tell_watch(m, more, e);
}

static int take_what_is_missing(void *context, const struct image_problem *p, struct err *e)
{
    struct media_check *m = context;

    (void)e;
    if (p->kind != IMAGE_FILE_LAST && p->kind != IMAGE_FILE_MISSING)
        return 0;
    m->is_alone = true;
    if (m->c->lacks_part && p->sector_count)
        image_found(m->c, 0, "sectors %llu to %llu of the disk lie in what is not there",
                    (unsigned long long)p->first_sector,
                    (unsigned long long)(p->first_sector + p->sector_count - 1));
    return 0;
}

static int take_problem(void *context, const struct image_problem *p, struct err *e)
{
    struct media_check *m = context;
    CLEANUP_BUF struct buf text = {0};

    (void)e;
    if (p->file < m->c->count)
        buf_addf(&text, STR_FMT ", byte %llu: ", STR_ARG(m->c->parts[p->file].name),
                 (unsigned long long)p->off);
    buf_adds(&text, image_problem_words(p->kind));
    if (p->sector_count)
        buf_addf(&text, "; sectors %llu to %llu of the disk read as zeros because of it",
                 (unsigned long long)p->first_sector,
                 (unsigned long long)(p->first_sector + p->sector_count - 1));
    image_found(m->c, ERR_TAMPER, "%s", buf_text(&text));
    return 0;
}

/* libewf reads the image in a thread beside ours. */
struct second_opinion {
    const struct media_check *m;
    uint64_t told;
    pthread_t thread;
    bool runs;
    struct image_second answer;
    int code;
    struct err why;
};

static int second_progress(void *context, uint64_t done, struct err *e)
{
    struct second_opinion *o = context;
    uint64_t more = done > o->told ? done - o->told : 0;

    o->told = done > o->told ? done : o->told;
    return tell_watch(o->m, more, e);
}

static void *ask(void *context)
{
    struct second_opinion *o = context;
    const struct image_second_watch watch = {.progress = second_progress, .context = o};

    o->code = image_ask_second(&o->m->input, o->m->facts.size, &watch, &o->answer, &o->why);
    return NULL;
}

static void ask_second(struct second_opinion *o, const struct media_check *m)
{
    *o = (struct second_opinion){.m = m};
    o->runs = m->facts.format == IMAGE_E01 && pthread_create(&o->thread, NULL, ask, o) == 0;
}

/* Whether a hash, of whose kind the record has one, is that one; adds its name to text. */
static bool is_recorded(const struct image_check *c, const char *field, const void *sum,
                        size_t size, const char *name, struct buf *text)
{
    struct str hex = thing_value(c->item, field);
    uint8_t then[32];

    if (!hex_read(then, size, hex))
        return true;
    buf_addf(text, "%s%s", text->len ? ", " : "", name);
    return memcmp(then, sum, size) == 0;
}

static void tell_other(struct image_check *c, const char *field, const void *sum, size_t size,
                       const char *name)
{
    CLEANUP_BUF struct buf unused = {0};
    CLEANUP_BUF struct buf hex = {0};

    if (is_recorded(c, field, sum, size, name, &unused))
        return;
    hex_add(&hex, sum, size);
    c->holds_other = true;
    image_found(c, ERR_TAMPER, "the %s of what it holds is %s, recorded is " STR_FMT, name,
                buf_text(&hex), STR_ARG(thing_value(c->item, field)));
}

static void judge_sums(struct media_check *m, const struct digests_result *d)
{
    struct image_check *c = m->c;
    CLEANUP_BUF struct buf names = {0};
    char size_words[SIZE_TEXT_SIZE];
    uint64_t size;

    if (str_u64(thing_value(c->item, "image-size"), &size) && size != m->facts.size) {
        c->holds_other = true;
        image_found(c, ERR_TAMPER, "it holds %llu bytes, recorded are %llu",
                    (unsigned long long)m->facts.size, (unsigned long long)size);
    }
    tell_other(c, "image-sha256", d->sha256.b, sizeof(d->sha256.b), "SHA-256");
    tell_other(c, "image-sha1", d->sha1, sizeof(d->sha1), "SHA-1");
    tell_other(c, "image-md5", d->md5, sizeof(d->md5), "MD5");
    (void)is_recorded(c, "image-sha256", d->sha256.b, sizeof(d->sha256.b), "SHA-256", &names);
    (void)is_recorded(c, "image-sha1", d->sha1, sizeof(d->sha1), "SHA-1", &names);
    (void)is_recorded(c, "image-md5", d->md5, sizeof(d->md5), "MD5", &names);
    c->has_compared = names.len > 0;
    if (!names.len && !c->file_size)
        image_found(c, 0, "no hash of what it holds is on record: its files alone were compared");
    else if (names.len && !c->holds_other)
        image_found(c, 0, "the %s that it holds are what was read: %s as recorded",
                    size_text(size_words, m->facts.size), buf_text(&names));
}

/* They say where, not whether. */
static void judge_pieces(struct media_check *m)
{
    struct image_check *c = m->c;
    struct str rest = buf_str(&m->runs);
    struct hash unused;
    bool has_more = m->missing_piece == UINT64_MAX && piece_lines_next(&m->lines, &unused);

    if (c->pieces_fd < 0)
        return;
    if (c->has_compared && !c->holds_other) {
        if (!c->has_pieces_sum && (rest.len || has_more || m->missing_piece != UINT64_MAX))
            image_found(c, ERR_TAMPER, "%s, which lies beside it, is not as it was written",
                        buf_text(&c->pieces_name));
    } else if (has_more) {
        image_found(c, ERR_TAMPER, "what was behind MiB %llu of the disk is missing",
                    (unsigned long long)m->piece);
    } else if (m->missing_piece != UINT64_MAX) {
        image_found(c, ERR_TAMPER, "%s tells of nothing from MiB %llu on",
                    buf_text(&c->pieces_name), (unsigned long long)m->missing_piece);
    }
    while (rest.len && (c->holds_other || !c->has_compared)) {
        struct str line = str_cut(&rest, '\n');

        image_found(c, ERR_TAMPER, STR_FMT, STR_ARG(line));
    }
}

/* The hashes that the E01 itself has are in it for other programs. */
static void judge_stated(struct media_check *m, const struct digests_result *d)
{
    const struct image_facts *f = &m->facts;
    bool has_md5 = f->flags & IMAGE_HAS_MD5, has_sha1 = f->flags & IMAGE_HAS_SHA1;
    bool md5_differs = has_md5 && memcmp(f->md5, d->md5, sizeof(f->md5)) != 0;
    bool sha1_differs = has_sha1 && memcmp(f->sha1, d->sha1, sizeof(f->sha1)) != 0;

    if (md5_differs)
        image_found(m->c, ERR_TAMPER, "the MD5 that the E01 states is not that of what it holds");
    if (sha1_differs)
        image_found(m->c, ERR_TAMPER, "the SHA-1 that the E01 states is not that of what it holds");
    if (m->c->file_size && !md5_differs && !sha1_differs)
        image_found(m->c, 0, "%s",
                    has_md5 && has_sha1
                        ? "the MD5 and SHA-1 that the E01 states are those of what it holds"
                    : has_md5  ? "the MD5 that the E01 states is that of what it holds"
                    : has_sha1 ? "the SHA-1 that the E01 states is that of what it holds"
                               : "the E01 states no hash of what it holds");
}

static bool stated_agree(const struct image_second *s)
{
    return (!(s->flags & IMAGE_HAS_MD5) || !memcmp(s->md5, s->found.md5, sizeof(s->md5))) &&
           (!(s->flags & IMAGE_HAS_SHA1) || !memcmp(s->sha1, s->found.sha1, sizeof(s->sha1)));
}

static void judge_second(struct image_check *c, const struct second_opinion *o,
                         const struct digests_result *d)
{
    const struct image_second *s = &o->answer;
    bool is_same = memcmp(s->found.sha256.b, d->sha256.b, sizeof(d->sha256.b)) == 0 &&
                   memcmp(s->found.sha1, d->sha1, sizeof(d->sha1)) == 0 &&
                   memcmp(s->found.md5, d->md5, sizeof(d->md5)) == 0;

    if (o->code == ERR_NOTFOUND)
        image_found(c, 0, "no second opinion: %s", o->why.text);
    else if (o->code)
        image_found(c, 0, "second opinion: %s", o->why.text);
    else if (!is_same)
        image_found(c, c->code ? 0 : ERR_IO,
                    "second opinion: libewf reads something else than calm%s",
                    c->code ? ", as programs do of what is damaged" : "; one of the two is wrong");
    else
        image_found(c, 0, "second opinion: libewf reads the same%s%s",
                    !(s->flags & (IMAGE_HAS_MD5 | IMAGE_HAS_SHA1)) ? ""
                    : stated_agree(s) ? ", and the hashes that the E01 states are those of it"
                                      : ", but the hashes that the E01 states are others",
                    s->is_corrupted ? "; it says that files of it are damaged" : "");
}

static int read_media(struct media_check *m, struct err *e)
{
    const struct image_receiver to = {
        .bytes = take_bytes, .problem = take_problem, .progress = take_progress, .context = m};
    struct second_opinion second;
    struct digests_result d;
    int rc;

    ask_second(&second, m);
    rc = image_hash(&m->input, &to, &d, &m->sums, e);
    if (second.runs)
        (void)pthread_join(second.thread, NULL);
    if (rc || second.code == ERR_CANCEL)
        return rc ? rc : err_set(e, ERR_CANCEL, "%s", second.why.text);
    compare_pieces(m);
    tell_run(m);
    judge_sums(m, &d);
    judge_pieces(m);
    if (!m->c->holds_other)
        judge_stated(m, &d);
    if (second.runs)
        judge_second(m->c, &second, &d);
    return 0;
}

/* What cannot be read as an image at all says so, and is no failure of ours. */
static int read_all(struct media_check *m, struct err *e)
{
    const struct image_receiver look = {
        .facts = take_facts, .problem = take_what_is_missing, .context = m};
    int rc = image_look(&m->input, &look, e);

    if (rc != ERR_CANCEL && m->c->lacks_part && !m->c->has_bad_part) {
        image_found(m->c, 0, "what it holds was not compared, for not all of its files are there");
        return 0;
    }
    if (rc == 0 && m->c->file_size && m->is_alone)
        image_found(m->c, 0,
                    "files behind this one are missing, or the image was never finished. What all "
                    "of them hold is compared once they are on the register as one image: calm "
                    "preserve image FIRST --to FOLDER");
    else if (rc == 0 && m->c->file_size && m->facts.size / PACKED_MOST > m->c->file_size)
        image_found(m->c, ERR_TAMPER,
                    "it states that it holds %llu bytes, more than can be packed into a file of "
                    "%llu, so what it holds was not read",
                    (unsigned long long)m->facts.size, (unsigned long long)m->c->file_size);
    else if (rc == 0 && m->has_facts)
        rc = read_media(m, e);
    if (rc && rc != ERR_CANCEL) {
        image_found(m->c, rc == ERR_FORMAT || rc == ERR_TAMPER ? ERR_TAMPER : ERR_IO, "%s",
                    e->text);
        rc = 0;
    }
    return rc;
}

int image_check_media(struct image_check *c, struct err *e)
{
    CLEANUP_BUF struct buf name = {0};
    struct media_check m = {.c = c, .lines = {.fd = c->pieces_fd}, .missing_piece = UINT64_MAX};
    CLEANUP_FREE int *fds = mem_array(c->count, sizeof(fds[0]));
    int rc;

    if (c->has_gap) {
        image_found(c, 0,
                    "what it holds was not compared: behind the file that is missing or has "
                    "another size nothing is at its place");
        return 0;
    }
    for (size_t i = 0; i < c->count; i++)
        fds[i] = c->parts[i].fd;
    buf_addf(&name, "reading e%u", c->item->number);
    m.input = (struct image_input){
        .name = buf_text(&name), .fds = fds, .count = c->count, .format = c->format};
    rc = read_all(&m, e);
    buf_release(&m.sums);
    buf_release(&m.runs);
    piece_lines_release(&m.lines);
    return rc;
}
