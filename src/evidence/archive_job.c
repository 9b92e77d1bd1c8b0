/* archive_job.c: reads an archive with libarchive, inside a worker. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "base/sink.h"
#include "evidence/archive.h"
#include "evidence/archive_kinds.h"
#include "evidence/archive_wire.h"
#include "evidence/zip_directory.h"

/* TAR_RECORD_SIZE: twenty blocks of 512 bytes, as tar(1) writes an archive of no entry (POSIX, pax,
 * "ustar Interchange Format"). */
enum { RETRY_LIMIT = 100, TAR_RECORD_SIZE = 20 * 512, NAME_TOLD = 200 };

struct job {
    int in;
    uint64_t in_size;
    uint64_t in_off;   /* where the next byte is read */
    uint64_t in_taken; /* bytes handed to libarchive; again is not counted past in_size */
    uint64_t out_size;
    uint64_t entry_count;
    struct worker_channel *channel;
    struct archive *a;
    char *bytes;        /* WIRE_CHUNK_SIZE */
    struct buf problem; /* with the content of the entry that is read */
    struct buf last;    /* the name of the entry that was read last */
    struct buf passed;  /* where the first head of an entry that is not sound was passed over */
    unsigned stretches; /* that were */
    bool is_within;     /* it is not at its end */
};

static la_ssize_t on_read(struct archive *a, void *context, const void **bytes)
{
    struct job *j = context;
    ssize_t n;

    do
        n = pread(j->in, j->bytes, WIRE_CHUNK_SIZE, (off_t)j->in_off);
    while (n < 0 && errno == EINTR);
    if (n < 0) {
        archive_set_error(a, errno, "cannot read: %s", strerror(errno));
        return ARCHIVE_FATAL;
    }
    j->in_off += (uint64_t)n;
    j->in_taken += (uint64_t)n;
    *bytes = j->bytes;
    return n;
}

static la_int64_t on_seek(struct archive *a, void *context, la_int64_t off, int whence)
{
    struct job *j = context;
    la_int64_t base = whence == SEEK_SET   ? 0
                      : whence == SEEK_CUR ? (la_int64_t)j->in_off
                                           : (la_int64_t)j->in_size;

    if (__builtin_add_overflow(base, off, &base) || base < 0 || (uint64_t)base > j->in_size) {
        archive_set_error(a, EINVAL, "an offset outside of the archive");
        return ARCHIVE_FATAL;
    }
    j->in_off = (uint64_t)base;
    return base;
}

static la_int64_t on_skip(struct archive *a, void *context, la_int64_t wanted)
{
    struct job *j = context;
    uint64_t left = j->in_size - j->in_off;
    uint64_t step = wanted < 0 ? 0 : (uint64_t)wanted;

    (void)a;
    if (step > left)
        step = left;
    j->in_off += step;
    j->in_taken += step;
    return (la_int64_t)step;
}

/* libarchive's words, cut to a sentence's size. */
static struct str last_words(struct archive *a)
{
    return str_head(str_of(archive_error_string(a)), WIRE_TEXT_LIMIT);
}

/* Where: of an entry that is read, where it was looked for; of one that is none, how far libarchive
 * had got. */
static void say_where(const struct job *j, struct buf *out)
{
    la_int64_t at =
        j->is_within ? archive_read_header_position(j->a) : archive_filter_bytes(j->a, 0);

    if (j->last.len)
        buf_addf(out, ", %s " STR_FMT, j->is_within ? "in" : "behind", STR_ARG(buf_str(&j->last)));
    if (at > 0)
        buf_addf(out, ", %s byte %llu%s", j->is_within ? "which begins about" : "about",
                 (unsigned long long)at,
                 archive_filter_count(j->a) > 1 ? " of what it unpacks to" : "");
}

static int failure(const struct job *j, struct err *e)
{
    CLEANUP_BUF struct buf where = {0};
    struct str words = last_words(j->a);
    int code = archive_errno(j->a) == ENOMEM ? ERR_LIMIT
               : archive_errno(j->a) == EIO  ? ERR_IO
                                             : ERR_FORMAT;

    if (j->entry_count == 0 && j->in_size == 0)
        return err_set(e, ERR_NOTFOUND, "an empty file");
    say_where(j, &where);
    return err_set(e, code, "damaged or cut off behind %llu of its entries%s (" STR_FMT ")",
                   (unsigned long long)j->entry_count, buf_text(&where), STR_ARG(words));
}

