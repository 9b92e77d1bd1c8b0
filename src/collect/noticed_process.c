/* noticed_process.c: what may be noticed of single processes: preload variables, memory that is
 * executable and belongs to no file, deleted libraries, names of kernel threads. */
#include <unistd.h>
#include "collect/noticed.h"
#include "base/size.h"

enum { ENVIRONMENT_SIZE = 1 << 20, VALUE_SIZE = 4096 };

struct noticing {
    struct collection *c;
    int proc;
    const struct process *p;
    struct buf buf; /* the environment */
    struct told preload;
    struct told anonymous;
    struct told library;
    struct told false_name;
    struct told kernel_program;
};

static int open_in(const struct noticing *n, const char *name)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "%llu/%s", (unsigned long long)n->p->pid, name);
    fd = openat(n->proc, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

/* Processes end, and those of others may not be looked into. */
static void say_refused(struct noticing *n, const char *name, int code)
{
    CLEANUP_BUF struct buf what = {0};

    if (code == -ENOENT || code == -ESRCH)
        return;
    buf_addf(&what, "/proc/%llu/%s", (unsigned long long)n->p->pid, name);
    collection_missing(n->c, buf_str(&what), -code, "it cannot be read");
}

static void tell_preload(struct noticing *n, struct str name, struct str value)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!told_one(&n->preload))
        return;
    noticed_put_process(evidence_begin(&v), n->p);
    put_bytes(&v.json, "variable", name);
    put_bytes(&v.json, "value", str_head(value, VALUE_SIZE));
    collection_observe(n->c, n->preload.code, evidence_end(&v),
                       "Process %llu has " STR_FMT "=" STR_FMT " in its environment.",
                       (unsigned long long)n->p->pid, STR_ARG(name),
                       STR_ARG(str_head(value, VALUE_SIZE)));
}

/* Of the environment, which may hold passwords, only these variables are looked at. */
static void notice_environment(struct noticing *n)
{
    CLEANUP_HOST_FD int fd = open_in(n, "environ");
    struct str rest;
    int code = fd;

    buf_clear(&n->buf);
    if (fd >= 0)
        code = host_read_fd(fd, &n->buf, ENVIRONMENT_SIZE);
    if (code < 0 && code != -EFBIG)
        say_refused(n, "environ", code);
    rest = buf_str(&n->buf);
    while (rest.len) {
        struct str value = str_cut(&rest, '\0');
        struct str name = str_cut(&value, '=');

        if (value.len && (str_is(name, "LD_PRELOAD") || str_is(name, "LD_AUDIT")))
            tell_preload(n, name, value);
    }
}

/* What /proc/PID/maps shows of one process. */
struct mapped {
    uint64_t anonymous; /* bytes that are executable and belong to no file on disk */
    uint64_t writable;  /* of these, those that may be written too */
    uint64_t regions;
    struct buf first; /* the line of the first */
    struct buf library;
    uint64_t libraries;
};

/* "[vdso]" and its like come from the kernel. */
static bool is_anonymous(struct str path)
{
    static const char *const names[] = {"/memfd:",        "/dev/zero", "/SYSV",
                                        "/anon_hugepage", "/dev/shm/", "//anon",
                                        "[heap",          "[stack",    "[anon"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_starts(path, names[i]))
            return true;
    return path.len == 0;
}

/* proc_pid_maps(5): "START-END PERMS OFFSET DEVICE INODE   PATH"; a path holds spaces. */
static void see_region(struct noticing *n, struct mapped *m, struct str line)
{
    struct str whole = line;
    struct str range = str_field(&line);
    struct str perms = str_field(&line);
    struct str from = str_cut(&range, '-');
    struct str path;
    uint64_t start;
    uint64_t end;

    for (int i = 0; i < 3; i++)
        (void)str_field(&line);
    path = str_trim(line);
    if (perms.len < 4 || perms.p[2] != 'x' || !read_u64_base(from, 16, &start) ||
        !read_u64_base(range, 16, &end) || end <= start)
        return;
    if (n->p->is_deleted && str_starts(path, n->p->program.p)) /* the step "recover" tells of it */
        return;
    if (is_anonymous(path)) {
        if (m->regions++ == 0)
            buf_addstr(&m->first, whole);
        m->anonymous += end - start;
        m->writable += perms.p[1] == 'w' ? end - start : 0;
    } else if (str_ends(path, " (deleted)") && path.p[0] == '/') {
        if (m->libraries++ == 0)
            buf_addstr(&m->library, path);
    }
}

