/* live_map.c: the memory maps of a process. */
#include <unistd.h>
#include "collect/live_process.h"

struct map {
    struct str start, end, permissions, offset, device, inode, path;
};

/* START-END PERMS OFFSET DEVICE INODE PATH; a path may hold spaces. */
static bool read_map(struct str line, struct map *m)
{
    struct str range = str_field(&line);
    uint64_t n;

    m->start = str_cut(&range, '-');
    m->end = range;
    m->permissions = str_field(&line);
    m->offset = str_field(&line);
    m->device = str_field(&line);
    m->inode = str_field(&line);
    while (line.len && line.p[0] == ' ')
        line = str_from(line, 1);
    m->path = line;
    return m->permissions.len == 4 && read_u64_base(m->start, 16, &n) &&
           read_u64_base(m->end, 16, &n) && read_u64_base(m->offset, 16, &n) &&
           str_u64(m->inode, &n);
}

/* Code that comes from no file: what a just-in-time compiler makes, or what was injected. The
 * kernel's own pages ([vdso] …) are none; a stack or heap is. */
static bool is_anonymous_code(const struct map *m)
{
    return m->permissions.p[2] == 'x' && str_is(m->inode, "0") &&
           (m->path.len == 0 || str_starts(m->path, "[anon") || str_is(m->path, "[heap]") ||
            str_starts(m->path, "[stack"));
}

static void add_map(struct live_process *p, const struct map *m)
{
    struct json *j = bundle_line_begin(p->maps);
    uint64_t inode = 0;

    json_put_u64(j, "pid", p->pid);
    json_put_str(j, "start", m->start);
    json_put_str(j, "end", m->end);
    put_bytes(j, "permissions", m->permissions);
    if (str_u64(m->inode, &inode) && inode) {
        json_put_str(j, "offset", m->offset);
        put_bytes(j, "device", str_head(m->device, 32));
        json_put_u64(j, "inode", inode);
    }
    live_put_path(j, "path", "deleted", m->path);
    if (is_anonymous_code(m))
        json_put_bool(j, "anonymous_code", true);
    if (m->permissions.p[1] == 'w' && m->permissions.p[2] == 'x')
        json_put_bool(j, "writable_code", true);
    live_line_end(p->c, p->maps);
}

void live_process_maps(struct live_process *p)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct str line;
    struct map m;
    int code;

    if (p->is_kernel || p->is_held)
        return;
    code = live_file_open_in(&f, p->folder, "maps");
    while (code == 0 && !p->c->status && live_file_line(&f, &line))
        if (read_map(line, &m))
            add_map(p, &m);
    p->no_maps += code == -EACCES || code == -EPERM || f.code == -EACCES || f.code == -EPERM;
}
