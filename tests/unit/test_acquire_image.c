/* test_acquire_image.c: whole images of made sources: what they hold, what the map says, and that
 * an image that was stopped anywhere ends the same to the byte. IMAGE_SEED and IMAGE_COUNT choose
 * other runs. What an E01 holds is decoded here with zlib, which the writer does not use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "acquire/acquisition.h"
#include "acquire/ewf_write.h"
#include "acquire/reread.h"
#include "acquire/source_open.h"
#include "acquire_source.h"
#include "sys/file.h"
#include "sys/worker.h"

enum { COUNT_USUAL = 40, SIZE_MAX_MIB = 5 };
#define MIB ((uint64_t)1 << 20)

static char *root; /* a folder of this run */

static uint64_t from_environment(const char *name, uint64_t usual)
{
    uint64_t n;

    return getenv(name) && str_u64(str_of(getenv(name)), &n) ? n : usual;
}

static void path_in(struct buf *out, const char *folder, const char *name)
{
    buf_clear(out);
    buf_addf(out, "%s/%s", folder, name);
}

static void remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
    rmdir(folder);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* What was decoded of an E01's files. */
struct decoded {
    struct buf bytes;
    struct buf errors; /* of error2, as they stand */
    bool is_far;       /* each chunk is compared with a pattern instead of being kept */
    uint64_t far_off;
    uint8_t md5[16];
    uint32_t chunks_said;
    unsigned sections;
};

enum { FAR_PATTERN = 65536 };

/* Each 64 KiB begin with their own place, and are zeros behind. */
static void fill_far(void *bytes, uint64_t off, size_t size)
{
    memset(bytes, 0, size);
    for (uint64_t at = off - off % FAR_PATTERN; at < off + size; at += FAR_PATTERN)
        if (at >= off)
            memcpy((char *)bytes + (at - off), &at, sizeof(at));
}

static void check_far(const void *bytes, uint64_t size, uint64_t off)
{
    static uint8_t wanted[FAR_PATTERN];

    for (uint64_t at = 0; at < size; at += sizeof(wanted)) {
        size_t part = size - at < sizeof(wanted) ? (size_t)(size - at) : sizeof(wanted);

        fill_far(wanted, off + at, part);
        assert_memory_equal((const char *)bytes + at, wanted, part);
    }
}

/* The bytes of a file from some place on. */
struct tail {
    struct buf bytes;
    uint64_t from;
};

static const uint8_t *tail_at(const struct tail *t, uint64_t off)
{
    assert_true(off >= t->from && off - t->from < t->bytes.len);
    return (const uint8_t *)t->bytes.p + (off - t->from);
}

static uint64_t tail_end(const struct tail *t)
{
    return t->from + t->bytes.len;
}

static void decode_group(struct decoded *d, const struct tail *file, const uint8_t *table,
                         uint64_t sectors_end, uint64_t media_left)
{
    uint32_t count = get32(table);
    uint64_t base = get64(table + 8);

    assert_int_equal(get32(table + 20), adler32(1, table, 20));
    assert_int_equal(get32(table + 24 + 4 * count), adler32(1, table + 24, 4 * count));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t entry = get32(table + 24 + 4 * i);
        uint64_t at = base + (entry & 0x7fffffff);
        uint64_t end =
            i + 1 < count ? base + (get32(table + 28 + 4 * i) & 0x7fffffff) : sectors_end;
        uLongf size = 32768;

        assert_true(end > at && end - at <= 32772 && end <= tail_end(file));
        if (entry & 0x80000000U) {
            assert_int_equal(
                uncompress((Bytef *)buf_room(&d->bytes, 32768), &size, tail_at(file, at), end - at),
                Z_OK);
        } else {
            size = end - at - 4;
            assert_int_equal(get32(tail_at(file, end - 4)),
                             adler32(1, tail_at(file, at), (uInt)size));
            memcpy(buf_room(&d->bytes, size), tail_at(file, at), size);
        }
        assert_int_equal(size, media_left < 32768 ? media_left : 32768);
        if (d->is_far) {
            check_far(d->bytes.p, size, d->far_off);
            d->far_off += size;
        } else {
            d->bytes.len += size;
        }
        media_left -= size;
    }
}

