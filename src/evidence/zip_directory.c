/* zip_directory.c: reads the directory of a zip, inside a worker, and compares it with the heads.
 */
#include "evidence/zip_directory.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/limits.h"
#include "base/mem.h"
#include "evidence/le.h"

enum {
    END_SIZE = 22,
    LOCATOR_SIZE = 20,
    END64_SIZE = 56,
    ENTRY_SIZE = 46,
    HEAD_SIZE = 30,
    EXTRA_64 = 1,
    EXTRA_UTF8 = 0x7075,
    EXTRA_UTF8_HEAD = 5, /* its version, and a check sum of the name that it stands for */
    TAIL_MAX = 1 << 20,  /* behind the end of the directory something may have been put */
    DESCRIPTOR_MAX = 24, /* behind the data of an entry */
};

#define END_MARK 0x06054b50
#define LOCATOR_MARK 0x07064b50
#define END64_MARK 0x06064b50
#define ENTRY_MARK 0x02014b50
#define HEAD_MARK 0x04034b50

struct entry {
    uint64_t at; /* of its head, in the file */
    uint64_t entry_at;
    uint64_t packed; /* bytes of its data */
};

struct zip {
    int in;
    uint64_t size;
    uint64_t directory; /* where it begins in the file */
    uint64_t directory_end;
    uint64_t
        read_from;   /* where it begins by the size that is stated: libarchive reads from there */
    uint64_t lacks;  /* entries that libarchive did not tell of */
    uint64_t before; /* bytes before the zip: a program that unpacks itself */
    uint64_t *ends;  /* that a directory could have, the last one first */
    size_t end_count, end_room;
    struct entry *entries;
    size_t count;
    size_t room;
    struct buf bytes; /* of the entry that is looked at */
    struct buf head;
    unsigned method; /* of the head that was read last: how its data are packed */
};

static void zip_release(struct zip *z)
{
    free(z->entries);
    free(z->ends);
    buf_release(&z->bytes);
    buf_release(&z->head);
}

/* False: they are not there. */
static bool read_at(const struct zip *z, uint64_t off, size_t size, struct buf *out)
{
    buf_clear(out);
    if (off > z->size || size > z->size - off)
        return false;
    while (out->len < size) {
        ssize_t n =
            pread(z->in, buf_room(out, size - out->len), size - out->len, (off_t)(off + out->len));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        out->len += (size_t)n;
    }
    return true;
}

static bool has_mark(const struct zip *z, uint64_t off, uint32_t mark)
{
    CLEANUP_BUF struct buf four = {0};

    return read_at(z, off, 4, &four) && le32_at(buf_str(&four), 0) == mark;
}

/* The directory where it was meant to be, or where it lies behind what was put before the zip. The
 * one that ends last is taken. */
static bool place(struct zip *z, uint64_t end, uint64_t size, uint64_t stated)
{
    uint64_t at = end - size;

    if (size > end)
        return false;
    if (size && !has_mark(z, at, ENTRY_MARK))
        at = stated;
    if (at < stated || at > end || (size && !has_mark(z, at, ENTRY_MARK)))
        return false;
    z->ends = mem_grow(z->ends, z->end_count, &z->end_room, sizeof(z->ends[0]));
    z->ends[z->end_count++] = end;
    if (z->end_count > 1)
        return true;
    z->directory = at;
    z->read_from = end - size;
    z->before = at - stated;
    z->directory_end = end;
    return true;
}

static bool place_64(struct zip *z, uint64_t locator)
{
    CLEANUP_BUF struct buf b = {0};
    uint64_t at;

    if (!read_at(z, locator, LOCATOR_SIZE, &b) || le32_at(buf_str(&b), 0) != LOCATOR_MARK)
        return false;
    at = le_at(buf_str(&b), 8, 8);
    if (!has_mark(z, at, END64_MARK) && locator >= END64_SIZE)
        at = locator - END64_SIZE; /* behind what was put before the zip */
    if (!read_at(z, at, END64_SIZE, &b) || le32_at(buf_str(&b), 0) != END64_MARK)
        return false;
    return place(z, at, le_at(buf_str(&b), 40, 8), le_at(buf_str(&b), 48, 8));
}

/* At a mark of an end, of which the rest lies in s. */
static void try_end(struct zip *z, uint64_t at, struct str s)
{
    if (le_at(s, 20, 2) > s.len - END_SIZE)
        return;
    if (at < LOCATOR_SIZE || !place_64(z, at - LOCATOR_SIZE))
        (void)place(z, at, le32_at(s, 12), le32_at(s, 16));
}

