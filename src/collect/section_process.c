/* section_process.c: writes the processes that were read. */
#include <unistd.h>
#include "collect/gather.h"

/* The arguments with spaces between. */
static void add_args(struct buf *out, struct str args)
{
    while (args.len) {
        struct str one = str_cut(&args, '\0');

        buf_addstr(out, one);
        if (args.len)
            buf_addc(out, ' ');
    }
}

static void make_key(struct buf *key, const struct process *p)
{
    buf_clear(key);
    if (p->program.len) {
        buf_addstr(key, p->program);
    } else {
        buf_addc(key, p->is_kernel ? '[' : '(');
        buf_addstr(key, p->name);
        buf_addc(key, p->is_kernel ? ']' : ')');
    }
    if (p->is_kernel)
        return;
    buf_adds(key, " [");
    add_args(key, p->args);
    buf_addf(key, "] uid %llu", (unsigned long long)p->uid);
}

static void put_start(struct gather *g, struct json *j, const struct process *p)
{
    const uint64_t ns = 1000000000;
    uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);
    uint64_t part = g->booted.ns + p->start_ticks % hz * (ns / hz);
    struct utc t = {.sec = g->booted.sec + (int64_t)(p->start_ticks / hz + part / ns),
                    .ns = (uint32_t)(part % ns)};

    if (g->booted.sec && p->start_ticks < (uint64_t)1 << 40)
        json_put_utc(j, "start", t);
}

static void put_args(struct json *j, const struct process *p)
{
    struct str args = p->args;
    bool has_error = str_has_utf8_error(args);

    json_name(j, "args");
    json_array_begin(j);
    while (args.len)
        json_str(j, str_cut(&args, '\0'));
    json_array_end(j);
    if (has_error)
        json_put_hex(j, "args_hex", p->args.p, p->args.len);
    if (p->is_args_cut)
        json_put_bool(j, "args_cut", true);
}

static void put_identity(struct gather *g, struct json *j, const struct process *p)
{
    json_put_u64(j, "pid", p->pid);
    json_put_u64(j, "parent", p->parent);
    json_put_u64(j, "uid", p->uid);
    gather_put_user(g, j, p->uid);
    json_put_u64(j, "gid", p->gid);
    if (p->login_uid != UINT64_MAX)
        json_put_u64(j, "login_uid", p->login_uid);
    json_put_text(j, "kind", p->is_kernel ? "kernel" : "user");
    put_bytes(j, "name", p->name);
    json_put_str(j, "state", (struct str){&p->state, 1});
    put_start(g, j, p);
}

static void add_process(struct gather *g, const struct process *p, struct buf *key)
{
    struct json *j;

    make_key(key, p);
    j = doc_row_begin(&g->doc, buf_str(key));
    put_identity(g, j, p);
    if (!p->is_kernel)
        put_args(j, p);
    if (p->has_program) {
        put_bytes(j, "program", p->program);
        json_put_bool(j, "deleted", p->is_deleted);
        put_package(j, p->package);
    }
    put_some(j, "folder", p->folder);
    put_some(j, "cgroup", p->cgroup);
    json_put_u64(j, "threads", p->threads);
    if (!p->is_kernel)
        json_put_u64(j, "memory", p->memory);
    if (p->is_self)
        json_put_bool(j, "self", true);
    doc_row_end(&g->doc);
}

/* proc(5): hidepid hides the processes of others without a trace in the listing. */
static bool hides_processes(struct gather *g)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str text;
    struct str line;

    if (g->is_root || host_read(&g->host, "proc/mounts", &buf, GATHER_FILE_SIZE) < 0)
        return false;
    text = buf_str(&buf);
    while (take_line(&text, &line)) {
        str_field(&line);
        if (!str_is(str_field(&line), "/proc"))
            continue;
        str_field(&line);
        line = str_field(&line);
        while (line.len) {
            struct str option = str_cut(&line, ',');

            if (str_starts(option, "hidepid=") && !str_is(option, "hidepid=0") &&
                !str_is(option, "hidepid=off"))
                return true;
        }
    }
    return false;
}

static void say_gaps(struct gather *g)
{
    const struct process_list *p = &g->processes;

    if (p->code < 0 && p->code != -EFBIG) {
        doc_gap_errno(&g->doc, p->code, "/proc");
        doc_seen(&g->doc, SEEN_NONE);
    }
    if (p->is_cut)
        doc_gap(&g->doc, "there are more processes or sockets than are read");
    if (hides_processes(g))
        doc_gap(&g->doc, "/proc is mounted with hidepid: processes of other users are not seen");
    if (p->vanished)
        doc_note(&g->doc, "%llu processes ended while they were read",
                 (unsigned long long)p->vanished);
    if (p->no_program)
        doc_gap(&g->doc, "program and folder of %llu of %zu processes: permission denied%s",
                (unsigned long long)p->no_program, p->count, g->is_root ? "" : "; root sees more");
}

void gather_processes(struct gather *g)
{
    CLEANUP_BUF struct buf key = {0};

    say_gaps(g);
    for (size_t i = 0; i < g->processes.count; i++)
        add_process(g, &g->processes.list[i], &key);
}