static bool is_type(const uint8_t *section, const char *type)
{
    char name[17] = {0};

    memcpy(name, section, 16);
    return strcmp(name, type) == 0;
}

/* All sections from a place on, each where the one before says, to the end of the file. */
static void decode_sections(struct decoded *d, const struct tail *file, uint64_t at,
                            uint64_t media_size)
{
    uint64_t sectors = 0, sectors_size = 0;

    for (;;) {
        const uint8_t *s = tail_at(file, at);
        uint64_t next = get64(s + 16), size = get64(s + 24);

        assert_true(at + 76 <= tail_end(file));
        assert_int_equal(get32(s + 72), adler32(1, s, 72));
        d->sections++;
        if (is_type(s, "volume") || is_type(s, "data")) {
            assert_int_equal(get32(s + 76 + 1048), adler32(1, s + 76, 1048));
            d->chunks_said = get32(s + 76 + 4);
            assert_int_equal(get64(s + 76 + 16) * get32(s + 76 + 12), media_size);
        } else if (is_type(s, "sectors")) {
            sectors = at;
            sectors_size = size;
        } else if (is_type(s, "table")) {
            assert_int_equal(get64(s + 76 + 8), sectors);
            decode_group(d, file, s + 76, sectors + sectors_size,
                         media_size - (d->is_far ? d->far_off : d->bytes.len));
            assert_memory_equal(s + 76, tail_at(file, next + 76), size - 76); /* table2 */
            assert_true(is_type(tail_at(file, next), "table2"));
        } else if (is_type(s, "error2")) {
            buf_add(&d->errors, s + 76 + 520, size - 76 - 524);
            assert_int_equal(get32(s + 76), d->errors.len / 8);
        } else if (is_type(s, "hash")) {
            memcpy(d->md5, s + 76, 16);
        }
        if (is_type(s, "next") || is_type(s, "done")) {
            assert_int_equal(next, at);
            assert_int_equal(at + 76, tail_end(file));
            return;
        }
        assert_int_equal(next, at + size);
        at = next;
    }
}

static void decode_file(struct decoded *d, const char *path, uint32_t number, uint64_t media_size)
{
    struct tail file = {0};
    const uint8_t *p;
    struct err e;

    assert_int_equal(file_read(&file.bytes, path, BUF_LIMIT - 1, &e), 0);
    p = tail_at(&file, 0);
    assert_memory_equal(p, "EVF\x09\x0d\x0a\xff\x00\x01", 9);
    assert_int_equal(p[9] | p[10] << 8, number);
    decode_sections(d, &file, 13, media_size);
    buf_release(&file.bytes);
}

static void digest_is(const char *name, const void *bytes, size_t size, const uint8_t *is)
{
    uint8_t wanted[EVP_MAX_MD_SIZE];
    unsigned len;

    assert_true(EVP_Digest(bytes, size, wanted, &len, EVP_get_digestbyname(name), NULL));
    assert_memory_equal(is, wanted, len);
}

static void check_digests(const struct digests_result *d, const void *bytes, size_t size)
{
    digest_is("MD5", bytes, size, d->md5);
    digest_is("SHA1", bytes, size, d->sha1);
    digest_is("SHA256", bytes, size, d->sha256.b);
}

/* One image to be made. */
struct trial {
    struct made_source m;
    struct acquire_options options;
    struct acquire_control control;
    enum target_format format;
    uint64_t segment_size;
    bool is_small;
    uint64_t stop_in; /* reads; 0: never */
};

static struct acquire_begin begin_of(const struct trial *t)
{
    struct acquire_begin b = {.source = mem_strdup("made"),
                              .runs = 1,
                              .writes = mem_strdup(""),
                              .identity = mem_strdup("made by a test"),
                              .size = t->m.source.size,
                              .sector_size = t->m.source.sector_size,
                              .is_small = t->is_small,
                              .format = t->format,
                              .segment_size = t->segment_size,
                              .begun = {1700000000, 5},
                              .id = {1, 2, 3},
                              .case_number = mem_strdup("7"),
                              .number = mem_strdup("e1"),
                              .examiner = mem_strdup("Ana"),
                              .notes = mem_strdup("a\tb\\c\n"),
                              .description = mem_strdup(""),
                              .model = mem_strdup(""),
                              .serial = mem_strdup(""),
                              .system = mem_strdup("Linux")};

