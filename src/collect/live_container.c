/* live_container.c: what runs in which container, as the names of cgroups and the namespaces tell.
 */
#include "collect/live.h"

enum { CONTAINER_COUNT = 4096, PID_COUNT = 10000, ID_SIZE = 64 };

struct container {
    const char *runtime;
    struct str id;
    struct str pod;
    struct str cgroup;
    uint64_t pid_ns;
    size_t first; /* its first process */
    size_t count;
};

struct containers {
    struct collection *c;
    struct container list[CONTAINER_COUNT];
    size_t count;
    uint16_t *of; /* of each process: which, from 1; 0: none */
    uint64_t own_pid_ns;
    bool is_cut;
    struct buf path;
    struct buf buf;
};

static bool is_hex_id(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(text.p[i] >= '0' && text.p[i] <= '9') && !(text.p[i] >= 'a' && text.p[i] <= 'f'))
            return false;
    return text.len == ID_SIZE;
}

/* "docker-HEX.scope": how runtimes under systemd name their scopes. */
static bool read_scope(struct str part, struct container *found)
{
    static const struct {
        const char *start, *runtime;
    } scopes[] = {{"docker-", "docker"},
                  {"libpod-", "podman"},
                  {"cri-containerd-", "containerd"},
                  {"crio-", "cri-o"},
                  {"nerdctl-", "containerd"}};

    for (size_t i = 0; i < COUNT_OF(scopes); i++) {
        struct str id = str_from(part, strlen(scopes[i].start));

        if (!str_starts(part, scopes[i].start))
            continue;
        id = str_head(id, ID_SIZE);
        if (!is_hex_id(id))
            continue;
        found->runtime = scopes[i].runtime;
        found->id = id;
        return true;
    }
    return false;
}

static struct str without_end(struct str text, const char *end)
{
    return str_ends(text, end) ? str_head(text, text.len - strlen(end)) : text;
}

/* "machine-NAME.scope", "systemd-nspawn@NAME.service", "lxc.payload.NAME". */
static bool read_machine(struct str part, struct container *found)
{
    static const struct {
        const char *start, *end, *runtime;
    } names[] = {{"systemd-nspawn@", ".service", "systemd-nspawn"},
                 {"machine-qemu", ".scope", NULL}, /* a virtual machine */
                 {"machine-", ".scope", "systemd-nspawn"},
                 {"lxc.payload.", "", "lxc"}};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (!str_starts(part, names[i].start))
            continue;
        if (!names[i].runtime)
            return false;
        found->runtime = names[i].runtime;
        found->id = without_end(str_from(part, strlen(names[i].start)), names[i].end);
        return found->id.len > 0;
    }
    return false;
}

/* "kubepods-burstable-podUID.slice" or "podUID": Kubernetes. */
static void read_pod(struct str part, struct container *found)
{
    enum { UID_SIZE = 36 };
    const char *at = part.len ? memmem(part.p, part.len, "pod", 3) : NULL;

    while (at) {
        struct str id = str_from(part, (size_t)(at + 3 - part.p));

        id = without_end(id, ".slice");
        if (id.len == UID_SIZE || id.len == 32)
            found->pod = id;
        at = id.len ? memmem(id.p, id.len, "pod", 3) : NULL;
    }
}

/* The innermost container that a cgroup's path names; false where it names none. */
static bool read_cgroup(struct str path, struct container *found)
{
    struct str before = {"", 0};
    bool is_found = false;

    found->cgroup = path;
    while (path.len) {
        struct str part = str_cut(&path, '/');

        read_pod(part, found);
        if (read_scope(part, found) || read_machine(part, found)) {
            is_found = true;
        } else if (is_hex_id(part)) {
            found->runtime = str_is(before, "docker") ? "docker"
                             : found->pod.len         ? "kubernetes"
                                                      : "unknown";
            found->id = part;
            is_found = true;
        } else if ((str_is(before, "lxc") || str_is(before, "lxc.payload")) && part.len) {
            found->runtime = "lxc";
            found->id = part;
            is_found = true;
        }
        before = part;
    }
    return is_found;
}

static int open_process(struct containers *t, size_t process)
{
    buf_clear(&t->path);
    buf_addf(&t->path, "proc/%llu", (unsigned long long)t->c->processes.list[process].pid);
    return host_open(&t->c->host, buf_text(&t->path), O_RDONLY | O_DIRECTORY);
}