/* From its start. is_one_file: what is unpacked is no archive, whatever it looks like. */
static int open_archive(struct job *j, bool is_one_file, struct err *e)
{
    struct archive *a;

    archive_read_free(j->a);
    j->a = a = archive_read_new();
    if (!a)
        BUG("out of memory for libarchive");
    j->in_off = j->in_taken = 0;
    j->is_within = false;
    buf_clear(&j->last);
    if (!archive_allow_kinds(a, is_one_file))
        return failure(j, e);
    archive_read_set_read_callback(a, on_read);
    archive_read_set_seek_callback(a, on_seek);
    archive_read_set_skip_callback(a, on_skip);
    archive_read_set_callback_data(a, j);
    if (archive_read_open1(a) != ARCHIVE_OK)
        return failure(j, e);
    return 0;
}

static uint32_t type_of(struct archive_entry *entry)
{
    static const struct {
        unsigned mode;
        enum archived_type type;
    } types[] = {
        {AE_IFREG, ARCHIVED_FILE},         {AE_IFDIR, ARCHIVED_FOLDER},
        {AE_IFLNK, ARCHIVED_SYMLINK},      {AE_IFCHR, ARCHIVED_CHARACTER_DEVICE},
        {AE_IFBLK, ARCHIVED_BLOCK_DEVICE}, {AE_IFIFO, ARCHIVED_FIFO},
        {AE_IFSOCK, ARCHIVED_SOCKET},
    };

    if (archive_entry_hardlink(entry))
        return ARCHIVED_HARDLINK;
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (archive_entry_filetype(entry) == types[i].mode)
            return types[i].type;
    return ARCHIVED_OTHER;
}

static struct str name_of(const struct job *j, struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);

    if (archive_format(j->a) == ARCHIVE_FORMAT_RAW)
        return STR(""); /* libarchive makes one up */
    return str_of(name ? name : archive_entry_pathname_utf8(entry));
}

static struct str link_of(struct archive_entry *entry)
{
    const char *link = archive_entry_hardlink(entry);

    return str_of(link ? link : archive_entry_symlink(entry));
}

static int send_entry(const struct job *j, struct archive_entry *entry, bool is_odd, struct err *e)
{
    long ns = archive_entry_mtime_nsec(entry);
    struct archived told = {
        .name = name_of(j, entry),
        .link = link_of(entry),
        .type = type_of(entry),
        .has_size = archive_entry_size_is_set(entry),
        .has_modified = archive_entry_mtime_is_set(entry),
        .is_sparse = archive_entry_sparse_count(entry) > 0,
        .is_encrypted = archive_entry_is_encrypted(entry),
        .size = (uint64_t)archive_entry_size(entry),
        .mode = archive_entry_perm(entry) & 07777,
        .uid = (uint64_t)archive_entry_uid(entry),
        .gid = (uint64_t)archive_entry_gid(entry),
        .modified = {archive_entry_mtime(entry), ns >= 0 && ns < 1000000000 ? (uint32_t)ns : 0},
        .warning = is_odd ? last_words(j->a) : STR(""),
    };

    if (told.name.len > LIMIT_ARCHIVE_PATH_SIZE || told.link.len > LIMIT_ARCHIVE_PATH_SIZE)
        return err_set(e, ERR_LIMIT, "entry %llu has a name of more than %d bytes",
                       (unsigned long long)j->entry_count, LIMIT_ARCHIVE_PATH_SIZE);
    return archive_send_entry(j->channel, &told, e);
}

static int count_out(struct job *j, uint64_t more, struct err *e)
{
    uint64_t in = j->in_taken < j->in_size ? j->in_taken : j->in_size;

    return archive_count_out(&j->out_size, more, in, e);
}

static int send_hole(struct job *j, uint64_t size, struct err *e)
{
    int code = count_out(j, size, e);

    if (code)
        return code;
    return worker_send(j->channel, WIRE_HOLE, (struct str){(char *)&size, sizeof(size)}, e);
}

static int send_data(struct job *j, struct str bytes, struct err *e)
{
    int code = count_out(j, bytes.len, e);

    return code ? code : archive_send_content(j->channel, bytes, e);
}