    return b;
}

static struct trial *stopping; /* whose reads are counted */

static int64_t read_and_stop(struct source *s, uint64_t off, void *bytes, size_t size,
                             bool by_sector, struct err *e)
{
    if (stopping->stop_in && --stopping->stop_in == 0)
        atomic_store(&stopping->control.stops, true);
    return made_read(s, off, bytes, size, by_sector, e);
}

static const struct source_calls stopping_calls = {.read = read_and_stop, .now_ms = made_now};

/* Makes the image, going on as often as it was stopped. Returns how often. */
static unsigned make(struct trial *t, const char *folder, struct acquire_result *out)
{
    struct acquire_begin begin = begin_of(t);
    CLEANUP_BUF struct buf part = {0};
    struct acquisition *image = NULL;
    unsigned stops = 0;
    struct err e = {0};
    int rc;

    assert_int_equal(mkdir(folder, 0700), 0);
    path_in(&part, folder, "im.part");
    t->m.source.calls = &stopping_calls;
    stopping = t;
    rc = acquisition_new(&image, &begin, folder, "im", &t->m.source, &t->options, &t->control, &e);
    for (;;) {
        if (rc == 0)
            rc = acquisition_run(image, out, &e);
        if (rc == 0)
            rc = acquisition_finish(image, &e);
        acquisition_free(image);
        image = NULL;
        if (rc != ERR_CANCEL)
            break;
        stops++;
        /* Ever later, so that it ends. */
        t->stop_in = 1 + made_next(&t->m.state) % ((uint64_t)4 << (stops < 30 ? stops : 30));
        atomic_store(&t->control.stops, false);
        rc = acquisition_resume(&image, buf_text(&part), "made by a test", &t->m.source,
                                &t->options, &t->control, &e);
    }
    if (rc)
        fail_msg("%s", e.text);
    acquire_begin_release(&begin);
    return stops;
}

/* The bytes of the image's files, however they are kept. */
static void read_image(const struct trial *t, const char *folder, struct decoded *d)
{
    uint64_t sector = t->format == TARGET_E01 ? t->m.source.sector_size : 1;
    uint64_t size = (t->m.source.size + sector - 1) / sector * sector;
    char ending[8];

    for (uint32_t n = 1; target_file_ending(t->format, n, ending); n++) {
        CLEANUP_BUF struct buf path = {0};
        CLEANUP_BUF struct buf file = {0};

        buf_addf(&path, "%s/im.%s", folder, ending);
        if (!file_is_there(buf_text(&path)))
            break;
        if (t->format == TARGET_E01) {
            decode_file(d, buf_text(&path), n, size);
            continue;
        }
        assert_int_equal(file_read(&file, buf_text(&path), BUF_LIMIT - 1, NULL), 0);
        buf_add(&d->bytes, file.p, file.len);
    }
    assert_int_equal(d->bytes.len, size);
}

/* The sectors of error2 are those that the source cannot read. */
static void check_errors(const struct trial *t, const struct decoded *d)
{
    uint32_t sector = t->m.source.sector_size;
    uint64_t sum = 0, bad = 0;

    for (size_t i = 0; i < d->errors.len; i += 8) {
        uint32_t first = get32((const uint8_t *)d->errors.p + i);
        uint32_t count = get32((const uint8_t *)d->errors.p + i + 4);

        for (uint32_t k = first; k < first + count; k++)
            assert_true(made_is_bad(&t->m, (uint64_t)k * sector));
        sum += count;
    }
    for (uint64_t at = 0; at < t->m.source.size; at += sector)
        bad += made_is_bad(&t->m, at);
    assert_int_equal(sum, bad);
}

static void check_map(const struct trial *t, const char *folder)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    CLEANUP(fault_map_release) struct fault_map map = {0};
    struct err e;

    path_in(&path, folder, "im.map");
    assert_int_equal(file_read(&text, buf_text(&path), MIB, &e), 0);
    assert_int_equal(fault_map_read(&map, buf_str(&text), t->m.source.size, &e), 0);
    for (size_t i = 0; i < map.count; i++)
        for (uint64_t at = map.areas[i].off; at < map.areas[i].off + map.areas[i].size; at += 64)
            assert_int_equal(map.areas[i].state, made_is_bad(&t->m, at) ? AREA_BAD : AREA_READ);
}

