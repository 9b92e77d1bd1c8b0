/* disk_unread.c: finds what could not be read of a disk, in the map beside its image or in the
 * list of an E01. */
#include "practice/disk_unread.h"
#include "base/hash.h"
#include "base/mem.h"
#include "evidence/image_read.h"
#include "sys/file.h"

enum { RUNS_TOLD = 20 };

/* The list of an E01, which has no room for what lies far behind. */
struct listed {
    struct image_facts facts;
    struct made_map runs;
};

void disk_unread_release(struct disk_unread *u)
{
    made_map_release(&u->map);
    *u = (struct disk_unread){0};
}

static int on_facts(void *context, const struct image_facts *facts, struct err *e)
{
    struct listed *l = context;

    (void)e;
    l->facts = *facts;
    return 0;
}

static int on_errors(void *context, const struct image_run *runs, size_t count, struct err *e)
{
    struct listed *l = context;
    uint64_t sector = l->facts.sector_size;

    (void)e;
    for (size_t i = 0; i < count; i++)
        made_map_add(&l->runs, &(struct made_run){.off = runs[i].first * sector,
                                                  .size = runs[i].count * sector});
    return 0;
}

/* Beside the first file, under its name. */
static bool map_beside(struct str first, struct buf *out)
{
    while (first.len && first.p[first.len - 1] != '.' && first.p[first.len - 1] != '/')
        first.len--;
    if (!str_ends(first, "."))
        return false;
    buf_addf(out, STR_FMT "map", STR_ARG(first));
    return true;
}

static bool map_on_record(const struct thing *item, struct evidence_file *out)
{
    struct str files = thing_value(item, "files");

    while (evidence_file_next(&files, out))
        if (str_ends(out->name, ".map"))
            return out->has_sum;
    return false;
}

/* Whoever can write beside the image can alter the map: of an item it counts as it was recorded. */
static int read_recorded(const struct thing *item, struct buf *path, struct buf *text)
{
    struct evidence_file file;
    struct hash sum;
    int rc =
        map_on_record(item, &file) ? evidence_file_path(item, &file, path, NULL) : ERR_NOTFOUND;

    if (rc == 0)
        rc = file_read(text, buf_text(path), MADE_MAP_SIZE_MAX, NULL);
    if (rc)
        return rc;
    sum = hash_bytes(text->p, text->len);
    return hash_eq(&sum, &file.sum) ? 0 : ERR_TAMPER;
}

/* An E01 holds whole sectors, and the map ends where the source did. */
static int read_map(struct made_map *out, const struct disk_files *f, const struct image_facts *is)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf text = {0};
    uint64_t most = is->size, sector = is->sector_size ? is->sector_size : 512;
    int rc;

    if (f->item)
        rc = read_recorded(f->item, &path, &text);
    else if (map_beside(buf_str(&f->name), &path))
        rc = file_read(&text, buf_text(&path), MADE_MAP_SIZE_MAX, NULL);
    else
        rc = ERR_NOTFOUND;
    return rc ? rc
              : made_map_parse(out, buf_str(&text), buf_text(&path),
                               most < sector ? 1 : most - sector + 1, most, NULL);
}

/* As many as the record says; a list of sectors has the last one whole. */
static bool is_as_many(uint64_t bad, uint64_t recorded, const struct image_facts *is)
{
    return bad >= recorded && bad - recorded < (is->sector_size ? is->sector_size : 512);
}

int disk_unread_find(struct disk_unread *out, const struct disk_files *f, struct err *e)
{
    struct listed l = {.runs = {0}};
    const struct image_input input = {.name = buf_text(&f->reading),
                                      .fds = f->set.fds,
                                      .count = f->set.count,
                                      .format = f->set.format};
    const struct image_receiver to = {.facts = on_facts, .errors = on_errors, .context = &l};
    int rc = image_look(&input, &to, e);
    uint64_t bad = 0, left = 0;

    if (rc == 0 && read_map(&out->map, f, &l.facts) != 0) {
        out->map = l.runs;
        l.runs = (struct made_map){0};
    }
    made_map_release(&l.runs);
    out->sum = out->map.bad + out->map.left;
    out->has_left = out->map.left > 0;
    if (rc || !f->item || !thing_value(f->item, "files").len)
        return rc;
    (void)str_u64(thing_value(f->item, "bad"), &bad);
    (void)str_u64(thing_value(f->item, "left"), &left);
    out->has_left = left > 0;
    if (!is_as_many(out->sum, bad + left, &l.facts)) {
        made_map_release(&out->map);
        out->is_untold = bad + left > 0;
    }
    out->sum = bad + left;
    return 0;
}

static int by_off(const void *a, const void *b)
{
    const struct disk_gap *x = a, *y = b;

    return x->off < y->off ? -1 : x->off > y->off;
}

size_t disk_unread_gaps(const struct disk_unread *u, struct disk_gap **out)
{
    struct disk_gap *all = mem_array(u->map.count + 1, sizeof(*all));
    size_t count = 0;

    for (size_t i = 0; i < u->map.count; i++)
        all[i] = (struct disk_gap){u->map.runs[i].off, u->map.runs[i].size};
    qsort(all, u->map.count, sizeof(*all), by_off);
    for (size_t i = 0; i < u->map.count; i++) {
        struct disk_gap *last = count ? &all[count - 1] : NULL;
        uint64_t end = all[i].off + all[i].size;

        if (last && all[i].off <= last->off + last->size)
            last->size = end > last->off + last->size ? end - last->off : last->size;
        else
            all[count++] = all[i];
    }
    *out = all;
    return count < DISK_GAP_COUNT ? count : DISK_GAP_COUNT;
}

void disk_unread_fact(const struct disk_unread *u, struct buf *out)
{
    const char *how = u->has_left ? "could not be read, or were left unread," : "could not be read";

    if (!u->sum)
        return;
    buf_addf(out, "%llu bytes of the disk %s when its image was taken, and %s: ",
             (unsigned long long)u->sum, how,
             u->is_untold ? "nothing beside it says which bytes" : "are zeros");
    buf_adds(out, "names, files and parts of files may be missing, or zeros");
    if (u->map.count > DISK_GAP_COUNT)
        buf_addf(out, "; they are in so many places that only the first %d are told of files",
                 DISK_GAP_COUNT);
}

void disk_unread_words(const struct disk_unread *u, struct buf *out)
{
    disk_unread_fact(u, out);
    if (u->sum)
        buf_addc(out, '.');
    if (u->sum && !u->is_untold)
        buf_adds(out, " Of a file that is read out (--to) is told what of its own data that is, "
                      "not where its name, its length or the list of its blocks lay there.");
}

uint64_t disk_unread_within(const struct disk_unread *u, uint64_t from, uint64_t until,
                            uint64_t sector_size, struct buf *words)
{
    uint64_t sum = 0;
    size_t count = 0;

    for (size_t i = 0; i < u->map.count; i++) {
        uint64_t first = u->map.runs[i].off, end = first + u->map.runs[i].size;

        first = first > from ? first : from;
        end = end < until ? end : until;
        if (first >= end)
            continue;
        sum += end - first;
        if (words && count++ < RUNS_TOLD)
            buf_addf(words, "%s%llu to %llu", words->len ? ", " : "",
                     (unsigned long long)((first - from) / sector_size),
                     (unsigned long long)((end - 1 - from) / sector_size));
    }
    if (words && count > RUNS_TOLD)
        buf_addf(words, ", and %zu runs more", count - RUNS_TOLD);
    return sum;
}
