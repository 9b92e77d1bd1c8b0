/* live_process.c: each process in depth: who it is, what it runs, what it may do, and where. */
#include "collect/live_process.h"
#include <unistd.h>

enum {
    ARGS_READ_SIZE = 128 << 10,
    ENVIRONMENT_READ_SIZE = 256 << 10,
    ARGS_SIZE = 48 << 10, /* bytes of JSON; a line is at most 256 KiB */
    ENVIRONMENT_SIZE = 80 << 10,
    CGROUP_SIZE = 4 << 10,
    SMALL_SIZE = 4 << 10,
};

int live_process_read(struct live_process *p, const char *name, size_t most)
{
    buf_clear(p->buf);
    return host_read_in(p->folder, name, p->buf, most);
}

void live_put_path(struct json *j, const char *name, const char *deleted_name, struct str path)
{
    static const char mark[] = " (deleted)";

    if (!str_ends(path, mark)) {
        put_some(j, name, path);
        return;
    }
    put_bytes(j, name, str_head(path, path.len - strlen(mark)));
    json_put_bool(j, deleted_name, true);
}

/* A file may be called so; then what the name leads to is what runs. */
static bool is_called_deleted(struct live_process *p, struct str path)
{
    struct stat running;
    struct stat named;

    return str_ends(path, " (deleted)") && p->c->host.is_live &&
           !host_held_is_slow(&p->c->host, p->folder, "exe", p->pid) &&
           fstatat(p->folder, "exe", &running, 0) == 0 && running.st_nlink &&
           host_stat(&p->c->host, buf_text(p->buf) + 1, &named) == 0 &&
           named.st_ino == running.st_ino && named.st_dev == running.st_dev;
}

static void put_program(struct live_process *p, struct json *j)
{
    int code;

    buf_clear(p->buf);
    code = host_link_in(p->folder, "exe", p->buf);
    if (code == 0 && is_called_deleted(p, buf_str(p->buf)))
        put_bytes(j, "program", buf_str(p->buf));
    else if (code == 0)
        live_put_path(j, "program", "program_deleted", buf_str(p->buf));
    else if (code != -ENOENT && code != -ESRCH && !p->is_kernel)
        p->no_program++;
}

static void put_folder(struct live_process *p, struct json *j, const char *link, const char *name,
                       const char *deleted_name)
{
    buf_clear(p->buf);
    if (host_link_in(p->folder, link, p->buf) == 0)
        live_put_path(j, name, deleted_name, buf_str(p->buf));
}

static void put_namespaces(struct live_process *p, struct json *j)
{
    static const char *const kinds[] = {"cgroup", "ipc",  "mnt",  "net",
                                        "pid",    "time", "user", "uts"};
    char link[16];
    char name[16];

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        uint64_t n;

        snprintf(link, sizeof(link), "ns/%s", kinds[i]);
        snprintf(name, sizeof(name), "ns_%s", kinds[i]);
        n = live_namespace(p->folder, link, p->buf);
        if (n)
            json_put_u64(j, name, n);
    }
}

static void put_number(struct live_process *p, struct json *j, const char *file, const char *name)
{
    uint64_t n;

    if (live_process_read(p, file, SMALL_SIZE) == 0 && str_u64(str_trim(buf_str(p->buf)), &n) &&
        n != UINT32_MAX)
        json_put_u64(j, name, n);
}

static void put_cgroups(struct live_process *p, struct json *j)
{
    int code = live_process_read(p, "cgroup", CGROUP_SIZE);

    if (code < 0 && code != -EFBIG)
        return;
    for (size_t i = 0; i < p->buf->len; i++)
        if (p->buf->p[i] == '\n')
            p->buf->p[i] = '\0';
    (void)live_put_strings(j, "cgroups", buf_str(p->buf), CGROUP_SIZE * 6);
}

static void put_args(struct live_process *p, struct json *j)
{
    int code = live_process_read(p, "cmdline", ARGS_READ_SIZE);
    bool is_cut;

    if (code < 0 && code != -EFBIG)
        return;
    is_cut = live_put_strings(j, "args", buf_str(p->buf), ARGS_SIZE);
    if (is_cut || code == -EFBIG)
        json_put_bool(j, "args_cut", true);
}

