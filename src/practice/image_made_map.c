/* image_made_map.c: reads the map of a finished image line by line, and believes its form alone. */
#include "practice/image_made_map.h"
#include "base/mem.h"
#include "sys/file.h"

enum {
    RUNS_MAX = 1 << 22, /* as many as calm-image makes, in the map and in the list of an E01 */
    RUNS_SHOWN = 1000,  /* by a summary; one line more says that there are others */
    RUNS_TOLD = 20,     /* one by one */
    DIGITS_MAX = 16,
};

void made_map_release(struct made_map *m)
{
    free(m->runs);
    *m = (struct made_map){0};
}

static bool read_number(struct str s, uint64_t *out)
{
    uint64_t n = 0;

    if (!str_take(&s, "0x") || s.len == 0 || s.len > DIGITS_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        const char *digits = "0123456789ABCDEF";
        const char *digit = s.p[i] ? strchr(digits, s.p[i]) : NULL;

        if (!digit)
            return false;
        n = n << 4 | (uint64_t)(digit - digits);
    }
    *out = n;
    return true;
}

/* "0x00000000  +  1" */
static bool is_finished(struct str line)
{
    uint64_t n;

    return read_number(str_field(&line), &n) && str_is(str_field(&line), "+") &&
           str_is(str_field(&line), "1") && !line.len;
}

void made_map_add(struct made_map *m, const struct made_run *run)
{
    m->runs = mem_grow(m->runs, m->count, &m->room, sizeof(m->runs[0]));
    m->runs[m->count++] = *run;
    *(run->is_left ? &m->left : &m->bad) += run->size;
}

static bool take_area(struct made_map *m, struct str line, uint64_t *at, uint64_t size)
{
    struct made_run run = {0};
    struct str state;

    if (!read_number(str_field(&line), &run.off) || !read_number(str_field(&line), &run.size))
        return false;
    state = str_field(&line);
    if (line.len || run.off != *at || run.size == 0 || run.size > size - *at)
        return false;
    *at += run.size;
    if (str_is(state, "+"))
        return true;
    run.is_left = str_is(state, "?");
    if ((!str_is(state, "-") && !run.is_left) || m->count == RUNS_MAX)
        return false;
    made_map_add(m, &run);
    return true;
}

int made_map_parse(struct made_map *out, struct str text, const char *path, uint64_t least,
                   uint64_t most, struct err *e)
{
    CLEANUP(made_map_release) struct made_map m = {0};
    bool has_status = false, is_good = true;
    uint64_t at = 0;

    while (is_good && text.len) {
        struct str line = str_cut(&text, '\n');

        if (!line.len || line.p[0] == '#')
            continue;
        is_good = has_status ? take_area(&m, line, &at, most) : is_finished(line);
        has_status = true;
    }
    if (!is_good || at < least)
        return err_set(e, ERR_FORMAT, "%s is not the map of a finished image of %llu bytes", path,
                       (unsigned long long)most);
    *out = m;
    m = (struct made_map){0};
    return 0;
}

int made_map_read(struct made_map *out, const char *path, uint64_t least, uint64_t most,
                  struct err *e)
{
    CLEANUP_BUF struct buf text = {0};
    int rc = file_read(&text, path, MADE_MAP_SIZE_MAX, e);

    return rc ? rc : made_map_parse(out, buf_str(&text), path, least, most, e);
}

void made_map_words(const struct made_map *m, bool is_left, uint64_t sector_size, struct buf *out)
{
    size_t count = 0;

    for (size_t i = 0; i < m->count; i++) {
        const struct made_run *r = &m->runs[i];

        if (r->is_left != is_left || count++ >= RUNS_TOLD)
            continue;
        buf_addf(out, "%s%llu to %llu", count > 1 ? ", " : "",
                 (unsigned long long)(r->off / sector_size),
                 (unsigned long long)((r->off + r->size - 1) / sector_size));
    }
    if (count > RUNS_TOLD)
        buf_addf(out, ", and %zu runs more: see the map",
                 (count < RUNS_SHOWN ? count : RUNS_SHOWN + 1) - RUNS_TOLD);
}

bool made_map_is_listed(const struct made_map *m, uint64_t sector_size,
                        const struct image_run *listed, size_t count)
{
    size_t at = 0, i = 0;

    while (i < m->count) {
        uint64_t first = m->runs[i].off / sector_size, until, end;

        do /* what lies side by side is one there */
            until = m->runs[i].off + m->runs[i].size;
        while (++i < m->count && m->runs[i].off == until);
        end = (until + sector_size - 1) / sector_size;
        if (end > UINT32_MAX) /* the list has no room for it */
            continue;
        if (at == count || listed[at].first != first || listed[at].count != end - first)
            return false;
        at++;
    }
    return at == count;
}
