/* memory_process.c: copies the memory of chosen processes: the pages that are there, with a map. */
#include <unistd.h>
#include "collect/hidden.h"

enum {
    RUN_COUNT = 1 << 19,
    PAGES_A_LINE = 2048, /* of the map; a region of more pages has several lines */
    STEP_SIZE = 256 << 10,
    PART_SIZE = 256 << 20, /* of a member; what a person's end leaves of it is filled with zeros */
};

/* Pages that follow each other in memory and in the member. */
struct run {
    uint64_t start;
    uint64_t size;
};

struct dump {
    struct collection *c;
    uint64_t pid;
    int folder;  /* /proc/PID */
    int pagemap; /* negative: this kernel does not tell which pages are there */
    int mem;
    uint64_t page;
    struct run *runs;
    size_t count;
    size_t room;
    size_t first;  /* run of the line in hand */
    uint64_t size; /* of all runs */
    bool is_cut;
    char *step;
    uint64_t left;      /* of the size, to come */
    uint64_t part_left; /* of the member that is open; 0: none is */
    unsigned part;      /* number of the next member */
    bool is_unreadable; /* something in the member that is open */
    bool was_unreadable;
    struct str source;
    struct bundle_lines *map;
};

static void settle(struct dump *d, int code)
{
    if (code && !d->c->status)
        d->c->status = code;
}

static void say_unmet(struct dump *d, const char *why)
{
    collection_unmet(d->c, "The memory of process %llu is not in the bundle: %s.",
                     (unsigned long long)d->pid, why);
}

static void say(struct dump *d, const char *name, int code, const char *why)
{
    CLEANUP_BUF struct buf what = {0};

    buf_addf(&what, "/proc/%llu%s", (unsigned long long)d->pid, name);
    collection_missing(d->c, buf_str(&what), -code, "%s", why);
}

static void add_run(struct dump *d, uint64_t start, uint64_t size)
{
    struct run *last = d->count > d->first ? &d->runs[d->count - 1] : NULL;

    if (last && last->start + last->size == start) {
        last->size += size;
    } else if (d->count == RUN_COUNT) {
        d->is_cut = true;
        return;
    } else {
        d->runs = mem_grow(d->runs, d->count, &d->room, sizeof(*d->runs));
        d->runs[d->count++] = (struct run){start, size};
    }
    d->size += size;
}

/* Documentation/admin-guide/mm/pagemap.rst: a number of 64 bits for each page; bit 63: it is in
 * memory, bit 62: in swap. The rest was never touched, or lies in its file as it was. At most
 * PAGES_A_LINE of them. */
static void add_present(struct dump *d, uint64_t start, uint64_t end)
{
    const uint64_t there = (uint64_t)3 << 62;
    uint64_t entries[PAGES_A_LINE];
    size_t want = (size_t)((end - start) / d->page) * sizeof(entries[0]);
    ssize_t n = d->pagemap < 0 ? -1
                               : pread(d->pagemap, entries, want,
                                       (off_t)(start / d->page * sizeof(entries[0])));

    if (n < 0)
        add_run(d, start, end - start);
    for (ssize_t i = 0; i < n / (ssize_t)sizeof(entries[0]); i++)
        if (entries[i] & there)
            add_run(d, start + (uint64_t)i * d->page, d->page);
}

struct region {
    struct str range;
    struct str perms;
    struct str offset;
    struct str path;
    uint64_t start;
    uint64_t end;
};

/* proc_pid_maps(5): "START-END PERMS OFFSET DEVICE INODE   PATH". */
static bool read_region(struct str line, uint64_t page, struct region *r)
{
    struct str range = str_field(&line);

    r->range = range;
    r->perms = str_field(&line);
    r->offset = str_field(&line);
    (void)str_field(&line);
    (void)str_field(&line);
    r->path = str_trim(line);
    return read_u64_base(str_cut(&range, '-'), 16, &r->start) &&
           read_u64_base(range, 16, &r->end) && r->end > r->start && r->start % page == 0 &&
           r->end % page == 0;
}

/* Reading from the registers of a device can change what it does. "[vvar]", "[vdso]" and
 * "[vsyscall]" are the kernel's, the same in each process. */
static const char *why_left_out(const struct region *r)
{
    if (str_starts(r->path, "[v"))
        return "kernel";
    if (str_starts(r->path, "/dev/") && !str_starts(r->path, "/dev/shm/") &&
        !str_starts(r->path, "/dev/zero") && !str_starts(r->path, "/dev/hugepages/"))
        return "device";
    return NULL;
}

static void put_runs(struct dump *d, struct json *j, uint64_t off)
{
    json_name(j, "runs");
    json_array_begin(j);
    for (size_t i = d->first; i < d->count; i++) {
        json_array_begin(j);
        json_u64(j, d->runs[i].start);
        json_u64(j, d->runs[i].size);
        json_u64(j, off);
        json_array_end(j);
        off += d->runs[i].size;
    }
    json_array_end(j);
}

static void put_line(struct dump *d, const struct region *r, uint64_t off, const char *left_out)
{
    struct json *j = bundle_line_begin(d->map);

    put_bytes(j, "range", r->range);
    put_bytes(j, "permissions", r->perms);
    put_bytes(j, "offset", r->offset);
    put_some(j, "path", r->path);
    if (left_out)
        json_put_text(j, "left_out", left_out);
    put_runs(d, j, off);
    settle(d, bundle_line_end(d->map, d->c->e));
}

static void add_region(struct dump *d, const struct region *r)
{
    const char *left_out = why_left_out(r);
    uint64_t most = left_out ? r->end - r->start : PAGES_A_LINE * d->page;
    uint64_t end;

    for (uint64_t at = r->start; at < r->end && d->c->status == 0 && !collection_is_stopped(d->c);
         at = end) {
        uint64_t off = d->size;

        end = r->end - at < most ? r->end : at + most;
        d->first = d->count;
        if (!left_out)
            add_present(d, at, end);
        if (at == r->start || d->count > d->first)
            put_line(d, r, off, left_out);
    }
}