static int find_directory(struct zip *z, struct err *e)
{
    CLEANUP_BUF struct buf tail = {0};
    size_t size = (size_t)(z->size < TAIL_MAX ? z->size : TAIL_MAX);
    uint64_t from = z->size - size;

    if (size >= END_SIZE && !read_at(z, from, size, &tail))
        return err_set(e, ERR_IO, "its end cannot be read");
    for (size_t i = tail.len >= END_SIZE ? tail.len - END_SIZE + 1 : 0; i-- > 0;)
        if (tail.p[i] == 'P' && le32_at(str_from(buf_str(&tail), i), 0) == END_MARK)
            try_end(z, from + i, str_from(buf_str(&tail), i));
    return z->end_count
               ? 0
               : err_set(e, ERR_FORMAT,
                         "the directory at its end, by which programs show and unpack it, is not "
                         "there");
}

/* The field of that number behind an entry; empty: there is none. */
static struct str extra_of(struct str extra, unsigned number)
{
    while (extra.len >= 4) {
        size_t size = (size_t)le_at(extra, 2, 2);

        if (le_at(extra, 0, 2) == number)
            return str_head(str_from(extra, 4), size);
        extra = str_from(extra, 4 + size < extra.len ? 4 + size : extra.len);
    }
    return (struct str){0};
}

/* Of a number that has no room in the entry itself: the wanted one of those behind it. */
static uint64_t wide(struct str extra, size_t wanted, uint64_t narrow)
{
    struct str value = extra_of(extra, EXTRA_64);

    return value.len >= (wanted + 1) * 8 ? le_at(value, wanted * 8, 8) : narrow;
}

struct entry_said {
    struct str name;
    uint64_t size;
    uint64_t packed;
    uint64_t head; /* in the file */
    unsigned method;
};

/* An entry that lies whole in bytes. */
static struct entry_said said_of(const struct zip *z)
{
    struct str s = buf_str(&z->bytes);
    size_t name = (size_t)le_at(s, 28, 2), extra = (size_t)le_at(s, 30, 2);
    struct str more = str_head(str_from(s, ENTRY_SIZE + name), extra);
    uint64_t size = le32_at(s, 24), packed = le32_at(s, 20), at = le32_at(s, 42);
    size_t wanted = 0;
    struct entry_said out = {.name = str_head(str_from(s, ENTRY_SIZE), name)};

    struct str utf8 = extra_of(more, EXTRA_UTF8);

    if (utf8.len > EXTRA_UTF8_HEAD)
        out.name = str_from(utf8, EXTRA_UTF8_HEAD);
    out.method = (unsigned)le_at(s, 10, 2);
    out.size = size == UINT32_MAX ? wide(more, wanted++, size) : size;
    out.packed = packed == UINT32_MAX ? wide(more, wanted++, packed) : packed;
    out.head = at == UINT32_MAX ? wide(more, wanted, at) : at;
    if (__builtin_add_overflow(out.head, z->before, &out.head))
        out.head = UINT64_MAX;
    return out;
}

/* The size of the entry at off with all that belongs to it, which is read up to its comment; 0:
 * there is none. */
static uint64_t read_entry(struct zip *z, uint64_t off)
{
    struct str s;
    uint64_t size;

    if (off > z->directory_end || z->directory_end - off < ENTRY_SIZE ||
        !read_at(z, off, ENTRY_SIZE, &z->bytes))
        return 0;
    s = buf_str(&z->bytes);
    if (le32_at(s, 0) != ENTRY_MARK)
        return 0;
    size = ENTRY_SIZE + le_at(s, 28, 2) + le_at(s, 30, 2);
    if (!read_at(z, off, (size_t)size, &z->bytes))
        return 0;
    return size + le_at(buf_str(&z->bytes), 32, 2);
}

