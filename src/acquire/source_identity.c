/* source_identity.c: makes and compares the line by which a source is known again. */
#include "acquire/source_identity.h"
#include <ctype.h>
#include <stdlib.h>
#include <sys/sysmacros.h>
#include "evidence/device_layers.h"
#include "acquire/source_file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utc.h"
#include "sys/file.h"

enum { SAMPLE_SIZE = 4096, UDEV_SIZE = 64 << 10 };
#define YEAR_10000 253402300800u /* seconds */

/* What stands between the parts is not in them. */
static void add_plain(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addc(out, *text == ';' ? ',' : *text);
}

void source_facts_identity(const struct source_facts *f, struct buf *out)
{
    if (f->is_device) {
        buf_adds(out, "device ");
        add_plain(out, f->vendor);
        buf_addc(out, ' ');
        add_plain(out, f->model);
        buf_adds(out, ", serial ");
        add_plain(out, f->serial[0] ? f->serial : "unknown");
        buf_adds(out, ", WWN ");
        add_plain(out, f->wwn[0] ? f->wwn : "unknown");
    }
    buf_adds(out, f->which);
}

static struct str next_part(struct str *rest)
{
    struct str part = str_cut(rest, ';');

    (void)str_take(rest, " ");
    return part;
}

/* Those that tell of the same begin with the same word; a whole disk is no partition. */
static struct str kind_of(struct str part)
{
    struct str kind = str_cut(&part, ' ');

    return str_is(kind, "whole") ? STR("partition") : kind;
}

static bool find_part(struct str rest, struct str kind, struct str *out)
{
    while (rest.len) {
        *out = next_part(&rest);
        if (str_eq(kind_of(*out), kind))
            return true;
    }
    return false;
}

/* As it is written now: the time of a file was part of its name once. */
static void spell_anew(const char *was, struct buf *out)
{
    static const char before[] = ", modified ";
    const char *at = str_starts(str_of(was), "file ") ? strstr(was, before) : NULL;

    if (at)
        buf_addf(out, "%.*s; modified %s", (int)(at - was), was, at + sizeof(before) - 1);
    else
        buf_adds(out, was);
}

/* "file NUMBER on DEVICE": the device is another one when it is plugged in again, and some file
 * systems have no numbers that last. */
static enum source_sameness compare_files(struct str was, struct str is)
{
    struct str its;

    if (!str_take(&was, "file ") || !str_take(&is, "file "))
        return SOURCE_OTHER;
    was = str_cut(&was, ' ');
    its = str_cut(&is, ' ');
    return str_eq(was, its) || str_is(was, "-") || str_is(its, "-") ? SOURCE_SAME : SOURCE_OTHER;
}

/* What it means that a part is another; those that are not here name the source. */
static enum source_sameness meaning_of(struct str kind)
{
    static const struct {
        const char *kind;
        enum source_sameness meaning;
    } meanings[] = {
        {"fs", SOURCE_SAME}, /* some are numbered anew when they are mounted */
        {"changed", SOURCE_TOUCHED}, {"modified", SOURCE_CHANGED},
        {"parts", SOURCE_CHANGED},   {"holds", SOURCE_CHANGED},
    };

    for (size_t i = 0; i < COUNT_OF(meanings); i++)
        if (str_is(kind, meanings[i].kind))
            return meanings[i].meaning;
    return SOURCE_OTHER;
}

enum source_sameness source_identity_compare(const char *was, const char *is)
{
    CLEANUP_BUF struct buf spelled = {0};
    enum source_sameness same = SOURCE_SAME;
    struct str one, other = str_of(is), part, its;

    spell_anew(was, &spelled);
    one = buf_str(&spelled);
    part = next_part(&one);
    its = next_part(&other);
    if (!str_eq(part, its))
        same = compare_files(part, its);
    while (one.len) {
        enum source_sameness meaning;

        part = next_part(&one);
        if (!find_part(other, kind_of(part), &its) || str_eq(part, its))
            continue;
        meaning = meaning_of(kind_of(part));
        same = meaning > same ? meaning : same;
    }
    return same;
}

/* "1795754180.943140330" as people read it; anything else as it is. */
static void add_value(struct buf *out, struct str value)
{
    struct str ns = value, s = str_cut(&ns, '.');
    struct utc t = {0};
    uint64_t sec, part;

    if (!str_u64(s, &sec) || ns.len != 9 || ns.p[0] == '+' || sec >= YEAR_10000) {
        buf_addstr(out, value);
        return;
    }
    while (ns.len > 1 && ns.p[0] == '0')
        ns = str_from(ns, 1);
    if (str_u64(ns, &part))
        t = (struct utc){(int64_t)sec, (uint32_t)part};
    utc_add(out, t);
}

void source_identity_tell(const char *was, const char *is, struct buf *out)
{
    CLEANUP_BUF struct buf spelled = {0};
    struct str rest, its;

    spell_anew(was, &spelled);
    rest = buf_str(&spelled);
    while (rest.len) {
        struct str part = next_part(&rest), kind = kind_of(part), before = part;

        if (meaning_of(kind) != SOURCE_CHANGED || !find_part(str_of(is), kind, &its) ||
            str_eq(part, its))
            continue;
        buf_adds(out, out->len ? "; " : "");
        if (str_is(kind, "holds"))
            buf_adds(out, "its first or its last sectors hold other bytes");
        if (str_is(kind, "parts"))
            buf_adds(out, "of its parts one or more were written to");
        if (!str_take(&its, "modified ") || !str_take(&before, "modified "))
            continue;
        buf_adds(out, "modified at ");
        add_value(out, its);
        buf_adds(out, ", before at ");
        add_value(out, before);
    }
}