static void read_map(struct dump *d)
{
    CLEANUP_LIVE_FILE struct live_file f = {.fd = -1};
    int code = live_file_open_in(&f, d->folder, "maps");
    struct str line;

    while (code == 0 && d->c->status == 0 && live_file_line(&f, &line)) {
        struct region r;

        if (read_region(line, d->page, &r))
            add_region(d, &r);
    }
    if (code == 0)
        code = f.code;
    if (code < 0)
        say(d, "/maps", code, "its memory cannot be read");
    if (d->is_cut)
        say(d, "/mem", 0, "there are more separate pieces of memory than are copied");
}

/* Starts the next of the members that hold the runs; false where that cannot be. */
static bool begin_part(struct dump *d)
{
    CLEANUP_BUF struct buf path = {0};
    struct bundle_member m = {.type = '0', .source = d->source};

    m.size = d->left < PART_SIZE ? d->left : PART_SIZE;
    buf_addf(&path, "memory/%llu/mem-%03u", (unsigned long long)d->pid, d->part++);
    m.path = buf_str(&path);
    if (!collection_has_room(d->c, m.path, m.size))
        return false;
    settle(d, bundle_member_begin(d->c->bundle, &m, d->c->e));
    d->part_left = m.size;
    d->is_unreadable = false;
    return d->c->status == 0;
}

static void end_part(struct dump *d)
{
    const char *why = d->part_left ? "stopped" : d->is_unreadable ? "unreadable" : NULL;

    d->part_left = 0;
    d->was_unreadable |= d->is_unreadable;
    settle(d, bundle_member_end(d->c->bundle, why, 0, d->c->e));
}

/* A page that is no longer there, or that this kernel does not let be read, is filled with zeros.
 */
static ssize_t read_run(struct dump *d, uint64_t start, size_t want)
{
    ssize_t n;

    do
        n = pread(d->mem, d->step, want, (off_t)start);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        return n;
    n = (ssize_t)(want < d->page ? want : d->page);
    memset(d->step, 0, (size_t)n);
    d->is_unreadable = true;
    return n;
}

/* False where no more is to be put. */
static bool put_run(struct dump *d, const struct run *run)
{
    for (uint64_t at = 0; at < run->size;) {
        uint64_t want = run->size - at < STEP_SIZE ? run->size - at : STEP_SIZE;
        ssize_t n;

        if (d->c->status || collection_is_stopped(d->c) || (!d->part_left && !begin_part(d)))
            return false;
        n = read_run(d, run->start + at, (size_t)(want < d->part_left ? want : d->part_left));
        collection_pace(d->c, (size_t)n);
        settle(d, bundle_data(d->c->bundle, d->step, (size_t)n, d->c->e));
        at += (uint64_t)n;
        d->left -= (uint64_t)n;
        d->part_left -= (uint64_t)n;
        if (!d->part_left && !d->c->status)
            end_part(d);
    }
    return true;
}

static void put_memory(struct dump *d)
{
    CLEANUP_BUF struct buf source = {0};
    size_t i = 0;

    buf_addf(&source, "/proc/%llu/mem", (unsigned long long)d->pid);
    d->source = buf_str(&source);
    d->left = d->size;
    while (i < d->count && put_run(d, &d->runs[i]))
        i++;
    if (d->part_left && !d->c->status)
        end_part(d);
    if (d->was_unreadable)
        say(d, "/mem", 0, "pages that could not be read are filled with zeros");
}

static int open_in(const struct dump *d, const char *name)
{
    int fd = openat(d->folder, name, O_RDONLY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static void dump_process(struct dump *d)
{
    CLEANUP_HOST_FD int pagemap = open_in(d, "pagemap");
    CLEANUP_HOST_FD int mem = open_in(d, "mem");
    CLEANUP_BUF struct buf name = {0};

    if (mem < 0) {
        say(d, "/mem", mem, "its memory cannot be read");
        say_unmet(d, strerror(-mem));
        return;
    }
    d->pagemap = pagemap;
    d->mem = mem;
    buf_addf(&name, "memory/%llu/map", (unsigned long long)d->pid);
    d->map = bundle_lines_new(d->c->bundle, buf_text(&name));
    read_map(d);
    live_close(d->c, d->map);
    if (d->c->status == 0 && d->count)
        put_memory(d);
}

static void dump_one(struct collection *c, uint64_t pid, char *step)
{
    CLEANUP_BUF struct buf path = {0};
    CLEANUP_HOST_FD int folder = -1;
    struct dump d = {.c = c, .pid = pid, .step = step, .page = (uint64_t)sysconf(_SC_PAGESIZE)};

    buf_addf(&path, "proc/%llu", (unsigned long long)pid);
    folder = host_open(&c->host, buf_text(&path), O_RDONLY | O_DIRECTORY);
    d.folder = folder;
    if (folder < 0) {
        say(&d, "", folder, "there is no such process");
        say_unmet(&d, "there is no such process");
    } else if (!c->host.is_live) {
        say(&d, "/mem", 0, "only a running kernel has its memory");
        say_unmet(&d, "only a running kernel has it");
    } else {
        dump_process(&d);
    }
    free(d.runs);
}

void collection_memory_processes(struct collection *c)
{
    CLEANUP_FREE char *step = mem_alloc(STEP_SIZE);

    for (size_t i = 0; i < c->options->memory_pid_count && c->status == 0; i++)
        if (!collection_is_stopped(c))
            dump_one(c, c->options->memory_pids[i], step);
}
