/* live_mount.c: the mounts of each mount namespace in which a process runs. */
#include "collect/live.h"

/* proc(5), mountinfo: id parent major:minor root point options fields… - type source options. */
struct mount {
    struct str id, parent, device, root, point, options, fields, type, source, super_options;
};

static bool read_mount(struct str line, struct mount *m)
{
    struct str field;
    uint64_t n;

    m->id = str_field(&line);
    m->parent = str_field(&line);
    m->device = str_field(&line);
    m->root = str_field(&line);
    m->point = str_field(&line);
    m->options = str_field(&line);
    m->fields = line;
    do
        field = str_field(&line);
    while (field.len && !str_is(field, "-"));
    m->fields.len -= line.len;
    m->type = str_field(&line);
    m->source = str_field(&line);
    m->super_options = str_field(&line);
    return m->type.len && str_u64(m->id, &n) && str_u64(m->parent, &n);
}

static void put_unescaped(struct json *j, const char *name, struct str value)
{
    CLEANUP_BUF struct buf text = {0};

    put_some(j, name, mount_unescape(value, &text));
}

static void add_mount(struct collection *c, struct bundle_lines *l, uint64_t ns,
                      const struct mount *m)
{
    struct json *j = bundle_line_begin(l);
    struct str fields = m->fields;
    struct str field;
    uint64_t n = 0;

    if (ns)
        json_put_u64(j, "ns_mnt", ns);
    json_put_u64(j, "id", str_u64(m->id, &n) ? n : 0);
    json_put_u64(j, "parent", str_u64(m->parent, &n) ? n : 0);
    put_bytes(j, "device", m->device);
    put_unescaped(j, "root", m->root);
    put_unescaped(j, "point", m->point);
    put_unescaped(j, "type", m->type);
    put_unescaped(j, "source", m->source);
    put_unescaped(j, "options", m->options);
    put_unescaped(j, "super_options", m->super_options);
    json_name(j, "propagation");
    json_array_begin(j);
    while ((field = str_field(&fields)).len && !str_is(field, "-"))
        json_str(j, field);
    json_array_end(j);
    live_line_end(c, l);
}

static void add_mounts(struct collection *c, struct bundle_lines *l, uint64_t ns, const char *path)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open(&f, c, path);
    struct mount m;
    struct str line;

    if (code < 0 && code != -ENOENT && code != -ESRCH)
        collection_missing(c, str_of(path), -code, "%s", strerror(-code));
    while (code == 0 && !c->status && live_file_line(&f, &line))
        if (read_mount(line, &m))
            add_mount(c, l, ns, &m);
}

void live_mounts(struct collection *c)
{
    CLEANUP_FREE struct live_seen *seen = mem_new(struct live_seen);
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_HOST_FD int self = host_open(&c->host, "proc/self", O_RDONLY | O_DIRECTORY);
    struct bundle_lines *l = live_open(c, "live/mount");
    uint64_t own = self < 0 ? 0 : live_namespace(self, "ns/mnt", &buf);

    (void)live_is_new(seen, own);
    add_mounts(c, l, own, "proc/self/mountinfo");
    for (size_t i = 0; i < c->processes.count && !c->status && !collection_is_stopped(c); i++) {
        CLEANUP_HOST_FD int folder = -1;
        uint64_t ns;

        buf_clear(&path);
        buf_addf(&path, "proc/%llu", (unsigned long long)c->processes.list[i].pid);
        folder = host_open(&c->host, buf_text(&path), O_RDONLY | O_DIRECTORY);
        ns = folder < 0 ? 0 : live_namespace(folder, "ns/mnt", &buf);
        if (!ns || !live_is_new(seen, ns))
            continue;
        buf_adds(&path, "/mountinfo");
        add_mounts(c, l, ns, buf_text(&path));
    }
    live_close(c, l);
}
