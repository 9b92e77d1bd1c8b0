/* disk_unread.c: finds what could not be read of a disk, in the map beside its image or in the
 * list of an E01. */
#include "practice/disk_unread.h"
#include "base/mem.h"
#include "evidence/image_read.h"

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
        made_map_add(&l->runs, runs[i].first * sector, runs[i].count * sector);
    return 0;
}

/* Of an item the one on record; else the one of the same name beside its first file. */
static int map_path(const struct disk_files *f, struct buf *out, struct err *e)
{
    struct str files = f->item ? thing_value(f->item, "files") : STR("");
    struct str name = buf_str(&f->name);
    struct evidence_file file;

    while (evidence_file_next(&files, &file))
        if (str_ends(file.name, ".map"))
            return evidence_file_path(f->item, &file, out, e);
    while (!f->item && name.len && name.p[name.len - 1] != '.' && name.p[name.len - 1] != '/')
        name.len--;
    if (!f->item && str_ends(name, "."))
        buf_addf(out, STR_FMT "map", STR_ARG(name));
    return out->len ? 0 : ERR_NOTFOUND;
}

/* An E01 holds whole sectors, and the map ends where the source did. */
static int read_map(struct made_map *out, const struct disk_files *f, const struct image_facts *is)
{
    CLEANUP_BUF struct buf path = {0};
    uint64_t most = is->size, sector = is->sector_size ? is->sector_size : 512;
    int rc = map_path(f, &path, NULL);

    return rc ? rc
              : made_map_read(out, buf_text(&path), most < sector ? 1 : most - sector + 1, most,
                              NULL);
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
    uint64_t bad = 0;

    if (rc == 0 && read_map(&out->map, f, &l.facts) != 0) {
        out->map = l.runs;
        l.runs = (struct made_map){0};
    }
    made_map_release(&l.runs);
    if (f->item)
        (void)str_u64(thing_value(f->item, "bad"), &bad);
    out->is_untold = out->map.bad < bad;
    return rc;
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