/* One block at an offset; a gap before it is a hole. A block that goes back would have to be put
 * over what was sent: only a crafted archive has one. */
static int send_block(struct job *j, uint64_t *sent, uint64_t off, struct str bytes, struct err *e)
{
    int code = 0;

    if (off < *sent)
        return err_set(e, ERR_FORMAT, "the parts of a sparse file overlap");
    if (off > *sent)
        code = send_hole(j, off - *sent, e);
    if (!code)
        code = send_data(j, bytes, e);
    *sent = off + bytes.len;
    return code;
}

/* Keeps the first thing that was wrong with an entry's content. */
static void note_problem(struct job *j)
{
    struct str words = last_words(j->a);

    if (j->problem.len == 0)
        buf_addstr(&j->problem, words.len ? words : STR("the content is not whole"));
}

/* Sends the content. *state is libarchive's last code. */
static int send_content(struct job *j, uint64_t *sent, int *state, struct err *e)
{
    buf_clear(&j->problem);
    for (unsigned retries = 0; retries < RETRY_LIMIT;) {
        const void *bytes = NULL;
        size_t size = 0;
        la_int64_t off = 0;
        int code;

        *state = archive_read_data_block(j->a, &bytes, &size, &off);
        if (*state == ARCHIVE_RETRY && ++retries)
            continue;
        if (*state == ARCHIVE_EOF && off > (la_int64_t)*sent)
            return send_block(j, sent, (uint64_t)off, STR(""), e); /* a hole at the end */
        if (*state != ARCHIVE_OK && *state != ARCHIVE_EOF)
            note_problem(j);
        if (*state != ARCHIVE_OK && *state != ARCHIVE_WARN)
            return 0;
        if (off < 0)
            return err_set(e, ERR_FORMAT, "a part of a file at a negative offset");
        code = send_block(j, sent, (uint64_t)off, (struct str){bytes, size}, e);
        if (code)
            return code;
    }
    return err_set(e, ERR_FORMAT, "the content of a file cannot be read");
}

static int check_room(const struct job *j, struct err *e)
{
    if (j->entry_count < LIMIT_ARCHIVE_ENTRY_COUNT)
        return 0;
    return err_set(e, ERR_LIMIT, "more than %d entries", LIMIT_ARCHIVE_ENTRY_COUNT);
}

static int take_entry(struct job *j, struct archive_entry *entry, bool is_odd, struct err *e)
{
    uint64_t sent = 0;
    int state = ARCHIVE_EOF;
    int code;

    buf_clear(&j->last);
    sink_line(&j->last, str_head(name_of(j, entry), NAME_TOLD));
    j->is_within = true;
    code = check_room(j, e);
    if (!code)
        code = send_entry(j, entry, is_odd, e);
    if (!code)
        code = send_content(j, &sent, &state, e);
    if (code)
        return code;
    if (state == ARCHIVE_FATAL)
        return failure(j, e);
    j->entry_count++;
    j->is_within = false;
    return archive_send_end(j->channel, sent, buf_str(&j->problem), e);
}

/* A tar archive ends with a block of zeros; libarchive takes it as well when it just stops. Nothing
 * read past the last entry means that there is no such block. */
static bool lacks_end_mark(const struct job *j)
{
    int base = archive_format(j->a) & ARCHIVE_FORMAT_BASE_MASK;

    return base == ARCHIVE_FORMAT_TAR &&
           archive_filter_bytes(j->a, 0) <= archive_read_header_position(j->a);
}

