/* hidden_process.c: finds processes that one view shows and the listing of /proc does not, and
 * those whose folder in /proc does not tell of them. */
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "collect/hidden.h"

enum { PROBES_AT_ONCE = 32768, FOLDER_PROBES = 65536, NAME_SIZE = 64 };

/* Beside the views, in the bytes of the first look. */
enum {
    SUSPECT = 64, /* seen, not listed, and no thread of a listed process */
    VEILED = 128, /* listed, and its folder tells of none */
};

static const struct {
    enum view view;
    const char *name;
} view_names[] = {
    {VIEW_LISTED, "listing of /proc"},
    {VIEW_FOLDER, "name in /proc"},
    {VIEW_SESSION, "getsid"},
    {VIEW_CGROUP, "cgroup.procs"},
    {VIEW_PARENT, "parent or tracer of a listed process"},
    {VIEW_THREAD, "leader of a thread"},
};

/* What one comparison works with. */
struct search {
    struct collection *c;
    int proc; /* descriptor of /proc */
    struct views first;
    struct views second;
    uint64_t suspects;
};

static uint64_t pid_most(struct collection *c)
{
    uint64_t most;

    if (!host_u64(&c->host, "proc/sys/kernel/pid_max", &most) || most == 0 ||
        most > HIDDEN_PID_MOST)
        most = HIDDEN_PID_MOST;
    return most;
}

static void views_init(struct views *v, uint64_t most)
{
    *v = (struct views){.seen = mem_alloc(most + 1), .pid_most = most};
}

static void search_release(struct search *s)
{
    collect_fd_close(&s->proc);
    free(s->first.seen);
    free(s->second.seen);
}

/* The last number that was given out, of "0.1 0.2 0.3 2/107 15593" (proc(5)), or the highest
 * listed; only a process that chose its number (clone3 with set_tid) or one from before the numbers
 * began anew lies above. */
static uint64_t folder_probes(struct search *s)
{
    CLEANUP_BUF struct buf buf = {0};
    struct str line = host_line(&s->c->host, "proc/loadavg", &buf);
    uint64_t most = 0;
    uint64_t last = s->first.pid_most;

    for (int i = 0; i < 4; i++)
        (void)str_field(&line);
    (void)str_u64(str_field(&line), &most);
    if (s->c->options->profile == PROFILE_FULL)
        return s->first.pid_most;
    while (last > most && !s->first.seen[last])
        last--;
    if (last > FOLDER_PROBES)
        collection_missing(s->c, STR("/proc"), 0,
                           "names above %d were not tried one by one (the full profile does)",
                           FOLDER_PROBES);
    return last < FOLDER_PROBES ? last : FOLDER_PROBES;
}

/* Every number is asked for, with a short rest now and then. */
static void probe(struct search *s)
{
    const struct timespec rest = {.tv_nsec = 1000000};
    uint64_t folders = folder_probes(s);

    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++) {
        if (s->first.with_session && view_session(pid))
            s->first.seen[pid] |= VIEW_SESSION;
        if (pid <= folders && view_folder(s->proc, pid))
            s->first.seen[pid] |= VIEW_FOLDER;
        if (s->c->host.is_live && pid % PROBES_AT_ONCE == 0)
            nanosleep(&rest, NULL);
    }
}

static void mark_parents(struct search *s)
{
    const struct process_list *p = &s->c->processes;

    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].parent && p->list[i].parent <= s->first.pid_most)
            s->first.seen[p->list[i].parent] |= VIEW_PARENT;
}

/* A thread opens by its name, though it is not listed; what counts is its leader. */
static void judge(struct search *s, uint64_t pid)
{
    uint64_t leader;

    if (!view_status(s->proc, pid, "Tgid:", &leader) || leader == pid) {
        s->first.seen[pid] |= SUSPECT;
    } else if (leader && leader <= s->first.pid_most) {
        s->first.seen[leader] |= VIEW_THREAD;
        if (!(s->first.seen[leader] & VIEW_LISTED))
            s->first.seen[leader] |= SUSPECT;
    }
}

