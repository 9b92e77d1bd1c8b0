/* files_hash_list.c: lists the files that processes map to execute them, from /proc/PID/maps. */
#include <sys/sysmacros.h>
#include "collect/files_hash.h"

/* proc(5): range, rights, offset, device, inode, path. */
struct map_line {
    struct str range;
    struct str path;
    uint64_t device;
    uint64_t inode;
};

/* False for what is no file that is executed. */
static bool read_map(struct str line, struct map_line *m)
{
    struct str rights;
    struct str device;
    uint64_t high;
    uint64_t low;

    m->range = str_field(&line);
    rights = str_field(&line);
    str_field(&line);
    device = str_field(&line);
    if (!str_u64(str_field(&line), &m->inode) || m->inode == 0 || rights.len < 3 ||
        rights.p[2] != 'x')
        return false;
    if (!read_u64_base(str_cut(&device, ':'), 16, &high) || !read_u64_base(device, 16, &low) ||
        high > UINT32_MAX || low > UINT32_MAX)
        return false;
    m->device = makedev((unsigned)high, (unsigned)low);
    while (line.len && line.p[0] == ' ')
        line = str_from(line, 1);
    m->path = line;
    return line.len && line.p[0] == '/' && m->range.len < USED_RANGE_SIZE &&
           !str_starts(line, "/memfd:") && !str_starts(line, "/SYSV") &&
           !str_starts(line, "/dev/zero");
}

static size_t slot_of(const struct used_list *l, uint64_t device, uint64_t inode)
{
    uint64_t mixed = (inode ^ device << 40 ^ device >> 24) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(mixed >> 20) & (l->slot_room - 1);

    while (l->slots[at] &&
           (l->list[l->slots[at] - 1].inode != inode || l->list[l->slots[at] - 1].device != device))
        at = (at + 1) & (l->slot_room - 1);
    return at;
}

static void make_room(struct used_list *l)
{
    if (2 * (l->count + 1) <= l->slot_room)
        return;
    free(l->slots);
    l->slot_room = l->slot_room ? 2 * l->slot_room : 1024;
    l->slots = mem_array(l->slot_room, sizeof(*l->slots));
    for (size_t i = 0; i < l->count; i++)
        l->slots[slot_of(l, l->list[i].device, l->list[i].inode)] = i + 1;
}

/* In the path of a map a newline stands as \012, and nothing else is changed. */
static char *unescape_path(struct arena *a, struct str path)
{
    CLEANUP_BUF struct buf out = {0};

    for (size_t i = 0; i < path.len; i++) {
        bool is_newline = path.len - i >= 4 && memcmp(path.p + i, "\\012", 4) == 0;

        buf_addc(&out, is_newline ? '\n' : path.p[i]);
        i += is_newline ? 3 : 0;
    }
    return arena_dup(a, out.p, out.len);
}

static struct used *add_used(struct used_list *l, struct files *f, const struct map_line *m,
                             const struct process *p)
{
    static const char deleted[] = " (deleted)";
    bool is_deleted = str_ends(m->path, deleted);
    struct str path = str_head(m->path, m->path.len - (is_deleted ? sizeof(deleted) - 1 : 0));
    struct used *u;
    size_t slot;

    make_room(l);
    slot = slot_of(l, m->device, m->inode);
    if (l->slots[slot])
        return &l->list[l->slots[slot] - 1];
    if (l->count == USED_COUNT) {
        l->is_cut = true;
        return NULL;
    }
    l->list = mem_grow(l->list, l->count, &l->room, sizeof(*l->list));
    u = &l->list[l->count++];
    l->slots[slot] = l->count;
    *u = (struct used){.device = m->device, .inode = m->inode, .is_deleted = is_deleted};
    u->path = unescape_path(f->c->arena, path);
    u->pid = p->pid;
    memcpy(u->range, m->range.p, m->range.len);
    return u;
}

/* One file mostly has several maps that stand together. */
static void read_maps(struct used_list *l, struct files *f, const struct process *p,
                      struct str text)
{
    struct str line;
    uint64_t inode = 0;

    while (take_line(&text, &line)) {
        struct map_line m;
        struct used *u;

        if (!read_map(line, &m) || m.inode == inode)
            continue;
        inode = m.inode;
        u = add_used(l, f, &m, p);
        if (!u)
            continue;
        u->processes++;
        u->is_program |= str_is(p->program, u->path);
    }
}

void used_list_read(struct used_list *l, struct files *f)
{
    struct collection *c = f->c;
    CLEANUP_BUF struct buf text = {0};
    char path[48];

    for (size_t i = 0; i < c->processes.count && c->status == 0 && !collection_is_stopped(c); i++) {
        const struct process *p = &c->processes.list[i];
        int code;

        if (p->is_kernel || p->is_held)
            continue;
        snprintf(path, sizeof(path), "proc/%llu/maps", (unsigned long long)p->pid);
        buf_clear(&text);
        code = host_read(&c->host, path, &text, GATHER_FILE_SIZE);
        if (code < 0 && code != -EFBIG)
            files_missing(f, path, code, "which files it runs is not known");
        read_maps(l, f, p, buf_str(&text));
    }
    if (l->is_cut)
        collection_missing(c, STR("live/hash"), 0,
                           "more than %d files are executed: the rest is "
                           "not hashed",
                           USED_COUNT);
}

void used_list_release(struct used_list *l)
{
    free(l->list);
    free(l->slots);
    *l = (struct used_list){0};
}

/* openat2 refuses the kernel's own links, so the running host's are followed without it. */
static int open_mapped(struct files *f, const struct used *u)
{
    char path[96];
    int fd;

    if (!f->c->host.is_live)
        return -ENOENT;
    snprintf(path, sizeof(path), "proc/%llu/map_files/%s", (unsigned long long)u->pid, u->range);
    fd = openat(f->c->host.root, path, O_PATH | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int used_open(struct files *f, const struct used *u, bool *is_sure)
{
    int fd = open_mapped(f, u);
    struct stat st;

    *is_sure = fd >= 0;
    if (fd >= 0)
        return fd;
    if (u->is_deleted)
        return fd;
    fd = host_open(&f->c->host, u->path + 1, O_PATH | O_NOFOLLOW);
    if (fd >= 0 && fstat(fd, &st) == 0)
        *is_sure = st.st_ino == u->inode &&
                   st.st_dev == (u->st.st_nlink ? u->st.st_dev : (dev_t)u->device);
    return fd;
}
