/* source_identity.c: makes and compares the line by which a source is known again. */
#include "acquire/source_identity.h"
#include <stdlib.h>
#include <sys/stat.h>
#include "acquire/device_layers.h"
#include "base/hash.h"
#include "base/mem.h"

enum { SAMPLE_SIZE = 4096 };

/* What stands between the parts is not in them. */
static void add_plain(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addc(out, *text == ';' ? ',' : *text);
}

void source_facts_identity(const struct source_facts *f, struct buf *out)
{
    struct stat st = {0};

    if (f->is_device) {
        buf_adds(out, "device ");
        add_plain(out, f->vendor);
        buf_addc(out, ' ');
        add_plain(out, f->model);
        buf_adds(out, ", serial ");
        add_plain(out, f->serial[0] ? f->serial : "unknown");
        buf_adds(out, ", WWN ");
        add_plain(out, f->wwn[0] ? f->wwn : "unknown");
        buf_adds(out, f->which);
        return;
    }
    if (stat(f->path, &st) == 0)
        buf_addf(out, "file %llu on %llu; modified %lld.%09ld", (unsigned long long)st.st_ino,
                 (unsigned long long)st.st_dev, (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
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

enum source_sameness source_identity_compare(const char *was, const char *is)
{
    CLEANUP_BUF struct buf spelled = {0};
    enum source_sameness same = SOURCE_SAME;
    struct str one, other = str_of(is), part, its;

    spell_anew(was, &spelled);
    one = buf_str(&spelled);
    if (!str_eq(next_part(&one), next_part(&other)))
        return SOURCE_OTHER;
    while (one.len) {
        part = next_part(&one);
        if (!find_part(other, kind_of(part), &its) || str_eq(part, its))
            continue;
        if (!str_is(kind_of(part), "modified"))
            return SOURCE_OTHER;
        same = SOURCE_CHANGED;
    }
    return same;
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
        if (!f->is_written_to && f->is_exclusive)
            add_sample(s, &which);
    }
    free(f->which);
    f->which = buf_take(&which);
}