static void tell_anonymous(struct noticing *n, const struct mapped *m)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    char size[SIZE_TEXT_SIZE];

    if (!told_one(&n->anonymous))
        return;
    noticed_put_process(evidence_begin(&v), n->p);
    json_put_u64(&v.json, "bytes", m->anonymous);
    json_put_u64(&v.json, "writable_bytes", m->writable);
    json_put_u64(&v.json, "regions", m->regions);
    put_bytes(&v.json, "first", buf_str(&m->first));
    collection_observe(n->c, n->anonymous.code, evidence_end(&v),
                       "Process %llu (" STR_FMT ") has %s of executable memory that belongs to no "
                       "file.",
                       (unsigned long long)n->p->pid, STR_ARG(n->p->name),
                       size_text(size, m->anonymous));
}

static void tell_library(struct noticing *n, const struct mapped *m)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!told_one(&n->library))
        return;
    noticed_put_process(evidence_begin(&v), n->p);
    put_bytes(&v.json, "library", buf_str(&m->library));
    json_put_u64(&v.json, "regions", m->libraries);
    collection_observe(n->c, n->library.code, evidence_end(&v),
                       "Process %llu uses " STR_FMT ", a library that was deleted or replaced.",
                       (unsigned long long)n->p->pid, STR_ARG(buf_str(&m->library)));
}

static void notice_memory(struct noticing *n)
{
    char path[40];
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    struct mapped m = {0};
    struct str line;
    int code;

    snprintf(path, sizeof(path), "%llu/maps", (unsigned long long)n->p->pid);
    code = live_file_open_in(&f, n->proc, path);
    while (code == 0 && live_file_line(&f, &line))
        see_region(n, &m, line);
    if (code < 0 || f.code < 0)
        say_refused(n, "maps", code < 0 ? code : f.code);
    if (m.regions)
        tell_anonymous(n, &m);
    if (m.libraries)
        tell_library(n, &m);
    buf_release(&m.first);
    buf_release(&m.library);
}

static bool is_kernel_name(struct str name)
{
    static const char *const names[] = {"kworker/",  "ksoftirqd/", "kthreadd",   "migration/",
                                        "rcu_",      "kswapd",     "kblockd",    "kdevtmpfs",
                                        "watchdog/", "cpuhp/",     "khugepaged", "kcompactd"};

    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_starts(name, names[i]))
            return true;
    return false;
}

/* ps shows in brackets what has no command line, which is what kernel threads have not. */
static void notice_name(struct noticing *n)
{
    CLEANUP_EVIDENCE struct evidence v = {0};
    struct str rest = n->p->args;
    struct str shown = rest.len ? str_cut(&rest, '\0') : STR("");
    bool is_bracketed = str_starts(shown, "[") && str_ends(shown, "]");

    if (!(is_bracketed || is_kernel_name(n->p->name)) || !told_one(&n->false_name))
        return;
    noticed_put_process(evidence_begin(&v), n->p);
    put_bytes(&v.json, "shown", shown);
    collection_observe(n->c, n->false_name.code, evidence_end(&v),
                       "Process %llu calls itself " STR_FMT " and is no thread of the kernel.",
                       (unsigned long long)n->p->pid, STR_ARG(is_bracketed ? shown : n->p->name));
}

static void notice_kernel_program(struct noticing *n)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!n->p->has_program || !told_one(&n->kernel_program))
        return;
    noticed_put_process(evidence_begin(&v), n->p);
    collection_observe(n->c, n->kernel_program.code, evidence_end(&v),
                       "Process %llu says that it is a thread of the kernel and runs " STR_FMT ".",
                       (unsigned long long)n->p->pid, STR_ARG(n->p->program));
}

static void say_rest(const struct noticing *n)
{
    told_rest(n->c, &n->preload, "variables that make programs load a library");
    told_rest(n->c, &n->anonymous, "processes have executable memory that belongs to no file");
    told_rest(n->c, &n->library, "processes use a library that was deleted or replaced");
    told_rest(n->c, &n->false_name, "processes bear the name of a thread of the kernel");
    told_rest(n->c, &n->kernel_program, "threads of the kernel run a program");
}

void collection_noticed_processes(struct collection *c)
{
    CLEANUP_HOST_FD int proc = host_open(&c->host, "proc", O_RDONLY | O_DIRECTORY);
    struct noticing n = {
        .c = c,
        .proc = proc,
        .preload.code = "preload-variable",
        .anonymous.code = "executable-memory",
        .library.code = "deleted-library",
        .false_name.code = "false-kernel-thread",
        .kernel_program.code = "kernel-thread-with-program",
    };

    if (proc < 0) {
        collection_missing(c, STR("/proc"), -proc, "processes cannot be looked into");
        return;
    }
    for (size_t i = 0; i < c->processes.count && c->status == 0; i++) {
        n.p = &c->processes.list[i];
        if (n.p->is_self || collection_is_stopped(c))
            continue;
        if (n.p->is_kernel) {
            notice_kernel_program(&n);
            continue;
        }
        notice_environment(&n);
        notice_memory(&n);
        notice_name(&n);
    }
    say_rest(&n);
    buf_release(&n.buf);
}
