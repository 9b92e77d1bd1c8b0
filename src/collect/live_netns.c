/* live_netns.c: finds the network namespaces of the host and enters them one by one. */
#include "collect/live_netns.h"
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <sys/vfs.h>
#include <unistd.h>

/* One that is not our own. */
struct other {
    uint64_t number;
    size_t process;   /* the first that runs in it … */
    const char *path; /* … or where only its name is known, that, relative to the root */
};

struct live_netns_list {
    uint64_t own;
    struct other *others; /* in the arena */
    size_t count;
    uint64_t more; /* that there are besides; at least so many where there are very many */
};

static void add(struct collection *c, struct live_seen *seen, const struct other *one)
{
    struct live_netns_list *l = c->networks;

    if (!live_is_new(seen, one->number))
        return;
    if (l->count == LIVE_NETNS_COUNT) {
        l->more++;
        return;
    }
    if (!l->others)
        l->others = arena_alloc(c->arena, LIVE_NETNS_COUNT * sizeof(*l->others));
    l->others[l->count] = *one;
    if (one->path)
        l->others[l->count].path = arena_dup(c->arena, one->path, strlen(one->path));
    l->count++;
}

/* A descriptor of the namespace that a name stands for, or a negative errno: -EINVAL for what is
 * none, as a name that is left when the namespace is gone. */
static int open_named(struct collection *c, const char *path)
{
    int fd = host_open(&c->host, path, O_RDONLY);
    struct statfs fs;

    if (fd < 0 || (fstatfs(fd, &fs) == 0 && fs.f_type == NSFS_MAGIC))
        return fd;
    close(fd);
    return -EINVAL;
}

static void add_named(struct collection *c, struct live_seen *seen, const char *folder)
{
    CLEANUP_NAMES struct names names = {0};
    CLEANUP_BUF struct buf path = {0};
    int code = host_names(&c->host, folder, &names, COUNT_OF(seen->list));

    if (code < 0 && code != -ENOENT && code != -ENOTDIR)
        collection_missing(c, str_of(folder), -code, "named network namespaces: %s",
                           strerror(-code));
    for (size_t i = 0; i < names.count; i++) {
        CLEANUP_HOST_FD int fd = -1;
        struct stat st;

        buf_clear(&path);
        buf_addf(&path, "%s/%s", folder, names.list[i]);
        fd = open_named(c, buf_text(&path));
        if (fd >= 0 && fstat(fd, &st) == 0)
            add(c, seen, &(struct other){.number = st.st_ino, .path = buf_text(&path)});
        else if (fd < 0 && fd != -EINVAL)
            collection_missing(c, buf_str(&path), -fd, "a named network namespace: %s",
                               strerror(-fd));
    }
}

static void find_all(struct collection *c)
{
    CLEANUP_FREE struct live_seen *seen = mem_new(struct live_seen);
    CLEANUP_HOST_FD int self = host_open(&c->host, "proc/self", O_RDONLY | O_DIRECTORY);
    CLEANUP_BUF struct buf buf = {0};
    const struct process_list *p = &c->processes;

    c->networks = arena_alloc(c->arena, sizeof(*c->networks));
    *c->networks =
        (struct live_netns_list){.own = self < 0 ? 0 : live_namespace(self, "ns/net", &buf)};
    (void)live_is_new(seen, 0);
    (void)live_is_new(seen, c->networks->own);
    for (size_t i = 0; i < p->count; i++)
        add(c, seen, &(struct other){.number = p->list[i].network, .process = i});
    if (c->host.is_live) { /* in a copied tree a name is an empty file */
        add_named(c, seen, "run/netns");
        add_named(c, seen, "run/docker/netns");
    }
    if (p->no_network)
        collection_missing(c, STR("/proc/PID/ns/net"), EACCES,
                           "in which network namespaces %llu processes run: permission denied; "
                           "what is set up in those was not read",
                           (unsigned long long)p->no_network);
}

/* -ESRCH where another one lies there now: the process's number or the name was given anew. */
static int check_number(int fd, uint64_t number)
{
    struct stat st;

    if (fd < 0 || (fstat(fd, &st) == 0 && st.st_ino == number))
        return fd;
    close(fd);
    return -ESRCH;
}

