/* snapshot.c: takes a snapshot: what is gone soonest is read first, then each section is written.
 */
#include "collect/collect.h"
#include <time.h>
#include <unistd.h>
#include "collect/gather.h"

struct section_entry {
    const char *name;
    void (*gather)(struct gather *g);
};

static const struct section_entry sections[] = {
#define SECTION(name, function, title) {name, function},
#include "collect/sections.def"
#undef SECTION
};

static void write_first(struct gather *g, const struct collect_options *o)
{
    CLEANUP_BUF struct buf line = {0};
    CLEANUP_BUF struct buf name = {0};
    struct json j;

    json_begin(&j, &line);
    json_object_begin(&j);
    json_put_text(&j, "section", "snapshot");
    json_put_text(&j, "key", "calm-snapshot/1");
    json_put_text(&j, "format", "calm-snapshot/1");
    put_bytes(&j, "host", host_line(&g->host, "proc/sys/kernel/hostname", &name));
    json_put_utc(&j, "taken", g->now);
    put_bytes(&j, "root", str_of(o && o->root && o->root[0] ? o->root : "/"));
    json_put_u64(&j, "uid", geteuid());
    json_put_bool(&j, "hashes", g->with_hashes);
    json_put_text(&j, "program", "calm " CALM_VERSION);
    json_object_end(&j);
    doc_first(&g->doc, buf_str(&line));
}

/* The moment of the boot: now less the time since, or what the copied tree says. */
static void find_boot(struct gather *g)
{
    enum { NS = 1000000000 };
    CLEANUP_BUF struct buf buf = {0};
    struct timespec since;
    struct str text;
    struct str line;
    uint64_t sec;

    if (g->host.is_live && clock_gettime(CLOCK_BOOTTIME, &since) == 0) {
        int64_t ns = (int64_t)g->now.ns - since.tv_nsec;

        g->booted.sec = g->now.sec - since.tv_sec - (ns < 0);
        g->booted.ns = (uint32_t)(ns < 0 ? ns + NS : ns);
        return;
    }
    if (host_read(&g->host, "proc/stat", &buf, GATHER_FILE_SIZE) < 0)
        return;
    text = buf_str(&buf);
    while (take_line(&text, &line))
        if (str_is(str_field(&line), "btime") && str_u64(str_trim(line), &sec) &&
            sec < (uint64_t)1 << 36)
            g->booted.sec = (int64_t)sec;
}

static void add_owners(struct gather *g)
{
    struct process_list *p = &g->processes;
    CLEANUP_FREE struct path_owner *items = mem_array(p->count, sizeof(*items));

    for (size_t i = 0; i < p->count; i++)
        items[i].path = p->list[i].program;
    find_owners(g, items, p->count);
    for (size_t i = 0; i < p->count; i++)
        p->list[i].package = owner_of(items, p->count, p->list[i].program);
}

bool gather_is_stopped(const struct gather *g)
{
    const struct collect_options *o = g->options;

    return o && o->is_stopped && o->is_stopped(o->context);
}

static void scan(struct gather *g)
{
    find_boot(g);
    gather_scan_users(g);
    gather_scan_interfaces(g);
    if (!g->lent)
        process_scan(&g->processes, &g->host, g->arena);
    gather_scan_sockets(g);
    gather_scan_mounts(g);
    add_owners(g);
}

static void gather_release(struct gather *g)
{
    doc_release(&g->doc);
    for (size_t i = 0; g->lent && i < g->lent->count; i++)
        g->lent->list[i].package = NULL; /* they lie in the arena that goes now */
    if (!g->lent)
        process_list_release(&g->processes);
    free(g->users);
    free(g->slow_mounts);
    free(g->sockets);
    free(g->interfaces);
    arena_free(g->arena);
    host_release(&g->host);
}

int gather_snapshot(const struct collect_options *options, const struct gather_known *known,
                    collect_line *emit, void *context, struct err *e)
{
    struct gather g = {
        .host.root = -1, .now = utc_now(), .lent = known->processes, .rights = known->rights};
    int code = host_init(&g.host, options ? options->root : NULL, e);

    if (code < 0)
        return code;
    for (struct str held = options ? options->held : STR(""); held.len;)
        host_slow_add(&g.host, str_cut(&held, '\0'));
    if (g.lent)
        g.processes = *g.lent;
    g.arena = arena_new();
    g.options = options;
    g.with_hashes = !options || !options->without_hashes;
    g.is_root = geteuid() == 0;
    doc_init(&g.doc, emit, context, e);
    scan(&g);
    write_first(&g, options);
    for (size_t i = 0; i < COUNT_OF(sections) && g.doc.status == 0; i++) {
        doc_section(&g.doc, sections[i].name);
        if (gather_is_stopped(&g)) {
            doc_seen(&g.doc, SEEN_NONE);
            doc_note(&g.doc, "a person ended the collection before this was read");
            continue;
        }
        sections[i].gather(&g);
    }
    code = doc_finish(&g.doc);
    gather_release(&g);
    return code;
}

int collect_snapshot(const struct collect_options *options, collect_line *emit, void *context,
                     struct err *e)
{
    const struct gather_known known = {0};

    return gather_snapshot(options, &known, emit, context, e);
}

static int add_line(void *context, struct str line, struct err *e)
{
    struct buf *out = context;

    (void)e;
    buf_addstr(out, line);
    return 0;
}

int collect_snapshot_to(const struct collect_options *options, struct buf *out, struct err *e)
{
    size_t before = out->len;
    int code = collect_snapshot(options, add_line, out, e);

    if (code < 0 && out->p) {
        out->len = before;
        out->p[before] = '\0';
    }
    return code;
}