static void check_pieces(const char *folder, const struct buf *bytes)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    struct str rest;
    size_t at = 0;

    path_in(&path, folder, "im.pieces");
    assert_int_equal(file_read(&text, buf_text(&path), MIB, NULL), 0);
    for (rest = buf_str(&text); rest.len;) {
        struct str line = str_cut(&rest, '\n');
        size_t size = bytes->len - at < MIB ? bytes->len - at : MIB;
        uint8_t hash[32];

        if (line.p[0] == '#')
            continue;
        assert_true(hex_read(hash, sizeof(hash), line));
        digest_is("SHA256", bytes->p + at, size, hash);
        at += size;
    }
    assert_int_equal(at, bytes->len);
}

static void check(const struct trial *t, const char *folder, const struct acquire_result *r)
{
    CLEANUP_BUF struct buf wanted = {0};
    struct decoded d = {0};

    buf_add(&wanted, t->m.bytes, t->m.source.size);
    for (uint64_t at = 0; at < wanted.len; at += t->m.source.sector_size)
        if (made_is_bad(&t->m, at))
            memset(wanted.p + at, 0,
                   wanted.len - at < t->m.source.sector_size ? wanted.len - at
                                                             : t->m.source.sector_size);
    read_image(t, folder, &d);
    assert_memory_equal(d.bytes.p, wanted.p, wanted.len);
    for (size_t at = wanted.len; at < d.bytes.len; at++)
        assert_int_equal(d.bytes.p[at], 0);
    check_digests(&r->exact, wanted.p, wanted.len);
    check_digests(&r->stored, d.bytes.p, d.bytes.len);
    check_pieces(folder, &d.bytes);
    check_map(t, folder);
    if (t->format == TARGET_E01) {
        assert_memory_equal(d.md5, r->stored.md5, 16);
        assert_int_equal(d.chunks_said, (d.bytes.len + 32767) / 32768);
        check_errors(t, &d);
    }
    buf_release(&d.bytes);
    buf_release(&d.errors);
}

/* Every file of the one is in the other, the same to the byte. */
static void are_same(const char *one, const char *other)
{
    DIR *dir = opendir(one);
    struct dirent *entry;
    unsigned count = 0;

    while ((entry = readdir(dir))) {
        CLEANUP_BUF struct buf a = {0};
        CLEANUP_BUF struct buf b = {0};
        CLEANUP_BUF struct buf path = {0};

        if (entry->d_name[0] == '.')
            continue;
        path_in(&path, one, entry->d_name);
        assert_int_equal(file_read(&a, buf_text(&path), BUF_LIMIT - 1, NULL), 0);
        path_in(&path, other, entry->d_name);
        assert_int_equal(file_read(&b, buf_text(&path), BUF_LIMIT - 1, NULL), 0);
        if (a.len != b.len || memcmp(a.p, b.p, a.len) != 0)
            fail_msg("%s and %s differ", buf_text(&path), one);
        count++;
    }
    closedir(dir);
    assert_true(count >= 3);
}

/* Some of it packs, some of it is zeros, some is neither. */
static void vary(struct made_source *m)
{
    for (uint64_t at = 0; at < m->source.size; at += 65536) {
        uint64_t size = m->source.size - at < 65536 ? m->source.size - at : 65536;
        uint64_t what = made_next(&m->state) % 4;

        if (what < 2)
            memset(m->bytes + at, what ? 'x' : 0, size);
    }
}