static int open_of_process(struct collection *c, uint64_t pid, uint64_t number)
{
    char path[48];
    int fd;

    /* openat2 refuses the kernel's own links. */
    snprintf(path, sizeof(path), "proc/%llu/ns/net", (unsigned long long)pid);
    fd = openat(c->host.root, path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : check_number(fd, number);
}

static bool is_gone(int code)
{
    return code == -ENOENT || code == -ESRCH;
}

/* Where the first process has ended, a later one leads there too. */
static int open_other(struct collection *c, const struct other *o)
{
    enum { TRY_COUNT = 64 };
    const struct process_list *p = &c->processes;
    int fd = -ESRCH;
    int tries = 0;

    if (o->path)
        return check_number(open_named(c, o->path), o->number);
    for (size_t i = o->process; i < p->count && is_gone(fd) && tries < TRY_COUNT; i++) {
        if (p->list[i].network != o->number)
            continue;
        fd = open_of_process(c, p->list[i].pid, o->number);
        tries++;
    }
    return fd;
}

struct visit {
    int fd;
    struct live_netns ns;
    live_netns_see *see;
    void *context;
    int code; /* a negative errno where it could not be entered */
};

static void *enter(void *context)
{
    struct visit *v = context;

    if (setns(v->fd, CLONE_NEWNET) < 0) {
        v->code = -errno;
        return NULL;
    }
    v->see(v->context, &v->ns);
    return NULL;
}

static int visit(struct collection *c, const struct other *o, live_netns_see *see, void *context)
{
    CLEANUP_HOST_FD int fd = open_other(c, o);
    struct visit v = {
        .fd = fd,
        .ns = {.number = o->number, .is_entered = true, .folder = "proc/thread-self/net"},
        .see = see,
        .context = context};
    pthread_t thread;
    int code;

    if (fd < 0)
        return fd;
    code = pthread_create(&thread, NULL, enter, &v);
    if (code)
        return -code;
    pthread_join(thread, NULL);
    return v.code;
}

/* What /proc tells of it stands there without entering. */
static void see_from_outside(struct collection *c, const struct other *o, live_netns_see *see,
                             void *context)
{
    struct live_netns ns = {.number = o->number};
    char folder[32];

    if (!o->path) {
        snprintf(folder, sizeof(folder), "proc/%llu/net",
                 (unsigned long long)c->processes.list[o->process].pid);
        ns.folder = folder;
    }
    see(context, &ns);
}

static void see_other(struct collection *c, const struct other *o, live_netns_see *see,
                      void *context)
{
    CLEANUP_BUF struct buf what = {0};
    int code = c->host.is_live ? visit(c, o, see, context) : -EOPNOTSUPP;

    if (code == 0)
        return;
    buf_addf(&what, "network namespace %llu", (unsigned long long)o->number);
    if (is_gone(code)) {
        collection_missing(c, buf_str(&what), -code, "it was gone before it was looked into");
        return;
    }
    if (c->host.is_live)
        collection_missing(c, buf_str(&what), -code, "it could not be entered: %s",
                           strerror(-code));
    see_from_outside(c, o, see, context);
}

void live_netns_each(struct collection *c, live_netns_see *see, void *context)
{
    struct live_netns_list *l;
    size_t done = 0;

    if (!c->networks)
        find_all(c);
    l = c->networks;
    see(context,
        &(struct live_netns){
            .number = l->own, .is_own = true, .is_entered = c->host.is_live, .folder = "proc/net"});
    while (done < l->count && !c->status && !collection_is_stopped(c))
        see_other(c, &l->others[done++], see, context);
    if (l->more)
        collection_missing(c, STR("network namespaces"), 0,
                           "%llu more than the %d that are looked into",
                           (unsigned long long)l->more, LIVE_NETNS_COUNT);
}

struct str live_netns_what(const struct live_netns *ns, const char *name, struct buf *buf)
{
    buf_clear(buf);
    buf_adds(buf, name);
    if (!ns->is_own)
        buf_addf(buf, " in network namespace %llu", (unsigned long long)ns->number);
    return buf_str(buf);
}
