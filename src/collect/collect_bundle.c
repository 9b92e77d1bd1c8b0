/* collect_bundle.c: a whole run: who reads what and where, the steps, and the end. */
#include "collect/collect_bundle.h"
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/sink.h"
#include "collect/rights.h"

#define INITIAL_PID_NAMESPACE "pid:[4026531836]" /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

static void put_line(struct collection *c, struct json *j, const char *name, const char *path)
{
    CLEANUP_BUF struct buf buf = {0};

    put_some(j, name, host_line(&c->host, path, &buf));
}

static void put_host(struct collection *c, struct json *j)
{
    struct utsname name;

    if (c->host.is_live && uname(&name) == 0)
        put_some(j, "host", str_of(name.nodename));
    else
        put_line(c, j, "host", "etc/hostname");
    put_line(c, j, "machine_id", "etc/machine-id");
    put_line(c, j, "boot_id", "proc/sys/kernel/random/boot_id");
}

static void put_clock(struct collection *c, struct json *j)
{
    struct timex t = {0};
    int state = c->host.is_live ? adjtimex(&t) : -1; /* modes 0 asks only */

    json_name(j, "clock");
    json_object_begin(j);
    if (state >= 0) {
        json_put_bool(j, "synchronised", state != TIME_ERROR && !(t.status & STA_UNSYNC));
        put_i64(j, "offset_ns", (int64_t)t.offset * (t.status & STA_NANO ? 1 : 1000));
    }
    put_line(c, j, "source", "sys/devices/system/clocksource/clocksource0/current_clocksource");
    json_object_end(j);
}

/* proc(5): "CapEff:	000001ffffffffff". */
static void put_capabilities(struct collection *c, struct json *j)
{
    CLEANUP_BUF struct buf status = {0};
    struct str text;
    struct str line;

    if (!c->host.is_live || host_read(&c->host, "proc/self/status", &status, GATHER_SMALL_SIZE) < 0)
        return;
    text = buf_str(&status);
    while (take_line(&text, &line))
        if (str_starts(line, "CapEff:"))
            put_some(j, "capabilities", str_trim(str_from(line, strlen("CapEff:"))));
}

/* Why it is thought to run in a container; NULL: nothing says so. */
static const char *container_sign(struct collection *c)
{
    static const struct {
        const char *path;
        const char *why;
    } signs[] = {{".dockerenv", "/.dockerenv is there, as Docker makes it"},
                 {"run/.containerenv", "/run/.containerenv is there, as Podman makes it"},
                 {"run/systemd/container", "/run/systemd/container is there, as systemd-nspawn "
                                           "and LXC make it"},
                 {"var/run/secrets/kubernetes.io",
                  "/var/run/secrets/kubernetes.io is there, as Kubernetes makes it"}};
    CLEANUP_BUF struct buf link = {0};
    struct stat st;

    for (size_t i = 0; i < COUNT_OF(signs); i++)
        if (host_stat(&c->host, signs[i].path, &st) == 0)
            return signs[i].why;
    if (c->host.is_live && host_link(&c->host, "proc/self/ns/pid", &link) == 0 &&
        !str_is(buf_str(&link), INITIAL_PID_NAMESPACE))
        return "its process numbers are not the kernel's first ones";
    return NULL;
}

static void put_containers(struct collection *c, struct json *j)
{
    const char *why = container_sign(c);

    json_name(j, "containers");
    json_object_begin(j);
    json_put_bool(j, "inside", why != NULL);
    if (why)
        json_put_text(j, "why", why);
    json_object_end(j);
}

static void put_options(const struct collect_bundle *b, struct json *j)
{
    json_name(j, "options");
    json_array_begin(j);
    for (size_t i = 0; i < b->argument_count; i++) {
        CLEANUP_BUF struct buf text = {0};

        /* A file name among them may hold any bytes, and a string holds none that are not UTF-8. */
        sink_terminal(&text, str_of(b->arguments[i]), false);
        json_str(j, buf_str(&text));
    }
    json_array_end(j);
}

static int put_first(struct collection *c, const struct collect_bundle *b)
{
    CLEANUP_BUF struct buf text = {0};
    struct json j;

    json_begin(&j, &text);
    json_object_begin(&j);
    json_put_text(&j, "format", "calm-bundle/1");
    json_put_text(&j, "program", b->program);
    put_host(c, &j);
    json_put_utc(&j, "started", c->started);
    put_clock(c, &j);
    json_put_u64(&j, "uid", geteuid());
    put_capabilities(c, &j);
    json_put_text(&j, "profile", b->options->profile == PROFILE_FULL ? "full" : "triage");
    put_options(b, &j);
    json_put_hex(&j, "collection", b->id.b, sizeof(b->id.b));
    if (b->options->after) {
        json_put_hex(&j, "continues", b->options->continues.b, sizeof(b->options->continues.b));
        json_put_text(&j, "after", b->options->after);
    }
    put_containers(c, &j);
    json_object_end(&j);
    buf_addc(&text, '\n');
    return bundle_put(c->bundle, "bundle.json", buf_str(&text), c->e);
}

static int add_snapshot_line(void *context, struct str line, struct err *e)
{
    /* It comes with its newline, and the bundle adds one. */
    return bundle_lines_add(context, str_head(line, line.len - 1), e);
}