static bool is_same(const struct container *a, const struct container *b)
{
    return str_eq(a->id, b->id) && (a->id.len || a->pid_ns == b->pid_ns);
}

static void note(struct containers *t, size_t process, struct container *found)
{
    size_t i = 0;

    while (i < t->count && !is_same(&t->list[i], found))
        i++;
    if (i == CONTAINER_COUNT) {
        t->is_cut = true;
        return;
    }
    if (i == t->count) {
        found->first = process;
        t->list[t->count++] = *found;
    }
    t->list[i].count++;
    t->of[process] = (uint16_t)(i + 1);
}

/* A process whose cgroup tells nothing, but that counts processes anew, is in a container too. */
static void look_at(struct containers *t, size_t process)
{
    const struct process *p = &t->c->processes.list[process];
    struct container found = {.runtime = "unknown"};
    CLEANUP_HOST_FD int folder = -1;

    if (p->is_kernel)
        return;
    if (read_cgroup(p->cgroup, &found)) {
        note(t, process, &found);
        return;
    }
    folder = open_process(t, process);
    found.pid_ns = folder < 0 ? 0 : live_namespace(folder, "ns/pid", &t->buf);
    if (t->own_pid_ns && found.pid_ns && found.pid_ns != t->own_pid_ns)
        note(t, process, &found);
}

static void put_namespaces(struct containers *t, struct json *j, size_t process)
{
    static const char *const kinds[] = {"ipc", "mnt", "net", "pid", "user", "uts"};
    CLEANUP_HOST_FD int folder = open_process(t, process);
    char link[16];
    char name[16];

    for (size_t i = 0; folder >= 0 && i < COUNT_OF(kinds); i++) {
        uint64_t n;

        snprintf(link, sizeof(link), "ns/%s", kinds[i]);
        snprintf(name, sizeof(name), "ns_%s", kinds[i]);
        n = live_namespace(folder, link, &t->buf);
        if (n)
            json_put_u64(j, name, n);
    }
    buf_clear(&t->buf);
    if (folder >= 0 && host_link_in(folder, "root", &t->buf) == 0)
        put_bytes(j, "root", buf_str(&t->buf));
}

static void add_container(struct containers *t, struct bundle_lines *l, size_t which)
{
    const struct container *found = &t->list[which];
    const struct process *first = &t->c->processes.list[found->first];
    struct json *j = bundle_line_begin(l);
    size_t shown = 0;

    json_put_text(j, "runtime", found->runtime);
    put_some(j, "id", found->id);
    put_some(j, "pod", found->pod);
    put_some(j, "cgroup", found->cgroup);
    put_bytes(j, "program", first->program.len ? first->program : first->name);
    put_namespaces(t, j, found->first);
    json_put_u64(j, "processes", found->count);
    json_name(j, "pids");
    json_array_begin(j);
    for (size_t i = found->first; i < t->c->processes.count && shown < PID_COUNT; i++) {
        if (t->of[i] != which + 1)
            continue;
        json_u64(j, t->c->processes.list[i].pid);
        shown++;
    }
    json_array_end(j);
    live_line_end(t->c, l);
}

void live_containers(struct collection *c)
{
    CLEANUP_FREE struct containers *t = mem_new(struct containers);
    CLEANUP_FREE uint16_t *of = mem_array(c->processes.count ? c->processes.count : 1, sizeof(*of));
    CLEANUP_HOST_FD int self = host_open(&c->host, "proc/self", O_RDONLY | O_DIRECTORY);
    struct bundle_lines *l = live_open(c, "live/container");

    t->c = c;
    t->of = of;
    t->own_pid_ns = self < 0 ? 0 : live_namespace(self, "ns/pid", &t->buf);
    for (size_t i = 0; i < c->processes.count && !collection_is_stopped(c); i++)
        look_at(t, i);
    for (size_t i = 0; i < t->count && !c->status; i++)
        add_container(t, l, i);
    if (t->is_cut)
        collection_missing(c, STR("containers"), 0, "there are more than %d", CONTAINER_COUNT);
    live_close(c, l);
    buf_release(&t->path);
    buf_release(&t->buf);
}