bool source_identity_is_weak(const char *was, const char *is)
{
    struct str one = str_of(was), other = str_of(is), fs, its;
    struct str first = next_part(&one), second = next_part(&other);

    if (!str_starts(first, "file "))
        return str_ends(first, ", serial unknown, WWN unknown");
    first = str_cut(&first, ',');
    if (str_starts(first, "file - ") || str_starts(second, "file - "))
        return true;
    return !str_eq(first, second) && !(find_part(one, STR("fs"), &fs) &&
                                       find_part(other, STR("fs"), &its) && str_eq(fs, its));
}

static uint64_t number_in(const char *folder, const char *name)
{
    CLEANUP_BUF struct buf value = {0};
    uint64_t n = 0;

    device_value(folder, name, &value);
    return str_u64(buf_str(&value), &n) ? n : 0;
}

/* Where it hangs, without the name that the kernel gave it; nothing where it may hang elsewhere
 * next time: on USB, or made by software. */
static void add_place(const char *folder, struct buf *out)
{
    struct str place = str_of(folder);
    const char *block = strstr(folder, "/block/");

    (void)str_take(&place, "/sys");
    if (!block || strstr(folder, "/usb") || str_starts(place, "/devices/virtual/"))
        return;
    place.len = (size_t)(block - place.p);
    buf_adds(out, "; at ");
    buf_addstr(out, place);
}

/* Reads all of a range that a device has; false: it cannot. */
static bool read_whole(struct source *s, uint64_t off, uint8_t *bytes, size_t size)
{
    size_t got = 0;

    while (got < size) {
        int64_t n = source_read(s, off + got, bytes + got, size - got, false, NULL);

        if (n <= 0)
            return false;
        got += (size_t)n;
    }
    return true;
}

static void add_sample(struct source *s, struct buf *out)
{
    size_t most = s->sector_size > SAMPLE_SIZE ? s->sector_size : SAMPLE_SIZE;
    uint64_t last = (s->size - 1) / most * most;
    size_t first_size = s->size < most ? (size_t)s->size : most;
    size_t last_size = (size_t)(s->size - last);
    CLEANUP_FREE uint8_t *bytes = aligned_alloc(SAMPLE_SIZE, 2 * most);
    struct hash sum;

    if (!bytes || !read_whole(s, 0, bytes, first_size) ||
        !read_whole(s, last, bytes + most, last_size))
        return;
    memmove(bytes + first_size, bytes + most, last_size);
    sum = hash_bytes(bytes, first_size + last_size);
    buf_adds(out, "; holds ");
    hex_add(out, sum.b, sizeof(sum.b) / 2);
}

/* What can stand in an identifier, and in nothing else. */
static bool is_identifier(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
            return false;
    return s.len > 0;
}

void source_read_udev(struct str text, struct buf *out)
{
    static const struct {
        const char *said, *word;
    } names[] = {
        {"E:ID_PART_TABLE_UUID=", "table"},
        {"E:ID_PART_ENTRY_UUID=", "entry"},
        {"E:ID_FS_UUID=", "filesystem"},
    };

    while (text.len) {
        struct str line = str_cut(&text, '\n');

        for (size_t i = 0; i < COUNT_OF(names); i++)
            if (str_take(&line, names[i].said) && is_identifier(line))
                buf_addf(out, "; %s " STR_FMT, names[i].word, STR_ARG(line));
    }
}

/* udevd has read the device, with rights of its own; here its record alone is. */
static void add_udev(dev_t device, struct buf *out)
{
    CLEANUP_BUF struct buf text = {0};
    char path[64];

    snprintf(path, sizeof(path), "/run/udev/data/b%u:%u", major(device), minor(device));
    if (file_read(&text, path, UDEV_SIZE, NULL) == 0)
        source_read_udev(buf_str(&text), out);
}

static void set(char **text, struct buf *to)
{
    free(*text);
    *text = buf_take(to);
}

static void add_sentence(struct buf *out, const char *sentence)
{
    buf_addf(out, "%s%s", out->len ? " " : "", sentence);
}

void source_know_file(struct source_facts *f, const struct statx *files, size_t count, int fd)
{
    CLEANUP_BUF struct buf which = {0};
    CLEANUP_BUF struct buf note = {0};

    file_identity(files, count, fd, &which);
    set(&f->which, &which);
    buf_adds(&note, f->note);
    if (!file_tells_mappings(fd))
        add_sentence(&note, "On its file system nobody can tell whether it is written to through a "
                            "mapping while it is read, as databases and some virtual machines do.");
    if (file_is_touched_by_reading(fd))
        add_sentence(&note, "Reading it may change its access time: only its owner and root can "
                            "have that kept.");
    set(&f->note, &note);
}

void source_find_which(struct source *s, dev_t device, struct source_facts *f)
{
    CLEANUP_BUF struct buf which = {0};
    char folder[PATH_MAX];
    uint64_t partition;

    if (!device_folder(device, folder))
        return;
    partition = number_in(folder, "partition");
    if (partition)
        buf_addf(&which, "; partition %llu from sector %llu", (unsigned long long)partition,
                 (unsigned long long)number_in(folder, "start"));
    else
        buf_adds(&which, "; whole");
    if (!f->serial[0] && !f->wwn[0]) {
        add_place(folder, &which);
        if (!f->is_written_to && f->is_exclusive && !f->keeps_off_ends)
            add_sample(s, &which);
    }
    add_udev(device, &which);
    set(&f->which, &which);
}