static void choose(struct trial *t, uint64_t seed, bool stops)
{
    static const enum target_format formats[] = {TARGET_E01, TARGET_E01, TARGET_RAW, TARGET_SPLIT};
    uint64_t choice = seed * 7919;
    uint32_t sector = made_next(&choice) % 2 ? 512 : 4096;
    uint64_t size = 1 + made_next(&choice) % (SIZE_MAX_MIB * MIB);

    *t = (struct trial){
        .options = {.retries = 2, .slow_ms = 10000, .buffers = 3, .reread = reread_until}};
    if (made_next(&choice) % 3)
        size = (size + sector - 1) / sector * sector;
    made_init(&t->m, seed, size, sector);
    vary(&t->m);
    if (made_next(&choice) % 3)
        made_put_faults(&t->m, 0);
    t->m.fails_whole = made_next(&choice) % 2;
    t->format = formats[made_next(&choice) % 4];
    t->is_small = made_next(&choice) % 8 == 0;
    t->segment_size = t->format == TARGET_RAW     ? 0
                      : t->format == TARGET_SPLIT ? MIB
                      : made_next(&choice) % 2    ? EWF_SEGMENT_SIZE_MIN
                                                  : 0;
    t->options.reads_in_order = made_next(&choice) % 2;
    t->options.packers = 1 + made_next(&choice) % 3;
    t->stop_in = stops ? 1 + made_next(&choice) % 3 : 0;
}

static void release(struct trial *t)
{
    made_release(&t->m);
}

static unsigned run(uint64_t seed)
{
    CLEANUP_BUF struct buf whole = {0};
    CLEANUP_BUF struct buf stopped = {0};
    struct acquire_result r, r2;
    struct trial t;
    unsigned stops;

    path_in(&whole, root, "whole");
    path_in(&stopped, root, "stopped");
    choose(&t, seed, false);
    make(&t, buf_text(&whole), &r);
    check(&t, buf_text(&whole), &r);
    release(&t);
    choose(&t, seed, true);
    stops = make(&t, buf_text(&stopped), &r2);
    are_same(buf_text(&whole), buf_text(&stopped));
    assert_memory_equal(&r.exact, &r2.exact, sizeof(r.exact));
    assert_int_equal(r.bad, r2.bad);
    release(&t);
    remove_folder(buf_text(&whole));
    remove_folder(buf_text(&stopped));
    return stops;
}

static void
an_image_is_its_source_but_for_what_cannot_be_read_and_stops_change_nothing(void **state)
{
    uint64_t seed = from_environment("IMAGE_SEED", 1);
    uint64_t count = from_environment("IMAGE_COUNT", COUNT_USUAL);
    unsigned stops = 0;

    (void)state;
    for (uint64_t i = 0; i < count; i++)
        stops += run(seed + i);
    assert_true(stops >= count);
    print_message("%llu images, stopped %u times\n", (unsigned long long)count, stops);
}

/* The second image is made of the first one's files. */
static void copy_image(const struct trial *t, const char *from, const char *to,
                       struct acquire_result *out)
{
    const struct acquire_options options = {.buffers = 3, .reread = reread_until};
    struct trial copy = {.format = TARGET_RAW};
    CLEANUP(source_facts_release) struct source_facts facts = {0};
    CLEANUP_BUF struct buf first = {0};
    struct acquire_control control = {0};
    struct acquisition *image = NULL;
    struct acquire_begin begin;
    struct source *source = NULL;
    char ending[8];
    struct err e = {0};

    assert_true(target_file_ending(t->format, 1, ending));
    buf_addf(&first, "%s/im.%s", from, ending);
    if (source_open(&source, &facts, buf_text(&first), 0, &e))
        fail_msg("%s", e.text);
    copy.m.source = *source;
    begin = begin_of(&copy);
    assert_int_equal(mkdir(to, 0700), 0);
    if (acquisition_new(&image, &begin, to, "im", source, &options, &control, &e) ||
        acquisition_run(image, out, &e) || acquisition_finish(image, &e))
        fail_msg("%s", e.text);
    acquisition_free(image);
    source_close(source);
}

static void an_image_of_an_image_keeps_what_could_not_be_read(void **state)
{
    CLEANUP_BUF struct buf one = {0};
    CLEANUP_BUF struct buf two = {0};
    unsigned with_faults = 0;

    (void)state;
    path_in(&one, root, "one");
    path_in(&two, root, "two");
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct acquire_result r, r2;
        struct trial t;

        choose(&t, seed, false);
        if (t.format == TARGET_E01 || t.format == TARGET_SPLIT) {
            make(&t, buf_text(&one), &r);
            copy_image(&t, buf_text(&one), buf_text(&two), &r2);
            assert_memory_equal(&r2.exact, &r.stored, sizeof(r.stored));
            /* Raw parts have no place for what could not be read: NAME.map has it. */
            assert_int_equal(r2.bad, t.format == TARGET_E01
                                         ? (r.bad + t.m.source.sector_size - 1) /
                                               t.m.source.sector_size * t.m.source.sector_size
                                         : 0);
            with_faults += r2.bad > 0;
            remove_folder(buf_text(&one));
            remove_folder(buf_text(&two));
        }
        release(&t);
    }
    assert_true(with_faults >= 3);
}

