/* live_bpf.c: the eBPF programs, maps and links that the kernel holds, by their ids (bpf(2)). */
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "collect/live.h"

enum { OBJECT_COUNT = 100000, MAP_COUNT = 256, MOST_CODE = 16 << 20 };

struct bpf_lines {
    struct collection *c;
    struct bundle_lines *lines;
};

static int call(int command, union bpf_attr *attr)
{
    int n = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

    return n < 0 ? -errno : n;
}

static int object_info(int fd, void *info, uint32_t size)
{
    union bpf_attr attr = {0};

    attr.info.bpf_fd = (uint32_t)fd;
    attr.info.info_len = size;
    attr.info.info = (uint64_t)(uintptr_t)info;
    return call(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static void put_name(struct json *j, const char *name)
{
    put_some(j, "name", live_text((struct str){name, BPF_OBJ_NAME_LEN}));
}

static const struct live_word program_types[] = {{1, "socket filter"},
                                                 {2, "kprobe"},
                                                 {3, "traffic classifier"},
                                                 {4, "traffic action"},
                                                 {5, "tracepoint"},
                                                 {6, "xdp"},
                                                 {7, "perf event"},
                                                 {8, "cgroup packet"},
                                                 {9, "cgroup socket"},
                                                 {10, "tunnel in"},
                                                 {11, "tunnel out"},
                                                 {12, "tunnel transmit"},
                                                 {13, "socket operations"},
                                                 {14, "socket stream"},
                                                 {15, "cgroup device"},
                                                 {16, "socket message"},
                                                 {17, "raw tracepoint"},
                                                 {18, "cgroup address"},
                                                 {19, "segment routing"},
                                                 {20, "infrared"},
                                                 {21, "socket choice"},
                                                 {22, "flow dissector"},
                                                 {23, "cgroup sysctl"},
                                                 {24, "raw tracepoint writable"},
                                                 {25, "cgroup socket option"},
                                                 {26, "tracing"},
                                                 {27, "struct operations"},
                                                 {28, "extension"},
                                                 {29, "security module"},
                                                 {30, "socket lookup"},
                                                 {31, "system call"},
                                                 {32, "netfilter"},
                                                 {0, NULL}};

/* What it does, as the kernel runs it after its checks. Where the kernel tells no addresses
 * (kernel.kptr_restrict, without CAP_SYSLOG) it gives none of them. */
static void put_code(struct bpf_lines *l, struct json *j, int fd, uint32_t id, uint32_t size)
{
    enum { CODE_SIZE = 32 << 10 };
    CLEANUP_FREE uint8_t *code = mem_alloc(size < CODE_SIZE ? CODE_SIZE : size);
    struct bpf_prog_info info = {.xlated_prog_len = size,
                                 .xlated_prog_insns = (uint64_t)(uintptr_t)code};
    CLEANUP_BUF struct buf what = {0};

    if (object_info(fd, &info, sizeof(info)) == 0 && info.xlated_prog_insns &&
        info.xlated_prog_len <= size) {
        json_put_hex(j, "code", code,
                     info.xlated_prog_len < CODE_SIZE ? info.xlated_prog_len : CODE_SIZE);
        return;
    }
    buf_addf(&what, "eBPF program %u", id);
    collection_missing(l->c, buf_str(&what), 0, "the kernel does not tell its instructions");
}

static void add_program(struct bpf_lines *l, int fd)
{
    uint32_t maps[MAP_COUNT];
    struct bpf_prog_info info = {.nr_map_ids = MAP_COUNT, .map_ids = (uint64_t)(uintptr_t)maps};
    struct utc loaded;
    struct json *j;

    if (object_info(fd, &info, sizeof(info)) < 0)
        return;
    loaded = live_after(live_booted(l->c), info.load_time);
    j = bundle_line_begin(l->lines);
    json_put_text(j, "kind", "program");
    json_put_u64(j, "id", info.id);
    live_put_word(j, "type", program_types, info.type);
    put_name(j, info.name);
    json_put_hex(j, "tag", info.tag, sizeof(info.tag));
    json_put_u64(j, "uid", info.created_by_uid);
    if (loaded.sec)
        json_put_utc(j, "loaded", loaded);
    json_put_u64(j, "instructions", info.xlated_prog_len / sizeof(struct bpf_insn));
    json_put_u64(j, "machine_code", info.jited_prog_len);
    if (info.xlated_prog_len && info.xlated_prog_len <= MOST_CODE)
        put_code(l, j, fd, info.id, info.xlated_prog_len);
    if (info.ifindex)
        json_put_u64(j, "interface_index", info.ifindex);
    json_name(j, "maps");
    json_array_begin(j);
    for (size_t i = 0; i < info.nr_map_ids && i < MAP_COUNT; i++)
        json_u64(j, maps[i]);
    json_array_end(j);
    live_line_end(l->c, l->lines);
}

static const struct live_word map_types[] = {{1, "hash"},
                                             {2, "array"},
                                             {3, "programs"},
                                             {4, "perf events"},
                                             {5, "cpu hash"},
                                             {6, "cpu array"},
                                             {7, "stack traces"},
                                             {8, "cgroups"},
                                             {9, "lru hash"},
                                             {10, "lru cpu hash"},
                                             {11, "prefix tree"},
                                             {12, "array of maps"},
                                             {13, "hash of maps"},
                                             {14, "devices"},
                                             {15, "sockets"},
                                             {16, "processors"},
                                             {17, "xsk sockets"},
                                             {18, "socket hash"},
                                             {19, "cgroup storage"},
                                             {20, "reuseport sockets"},
                                             {21, "cpu cgroup storage"},
                                             {22, "queue"},
                                             {23, "stack"},
                                             {24, "socket storage"},
                                             {25, "device hash"},
                                             {26, "struct operations"},
                                             {27, "ring buffer"},
                                             {28, "inode storage"},
                                             {29, "task storage"},
                                             {30, "bloom filter"},
                                             {31, "user ring buffer"},
                                             {32, "cgroup local storage"},
                                             {33, "arena"},
                                             {0, NULL}};

static void add_map(struct bpf_lines *l, int fd)
{
    struct bpf_map_info info = {0};
    struct json *j;

    if (object_info(fd, &info, sizeof(info)) < 0)
        return;
    j = bundle_line_begin(l->lines);
    json_put_text(j, "kind", "map");
    json_put_u64(j, "id", info.id);
    live_put_word(j, "type", map_types, info.type);
    put_name(j, info.name);
    json_put_u64(j, "key_size", info.key_size);
    json_put_u64(j, "value_size", info.value_size);
    json_put_u64(j, "entries", info.max_entries);
    live_put_hex_u64(j, "flags", info.map_flags);
    live_line_end(l->c, l->lines);
}

static void add_link(struct bpf_lines *l, int fd)
{
    enum { RAW_TRACEPOINT = 1, TRACING, CGROUP, ITER, NETNS, XDP };
    static const struct live_word types[] = {{RAW_TRACEPOINT, "raw tracepoint"},
                                             {TRACING, "tracing"},
                                             {CGROUP, "cgroup"},
                                             {ITER, "iterator"},
                                             {NETNS, "network namespace"},
                                             {XDP, "xdp"},
                                             {7, "perf event"},
                                             {8, "kprobes"},
                                             {9, "struct operations"},
                                             {10, "netfilter"},
                                             {11, "traffic control"},
                                             {12, "uprobes"},
                                             {13, "netkit"},
                                             {14, "socket map"},
                                             {0, NULL}};
    struct bpf_link_info info = {0};
    char point[128] = "";
    struct json *j;

    /* Asked for with room for a name; where the kind of link has none, the room is not used. */
    if (object_info(fd, &info, sizeof(info)) < 0)
        return;
    if (info.type == RAW_TRACEPOINT) {
        info = (struct bpf_link_info){0};
        info.raw_tracepoint.tp_name = (uint64_t)(uintptr_t)point;
        info.raw_tracepoint.tp_name_len = sizeof(point);
        if (object_info(fd, &info, sizeof(info)) < 0)
            return;
    }
    j = bundle_line_begin(l->lines);
    json_put_text(j, "kind", "link");
    json_put_u64(j, "id", info.id);
    live_put_word(j, "type", types, info.type);
    json_put_u64(j, "program", info.prog_id);
    put_some(j, "point", live_text((struct str){point, sizeof(point)}));
    if (info.type == CGROUP)
        json_put_u64(j, "cgroup", info.cgroup.cgroup_id);
    else if (info.type == NETNS)
        json_put_u64(j, "netns", info.netns.netns_ino);
    else if (info.type == XDP)
        json_put_u64(j, "interface_index", info.xdp.ifindex);
    else if (info.type == TRACING)
        json_put_u64(j, "target_btf", info.tracing.target_btf_id);
    live_line_end(l->c, l->lines);
}

struct bpf_kind {
    const char *name;
    int next_id;
    int open;
    void (*add)(struct bpf_lines *l, int fd);
};

static void add_kind(struct bpf_lines *l, const struct bpf_kind *kind)
{
    uint32_t id = 0;

    for (size_t i = 0; i < OBJECT_COUNT && !l->c->status; i++) {
        CLEANUP_HOST_FD int fd = -1;
        union bpf_attr attr = {.start_id = id};
        int code = call(kind->next_id, &attr);

        if (code == -ENOENT)
            return;
        if (code < 0) {
            collection_missing(l->c, str_of(kind->name), -code, "bpf(2): %s", strerror(-code));
            return;
        }
        id = attr.next_id;
        attr = (union bpf_attr){.prog_id = id}; /* one place in the union for every kind */
        fd = call(kind->open, &attr);
        if (fd >= 0)
            kind->add(l, fd);
        else if (fd != -ENOENT) /* it went away */
            collection_missing(l->c, str_of(kind->name), -fd, "number %u: %s", id, strerror(-fd));
    }
}

void live_bpf(struct collection *c)
{
    static const struct bpf_kind kinds[] = {
        {"eBPF programs", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, add_program},
        {"eBPF maps", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, add_map},
        {"eBPF links", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, add_link}};
    struct bpf_lines l = {.c = c};

    if (!c->host.is_live) {
        collection_missing(c, STR("eBPF"), 0, "only a running kernel tells this");
        return;
    }
    l.lines = live_open(c, "live/bpf");
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        add_kind(&l, &kinds[i]);
    if (bundle_lines_count(l.lines))
        collection_missing(
            c, STR("eBPF"), 0,
            "at which control groups and traffic classifiers (tc) programs are "
            "attached is told only where a link does it; what maps hold is not read");
    live_close(c, l.lines);
}