static bool is_snapshot_stopped(void *context)
{
    return collection_is_stopped(context);
}

void collection_snapshot(struct collection *c)
{
    const struct collect_options options = {.root = c->options->root,
                                            .held = buf_str(&c->held),
                                            .is_stopped = is_snapshot_stopped,
                                            .context = c};
    const struct gather_known known = {&c->processes, c->rights};
    struct bundle_lines *lines = bundle_lines_new(c->bundle, "snapshot");
    int code = gather_snapshot(&options, &known, add_snapshot_line, lines, c->e);
    int ended = bundle_lines_end(lines, code ? NULL : c->e);

    if (!c->status)
        c->status = code ? code : ended;
}

static double seconds_since(const struct timespec *begun)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) + (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

static void open_lines(struct collection *c)
{
    c->missing = bundle_lines_new(c->bundle, "missing");
    c->observed = bundle_lines_new(c->bundle, "observed");
    c->artifacts = bundle_lines_new(c->bundle, "artifacts");
}

/* Puts what is left of the lines, in the order of doc/format/bundle.md 1. */
static int end_lines(struct collection *c)
{
    struct bundle_lines *all[] = {MOVE(c->artifacts), MOVE(c->observed), MOVE(c->missing)};
    int code = c->status;

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        if (code)
            bundle_lines_abort(all[i]);
        else
            code = bundle_lines_end(all[i], c->e);
    }
    return code;
}

static int end_bundle(struct collection *c, const struct collect_bundle_result *r)
{
    CLEANUP_BUF struct buf members = {0};
    int code = end_lines(c);

    if (code)
        return code;
    buf_addf(&members, "\"seconds\":%.3f,\"missing\":%llu,\"stopped\":%s", r->seconds,
             (unsigned long long)r->missing, r->was_stopped ? "true" : "false");
    return bundle_end(MOVE(c->bundle), buf_str(&members), c->e);
}

/* The output may be as slow as it is: a stick, or a receiver that waits. */
struct watched_output {
    const struct bundle_output *output;
    struct guard *guard;
};

static int write_watched(void *context, const void *bytes, size_t size, struct err *e)
{
    struct watched_output *w = context;
    int code;

    atomic_fetch_add(&w->guard->waiting, 1);
    code = w->output->write(w->output->context, bytes, size, e);
    atomic_fetch_sub(&w->guard->waiting, 1);
    return code;
}

/* What the first member needs, to be read behind a guard. */
struct first {
    struct collection *c;
    const struct collect_bundle *b;
};

static void put_first_guarded(void *context)
{
    struct first *f = context;

    f->c->status = put_first(f->c, f->b);
}

/* Where the host's files do not answer, with what the kernel itself says. */
static void begin_members(struct collection *c, const struct collect_bundle *b)
{
    static const struct host_file none;
    CLEANUP_BUF struct buf where = {0};
    struct first *f = arena_alloc(c->arena, sizeof(*f));
    unsigned patience_s = guard_patience_s(&c->guard);

    *f = (struct first){c, b};
    c->step = "begin";
    if (guard_run(&c->guard, put_first_guarded, f, &where))
        return;
    c->host.memory = &none;
    c->status = put_first(c, b);
    c->host.memory = NULL;
    c->held_up = true;
    collection_missing(c, buf_str(&where), 0, "nothing came of it for %u seconds, so it was left",
                       patience_s);
}

static void sum_up(const struct collection *c, struct collect_bundle_result *r)
{
    *r = (struct collect_bundle_result){.missing = c->missing_count,
                                        .observed = bundle_lines_count(c->observed),
                                        .atime_misses = c->host.atime_misses,
                                        .seconds = seconds_since(&c->begun),
                                        .was_stopped = c->was_stopped,
                                        .held_up = c->held_up,
                                        .refused_count = c->refused_count};
    memcpy(r->refused, c->refused, sizeof(r->refused));
}

static int run(struct collection *c, const struct collect_bundle *b,
               struct collect_bundle_result *out)
{
    struct watched_output watched = {b->output, &c->guard};
    struct bundle_output output = {write_watched, &watched};
    struct bundle_counts counts;
    int code = bundle_begin(&c->bundle, &output, b->to, b->to_count, c->e);

    if (code)
        return code;
    open_lines(c);
    begin_members(c, b);
    collection_run(c);
    sum_up(c, out);
    bundle_count(c->bundle, &counts);
    out->counts = counts;
    return end_bundle(c, out);
}

int collect_bundle(const struct collect_bundle *b, struct collect_bundle_result *out, struct err *e)
{
    struct collection c = {.host.root = -1, .options = b->options, .started = utc_now(), .e = e};
    int code = host_init(&c.host, b->options->root, e);

    if (code)
        return code;
    *out = (struct collect_bundle_result){0};
    c.arena = arena_new();
    c.is_root = geteuid() == 0;
    clock_gettime(CLOCK_MONOTONIC, &c.begun);
    code = run(&c, b, out);
    bundle_abort(c.bundle);
    if (c.held_up) /* a thread that the kernel may let go yet has all of this */
        return code;
    rights_free(c.rights);
    process_list_release(&c.processes);
    arena_free(c.arena);
    host_release(&c.host);
    return code;
}