#define TIB ((uint64_t)1 << 40)
#define FAR_FROM (64 * TIB - ((uint64_t)1 << 30))
/* A source of 64 TiB, of which only the last GiB may be read. */
static int64_t read_far(struct source *s, uint64_t off, void *bytes, size_t size, bool by_sector,
                        struct err *e)
{
    (void)by_sector;
    (void)e;
    assert_true(off >= FAR_FROM && off + size <= s->size);
    fill_far(bytes, off, size);
    return (int64_t)size;
}

/* As if all but the last GiB were in the image: the state says so, and holes stand for it. */
static void begin_far(const char *folder, enum target_format format, uint64_t segment_size,
                      size_t files, uint64_t last_size, struct source *source)
{
    struct trial t = {.m = {.source = *source}, .format = format, .segment_size = segment_size};
    struct target_files f;
    struct acquire_state state = {
        .begin = begin_of(&t), .done = FAR_FROM, .file_count = files, .last_size = last_size};
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    int fd;

    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(target_files_init(&f, format, folder, "im", NULL), 0);
    f.files = mem_array(files, sizeof(f.files[0]));
    f.count = files;
    for (size_t i = 0; i < files; i++)
        f.files[i].size = segment_size;
    acquire_state_write(&state, &f, &text);
    path_in(&path, folder, "im.part");
    assert_int_equal(file_write(buf_text(&path), buf_str(&text), 0600, NULL), 0);
    buf_clear(&path);
    target_files_path(&f, (uint32_t)files, &path);
    fd = open(buf_text(&path), O_CREAT | O_EXCL | O_WRONLY, 0600);
    assert_true(fd >= 0 && ftruncate(fd, (off_t)last_size) == 0);
    close(fd);
    target_files_release(&f);
    acquire_begin_release(&state.begin);
}

static void finish_far(const char *folder, struct source *source)
{
    const struct acquire_options options = {.has_no_hashes = true, .commit_ms = 10000};
    struct acquire_control control = {0};
    struct acquisition *image = NULL;
    CLEANUP_BUF struct buf part = {0};
    struct acquire_result r;
    struct err e;

    path_in(&part, folder, "im.part");
    if (acquisition_resume(&image, buf_text(&part), "made by a test", source, &options, &control,
                           &e) ||
        acquisition_run(image, &r, &e) || acquisition_finish(image, &e))
        fail_msg("%s", e.text);
    acquisition_free(image);
}

static void read_tail(struct tail *t, const char *folder, const char *name, uint64_t from)
{
    CLEANUP_BUF struct buf path = {0};
    struct stat st;
    ssize_t n;
    int fd;

    path_in(&path, folder, name);
    fd = open(buf_text(&path), O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0 && (uint64_t)st.st_size > from);
    t->from = from;
    n = pread(fd, buf_room(&t->bytes, (size_t)st.st_size - from), (size_t)st.st_size - from,
              (off_t)from);
    assert_int_equal(n, (uint64_t)st.st_size - from);
    t->bytes.len = (size_t)n;
    close(fd);
}

static bool can_hold(uint64_t size)
{
    CLEANUP_BUF struct buf path = {0};
    int fd, rc;

    path_in(&path, root, "large");
    fd = open(buf_text(&path), O_CREAT | O_RDWR, 0600);
    rc = ftruncate(fd, (off_t)size);
    close(fd);
    unlink(buf_text(&path));
    return rc == 0;
}

static const struct source_calls far_calls = {.read = read_far};