static int list_entries(struct zip *z, struct err *e)
{
    uint64_t off = z->directory;
    struct entry_said said;

    for (uint64_t size; (size = read_entry(z, off)) != 0; off += size) {
        if (z->count == LIMIT_ARCHIVE_ENTRY_COUNT)
            return err_set(e, ERR_LIMIT, "more than %d entries", LIMIT_ARCHIVE_ENTRY_COUNT);
        z->entries = mem_grow(z->entries, z->count, &z->room, sizeof(z->entries[0]));
        said = said_of(z);
        z->entries[z->count++] = (struct entry){said.head, off, said.packed};
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct entry *x = a;
    const struct entry *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->entry_at < y->entry_at ? -1 : x->entry_at > y->entry_at;
}

/* The name before the data, that for UTF-8 where there is one, and where the data begin; false:
 * there is no head. */
static bool read_head(struct zip *z, uint64_t at, struct str *name, uint64_t *data)
{
    size_t name_size, extra_size;
    struct str utf8;

    if (!read_at(z, at, HEAD_SIZE, &z->head) || le32_at(buf_str(&z->head), 0) != HEAD_MARK)
        return false;
    z->method = (unsigned)le_at(buf_str(&z->head), 8, 2);
    name_size = (size_t)le_at(buf_str(&z->head), 26, 2);
    extra_size = (size_t)le_at(buf_str(&z->head), 28, 2);
    if (!read_at(z, at + HEAD_SIZE, name_size + extra_size, &z->head))
        return false;
    *data = at + HEAD_SIZE + name_size + extra_size;
    utf8 = extra_of(str_from(buf_str(&z->head), name_size), EXTRA_UTF8);
    *name = utf8.len > EXTRA_UTF8_HEAD ? str_from(utf8, EXTRA_UTF8_HEAD)
                                       : str_head(buf_str(&z->head), name_size);
    return true;
}

/* Why the entry needs telling; empty: it does not. */
static void judge(struct zip *z, size_t i, const struct entry_said *said, struct buf *why)
{
    unsigned long long at = said->head;
    uint64_t data;
    struct str name;

    if (!read_head(z, said->head, &name, &data))
        buf_addf(why,
                 "the directory of the zip names it, and at byte %llu, where it should begin, "
                 "nothing does",
                 at);
    else if (!str_eq(name, said->name))
        buf_addf(why,
                 "only the directory of the zip, by which programs show and unpack it, calls it "
                 "so; the data at byte %llu are listed under the name before them",
                 at);
    else if (z->method != said->method)
        buf_addf(why,
                 "the directory of the zip says that its data at byte %llu are packed by method "
                 "%u, and their own head by method %u: programs differ in which they take, and in "
                 "what comes out",
                 at, said->method, z->method);
    else if (z->lacks && z->entries[i].entry_at < z->read_from)
        buf_addf(why,
                 "the directory of the zip names it, and its end states a size that leaves it "
                 "out: its data at byte %llu were not read",
                 at);
    else if (i && z->entries[i - 1].at == said->head)
        buf_addf(why, "it has the same data, at byte %llu, as another entry", at);
}

struct telling {
    int (*told)(void *context, const struct archived *entry, struct err *e);
    void *context;
};

static int tell_entries(struct zip *z, const struct telling *t, struct err *e)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < z->count; i++) {
        CLEANUP_BUF struct buf why = {0};
        struct archived entry = {.type = ARCHIVED_FILE, .has_size = true};
        struct entry_said said;

        if (!read_entry(z, z->entries[i].entry_at))
            continue; /* it was there a moment ago: the file changes */
        said = said_of(z);
        judge(z, i, &said, &why);
        if (!why.len)
            continue;
        entry.name = str_head(said.name, LIMIT_ARCHIVE_PATH_SIZE);
        entry.size = said.size;
        entry.warning = buf_str(&why);
        rc = t->told(t->context, &entry, e);
    }
    return rc;
}

/* A head at off, or behind what tells of the data before it; 0: there is none. */
static uint64_t head_near(struct zip *z, uint64_t off, uint64_t end)
{
    for (uint64_t at = off; at < end && at <= off + DESCRIPTOR_MAX; at += 4)
        if (has_mark(z, at, HEAD_MARK))
            return at + 1;
    return 0;
}

/* Heads from off on, one behind the other as far as their sizes say, that no entry of the directory
 * has. */
static int tell_hidden(struct zip *z, const struct telling *t, uint64_t off, uint64_t end,
                       uint64_t *count, struct err *e)
{
    uint64_t found;
    int rc = 0;

    while (rc == 0 && (found = head_near(z, off, end)) != 0) {
        CLEANUP_BUF struct buf why = {0};
        CLEANUP_BUF struct buf kept = {0};
        struct archived entry = {.type = ARCHIVED_FILE};
        struct str name;
        uint64_t data, packed;

        if (!read_at(z, found - 1, HEAD_SIZE, &kept) || !read_head(z, found - 1, &name, &data))
            return 0;
        packed = le32_at(buf_str(&kept), 18);
        if (++*count > LIMIT_ARCHIVE_ENTRY_COUNT)
            return err_set(e, ERR_LIMIT, "more than %d entries", LIMIT_ARCHIVE_ENTRY_COUNT);
        buf_addf(&why,
                 "no directory of the zip names it, and only what reads a zip from its start takes "
                 "it: its head is at byte %llu",
                 (unsigned long long)(found - 1));
        entry.name = str_head(name, LIMIT_ARCHIVE_PATH_SIZE);
        entry.warning = buf_str(&why);
        rc = t->told(t->context, &entry, e);
        off = packed > end - data || data > end ? end : data + packed;
    }
    return rc;
}

