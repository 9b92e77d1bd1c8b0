/* timeline_zones.c: which zones the sources of an item are read with. */
#include "practice/timeline_zones.h"
#include <dirent.h>
#include "sys/file.h"

enum { ZONE_SIZE_MOST = 32 << 10, ZONE_DEPTH_MOST = 3 /* "America/Argentina/Ushuaia" */ };
#define ZONE_FOLDER "/usr/share/zoneinfo/"

/* "Europe/Berlin": a name below the folder of zones, and nothing else. */
static bool is_zone_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '-' || c == '+' || (c == '/' && i)))
            return false;
    }
    return name.len > 0;
}

int timeline_zone(struct str name, struct buf *out, struct err *e)
{
    CLEANUP_BUF struct buf path = {0};
    struct err why;

    if (str_is(name, "UTC"))
        return 0;
    buf_addf(&path, ZONE_FOLDER STR_FMT, STR_ARG(name));
    if (!is_zone_name(name) || file_read(out, buf_text(&path), ZONE_SIZE_MOST, &why))
        return err_set(e, ERR_USAGE,
                       "there is no zone " STR_FMT " here: a name as Europe/Berlin, of those in "
                       "/usr/share/zoneinfo",
                       STR_ARG(name));
    return 0;
}

/* What is gathered: the files, and a line of each as sha256sum has it. */
struct gathering {
    struct zone_files *files;
    struct buf sums;
};

static void add_named(struct gathering *g, struct str name, int depth);

/* All names of zones begin so; "posix" and "right" have the same zones once more. */
static int is_of_zones(const struct dirent *item)
{
    return item->d_name[0] >= 'A' && item->d_name[0] <= 'Z';
}

/* Of their bytes, so that the sum of all is the same everywhere. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void add_folder(struct gathering *g, const char *path, struct str name, int depth)
{
    struct dirent **items = NULL;
    int count = scandir(path, &items, is_of_zones, compare_names);

    for (int i = 0; i < count; i++) {
        CLEANUP_BUF struct buf below = {0};

        buf_addf(&below, STR_FMT "%s%s", STR_ARG(name), name.len ? "/" : "", items[i]->d_name);
        add_named(g, buf_str(&below), depth + 1);
        free(items[i]);
    }
    free(items);
}

/* A zone, or a folder of some. */
static void add_named(struct gathering *g, struct str name, int depth)
{
    CLEANUP_BUF struct buf path = {0}, bytes = {0};
    struct err why;

    buf_addf(&path, ZONE_FOLDER STR_FMT, STR_ARG(name));
    if (file_read(&bytes, buf_text(&path), ZONE_SIZE_MOST, &why) == 0) {
        struct hash sum = hash_bytes(bytes.p, bytes.len);

        if (!str_starts(buf_str(&bytes), "TZif"))
            return;
        zone_files_add(g->files, name, buf_str(&bytes));
        hex_add(&g->sums, sum.b, sizeof(sum.b));
        buf_addf(&g->sums, "  " STR_FMT "\n", STR_ARG(name));
    } else if (depth < ZONE_DEPTH_MOST) {
        add_folder(g, buf_text(&path), name, depth);
    }
}

void timeline_zones_all(struct zone_files *out, struct hash *sum)
{
    struct gathering g = {.files = out};

    add_folder(&g, ZONE_FOLDER, STR(""), 0);
    *sum = hash_bytes(g.sums.p, g.sums.len);
    buf_release(&g.sums);
}

void timeline_zones_release(struct timeline_zones *z)
{
    free(z->clocks);
    for (size_t i = 0; i < COUNT_OF(z->rules); i++)
        buf_release(&z->rules[i]);
    buf_release(&z->told);
}

/* A zone that a clock's record names, for its source; that of the whole has none. */
static int add_zone(struct timeline_zones *z, const struct clock_setting *c, struct buf *rules,
                    struct err *e)
{
    int rc = timeline_zone(c->zone, rules, e);
    struct hash sum;

    if (rc)
        return rc;
    sum = hash_bytes(rules->p, rules->len);
    buf_addf(&z->told, "%s" STR_FMT " ", z->told.len ? "\n" : "", STR_ARG(c->zone));
    hex_add(&z->told, sum.b, sizeof(sum.b));
    if (c->source.len)
        buf_addf(&z->told, " " STR_FMT, STR_ARG(c->source));
    return 0;
}

int timeline_zones_read(struct timeline_zones *z, const struct view *v, const struct thing *item,
                        struct str named, struct err *e)
{
    size_t count = clock_settings(v, item, &z->clocks);
    const struct thing *before = timeline_of(v, item);
    int rc;

    z->base = named.len ? named : before ? thing_value(before, "zone") : STR("UTC");
    z->name = z->clocks[0].zone.len ? z->clocks[0].zone : z->base;
    rc = z->clocks[0].zone.len ? add_zone(z, &z->clocks[0], &z->rules[0], e)
                               : timeline_zone(z->name, &z->rules[0], e);
    for (size_t i = 1; rc == 0 && i < count; i++) {
        size_t at = z->setting_count;

        if (z->clocks[i].zone.len == 0)
            continue;
        if (at == BUILD_SETTINGS_MOST)
            return err_set(e, ERR_LIMIT, "at most %d sources of an item have zones of their own",
                           BUILD_SETTINGS_MOST);
        rc = add_zone(z, &z->clocks[i], &z->rules[at + 1], e);
        z->settings[at] = (struct build_setting){z->clocks[i].source, buf_str(&z->rules[at + 1])};
        z->setting_count += rc == 0;
    }
    return rc;
}

bool timeline_zones_are(const struct thing *timeline, const struct timeline_zones *z)
{
    return str_eq(thing_value(timeline, "zone"), z->base) &&
           str_eq(thing_value(timeline, "zones"), buf_str(&z->told));
}