/* Listed, and its folder could not be read when the processes were: mostly one that began later. */
static void judge_listed(struct search *s)
{
    const struct process_list *p = &s->c->processes;
    size_t at = 0;

    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++) {
        while (at < p->count && p->list[at].pid < pid)
            at++;
        if (s->first.seen[pid] & VIEW_LISTED && !(at < p->count && p->list[at].pid == pid) &&
            !view_folder(s->proc, pid))
            s->first.seen[pid] |= VEILED;
    }
}

static void first_look(struct search *s)
{
    view_listed(&s->first, s->c);
    mark_parents(s);
    view_cgroups(&s->first, s->c);
    probe(s);
    view_listed(&s->first, s->c);
    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++)
        if (s->first.seen[pid] && !(s->first.seen[pid] & VIEW_LISTED))
            judge(s, pid);
    judge_listed(s);
    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++)
        s->suspects += (s->first.seen[pid] & (SUSPECT | VEILED)) != 0;
}

/* Whether a listed process has that number as its parent or tracer, now. */
static void mark_relations(struct search *s)
{
    static const char *const names[] = {"PPid:", "TracerPid:"};

    for (uint64_t pid = 1; pid <= s->second.pid_most; pid++) {
        if (!(s->second.seen[pid] & VIEW_LISTED))
            continue;
        for (size_t i = 0; i < COUNT_OF(names); i++) {
            uint64_t other;

            if (view_status(s->proc, pid, names[i], &other) && other && other <= s->second.pid_most)
                s->second.seen[other] |= VIEW_PARENT;
        }
    }
}

/* Which of the suspects a thread calls its leader, still. */
static void mark_leaders(struct search *s)
{
    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++) {
        uint64_t leader;

        if (s->first.seen[pid] && !(s->first.seen[pid] & VIEW_LISTED) &&
            view_status(s->proc, pid, "Tgid:", &leader) && leader != pid &&
            leader <= s->first.pid_most && s->first.seen[leader] & SUSPECT)
            s->second.seen[leader] |= VIEW_THREAD;
    }
}

/* The same process, for a number is not used again so soon: it was there before the listing, and is
 * there after it. */
static void second_look(struct search *s)
{
    hidden_pause(s->c);
    view_listed(&s->second, s->c);
    view_cgroups(&s->second, s->c);
    mark_relations(s);
    for (uint64_t pid = 1; pid <= s->second.pid_most; pid++) {
        if (!(s->first.seen[pid] & (SUSPECT | VEILED)))
            continue;
        if (s->first.with_session && view_session(pid))
            s->second.seen[pid] |= VIEW_SESSION;
        if (view_folder(s->proc, pid))
            s->second.seen[pid] |= VIEW_FOLDER;
    }
    mark_leaders(s);
    view_listed(&s->second, s->c);
}

/* A thread of a listed process whose own folder cannot be read. */
static bool is_thread_of_listed(struct search *s, uint64_t pid)
{
    char path[80];

    for (uint64_t leader = 1; leader <= s->second.pid_most; leader++) {
        if (!(s->second.seen[leader] & VIEW_LISTED))
            continue;
        snprintf(path, sizeof(path), "%llu/task/%llu", (unsigned long long)leader,
                 (unsigned long long)pid);
        if (faccessat(s->proc, path, F_OK, 0) == 0)
            return true;
    }
    return false;
}

static bool is_hidden(struct search *s, uint64_t pid)
{
    return s->first.seen[pid] & SUSPECT && s->second.seen[pid] &&
           !(s->second.seen[pid] & VIEW_LISTED) && !is_thread_of_listed(s, pid);
}

/* Without getsid there is no second way to know that a listed one did not merely end. */
static bool is_veiled(struct search *s, uint64_t pid)
{
    const uint8_t both = VIEW_LISTED | VIEW_SESSION;

    return s->first.seen[pid] & VEILED && (s->second.seen[pid] & both) == both &&
           !(s->second.seen[pid] & VIEW_FOLDER);
}

static void put_views(struct json *j, const char *name, uint8_t seen, bool wanted)
{
    json_name(j, name);
    json_array_begin(j);
    for (size_t i = 0; i < COUNT_OF(view_names); i++)
        if (((seen & view_names[i].view) != 0) == wanted)
            json_text(j, view_names[i].name);
    json_array_end(j);
}