static void put_environment(struct live_process *p, struct json *j)
{
    int code;
    bool is_cut;

    if (p->c->options->without_environment || p->is_kernel || p->is_held)
        return;
    code = live_process_read(p, "environ", ENVIRONMENT_READ_SIZE);
    p->no_environment += code == -EACCES || code == -EPERM;
    if (code < 0 && code != -EFBIG)
        return;
    is_cut = live_put_strings(j, "environment", buf_str(p->buf), ENVIRONMENT_SIZE);
    if (is_cut || code == -EFBIG)
        json_put_bool(j, "environment_cut", true);
}

/* "rchar: 12" …; what it read from and wrote to disks. */
static void put_input_output(struct live_process *p, struct json *j)
{
    struct str text;
    struct str line;
    uint64_t n;

    if (live_process_read(p, "io", SMALL_SIZE) < 0)
        return;
    text = buf_str(p->buf);
    while (take_line(&text, &line)) {
        struct str name = str_field(&line);

        if (!str_u64(str_field(&line), &n))
            continue;
        if (str_is(name, "read_bytes:"))
            json_put_u64(j, "disk_read", n);
        else if (str_is(name, "write_bytes:"))
            json_put_u64(j, "disk_written", n);
    }
}

static void read_process(struct live_process *p)
{
    struct json *j = bundle_line_begin(p->processes);

    json_put_u64(j, "pid", p->pid);
    if (p->c->host.is_live && p->pid == (uint64_t)getpid())
        json_put_bool(j, "self", true);
    if (live_put_stat(p, j) < 0) {
        json_put_bool(j, "ended", true);
        live_line_end(p->c, p->processes);
        p->ended++;
        return;
    }
    live_put_status(p, j);
    put_number(p, j, "loginuid", "login_uid");
    put_number(p, j, "sessionid", "audit_session");
    if (p->is_held)
        json_put_bool(j, "held", true);
    else
        put_args(p, j);
    put_program(p, j);
    put_folder(p, j, "cwd", "folder", "folder_deleted");
    put_folder(p, j, "root", "root", "root_deleted");
    put_namespaces(p, j);
    put_cgroups(p, j);
    live_put_limits(p, j);
    put_input_output(p, j);
    put_number(p, j, "oom_score_adj", "oom_adjust");
    put_environment(p, j);
    live_line_end(p->c, p->processes);
    live_process_maps(p);
    live_process_opens(p);
}

static void say_refused(struct live_process *p, const char *what, uint64_t count)
{
    if (count)
        collection_missing(p->c, str_of(what), EACCES, "of %llu processes: permission denied%s",
                           (unsigned long long)count, p->c->is_root ? "" : "; root sees more");
}

static void say_gaps(struct live_process *p)
{
    say_refused(p, "the program and folder", p->no_program);
    say_refused(p, "the environment", p->no_environment);
    say_refused(p, "the memory map", p->no_maps);
    say_refused(p, "the open files", p->no_opens);
    if (p->c->options->without_environment)
        collection_missing(p->c, STR("the environment"), 0, "it was not wanted");
    if (p->ended)
        collection_missing(p->c, STR("/proc"), 0, "%llu processes ended while they were read",
                           (unsigned long long)p->ended);
}

void live_processes(struct collection *c)
{
    CLEANUP_BUF struct buf buf = {0};
    CLEANUP_BUF struct buf path = {0};
    struct live_process p = {.c = c, .buf = &buf, .booted = live_booted(c)};

    p.processes = live_open(c, "live/process");
    p.maps = live_open(c, "live/map");
    p.opens = live_open(c, "live/open");
    for (size_t i = 0; i < c->processes.count && !c->status && !collection_is_stopped(c); i++) {
        CLEANUP_HOST_FD int folder = -1;

        p.pid = c->processes.list[i].pid;
        p.is_kernel = c->processes.list[i].is_kernel;
        p.is_held = c->processes.list[i].is_held;
        buf_clear(&path);
        buf_addf(&path, "proc/%llu", (unsigned long long)p.pid);
        folder = host_open(&c->host, buf_text(&path), O_RDONLY | O_DIRECTORY);
        p.folder = folder;
        if (folder < 0)
            p.ended++;
        else
            read_process(&p);
    }
    say_gaps(&p);
    live_close(c, p.processes);
    live_close(c, p.maps);
    live_close(c, p.opens);
}