/* Between the entries, which are in order, and around them. */
static int tell_gaps(struct zip *z, const struct telling *t, struct err *e)
{
    uint64_t end = z->directory, count = 0;
    uint64_t first = z->count ? z->entries[0].at : end;
    struct str name;
    uint64_t data;
    int rc = first ? tell_hidden(z, t, 0, first < end ? first : end, &count, e) : 0;

    for (size_t i = 0; rc == 0 && i < z->count; i++) {
        uint64_t next = i + 1 < z->count ? z->entries[i + 1].at : end;

        if (next > end || next <= z->entries[i].at ||
            !read_head(z, z->entries[i].at, &name, &data) || data > next ||
            z->entries[i].packed > next - data)
            continue;
        rc = tell_hidden(z, t, data + z->entries[i].packed, next, &count, e);
    }
    return rc;
}

/* In the data of an entry: that of a zip within the zip. */
static bool is_within_entry(struct zip *z, uint64_t at)
{
    size_t low = 0, high = z->count;
    struct str name;
    uint64_t data;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (z->entries[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low && read_head(z, z->entries[low - 1].at, &name, &data) && at >= data &&
           at - data < z->entries[low - 1].packed;
}

static int check_ends(struct zip *z, struct err *e)
{
    unsigned count = 1;

    for (size_t i = 1; i < z->end_count; i++)
        count += !is_within_entry(z, z->ends[i]);
    if (count == 1)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "it has %u directories at its end, and programs differ in which one they show "
                   "and unpack it by",
                   count);
}

/* libarchive tells of each place in the file once, and of all that have a head. */
static uint64_t count_lacking(struct zip *z, uint64_t listed)
{
    uint64_t count = 0, data;
    struct str name;

    for (size_t i = 0; i < z->count; i++)
        count += (i == 0 || z->entries[i].at != z->entries[i - 1].at) &&
                 read_head(z, z->entries[i].at, &name, &data);
    return count > listed ? count - listed : 0;
}

static int check_lacking(const struct zip *z, struct err *e)
{
    uint64_t told = 0;

    for (size_t i = 0; z->lacks && i < z->count; i++)
        told += z->entries[i].entry_at < z->read_from;
    if (told >= z->lacks)
        return 0;
    return err_set(e, ERR_FORMAT,
                   "its directory names %llu entries more than could be listed, and programs may "
                   "unpack them",
                   (unsigned long long)z->lacks);
}

int zip_directory_differs(int in, uint64_t size, uint64_t listed,
                          int (*told)(void *context, const struct archived *entry, struct err *e),
                          void *context, struct err *e)
{
    CLEANUP(zip_release) struct zip z = {.in = in, .size = size};
    const struct telling t = {told, context};
    int rc = find_directory(&z, e);

    if (rc == 0)
        rc = list_entries(&z, e);
    if (rc)
        return rc;
    qsort(z.entries, z.count, sizeof(z.entries[0]), compare);
    z.lacks = count_lacking(&z, listed);
    rc = tell_entries(&z, &t, e);
    if (rc == 0)
        rc = tell_gaps(&z, &t, e);
    if (rc == 0)
        rc = check_ends(&z, e);
    return rc ? rc : check_lacking(&z, e);
}

/* APPNOTE.TXT 4.3.16: the number of the part that the directory ends in, the first being 0. */
unsigned zip_parts(int in, uint64_t size)
{
    CLEANUP(zip_release) struct zip z = {.in = in, .size = size};
    CLEANUP_BUF struct buf tail = {0};
    size_t most = END_SIZE + UINT16_MAX, from = size < most ? (size_t)size : most;

    if (!read_at(&z, size - from, from, &tail))
        return 0;
    for (size_t i = from >= END_SIZE ? from - END_SIZE + 1 : 0; i-- > 0;) {
        struct str end = str_from(buf_str(&tail), i);
        unsigned part = (unsigned)le_at(end, 4, 2);

        if (le32_at(end, 0) == END_MARK && le_at(end, 20, 2) == end.len - END_SIZE)
            return part && part < UINT16_MAX && le_at(end, 6, 2) <= part ? part + 1 : 0;
    }
    return 0;
}