static void put_text(struct search *s, struct json *j, uint64_t pid, const char *name)
{
    CLEANUP_BUF struct buf buf = {0};
    char path[40];

    snprintf(path, sizeof(path), "%llu/%s", (unsigned long long)pid, name);
    if (host_link_in(s->proc, path, &buf) == 0 || host_read_in(s->proc, path, &buf, NAME_SIZE) == 0)
        put_bytes(j, name, str_trim(buf_str(&buf)));
}

static void put_process(struct search *s, struct json *j, uint64_t pid)
{
    json_put_u64(j, "pid", pid);
    put_views(j, "seen_by", s->second.seen[pid], true);
    put_views(j, "not_by", s->second.seen[pid], false);
    put_text(s, j, pid, "comm");
    put_text(s, j, pid, "exe");
    json_put_u64(j, "looks", s->c->host.is_live ? 2 : 1);
}

static void tell_hidden(struct search *s, struct told *told, uint64_t pid)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!told_one(told))
        return;
    put_process(s, evidence_begin(&v), pid);
    collection_observe(s->c, told->code, evidence_end(&v),
                       "Process %llu exists, and the listing of /proc does not name it.",
                       (unsigned long long)pid);
}

static void tell_veiled(struct search *s, struct told *told, uint64_t pid)
{
    CLEANUP_EVIDENCE struct evidence v = {0};

    if (!told_one(told))
        return;
    put_process(s, evidence_begin(&v), pid);
    collection_observe(s->c, told->code, evidence_end(&v),
                       "Process %llu is listed, and its folder in /proc does not tell of it.",
                       (unsigned long long)pid);
}

static void tell_all(struct search *s)
{
    struct told hidden = {.code = "hidden-process"};
    struct told veiled = {.code = "veiled-process"};

    for (uint64_t pid = 1; pid <= s->first.pid_most; pid++) {
        if (is_hidden(s, pid))
            tell_hidden(s, &hidden, pid);
        else if (is_veiled(s, pid))
            tell_veiled(s, &veiled, pid);
    }
    told_rest(s->c, &hidden, "processes are not in the listing of /proc");
    told_rest(s->c, &veiled, "processes have a folder in /proc that does not tell of them");
}

/* The numbers that system calls use are those of /proc unless it was mounted in another process
 * namespace. */
static bool speaks_our_numbers(struct search *s)
{
    CLEANUP_BUF struct buf buf = {0};
    uint64_t self;

    return s->c->host.is_live && host_link(&s->c->host, "proc/self", &buf) == 0 &&
           str_u64(buf_str(&buf), &self) && self == (uint64_t)getpid();
}

/* proc(5): with hidepid the listing leaves out what we may not look into; then number 1, which
 * always exists, is not listed either. */
static bool can_compare(struct search *s)
{
    struct statfs fs;

    if (s->proc < 0) {
        collection_missing(s->c, STR("/proc"), -s->proc, "processes cannot be compared");
        return false;
    }
    if (s->c->host.is_live && (fstatfs(s->proc, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)) {
        collection_missing(s->c, STR("/proc"), 0,
                           "it is not the kernel's: processes cannot be "
                           "compared");
        return false;
    }
    view_listed(&s->second, s->c);
    if (s->c->host.is_live && !(s->second.seen[1] & VIEW_LISTED) && view_session(1)) {
        collection_missing(s->c, STR("/proc"), 0,
                           "processes of others are not listed (hidepid); they cannot be compared");
        return false;
    }
    for (uint64_t pid = 1; pid <= s->second.pid_most; pid++)
        if (s->second.seen[pid]) /* else its page stays unused */
            s->second.seen[pid] = 0;
    return true;
}

void collection_hidden_processes(struct collection *c)
{
    CLEANUP(search_release)
    struct search s = {.c = c, .proc = host_open(&c->host, "proc", O_RDONLY | O_DIRECTORY)};
    uint64_t most = pid_most(c);

    views_init(&s.first, most);
    views_init(&s.second, most);
    if (!can_compare(&s))
        return;
    s.first.with_session = speaks_our_numbers(&s);
    if (c->host.is_live && !s.first.with_session)
        collection_missing(c, STR("/proc"), 0,
                           "it counts processes of another namespace: system calls cannot be "
                           "compared with it");
    first_look(&s);
    if (s.suspects == 0)
        return;
    second_look(&s);
    tell_all(&s);
}