static bool is_zero(const char *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* What lies behind the end mark of a tar archive. */
struct behind {
    uint64_t at; /* where the mark ends */
    uint64_t off, size;
    bool has_more; /* than zeros, with which it may be filled up */
};

static void see(struct behind *b, const char *bytes, size_t size)
{
    size_t before = b->off >= b->at ? 0 : b->at - b->off < size ? (size_t)(b->at - b->off) : size;

    b->off += size;
    b->size += size - before;
    b->has_more |= !is_zero(bytes + before, size - before);
}

static int see_plain(struct job *j, struct behind *b, struct err *e)
{
    const void *bytes;
    la_ssize_t n;

    j->in_off = b->off = b->at;
    while ((n = on_read(j->a, j, &bytes)) > 0)
        see(b, bytes, (size_t)n);
    return n < 0 ? failure(j, e) : 0;
}

/* Unpacked a second time: libarchive goes no further behind the mark. */
static int see_unpacked(struct job *j, struct behind *b, struct err *e)
{
    CLEANUP_FREE char *bytes = mem_alloc(WIRE_CHUNK_SIZE);
    uint64_t sum = j->out_size; /* what lies there counts, too */
    struct archive *tar = j->a;
    struct archive_entry *entry;
    la_ssize_t n = 0;
    int code;

    j->a = NULL;
    code = open_archive(j, true, e);
    if (code == 0 && archive_read_next_header(j->a, &entry) < ARCHIVE_WARN)
        code = failure(j, e);
    while (code == 0 && (n = archive_read_data(j->a, bytes, WIRE_CHUNK_SIZE)) > 0) {
        uint64_t before = b->size;

        see(b, bytes, (size_t)n);
        code = archive_count_out(&sum, b->size - before, j->in_size, e);
    }
    if (code == 0 && n < 0)
        code = failure(j, e);
    archive_read_free(j->a);
    j->a = tar; /* the summary names its format */
    return code;
}

static int tell_behind(struct job *j, struct err *e)
{
    la_int64_t at = archive_filter_bytes(j->a, 0);
    struct behind b = {.at = at > 0 ? (uint64_t)at : 0};
    bool is_plain = archive_filter_count(j->a) <= 1;
    int code = 0;

    if ((archive_format(j->a) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_TAR)
        return 0;
    code = is_plain ? see_plain(j, &b, e) : see_unpacked(j, &b, e);
    if (code || !b.has_more)
        return code;
    return err_set(e, ERR_FORMAT,
                   "it ends behind %llu of its entries, and behind its end mark, at byte %llu%s, "
                   "are %llu bytes that are not all zeros: what lies there is not listed",
                   (unsigned long long)j->entry_count, (unsigned long long)b.at,
                   is_plain ? "" : " of what it unpacks to", (unsigned long long)b.size);
}

static int send_summary(const struct job *j, struct err *e)
{
    CLEANUP_BUF struct buf message = {0};
    const char *format = archive_format_name(j->a);

    buf_add(&message, &j->entry_count, sizeof(j->entry_count));
    buf_add(&message, &j->out_size, sizeof(j->out_size));
    buf_adds(&message, format ? format : "");
    buf_addc(&message, '\0');
    for (int i = archive_filter_count(j->a) - 2; i >= 0; i--)
        buf_addf(&message, "%s%s", archive_filter_name(j->a, i), i ? ", " : "");
    return worker_send(j->channel, WIRE_SUMMARY, buf_str(&message), e);
}

/* An entry without content of its own. */
static int tell_named(void *context, const struct archived *entry, struct err *e)
{
    struct job *j = context;
    int code = check_room(j, e);

    if (!code)
        code = archive_send_entry(j->channel, entry, e);
    j->entry_count++;
    return code ? code : archive_send_end(j->channel, 0, STR(""), e);
}

static int tell_directory(struct job *j, struct err *e)
{
    int base = archive_format(j->a) & ARCHIVE_FORMAT_BASE_MASK;

    if (base != ARCHIVE_FORMAT_ZIP || archive_filter_count(j->a) > 1)
        return 0;
    return zip_directory_differs(j->in, j->in_size, j->entry_count, tell_named, j, e);
}

static int finish(struct job *j, struct err *e)
{
    int code = tell_directory(j, e);

    if (code)
        return code;
    if (j->stretches > 1)
        buf_addf(&j->passed, "; so it is at %u places more", j->stretches - 1);
    if (j->stretches)
        return err_set(e, ERR_FORMAT, STR_FMT, STR_ARG(buf_str(&j->passed)));
    if (lacks_end_mark(j))
        return err_set(e, ERR_FORMAT, "cut off behind %llu of its entries: it has no end mark",
                       (unsigned long long)j->entry_count);
    code = tell_behind(j, e);
    return code ? code : send_summary(j, e);
}

static bool is_no_archive(const struct job *j)
{
    return archive_format(j->a) == ARCHIVE_FORMAT_RAW && archive_filter_count(j->a) <= 1;
}

/* Whether more than an archive of no entry is there, which has zeros alone. The archive is at its
 * start after that. */
static int has_more_than_none(struct job *j, bool *out, struct err *e)
{
    struct archive_entry *entry;
    char bytes[512];
    uint64_t size = 0;
    bool is_none = true;
    la_ssize_t n = 1;
    int code = open_archive(j, true, e);

    if (code)
        return code;
    if (archive_read_next_header(j->a, &entry) < ARCHIVE_WARN)
        return failure(j, e);
    while (n > 0 && is_none) {
        n = archive_read_data(j->a, bytes, sizeof(bytes));
        size += n > 0 ? (uint64_t)n : 0;
        is_none = size <= TAR_RECORD_SIZE && (n <= 0 || is_zero(bytes, (size_t)n));
    }
    *out = !is_none;
    return open_archive(j, *out, e);
}

/* Zeros look like a tar archive of no entry, whatever follows them. */
static bool is_empty_tar(const struct job *j)
{
    return j->entry_count == 0 &&
           (archive_format(j->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

static int no_archive(const struct job *j, struct err *e)
{
    unsigned parts = zip_parts(j->in, j->in_size);

    if (parts)
        return err_set(e, ERR_FORMAT,
                       "the last of %u parts of a zip; what lies in it is listed of a copy in one "
                       "piece, which zip -s 0 makes of all of them",
                       parts);
    return err_set(e, ERR_NOTFOUND, "no archive of a known kind");
}

/* The head of an entry is not sound: the next one is looked for behind it. *still: how often in a
 * row it got no further. */
static int pass_over(struct job *j, uint64_t before, bool is_first, unsigned *still, struct err *e)
{
    la_int64_t now = archive_filter_bytes(j->a, 0);
    bool moved = now > 0 && (uint64_t)now > before;

    j->stretches += is_first;
    if (is_first && j->passed.len == 0) {
        buf_addf(&j->passed, "damaged behind %llu of its entries",
                 (unsigned long long)j->entry_count);
        say_where(j, &j->passed);
        buf_adds(&j->passed, ": the head of one is not sound, and what lies there up to the next "
                             "one is not listed");
    }
    *still = moved ? 0 : *still + 1;
    return moved ? count_out(j, (uint64_t)now - before, e) : 0;
}

static int take_entries(struct job *j, struct err *e)
{
    bool was_sound = true;
    unsigned still = 0;

    while (still < RETRY_LIMIT) {
        la_int64_t before = archive_filter_bytes(j->a, 0);
        struct archive_entry *entry;
        int state = archive_read_next_header(j->a, &entry);
        int code;

        if (state == ARCHIVE_EOF)
            return 0;
        if (state == ARCHIVE_RETRY) {
            code = pass_over(j, before > 0 ? (uint64_t)before : 0, was_sound, &still, e);
            was_sound = false;
            if (code)
                return code;
            continue;
        }
        was_sound = true;
        still = 0;
        if (state != ARCHIVE_OK && state != ARCHIVE_WARN)
            return failure(j, e);
        if (is_no_archive(j))
            return no_archive(j, e);
        code = take_entry(j, entry, state == ARCHIVE_WARN, e);
        if (code)
            return code;
    }
    return failure(j, e);
}

static int take_all(struct job *j, struct err *e)
{
    bool is_file = false;
    int code = take_entries(j, e);

    if (code || !is_empty_tar(j))
        return code ? code : finish(j, e);
    code = has_more_than_none(j, &is_file, e);
    if (!code)
        code = take_entries(j, e);
    return code ? code : finish(j, e);
}

int archive_job(int in, struct str argument, struct worker_channel *channel, struct err *e)
{
    struct job j = {.in = in, .channel = channel};
    int code;

    if (argument.len != sizeof(j.in_size))
        BUG("an argument of %zu bytes", argument.len);
    memcpy(&j.in_size, argument.p, sizeof(j.in_size));
    j.bytes = mem_alloc(WIRE_CHUNK_SIZE);
    code = open_archive(&j, false, e);
    if (!code)
        code = take_all(&j, e);
    archive_read_free(j.a);
    buf_release(&j.problem);
    buf_release(&j.last);
    buf_release(&j.passed);
    free(j.bytes);
    return code;
}