static void the_last_gib_of_64_tib_stands_where_an_e01_says(void **state)
{
    struct source source = {.calls = &far_calls, .size = 64 * TIB, .sector_size = 512};
    CLEANUP_BUF struct buf folder = {0};
    struct decoded d = {.is_far = true, .far_off = FAR_FROM};
    struct tail t = {0};

    (void)state;
    if (!can_hold(13 * TIB))
        skip();
    path_in(&folder, root, "far");
    begin_far(buf_text(&folder), TARGET_E01, 0, 1, 12 * TIB, &source);
    finish_far(buf_text(&folder), &source);
    read_tail(&t, buf_text(&folder), "im.E01", 12 * TIB);
    decode_sections(&d, &t, 12 * TIB, 64 * TIB);
    /* 2^46 bytes in chunks of 2^15. */
    assert_int_equal(d.chunks_said, 0x80000000U);
    assert_int_equal(d.far_off, 64 * TIB);
    buf_release(&t.bytes);
    buf_release(&d.bytes);
    remove_folder(buf_text(&folder));
}

/* 14,970 files of 4.6 GB: the next ones are named ZZY and ZZZ, the last that there is. */
static void the_last_names_of_segments_are_used_and_no_more(void **state)
{
    struct source source = {.calls = &far_calls, .size = 64 * TIB, .sector_size = 4096};
    CLEANUP_BUF struct buf folder = {0};
    struct decoded d = {.is_far = true, .far_off = FAR_FROM};
    struct tail t = {0};
    char ending[8];

    (void)state;
    assert_true(target_file_ending(TARGET_E01, 14971, ending));
    assert_string_equal(ending, "ZZZ");
    assert_false(target_file_ending(TARGET_E01, 14972, ending));
    assert_true(target_file_ending(TARGET_E01, 99, ending));
    assert_string_equal(ending, "E99");
    assert_true(target_file_ending(TARGET_E01, 100, ending));
    assert_string_equal(ending, "EAA");
    assert_true(target_file_ending(TARGET_E01, 99 + 26 * 26 + 1, ending));
    assert_string_equal(ending, "FAA");
    path_in(&folder, root, "names");
    /* A segment that is all but full: the next chunk begins another. */
    begin_far(buf_text(&folder), TARGET_E01, (uint64_t)4800 << 20, 14970,
              ((uint64_t)4800 << 20) - 4096, &source);
    finish_far(buf_text(&folder), &source);
    read_tail(&t, buf_text(&folder), "im.ZZZ", 0);
    assert_int_equal(tail_at(&t, 9)[0] | tail_at(&t, 9)[1] << 8, 14971);
    decode_sections(&d, &t, 13, 64 * TIB);
    assert_int_equal(d.far_off, 64 * TIB);
    buf_release(&t.bytes);
    buf_release(&d.bytes);
    remove_folder(buf_text(&folder));
}

static void the_last_gib_of_64_tib_in_parts_is_where_it_belongs(void **state)
{
    struct source source = {.calls = &far_calls, .size = 64 * TIB, .sector_size = 512};
    CLEANUP_BUF struct buf folder = {0};
    struct tail t = {0};

    (void)state;
    path_in(&folder, root, "parts");
    begin_far(buf_text(&folder), TARGET_SPLIT, TIB, 64, TIB - ((uint64_t)1 << 30), &source);
    finish_far(buf_text(&folder), &source);
    read_tail(&t, buf_text(&folder), "im.064", TIB - ((uint64_t)1 << 26));
    assert_int_equal(tail_end(&t), TIB);
    check_far(t.bytes.p, t.bytes.len, 64 * TIB - ((uint64_t)1 << 26));
    buf_release(&t.bytes);
    remove_folder(buf_text(&folder));
}

int main(int argc, char **argv)
{
    /* In memory where that is possible: what is durable is for another test. */
    char folder[64];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            an_image_is_its_source_but_for_what_cannot_be_read_and_stops_change_nothing),
        cmocka_unit_test(an_image_of_an_image_keeps_what_could_not_be_read),
        cmocka_unit_test(the_last_gib_of_64_tib_stands_where_an_e01_says),
        cmocka_unit_test(the_last_names_of_segments_are_used_and_no_more),
        cmocka_unit_test(the_last_gib_of_64_tib_in_parts_is_where_it_belongs),
    };
    int rc;

    worker_main_if_asked(argc, argv);
    snprintf(folder, sizeof(folder), "%s/test_acquire_image.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    root = mkdtemp(folder);
    if (!root)
        return 1;
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    remove_folder(root);
    return rc;
}
