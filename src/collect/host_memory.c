/* host_memory.c: a host of which some files are held in memory: those that another collector took.
 */
#include <errno.h>
#include "collect/host.h"

void host_init_memory(struct host *h, const struct host_file *files, size_t count)
{
    static const struct host_file none;

    *h = (struct host){.root = -1, .memory = count ? files : &none, .memory_count = count};
}

/* The first file that does not stand before a path. */
static size_t first_at(const struct host *h, struct str path)
{
    size_t low = 0;
    size_t high = h->memory_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_cmp(h->memory[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct host_file *find(const struct host *h, const char *path)
{
    size_t at = first_at(h, str_of(path));

    return at < h->memory_count && str_is(h->memory[at].path, path) ? &h->memory[at] : NULL;
}

/* What follows a folder's path and a slash; empty where the file does not lie in it. */
static struct str below(const struct host_file *f, struct str folder)
{
    if (f->path.len <= folder.len || f->path.p[folder.len] != '/' ||
        !str_eq(str_head(f->path, folder.len), folder))
        return (struct str){"", 0};
    return str_from(f->path, folder.len + 1);
}

/* Files of a folder stand together, for they begin with the same bytes up to its slash. */
static size_t first_below(const struct host *h, const char *folder)
{
    CLEANUP_BUF struct buf path = {0};

    buf_addf(&path, "%s/", folder);
    return first_at(h, buf_str(&path));
}

int host_memory_read(const struct host *h, const char *path, struct buf *out, size_t most)
{
    const struct host_file *f = find(h, path);

    if (!f)
        return -ENOENT;
    buf_addstr(out, str_head(f->bytes, most));
    return f->bytes.len > most ? -EFBIG : 0;
}

int host_memory_stat(const struct host *h, const char *path, struct stat *out)
{
    const struct host_file *f = find(h, path);
    size_t at = first_below(h, path);
    bool is_folder = at < h->memory_count && below(&h->memory[at], str_of(path)).len;

    if (!f && !is_folder)
        return -ENOENT;
    *out = (struct stat){.st_mode = f ? S_IFREG : S_IFDIR, .st_size = f ? (off_t)f->bytes.len : 0};
    return 0;
}

int host_memory_names(const struct host *h, const char *path, struct names *out, size_t most)
{
    struct str last = {"", 0};

    for (size_t at = first_below(h, path); at < h->memory_count; at++) {
        struct str rest = below(&h->memory[at], str_of(path));
        struct str name = str_cut(&rest, '/');

        if (!name.len)
            break;
        if (str_eq(name, last) || memchr(name.p, 0, name.len))
            continue;
        if (out->count == most)
            break;
        buf_addstr(&out->text, name);
        buf_addc(&out->text, '\0');
        out->count++;
        last = name;
    }
    names_index(out);
    return out->count == 0 ? -ENOENT : 0;
}
